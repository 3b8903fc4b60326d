"""Primitives from their RFCs, standard library only, slow on purpose (e2ee 12).

RFC 7748 X25519, RFC 8032 Ed25519, RFC 8439 ChaCha20-Poly1305 (and its XChaCha20 form), RFC 5869 HKDF, RFC 9180 HPKE base mode with
X25519/HKDF-SHA256/ChaCha20-Poly1305. Nothing here is constant time: use it for test vectors, never for secrets.
rfc_checks.py holds the RFCs' own values.
"""
import hashlib
import hmac
import struct

P = 2**255 - 19                                                 # field of curve25519
L = 2**252 + 27742317777372353535851937790883648493             # order of the prime subgroup
D = -121665 * pow(121666, -1, P) % P                            # edwards25519's d
SQRT_M1 = pow(2, (P - 1) // 4, P)


def u8(n): return struct.pack(">B", n)
def u16(n): return struct.pack(">H", n)
def u32(n): return struct.pack(">I", n)
def u64(n): return struct.pack(">Q", n)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- RFC 7748 section 5 ----

def x25519(scalar, u):
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & (2**255 - 1)) | 2**254
    x1 = int.from_bytes(u, "little") & (2**255 - 1)             # bit 255 is ignored, as the RFC says
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb)**2 % P, x1 * (da - cb)**2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def x25519_base(scalar):
    return x25519(scalar, (9).to_bytes(32, "little"))


def dh(scalar, u):
    """X25519 that fails on an all-zero result (RFC 9180 7.1.4, e2ee 7.1)."""
    shared = x25519(scalar, u)
    if shared == bytes(32):
        raise ValueError("all-zero shared secret")
    return shared


# ---- RFC 8032 section 5.1; points are (X, Y, Z, T) ----

IDENTITY = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(s, p):
    q = IDENTITY
    while s:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


def equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    """x of the point with this y, or None if there is none."""
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def compress(p):
    z = pow(p[2], -1, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decompress(raw):
    """The point, or None: y not below p (not canonical), or not on the curve."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)
BASE_POWERS = [BASE]                                            # 2^i B: a signature is then about 128 additions
while len(BASE_POWERS) < 256:
    BASE_POWERS.append(add(BASE_POWERS[-1], BASE_POWERS[-1]))


def multiply_base(s):
    q = IDENTITY
    for i in range(s.bit_length()):
        if s >> i & 1:
            q = add(q, BASE_POWERS[i])
    return q


def hash_to_scalar(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def expand_seed(seed):
    h = hashlib.sha512(seed).digest()
    return int.from_bytes(h[:32], "little") & (2**254 - 8) | 2**254, h[32:]


PUBLIC_KEYS = {}                                                # seed -> public key, only to save time


def ed25519_public(seed):
    if seed not in PUBLIC_KEYS:
        PUBLIC_KEYS[seed] = compress(multiply_base(expand_seed(seed)[0]))
    return PUBLIC_KEYS[seed]


def ed25519_sign(seed, message):
    a, prefix = expand_seed(seed)
    r = hash_to_scalar(prefix, message)
    big_r = compress(multiply_base(r))
    s = (r + hash_to_scalar(big_r, ed25519_public(seed), message) * a) % L
    return big_r + s.to_bytes(32, "little")


def ed25519_verify(public, message, signature):
    a, s = decompress(public), int.from_bytes(signature[32:], "little")
    r = decompress(signature[:32])
    if a is None or r is None or s >= L:
        return False
    k = hash_to_scalar(signature[:32], public, message)
    return equal(multiply_base(s), add(r, multiply(k, a)))


# ---- RFC 8439 ----

def quarter(x, a, b, c, d):
    for to, by, changed, left in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[to] = x[to] + x[by] & 0xffffffff
        t = x[changed] ^ x[to]
        x[changed] = (t << left | t >> 32 - left) & 0xffffffff


def chacha20_block(key, counter, nonce):
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    x = list(start)
    for _ in range(10):
        for i in range(4):
            quarter(x, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(x, start)))


def chacha20(key, counter, nonce, data):
    out = b"".join(chacha20_block(key, counter + i, nonce) for i in range((len(data) + 63) // 64))
    return bytes(a ^ b for a, b in zip(data, out))


POLY_P = 2**130 - 5


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    acc = 0
    for i in range(0, len(message), 16):
        acc = (acc + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % POLY_P
    return (acc + int.from_bytes(key[16:], "little") & 2**128 - 1).to_bytes(16, "little")


def poly_input(ad, ct):
    def pad(x): return x + bytes(-len(x) % 16)
    return pad(ad) + pad(ct) + struct.pack("<QQ", len(ad), len(ct))


def seal_aead(key, nonce, plain, ad=b""):
    ct = chacha20(key, 1, nonce, plain)
    return ct + poly1305(chacha20_block(key, 0, nonce)[:32], poly_input(ad, ct))


def open_aead(key, nonce, sealed, ad=b""):
    """The plaintext, or None if the tag does not fit."""
    ct, tag = sealed[:-16], sealed[-16:]
    if poly1305(chacha20_block(key, 0, nonce)[:32], poly_input(ad, ct)) != tag:
        return None
    return chacha20(key, 1, nonce, ct)


# ---- draft-irtf-cfrg-xchacha-03 ----

def hchacha20(key, nonce):
    """Section 2.2: the rounds alone, first and last row of the state."""
    x = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    for _ in range(10):
        for i in range(4):
            quarter(x, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *x[:4], *x[12:])


def seal_xaead(key, nonce, plain, ad=b""):
    """AEAD_XChaCha20_Poly1305 with its 24-byte nonce."""
    return seal_aead(hchacha20(key, nonce[:16]), bytes(4) + nonce[16:], plain, ad)


# ---- RFC 5869 and e2ee 2.1 ----

def hmac256(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def hkdf_extract(salt, ikm):
    return hmac256(salt, ikm)


def hkdf_expand(prk, info, size):
    out, block = b"", b""
    for i in range(1, (size + 31) // 32 + 1):
        block = hmac256(prk, block, info, u8(i))
        out += block
    return out[:size]


def hkdf(ikm, info, size):
    """HKDF(ikm, info, n) of e2ee 2.1: empty salt."""
    return hkdf_expand(hkdf_extract(b"", ikm), info, size)


# ---- RFC 9180, base mode, suite 0x0020 0x0001 0x0003 ----

KEM = b"KEM" + u16(0x0020)
SUITE = b"HPKE" + u16(0x0020) + u16(0x0001) + u16(0x0003)


def labeled_extract(suite, salt, label, ikm):
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + ikm)


def labeled_expand(suite, prk, label, info, size):
    return hkdf_expand(prk, u16(size) + b"HPKE-v1" + suite + label + info, size)


def derive_key_pair(ikm):
    """(secret, public) of RFC 9180 7.1.3."""
    sk = labeled_expand(KEM, labeled_extract(KEM, b"", b"dkp_prk", ikm), b"sk", b"", 32)
    return sk, x25519_base(sk)


def kem_secret(shared, enc, receiver):
    prk = labeled_extract(KEM, b"", b"eae_prk", shared)
    return labeled_expand(KEM, prk, b"shared_secret", enc + receiver, 32)


def key_schedule(shared_secret, info):
    """(key, base nonce) of RFC 9180 5.1, mode 0."""
    context = u8(0) + labeled_extract(SUITE, b"", b"psk_id_hash", b"") + labeled_extract(SUITE, b"", b"info_hash", info)
    secret = labeled_extract(SUITE, shared_secret, b"secret", b"")
    return (labeled_expand(SUITE, secret, b"key", context, 32),
            labeled_expand(SUITE, secret, b"base_nonce", context, 12))


def hpke_seal(ephemeral, receiver, info, plain):
    """(enc, ct) of Seal in e2ee 2.1; `ephemeral` is the 32-byte secret skE."""
    enc = x25519_base(ephemeral)
    key, nonce = key_schedule(kem_secret(dh(ephemeral, receiver), enc, receiver), info)
    return enc, seal_aead(key, nonce, plain)


def hpke_open(secret, enc, info, ct):
    """The plaintext, or None if the tag does not fit."""
    key, nonce = key_schedule(kem_secret(dh(secret, enc), enc, x25519_base(secret)), info)
    return open_aead(key, nonce, ct)
