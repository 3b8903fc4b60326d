"""The signed objects of e2ee section 5: fields -> bytes -> object hash -> signatures. Written from the guide's text alone."""
from primitives import (derive_key_pair, ed25519_public, ed25519_sign, hkdf, hpke_seal, seal_aead, sha256, u8, u16, u32, u64)

NONE16, NONE32 = bytes(16), bytes(32)
KINDS = {"root": 1, "server": 2, "registrar": 3, "invitation": 4, "device": 5, "grant": 6, "revocation": 7, "link": 8,
         "pack": 9, "keylist": 10, "conversation": 11, "slip": 12, "act": 13, "wipe": 14, "cosign": 19}
SIZE_MAX = {"root": 256, "server": 256, "registrar": 2048, "invitation": 2048, "device": 2048, "grant": 512,
            "revocation": 512, "link": 292, "pack": 67584, "keylist": 99328, "conversation": 1024, "slip": 6144, "act": 512, "wipe": 256,
            "cosign": 256}

# name, type. b16 b32 fixed bytes; v8 bytes and t8 text behind a u8 length, v32 bytes behind a u32 length; [count width, item] a list, item a type or
# a list of (name, type). Order and widths are e2ee 5's.
FIELDS = {
    "root": [("identity_key", "b32"), ("clinic_name", "t8"), ("created", "u64")],
    "server": [("serial", "u32"), ("noise_key", "b32"), ("log_key", "b32"), ("daemon_key", "b32"), ("from", "u64"),
               ("until", "u64")],
    "registrar": [("serial", "u32"), ("device", "b16"), ("user", "b16"), ("signing_key", "b32"), ("scope", "u8"),
                  ("alone", "u8"), ("units", ["u8", "b16"]), ("from", "u64"), ("until", "u64")],
    "invitation": [("id", "b16"), ("invitation_key", "b32"), ("registrar_hash", "b32"), ("user", "b16"), ("class", "u8"),
                   ("parties", ["u8", "b16"]), ("display_name", "t8"), ("purpose", "u8"), ("history_from", "u64"),
                   ("from", "u64"), ("until", "u64")],
    "device": [("device", "b16"), ("serial", "u32"), ("issuer", "u8"), ("invitation_hash", "b32"), ("previous", "b32"),
               ("registrar_hash", "b32"), ("user", "b16"), ("class", "u8"), ("parties", ["u8", "b16"]),
               ("display_name", "t8"), ("signing_key", "b32"), ("noise_key", "b32"), ("sealing_key", "b32"),
               ("from", "u64"), ("until", "u64")],
    "grant": [("subject_kind", "u8"), ("subject", "b16"), ("party", "b16"), ("serial", "u32"), ("state", "u8"),
              ("registrar_hash", "b32"), ("from", "u64"), ("until", "u64")],
    "revocation": [("subject_kind", "u8"), ("subject", "b16"), ("reason", "u8"), ("time", "u64"), ("signer_device", "b16"),
                   ("signer_hash", "b32")],
    "link": [("party", "b16"), ("party_kind", "u8"), ("n", "u32"), ("previous", "b32"), ("inbox", "b32"),
             ("members_hash", "b32"), ("seals_hash", "b32"), ("count", "u16"), ("reason", "u8"), ("signer_role", "u8"),
             ("signer_device", "b16"), ("signer_hash", "b32"), ("time", "u64")],
    "pack": [("party", "b16"), ("device", "b16"), ("certificate_hash", "b32"), ("first", "u32"), ("last", "u32"),
             ("core_hash", "b32"), ("enc", "b32"), ("ct", "v32")],
    "keylist": [("conversation", "b16"), ("device", "b16"), ("certificate_hash", "b32"), ("invitation_hash", "b32"),
                ("part", "u16"), ("parts", "u16"), ("enc", "b32"), ("ct", "v32")],
    "conversation": [("conversation", "b16"), ("n", "u32"), ("previous", "b32"), ("subject", "b16"),
                     ("parties", ["u8", [("party", "b16"), ("kind", "u8")]]), ("reason", "u8"), ("signer_device", "b16"),
                     ("signer_hash", "b32"), ("time", "u64")],
    "act": [("act", "u8"), ("target", "b16"), ("hash", "b32"), ("user", "b16"), ("device", "b16"),
            ("certificate_hash", "b32"), ("time", "u64"), ("level", "u8"), ("reason", "u8"), ("tree_size", "u64"),
            ("tree_root", "b32")],
    "wipe": [("order", "b16"), ("device", "b16"), ("scope", "u8"), ("party", "b16"), ("revocation", "b32"),
             ("incarnation", "b16"), ("time", "u64")],
    "cosign": [("object_hash", "b32"), ("registrar_hash", "b32"), ("time", "u64")],
    # The header only; its first 18 bytes are the frame's start.
    "slip": [("message", "b16"), ("conversation", "b16"), ("conversation_n", "u32"), ("author_user", "b16"),
             ("author_device", "b16"), ("certificate_hash", "b32"), ("time", "u64"), ("envelope", "v8"),
             ("body_hash", "b32"), ("body_size", "u32"), ("key_commitment", "b32"),
             ("attachments", ["u8", [("id", "b16"), ("hash", "b32"), ("size", "u64")]]), ("parties", ["u8", "b16"]),
             ("records_key_hash", "b32")],
}
MEMBERS = ["u16", [("device", "b16"), ("certificate_hash", "b32"), ("grant_hash", "b32")]]
SEALS = ["u16", [("enc", "b32"), ("ct", "b48")]]
INTEGERS = {"u8": u8, "u16": u16, "u32": u32, "u64": u64}


def label(name):
    return f"wardline {name} v1".encode()


def lab(x):
    return u8(len(x)) + x


def labelled_hash(name, message):
    """H(x, m) of e2ee 1."""
    return sha256(lab(label(name)), message)


def sign(seed, name, message):
    """Sig(sk, x, m) of e2ee 1."""
    return ed25519_sign(seed, lab(label(name)) + message)


def encode(kind, value):
    if isinstance(kind, list):
        width, item = kind
        items = value if isinstance(item, str) else [[entry[name] for name, _ in item] for entry in value]
        kinds = [item] if isinstance(item, str) else [t for _, t in item]
        rows = [[x] for x in items] if isinstance(item, str) else items
        return INTEGERS[width](len(items)) + b"".join(encode(t, x) for row in rows for t, x in zip(kinds, row))
    if kind in INTEGERS:
        return INTEGERS[kind](value)
    if kind in ("v8", "t8"):
        raw = value.encode() if isinstance(value, str) else value
        return u8(len(raw)) + raw
    if kind == "v32":
        return u32(len(value)) + value
    assert len(value) == int(kind[1:]), (kind, value)
    return value


def frame(kind, clinic, fields):
    """u8 kind | u8 version | b16 clinic | fields: the signed bytes of every object but the slip."""
    assert set(fields) == {name for name, _ in FIELDS[kind]}, (kind, fields.keys())
    return u8(KINDS[kind]) + u8(1) + clinic + b"".join(encode(t, fields[name]) for name, t in FIELDS[kind])


def close(signed, signatures):
    return signed + u8(len(signatures)) + b"".join(signatures)


class Object:
    """One signed object with all its inputs. `signers` is a list of (label name, Ed25519 seed)."""

    def __init__(self, kind, clinic, fields, signers, tail=b""):
        self.kind, self.clinic, self.fields, self.signers = kind, clinic, fields, signers
        self.signed = frame(kind, clinic, fields) + tail
        self.hash = labelled_hash("object " + kind, self.signed)
        self.signatures = [sign(seed, name, self.signed) for name, seed in signers]
        self.bytes = close(self.signed, self.signatures)
        assert len(self.bytes) <= SIZE_MAX[kind]

    def json(self):
        return {"kind": self.kind, "clinic": self.clinic, "fields": self.fields, "signed_size": len(self.signed),
                "hash": self.hash,
                "signers": [{"label": label(name).decode(), "seed": seed, "public_key": ed25519_public(seed), "signature": s}
                            for (name, seed), s in zip(self.signers, self.signatures)],
                "object": self.bytes}


# ---- 5.6 roster links ----

def inbox_secret(seed, clinic, party, n):
    """(secret, public) of the inbox of an epoch."""
    return derive_key_pair(hkdf(seed, lab(label("inbox")) + clinic + party + u32(n), 32))


def seed_info(clinic, core, device):
    return (lab(label("seed")) + clinic + core["party"] + u32(core["n"]) + core["previous"] + core["inbox"]
            + core["members_hash"] + device)


class Link(Object):
    """`members`: dicts as in MEMBERS plus `sealing_key`; `ephemerals`: one X25519 secret per member, same order."""

    def __init__(self, clinic, core, members, seed, ephemerals, signer, inbox=None, sealed_seed=None, seals=None):
        self.seed, self.members, self.ephemerals = seed, members, ephemerals
        self.members_bytes = encode(MEMBERS, members)
        core = dict(core, inbox=inbox or inbox_secret(seed, clinic, core["party"], core["n"])[1],
                    members_hash=labelled_hash("members", self.members_bytes), count=len(members))
        if seals is None:
            pairs = [hpke_seal(e, m["sealing_key"], seed_info(clinic, core, m["device"]), sealed_seed or seed)
                     for m, e in zip(members, ephemerals)]
            seals = [{"enc": enc, "ct": ct} for enc, ct in pairs]
        self.seals = seals
        self.seals_bytes = encode(SEALS, seals)
        core["seals_hash"] = labelled_hash("seals", self.seals_bytes)
        super().__init__("link", clinic, core, [("link", signer)])
        assert len(self.bytes) == 292                           # e2ee 5.6

    def json(self):
        return dict(super().json(), seed=self.seed, ephemerals=b"".join(self.ephemerals), members=self.members_bytes,
                    sealing_keys=b"".join(m["sealing_key"] for m in self.members), seals=self.seals_bytes)


# ---- 5.7 history pack and key list ----

class Sealed(Object):
    """A pack or key list: `before` = its fields up to enc; plain sealed to one device, its info the bytes before enc."""

    def __init__(self, kind, clinic, before, receiver, ephemeral, plain, signer):
        self.plain, self.ephemeral = plain, ephemeral
        known = u8(KINDS[kind]) + u8(1) + clinic + b"".join(encode(t, before[name]) for name, t in FIELDS[kind] if name in before)
        info = lab(label("history" if kind == "pack" else "keys")) + known
        enc, ct = hpke_seal(ephemeral, receiver, info, plain)
        super().__init__(kind, clinic, dict(before, enc=enc, ct=ct), [(kind, signer)])

    def json(self):
        return dict(super().json(), ephemeral=self.ephemeral, plain=self.plain)


# ---- 5.10 body ----

BUCKETS = (256, 1024, 4096, 16384, 65536)


def body_keys(key, message):
    """(commitment, Kb)."""
    out = hkdf(key, lab(label("body")) + message, 64)
    return out[:32], out[32:]


def body_plain(content):
    size = next(b for b in BUCKETS if 4 + len(content) <= b)
    return u32(len(content)) + content + bytes(size - 4 - len(content))


def seal_body(key, message, plain):
    return seal_aead(body_keys(key, message)[1], bytes(12), plain, message)


# ---- 5.11 attachments ----

CHUNK = 262144
STEP = 4096


def attachment_key(key, message, attachment):
    return hkdf(key, lab(label("attachment")) + message + attachment, 32)


def blob(key, message, attachment, content):
    """Every chunk sealed under its number; the last one says that it is."""
    padded = content + bytes(-len(content) % STEP or (STEP if not content else 0))
    pieces = [padded[i:i + CHUNK] for i in range(0, len(padded), CHUNK)]
    secret = attachment_key(key, message, attachment)
    return b"".join(seal_aead(secret, bytes(8) + u32(i), piece, attachment + u32(i) + u8(i + 1 == len(pieces)))
                    for i, piece in enumerate(pieces))


# ---- 5.9 slip ----

ENVELOPE_V1 = 40


def envelope(level=0, flags=0, kind=8, scorer=0, rules=NONE32, reserved=bytes(3), version=1):
    return u8(version) + u8(level) + u8(flags) + u8(kind) + u8(scorer) + reserved + rules


def slip_hash(clinic, header):
    return labelled_hash("slip header", frame("slip", clinic, header))


def seal_info(h, party, epoch):
    return lab(label("seal")) + h + party + u32(epoch)


class Slip(Object):
    """`seals`: per party of the header {party, epoch, inbox, ephemeral}; `records`: b"" or 176 bytes."""

    def __init__(self, clinic, header, key, seals, signer, records=b"", keys=None, ready=None):
        self.h, self.key, self.inputs, self.records = slip_hash(clinic, header), key, seals, records
        assert (len(records) == 176) == (header["records_key_hash"] != NONE32)
        if ready is None:
            ready = []
            for i, s in enumerate(seals):
                enc, ct = hpke_seal(s["ephemeral"], s["inbox"], seal_info(self.h, s["party"], s["epoch"]),
                                    keys[i] if keys else key)
                ready.append(u32(s["epoch"]) + enc + ct)
        self.ready = ready
        super().__init__("slip", clinic, header, [("slip", signer)], b"".join(ready) + records)
        parties = len(header["parties"])
        assert parties > 32 or len(self.bytes) == (                            # e2ee 5.9, with a 40-byte envelope
            334 + 100 * parties + 56 * len(header["attachments"]) + len(records) + len(header["envelope"]) - ENVELOPE_V1)

    def json(self):
        return dict(super().json(), h=self.h, key=self.key, seals=self.inputs, records=self.records)
