"""One scripted clinic: people, devices, parties, and its signed objects in the order of the audit log.

All randomness is a SHA-512 counter: draw(what, n) = the first n bytes of SHA-512(SEED | what | u64 0) | SHA-512(... 1) ...
"""
import hashlib

from objects import NONE16, NONE32, Link, Object
from primitives import ed25519_public, u64, x25519_base

SEED = b"wardline vectors, seed 1: "
T0 = 1_790_000_000_000                                          # ms since 1970: a day in September 2026
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PERSONAL_STAFF, PERSONAL_PATIENT, STATION, SERVICE = 1, 2, 3, 4
USER_PARTY, ROLE_PARTY, PATIENT_PARTY, SERVICE_PARTY = 1, 2, 3, 4
PATIENTS, STAFF, STATIONS, SERVICES, GRANTS, OFFICERS = 1, 2, 4, 8, 16, 32   # registrar scope bits


def draw(what, size):
    out, i = b"", 0
    while len(out) < size:
        out += hashlib.sha512(SEED + what.encode() + u64(i)).digest()
        i += 1
    return out[:size]


CLINIC = draw("clinic", 16)
OTHER_CLINIC = draw("other clinic", 16)
IDENTITY = draw("identity key", 32)


class Device:
    """Ids and secrets of one device; `user` is none for a station."""

    def __init__(self, name, device_class, user=None):
        self.name, self.device_class = name, device_class
        self.device = draw(name + " device", 16)
        self.user = NONE16 if user is None else draw(user + " user", 16)
        self.signing, self.noise, self.sealing = (draw(f"{name} {x}", 32) for x in ("signing", "noise", "sealing"))
        self.invitation_seed = draw(name + " invitation", 32)
        self.certificate = None

    def json(self):
        return {"name": self.name, "device": self.device, "user": self.user, "class": self.device_class,
                "signing_seed": self.signing, "noise_secret": self.noise, "sealing_secret": self.sealing,
                "invitation_seed": self.invitation_seed}


def party(name):
    return draw(name + " party", 16)


def root(**other):
    fields = {"identity_key": ed25519_public(IDENTITY), "clinic_name": "Clinic at the Lake", "created": T0}
    return Object("root", CLINIC, dict(fields, **other), [("root", IDENTITY)])


def server(serial=1, signer=IDENTITY, **other):
    fields = {"serial": serial, "noise_key": x25519_base(draw("server noise", 32)),
              "log_key": ed25519_public(draw("log key", 32)), "daemon_key": ed25519_public(draw("daemon key", 32)),
              "from": T0, "until": T0 + 365 * DAY}
    return Object("server", CLINIC, dict(fields, **other), [("server", signer)])


def registrar(who, scope, alone, serial=1, signer=IDENTITY, **other):
    fields = {"serial": serial, "device": who.device, "user": who.user, "signing_key": ed25519_public(who.signing),
              "scope": scope, "alone": alone, "units": [], "from": T0, "until": T0 + 365 * DAY}
    return Object("registrar", CLINIC, dict(fields, **other), [("registrar", signer)])


def invitation(who, parties, by, clinic=CLINIC, **other):
    """`by`: (registrar certificate, signing seed), or None for the identity key."""
    registrar_hash, seed = (NONE32, IDENTITY) if by is None else (by[0].hash, by[1])
    fields = {"id": draw(who.name + " invitation id", 16), "invitation_key": ed25519_public(who.invitation_seed),
              "registrar_hash": registrar_hash, "user": who.user, "class": who.device_class, "parties": sorted(parties),
              "display_name": who.name, "purpose": 1, "history_from": 0, "from": T0, "until": T0 + 72 * HOUR}
    return Object("invitation", clinic, dict(fields, **other), [("invitation", seed)])


def certificate(who, invited, signers=None, clinic=CLINIC, **other):
    """A first device certificate, made from an invitation."""
    fields = {"device": who.device, "serial": 1, "issuer": 1, "invitation_hash": invited.hash, "previous": NONE32,
              "registrar_hash": NONE32, "user": who.user, "class": who.device_class,
              "parties": invited.fields["parties"], "display_name": invited.fields["display_name"],
              "signing_key": ed25519_public(who.signing), "noise_key": x25519_base(who.noise),
              "sealing_key": x25519_base(who.sealing), "from": T0, "until": T0 + 365 * DAY}
    return Object("device", clinic, dict(fields, **other),
                  signers or [("device", who.invitation_seed), ("device possession", who.signing)])


def renewal(who, by, signers=None, **other):
    """The next certificate of a device, signed by a registrar and the device."""
    old = who.certificate
    fields = dict(old.fields, serial=old.fields["serial"] + 1, issuer=2, invitation_hash=NONE32, previous=old.hash,
                  registrar_hash=by[0].hash, until=T0 + 730 * DAY)
    return Object("device", CLINIC, dict(fields, **other),
                  signers or [("device", by[1]), ("device possession", who.signing)])


def grant(subject_kind, subject, to, by, **other):
    fields = {"subject_kind": subject_kind, "subject": subject, "party": to, "serial": 1, "state": 1,
              "registrar_hash": by[0].hash, "from": T0, "until": 0}
    return Object("grant", CLINIC, dict(fields, **other), [("grant", by[1])])


def revocation(subject_kind, subject, signer, reason=1, **other):
    """`signer`: a Device with a certificate, (registrar certificate, Device), or None for the identity key."""
    device, signer_hash, seed = NONE16, NONE32, IDENTITY
    if isinstance(signer, tuple):
        device, signer_hash, seed = signer[1].device, signer[0].hash, signer[1].signing
    elif signer is not None:
        device, signer_hash, seed = signer.device, signer.certificate.hash, signer.signing
    fields = {"subject_kind": subject_kind, "subject": subject, "reason": reason, "time": T0 + DAY,
              "signer_device": device, "signer_hash": signer_hash}
    return Object("revocation", CLINIC, dict(fields, **other), [("revocation", seed)])


def cosign(of, by, time=T0):
    return Object("cosign", CLINIC, {"object_hash": of.hash, "registrar_hash": by[0].hash, "time": time}, [("cosign", by[1])])


def member(who, granted=None):
    return {"device": who.device, "certificate_hash": who.certificate.hash,
            "grant_hash": NONE32 if granted is None else granted.hash, "sealing_key": x25519_base(who.sealing)}


def link(name, kind, n, previous, members, maker, **other):
    """`maker`: a Device (signer role 1), or (registrar certificate, Device) for role 2. `other`: core fields, or Link's own."""
    made = {k: other.pop(k) for k in ("inbox", "sealed_seed", "seals", "seed", "signer") if k in other}
    role, device, signer_hash = (2, maker[1], maker[0].hash) if isinstance(maker, tuple) else (1, maker, maker.certificate.hash)
    members = sorted(members, key=lambda m: m["device"]) if other.pop("sort", True) else members
    core = {"party": party(name), "party_kind": kind, "n": n, "previous": previous.hash if previous else NONE32,
            "reason": 1 if n == 1 else 2, "signer_role": role, "signer_device": device.device, "signer_hash": signer_hash,
            "time": T0 + 2 * HOUR}
    draws = other.pop("draws", f"{name} link {n}")
    seed = made.pop("seed", draw(draws + " seed", 32))
    signer = made.pop("signer", device.signing)
    ephemerals = [draw(f"{draws} ephemeral {i}", 32) for i in range(len(members))]
    return Link(CLINIC, dict(core, **other), members, seed, ephemerals, signer, **made)


def conversation(name, parties, maker, n=1, previous=None, subject=NONE16, **other):
    """`parties`: (party id, kind) pairs."""
    fields = {"conversation": draw(name + " conversation", 16), "n": n, "previous": previous.hash if previous else NONE32,
              "subject": subject, "parties": sorted(({"party": p, "kind": k} for p, k in parties), key=lambda x: x["party"]),
              "reason": 1 if n == 1 else 2, "signer_device": maker.device, "signer_hash": maker.certificate.hash,
              "time": T0 + 3 * HOUR}
    return Object("conversation", CLINIC, dict(fields, **other), [("conversation", maker.signing)])


def entry_json(name, entry):
    made, position, log_time, cosigned = entry
    row = {"name": name, "kind": made.kind, "object": made.bytes, "hash": made.hash, "position": position, "log_time": log_time}
    if cosigned:
        row["cosign"] = cosigned.bytes
    if made.kind == "link":
        row.update(members=made.members_bytes, seals=made.seals_bytes, seed=made.seed)
    return row


class World:
    """Builds the log. `entries`: name -> (object, position, log time, cosignature or None), in log order."""

    def __init__(self):
        self.entries, self.devices = {}, {}
        for name, device_class, user in (("admin", 1, "admin"), ("second", 1, "second"), ("nurse", 1, "nurse"),
                                         ("physician", 1, "physician"), ("physician phone", 1, "physician"),
                                         ("station", 3, None), ("patient", 2, "patient"), ("proxy", 2, "proxy"),
                                         ("clerk", 1, "clerk")):
            self.devices[name] = Device(name, device_class, user)
        self.start()
        self.enrol()
        self.grants()
        self.links()
        self.conversations()

    def put(self, name, made, cosigned=None):
        position = len(self.entries)
        self.entries[name] = (made, position, T0 + position * MINUTE, cosigned)
        return made

    def __getitem__(self, name):
        return self.entries[name][0]

    @property
    def by(self):
        """The registrar who may do everything alone."""
        return self["registrar admin"], self.devices["admin"].signing

    @property
    def by_second(self):
        """The registrar who needs a second one for grants."""
        return self["registrar second"], self.devices["second"].signing

    def start(self):
        """The order of e2ee 6.1: the identity key signs the first invitation and the first registrar."""
        admin = self.devices["admin"]
        self.put("root", root())
        self.put("server", server())
        self.put("invitation admin", invitation(admin, [party("admin")], None))
        admin.certificate = self.put("device admin", certificate(admin, self["invitation admin"]))
        self.put("registrar admin", registrar(admin, scope=63, alone=63))

    def enrol(self):
        parties = {"second": [party("second")], "nurse": [party("nurse")], "physician": [party("physician")],
                   "physician phone": [party("physician")], "station": [party("triage")], "patient": [party("patient")],
                   "proxy": [], "clerk": [party("clerk")]}
        for name, own in parties.items():
            who = self.devices[name]
            self.put("invitation " + name, invitation(who, own, self.by, purpose=2 if name == "physician phone" else 1))
            who.certificate = self.put("device " + name, certificate(who, self["invitation " + name]))
        self.put("registrar second", registrar(self.devices["second"], scope=STAFF | GRANTS, alone=STAFF))
        clerk = self.devices["clerk"]
        clerk.certificate = self.put("device clerk renewed", renewal(clerk, self.by))

    def grants(self):
        for name in ("nurse", "physician"):
            self.put(f"grant {name} triage", grant(1, self.devices[name].user, party("triage"), self.by))
        self.put("grant proxy patient", grant(1, self.devices["proxy"].user, party("patient"), self.by, until=T0 + 300 * DAY))
        given = grant(1, self.devices["clerk"].user, party("triage"), self.by_second)
        self.put("grant clerk triage", given, cosign(given, self.by, T0 + HOUR))
        self.put("grant clerk withdrawn", grant(1, self.devices["clerk"].user, party("triage"), self.by, serial=2, state=2))

    def links(self):
        for name in ("admin", "nurse", "physician"):
            who = self.devices[name]
            self.put(f"link {name} 1", link(name, USER_PARTY, 1, None, [member(who)], who))
        physician, phone = self.devices["physician"], self.devices["physician phone"]
        self.put("link physician 2", link("physician", USER_PARTY, 2, self["link physician 1"],
                                          [member(physician), member(phone)], physician))
        station, nurse = self.devices["station"], self.devices["nurse"]
        first = [member(station)]
        self.put("link triage 1", link("triage", ROLE_PARTY, 1, None, first, station))
        self.triage = first + [member(nurse, self["grant nurse triage"]), member(physician, self["grant physician triage"])]
        self.put("link triage 2", link("triage", ROLE_PARTY, 2, self["link triage 1"], self.triage, station))
        patient, proxy = self.devices["patient"], self.devices["proxy"]
        self.put("link patient 1", link("patient", PATIENT_PARTY, 1, None, [member(patient)], patient))
        self.put("link patient 2", link("patient", PATIENT_PARTY, 2, self["link patient 1"],
                                        [member(patient), member(proxy, self["grant proxy patient"])], patient))

    def conversations(self):
        self.pair = [(party("nurse"), USER_PARTY), (party("physician"), USER_PARTY)]
        self.put("conversation ward 1", conversation("ward", self.pair, self.devices["nurse"]))
        self.thread = [(party("patient"), PATIENT_PARTY), (party("triage"), ROLE_PARTY)]
        self.put("conversation thread 1", conversation("thread", self.thread, self.devices["patient"], subject=party("patient")))
        self.put("conversation thread 2", conversation(
            "thread", self.thread + [(party("physician"), USER_PARTY)], self.devices["station"], 2,
            self["conversation thread 1"], subject=party("patient")))
