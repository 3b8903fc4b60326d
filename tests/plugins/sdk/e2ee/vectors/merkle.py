"""RFC 6962 tree by its recursive definition (section 2.1), audit leaves, and C2SP signed notes."""
import base64

from primitives import ed25519_public, ed25519_sign, sha256, u8


def leaf_hash(data):
    return sha256(b"\x00", data)


def leaf_data(kind, salt, entry):
    """Audit leaf: version 1 | kind | SHA-256(salt | entry) (e2ee 5, DESIGN 9)."""
    return u8(1) + u8(kind) + sha256(salt, entry)


def split(n):
    """Largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    k = split(len(leaves))
    return sha256(b"\x01", root(leaves[:k]), root(leaves[k:]))


def inclusion(m, leaves):
    """PATH(m, D[n]) of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return inclusion(m, leaves[:k]) + [root(leaves[k:])]
    return inclusion(m - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    """PROOF(m, D[n]) of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def key_id(name, public):
    return sha256(name.encode(), b"\n\x01", public)[:4]


def verifier_key(name, public):
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(b'%c' % 1 + public).decode()}"


def note(name, seed, text):
    """Signed note: text, blank line, one signature line (C2SP signed-note v1.0.0)."""
    blob = key_id(name, ed25519_public(seed)) + ed25519_sign(seed, text.encode())
    return f"{text}\n\u2014 {name} {base64.b64encode(blob).decode()}\n"


def checkpoint(origin, seed, size, tree_root):
    return note(origin, seed, f"{origin}\n{size}\n{base64.b64encode(tree_root).decode()}\n")
