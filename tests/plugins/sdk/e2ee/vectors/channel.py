"""Noise_IK_25519_ChaChaPoly_SHA256 (Noise revision 34), the frames of e2ee 7.3, and the rekey of e2ee 7.4."""
import struct

from primitives import dh, hmac256, open_aead, seal_aead, sha256, x25519_base

NAME = b"Noise_IK_25519_ChaChaPoly_SHA256"                      # exactly 32 bytes: it is the first h as it stands
REKEY_EVERY = 65536
PART, LAST, CLOSE = 0, 1, 2


def nonce_bytes(n):
    return bytes(4) + struct.pack("<Q", n)


def mix(chaining_key, material):
    """HKDF of Noise section 4.3 with two outputs."""
    temp = hmac256(chaining_key, material)
    first = hmac256(temp, b"\x01")
    return first, hmac256(temp, first, b"\x02")


def rekeyed(key):
    """First 32 bytes of ENCRYPT(k, 2^64-1, "", 0^32)."""
    return seal_aead(key, nonce_bytes(2**64 - 1), bytes(32))[:32]


class Cipher:
    """One direction. The key changes behind frames 65 535, 131 071, ...; the counter goes on (e2ee 7.4)."""

    def __init__(self, key, n=0):
        self.key, self.n = key, n

    def seal(self, plain):
        out = seal_aead(self.key, nonce_bytes(self.n), plain)
        self.n += 1
        if self.n % REKEY_EVERY == 0:
            self.key = rekeyed(self.key)
        return out


class Symmetric:
    def __init__(self, prologue):
        self.ck, self.h, self.k, self.n = NAME, sha256(NAME, prologue), None, 0

    def mix_hash(self, data):
        self.h = sha256(self.h, data)

    def mix_key(self, material):
        self.ck, self.k = mix(self.ck, material)
        self.n = 0

    def seal(self, plain):
        out = seal_aead(self.k, nonce_bytes(self.n), plain, self.h)
        self.n += 1
        self.mix_hash(out)
        return out

    def open(self, sealed):
        plain = open_aead(self.k, nonce_bytes(self.n), sealed, self.h)
        if plain is None:
            raise ValueError("handshake message does not open")
        self.n += 1
        self.mix_hash(sealed)
        return plain

    def split(self):
        return mix(self.ck, b"")


def first_message(sym, initiator, ephemeral, responder_public, payload):
    """-> e, es, s, ss"""
    sym.mix_hash(responder_public)
    enc = x25519_base(ephemeral)
    sym.mix_hash(enc)
    sym.mix_key(dh(ephemeral, responder_public))
    static = sym.seal(x25519_base(initiator))
    sym.mix_key(dh(initiator, responder_public))
    return enc + static + sym.seal(payload)


def read_first(sym, responder, message):
    """(initiator's ephemeral, initiator's static, payload) at the responder."""
    sym.mix_hash(x25519_base(responder))
    enc = message[:32]
    sym.mix_hash(enc)
    sym.mix_key(dh(responder, enc))
    static = sym.open(message[32:80])
    sym.mix_key(dh(responder, static))
    return enc, static, sym.open(message[80:])


def second_message(sym, ephemeral, initiator_ephemeral, initiator_static, payload):
    """<- e, ee, se"""
    enc = x25519_base(ephemeral)
    sym.mix_hash(enc)
    sym.mix_key(dh(ephemeral, initiator_ephemeral))
    sym.mix_key(dh(ephemeral, initiator_static))
    return enc + sym.seal(payload)


def read_second(sym, initiator, ephemeral, message):
    sym.mix_hash(message[:32])
    sym.mix_key(dh(ephemeral, message[:32]))
    sym.mix_key(dh(initiator, message[:32]))
    return sym.open(message[32:])


def handshake(prologue, initiator, initiator_ephemeral, responder, responder_ephemeral, payloads):
    """Both sides in full; they must agree. Returns messages, handshake hash and the two transport keys."""
    left, right = Symmetric(prologue), Symmetric(prologue)
    first = first_message(left, initiator, initiator_ephemeral, x25519_base(responder), payloads[0])
    seen_ephemeral, seen_static, seen_payload = read_first(right, responder, first)
    second = second_message(right, responder_ephemeral, seen_ephemeral, seen_static, payloads[1])
    back = read_second(left, initiator, initiator_ephemeral, second)
    assert (seen_payload, back) == tuple(payloads) and left.h == right.h and left.split() == right.split()
    to_responder, to_initiator = left.split()
    return {"messages": [first, second], "hash": left.h, "to_responder": to_responder, "to_initiator": to_initiator}
