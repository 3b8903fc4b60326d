"""Positive groups of the channel and of the audit log."""
import channel
import merkle
import objects as o
import primitives as p
from world import CLINIC, draw

WIRE_VERSION = 1
ORIGIN = "clinic.example/nahi/audit/1"


def rule_content(size):
    return bytes(i % 251 for i in range(size))


def noise(world):
    initiator, responder = draw("noise initiator", 32), draw("noise responder", 32)
    ephemerals = [draw("noise initiator ephemeral", 32), draw("noise responder ephemeral", 32)]
    prologue, hello = o.lab(o.label("noise")) + CLINIC + p.u16(WIRE_VERSION), draw("noise server hello", 120)
    made = channel.handshake(prologue, initiator, ephemerals[0], responder, ephemerals[1], [b"", hello])
    out, back = channel.Cipher(made["to_responder"]), channel.Cipher(made["to_initiator"])
    # A message is parts and one last; fragments of 1 000, 1 000 and 7 bytes here, then the answer, then the largest frame.
    text = rule_content(2007)
    plains = [(out, channel.PART, text[:1000]), (out, channel.PART, text[1000:2000]), (out, channel.LAST, text[2000:]),
              (back, channel.LAST, b"answer"), (out, channel.LAST, rule_content(65518)),
              (back, channel.CLOSE, p.u16(130))]
    frames = []
    for cipher, kind, fragment in plains:
        row = {"direction": "to_responder" if cipher is out else "to_initiator", "n": cipher.n, "type": kind}
        sealed = cipher.seal(p.u8(kind) + fragment)
        row.update({"fragment": fragment, "frame": sealed} if len(fragment) <= 4096 else
                   {"fragment_size": len(fragment), "frame_size": len(sealed), "frame_hash": p.sha256(sealed)})
        frames.append(row)
    rows = [{"name": "handshake", "clinic": CLINIC, "wire_version": WIRE_VERSION, "prologue": prologue,
             "initiator_secret": initiator, "initiator_public": p.x25519_base(initiator), "initiator_ephemeral": ephemerals[0],
             "responder_secret": responder, "responder_public": p.x25519_base(responder), "responder_ephemeral": ephemerals[1],
             "server_hello": hello, "messages": made["messages"], "handshake_hash": made["hash"],
             "to_responder": made["to_responder"], "to_initiator": made["to_initiator"]},
            {"name": "frames", "message": text, "frames": frames}]
    key = made["to_responder"]
    for n in (65535, 131071):
        cipher = channel.Cipher(key, n)
        around = [cipher.seal(p.u8(channel.LAST) + b"around the rekey") for _ in range(2)]
        rows.append({"name": f"rekey behind frame {n}", "key_before": key, "key_after": cipher.key, "n": n,
                     "plain": p.u8(channel.LAST) + b"around the rekey", "frames": around})
        key = cipher.key
    before = bytes.fromhex("08747499ec590f2ed8e168d12514006b66f50a670323d86cbb1f53ffe6b7b51a")
    rows.append({"name": "rekey of e2ee 7.6", "key_before": before, "key_after": channel.rekeyed(before)})
    return rows


def log_leaves(count, fork=""):
    return [merkle.leaf_hash(merkle.leaf_data(1 + i % 7, draw(f"log salt {i}", 16), f"entry {i}{fork}".encode())) for i in range(count)]


def checkpoint(world):
    seed, leaves = draw("log key", 32), log_leaves(1003)
    rows = [{"name": "log", "origin": ORIGIN, "log_seed": seed, "log_key": p.ed25519_public(seed),
             "verifier_key": merkle.verifier_key(ORIGIN, p.ed25519_public(seed)), "leaf_hashes": leaves[:16],
             "rule": "leaf i: kind 1 + i mod 7, salt = draw('log salt i', 16), entry = 'entry i'"}]
    for size in (0, 1, 2, 3, 7, 8, 700, 1003):
        root = merkle.root(leaves[:size])
        rows.append({"name": f"checkpoint of {size}", "size": size, "root": root,
                     "note": merkle.checkpoint(ORIGIN, seed, size, root)})
    for size in (1, 2, 3, 5, 8, 13):
        rows += [{"name": f"inclusion of {i} in {size}", "index": i, "size": size, "leaf_hash": leaves[i],
                  "root": merkle.root(leaves[:size]), "proof": merkle.inclusion(i, leaves[:size])} for i in range(size)]
    rows.append({"name": "inclusion of 777 in 1003", "index": 777, "size": 1003, "leaf_hash": leaves[777],
                 "root": merkle.root(leaves), "proof": merkle.inclusion(777, leaves)})
    for old, size in [(a, b) for b in (1, 4, 7, 8) for a in range(1, b + 1)] + [(700, 1003), (512, 1003)]:
        rows.append({"name": f"consistency of {old} with {size}", "old_size": old, "old_root": merkle.root(leaves[:old]),
                     "size": size, "root": merkle.root(leaves[:size]), "proof": merkle.consistency(old, leaves[:size])})
    return rows


def leaf(world):
    rows = []
    for i, (kind, size) in enumerate(((1, 0), (2, 1), (7, 32), (255, 300))):
        salt, entry = draw(f"leaf salt {i}", 16), draw(f"leaf entry {i}", size)
        data = merkle.leaf_data(kind, salt, entry)
        rows.append({"name": f"kind {kind}, {size} bytes", "version": 1, "kind": kind, "salt": salt, "entry": entry,
                     "leaf_data": data, "leaf_hash": merkle.leaf_hash(data)})
    return rows
