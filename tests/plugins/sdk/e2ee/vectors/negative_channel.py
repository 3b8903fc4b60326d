"""Noise channel and checkpoints: cases 105-120, 146-148, 169 of e2ee 10 that need no clock."""
import base64

import channel
import merkle
import objects as o
import primitives as p
from groups_log import ORIGIN, WIRE_VERSION, log_leaves
from world import CLINIC, OTHER_CLINIC, draw


def prologue(clinic=CLINIC, version=WIRE_VERSION):
    return o.lab(o.label("noise")) + clinic + p.u16(version)


INITIATOR, RESPONDER = draw("noise initiator", 32), draw("noise responder", 32)
EPHEMERALS = [draw("noise initiator ephemeral", 32), draw("noise responder ephemeral", 32)]


def first(start=None, initiator=INITIATOR, responder=RESPONDER, payload=b""):
    return channel.first_message(channel.Symmetric(start or prologue()), initiator, EPHEMERALS[0], p.x25519_base(responder), payload)


def zero_ephemeral():
    """A first message that opens if nobody looks for all-zero results: es is mixed as 32 zero bytes."""
    sym = channel.Symmetric(prologue())
    sym.mix_hash(p.x25519_base(RESPONDER))
    sym.mix_hash(bytes(32))
    sym.mix_key(bytes(32))
    static = sym.seal(p.x25519_base(INITIATOR))
    sym.mix_key(p.dh(INITIATOR, p.x25519_base(RESPONDER)))
    return bytes(32) + static + sym.seal(b"")


def handshakes(world):
    def row(number, name, message, expect, known=INITIATOR):
        return {"name": name, "number": number, "check": "responder", "secret": RESPONDER, "ephemeral": EPHEMERALS[1],
                "prologue": prologue(), "clinic": CLINIC, "wire_version": WIRE_VERSION, "known": [p.x25519_base(known)],
                "message": message, "expect": expect}
    good = first()
    yield row(0, "first message that opens", good, "accepted")
    yield row(105, "first payload not empty", first(payload=b"\0"), "first_payload_not_empty")
    yield row(107, "prologue of another wire version", first(prologue(version=WIRE_VERSION + 1)), "handshake_failed")
    yield row(108, "prologue of another clinic", first(prologue(OTHER_CLINIC)), "handshake_failed")
    yield row(109, "unknown static key", first(initiator=draw("noise stranger", 32)), "handshake_failed")
    yield row(111, "to another responder's key", first(responder=draw("noise other server", 32)), "handshake_failed")
    yield row(112, "all-zero ephemeral", zero_ephemeral(), "handshake_failed")
    yield row(116, "one bit of the first message", good[:40] + bytes([good[40] ^ 1]) + good[41:], "handshake_failed")
    yield row(0, "first message cut by one byte", good[:-1], "handshake_failed")
    yield row(0, "first message empty", b"", "handshake_failed")
    other = draw("noise other server", 32)
    right = channel.handshake(prologue(), INITIATOR, EPHEMERALS[0], RESPONDER, EPHEMERALS[1], [b"", b"hello"])
    wrong = channel.handshake(prologue(), INITIATOR, EPHEMERALS[0], other, EPHEMERALS[1], [b"", b"hello"])
    for number, name, message, expect in ((0, "second message that opens", right["messages"][1], "accepted"),
                                          (111, "server with another static key", wrong["messages"][1], "wrong_server_key"),
                                          (112, "all-zero ephemeral in the second message", bytes(32) + right["messages"][1][32:],
                                           "handshake_failed")):
        yield {"name": name, "number": number, "check": "initiator", "secret": INITIATOR, "ephemeral": EPHEMERALS[0],
               "prologue": prologue(), "clinic": CLINIC, "wire_version": WIRE_VERSION, "responder_public": p.x25519_base(RESPONDER),
               "message": message, "expect": expect}


def frames(world):
    made = channel.handshake(prologue(), INITIATOR, EPHEMERALS[0], RESPONDER, EPHEMERALS[1], [b"", b"hello"])
    key = made["to_responder"]
    cipher = channel.Cipher(key)
    three = [cipher.seal(p.u8(channel.LAST) + text) for text in (b"one", b"two", b"three")]
    def row(number, name, sealed, expect, n=0):
        return {"name": name, "number": number, "check": "frames", "key": key, "n": n, "frames": sealed, "expect": expect}
    yield row(0, "three messages in order", three, "accepted")
    yield row(113, "frame dropped", [three[0], three[2]], "frame_not_openable")
    yield row(114, "frame doubled", [three[0], three[0]], "frame_not_openable")
    yield row(115, "frames swapped", [three[1]], "frame_not_openable")
    yield row(116, "one bit of a frame", [three[0], bytes([three[1][0] ^ 1]) + three[1][1:]], "frame_not_openable")
    yield row(116, "frame cut by one byte", [three[0][:-1]], "frame_not_openable")
    yield row(116, "frame shorter than a tag", [b"short"], "frame_not_openable")
    yield row(119, "empty part", [channel.Cipher(key).seal(p.u8(channel.PART))], "empty_part")
    yield row(169, "frame type 7", [channel.Cipher(key).seal(p.u8(7) + b"x")], "unknown_frame")
    careless = channel.seal_aead(key, channel.nonce_bytes(65536), p.u8(channel.LAST) + b"no rekey")
    yield row(120, "peer that does not rekey", [channel.Cipher(key, 65535).seal(p.u8(channel.LAST) + b"last"), careless],
              "frame_not_openable", 65535)
    parts, rest = divmod(1 << 20, 65518)
    for number, name, sizes, expect in ((0, "message of 1 MiB", [65518] * parts + [rest], "accepted"),
                                        (118, "message of 1 MiB + 1", [65518] * parts + [rest + 1], "message_too_large")):
        yield {"name": name, "number": number, "check": "frames", "key": key, "n": 0, "fragment_sizes": sizes, "expect": expect}


def checkpoints(world):
    seed, leaves, forked = draw("log key", 32), log_leaves(32), log_leaves(32, " forked")
    def note(size, origin=ORIGIN, signer=seed, tree=leaves):
        return merkle.checkpoint(origin, signer, size, merkle.root(tree[:size]))
    pin = {"origin": ORIGIN, "size": 21, "root": merkle.root(leaves[:21])}
    proof = merkle.consistency(21, leaves)
    def row(number, name, text, used, expect):
        return {"name": name, "number": number, "check": "checkpoint", "pin": pin, "log_key": p.ed25519_public(seed), "note": text,
                "proof": used, "expect": expect}
    yield row(0, "larger and consistent", note(32), proof, "accepted")
    yield row(0, "equal", note(21), [], "accepted")
    yield row(146, "smaller checkpoint", note(20), [], "log_rolled_back")
    yield row(147, "equal size, other root", note(21, tree=forked), [], "log_forked")
    yield row(147, "larger, of a forked tree", note(32, tree=forked), merkle.consistency(21, forked), "log_forked")
    yield row(147, "proof one hash short", note(32), proof[:-1], "log_forked")
    yield row(147, "proof one hash too long", note(32), proof + [leaves[0]], "log_forked")
    yield row(147, "proof of 64 hashes", note(32), [leaves[i % 32] for i in range(64)], "log_forked")
    yield row(147, "one bit of the proof", note(32), [bytes([proof[0][0] ^ 1]) + proof[0][1:]] + proof[1:], "log_forked")
    yield row(148, "new origin", note(32, "clinic.example/nahi/audit/2"), proof, "log_other_origin")
    yield row(0, "signed by another key under the log's name", note(32, signer=draw("daemon key", 32)), proof, "bad_signature")
    root64 = base64.b64encode(merkle.root(leaves)).decode()
    # 5.15 has one refusal for "exactly three lines, origin = pinned": whatever is no such note is not the pinned log's.
    not_canonical = f"{root64[:-2]}{chr(ord(root64[-2]) + 1)}="
    for name, text in (("an extension line", f"{ORIGIN}\n32\n{root64}\nmore\n"), ("size with a leading zero", f"{ORIGIN}\n032\n{root64}\n"),
                       ("size with a sign", f"{ORIGIN}\n+32\n{root64}\n"), ("carriage returns", f"{ORIGIN}\r\n32\r\n{root64}\r\n"),
                       ("root not canonical base64", f"{ORIGIN}\n32\n{not_canonical}\n")):
        yield row(0, name, merkle.note(ORIGIN, seed, text), proof, "log_other_origin")


def cases(world):
    for part in (handshakes, frames, checkpoints):
        yield from part(world)
