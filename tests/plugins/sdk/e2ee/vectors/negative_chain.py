"""Decoding, keys and chains: cases 1-48, 153, 154, 173 of e2ee 10."""
import objects as o
import primitives as p
from groups import act, invented_parties, seals_for, slip_header
from groups_log import log_leaves
import merkle
from world import (CLINIC, DAY, GRANTS, HOUR, MINUTE, OTHER_CLINIC, PATIENTS, STAFF, T0, Device, certificate, cosign, draw,
                   grant, invitation, party, registrar, renewal, revocation, root, server)

SMALL_ORDER = ["00" * 32, "00" * 31 + "80", "ec" + "ff" * 30 + "7f",           # order 4, 4, 2; order 8 below
               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
               "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"]
X25519_LOW_ORDER = ["00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f",
                    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"]


class Log:
    """Entries behind the base log, in order; `at` is where the next one stands."""

    def __init__(self, world, position=None):
        self.rows, self.at = [], len(world.entries) if position is None else position

    def put(self, name, made, cosigned=None, log_time=T0 + 2 * HOUR):
        self.rows.append((name, (made, self.at, log_time, cosigned)))
        self.at += 1
        return made


def case(number, name, check, made, expect, log=None, **more):
    row = {"name": name, "number": number, "check": check, "made": made, "expect": expect}
    if log is not None:
        row["before"] = list(log.rows)
    row.update({"position": log.at if log else 60, "log_time": T0 + 2 * HOUR, "now": T0 + 2 * HOUR})
    row.update(more)
    return row


def raw(number, name, data, expect, **more):
    return {"name": name, "number": number, "check": "decode", "clinic": CLINIC, "object": data, "expect": expect, **more}


def edited(made, at, new):
    """The object with bytes from `at` replaced in its signed part, signed again."""
    signed = made.signed[:at] + new + made.signed[at + len(new):]
    return o.close(signed, [o.sign(seed, name, signed) for name, seed in made.signers])


def decoding(world):
    w, nurse = world, world.devices["nurse"]
    grown = {name: w[name] for name in ("root", "grant nurse triage", "link nurse 1", "conversation ward 1")}
    for name, made in grown.items():
        yield raw(1, f"{made.kind} one byte over its maximum", made.bytes + bytes(o.SIZE_MAX[made.kind] + 1 - len(made.bytes)),
                  "object_too_large")
    yield raw(2, "kind 0xff", b"\xff" + w["grant nurse triage"].bytes[1:], "unknown_kind")
    yield raw(2, "kind 0", b"\0" + w["grant nurse triage"].bytes[1:], "unknown_kind")
    yield raw(3, "version 2", edited(w["grant nurse triage"], 1, b"\2"), "unknown_version")
    name_at = 18 + 32
    yield raw(4, "length 0xff with 3 bytes left", w["root"].bytes[:name_at] + b"\xff" + b"abc", "length_beyond_end")
    yield raw(4, "count 64 with 3 bytes left", w["registrar admin"].bytes[:18 + 70] + b"\x40" + b"abc", "truncated")
    yield raw(5, "nothing at all", b"", "truncated")
    yield raw(5, "kind alone", b"\1", "truncated")
    many = sorted(draw(f"negative party {i}", 16) for i in range(65))
    station = w.devices["station"]
    yield raw(6, "invitation with 65 parties", invitation(station, many, w.by).bytes, "count_too_large")
    yield raw(6, "registrar with 65 units", registrar(w.devices["admin"], 63, 63, units=many).bytes, "count_too_large")
    yield raw(6, "conversation with 33 parties", o.Object("conversation", CLINIC, dict(
        w["conversation ward 1"].fields, parties=[{"party": x, "kind": 1} for x in many[:33]]),
        [("conversation", nurse.signing)]).bytes, "count_too_large")
    invented = invented_parties(33)
    header, key = slip_header(w, nurse, w["conversation ward 1"], [x[0] for x in invented], "negative 33")
    yield raw(6, "slip with 33 parties", o.Slip(CLINIC, header, key, seals_for([x[:3] for x in invented], "negative 33"),
                                                 nurse.signing).bytes, "count_too_large")
    link, invited, given = w["link nurse 1"], w["invitation nurse"], w["grant nurse triage"]
    for name, data in (
        ("invitation, class 9", invitation(nurse, [party("nurse")], w.by, **{"class": 9}).bytes),
        ("invitation, class 0", invitation(nurse, [party("nurse")], w.by, **{"class": 0}).bytes),
        ("invitation, purpose 4", invitation(nurse, [party("nurse")], w.by, purpose=4).bytes),
        ("device, class 9", certificate(nurse, invited, **{"class": 9}).bytes),
        ("device, issuer 3", certificate(nurse, invited, issuer=3).bytes),
        ("grant, subject kind 3", grant(3, nurse.user, party("triage"), w.by).bytes),
        ("grant, state 0", grant(1, nurse.user, party("triage"), w.by, state=0).bytes),
        ("revocation, subject kind 1", revocation(1, nurse.device, None).bytes),
        ("revocation, reason 6", revocation(2, nurse.device, None, 6).bytes),
        ("link, party kind 5", edited(link, 34, b"\5")), ("link, reason 9", edited(link, 169, b"\x09")),
        ("link, signer role 4", edited(link, 170, b"\4")), ("act 8", act(nurse, 8, o.NONE16, o.NONE32).bytes),
        ("conversation, party kind 0", o.Object("conversation", CLINIC, dict(
            w["conversation ward 1"].fields, parties=[{"party": many[0], "kind": 0}]), [("conversation", nurse.signing)]).bytes),
    ):
        yield raw(7, name, data, "unknown_value")
    two = sorted(many[:2])
    for number, name, parties in ((9, "swapped", two[::-1]), (10, "twice", [two[0], two[0]])):
        header, key = slip_header(w, nurse, w["conversation ward 1"], two, "negative sets")
        seals = seals_for([(x, 1, p.x25519_base(draw("negative inbox", 32))) for x in two], "negative sets")
        yield raw(number, f"slip, party {name}", o.Slip(CLINIC, dict(header, parties=parties), key, seals, nurse.signing).bytes, "not_sorted")
        attachments = [{"id": x, "hash": draw("blob", 32), "size": 4112} for x in parties]
        yield raw(number, f"slip, attachment {name}", o.Slip(CLINIC, dict(header, attachments=attachments), key, seals,
                                                             nurse.signing).bytes, "not_sorted")
        yield raw(number, f"invitation, party {name}", o.Object("invitation", CLINIC, dict(invited.fields, parties=parties),
                                                                [("invitation", w.by[1])]).bytes, "not_sorted")
        yield raw(number, f"conversation, party {name}", o.Object("conversation", CLINIC, dict(
            w["conversation ward 1"].fields, parties=[{"party": x, "kind": 1} for x in parties]),
            [("conversation", nurse.signing)]).bytes, "not_sorted")
    for number, name, text in ((11, "U+202E in the name", "nurse\u202eesrun".encode()), (11, "U+2066 in the name", "a\u2066b".encode()),
                               (11, "line feed in the name", b"nurse\n"), (11, "U+0085 in the name", "a\u0085".encode()),
                               (12, "overlong slash", b"a\xc0\xaf"), (12, "surrogate", b"\xed\xa0\x80"),
                               (12, "above U+10FFFF", b"\xf4\x90\x80\x80"), (12, "cut inside a character", b"nurse\xc3")):
        yield raw(number, name, invitation(nurse, [party("nurse")], w.by, display_name=text).bytes, "bad_text")
    yield raw(11, "U+202D in the clinic's name", root(clinic_name="a\u202db").bytes, "bad_text")
    yield raw(13, "byte behind the end", given.bytes + b"\0", "trailing_bytes")
    yield raw(14, "object of another clinic, valid there", invitation(nurse, [party("nurse")], w.by, clinic=OTHER_CLINIC).bytes,
              "other_clinic")
    yield raw(15, "two signatures on a grant", o.close(given.signed, given.signatures * 2), "wrong_signature_count")
    yield raw(15, "no signature on a grant", o.close(given.signed, []), "wrong_signature_count")
    yield raw(15, "one signature on a device certificate", o.close(w["device nurse"].signed, w["device nurse"].signatures[:1]),
              "wrong_signature_count")
    for name, scope, alone in (("unknown bit in scope", 0x40 | STAFF, STAFF), ("unknown bit in alone", STAFF, 0x80 | STAFF)):
        yield raw(173, name, registrar(w.devices["admin"], scope, alone).bytes, "reserved_not_zero")


def visitor(world, log, name="visitor", parties=None, **other):
    """A new staff person with an accepted invitation behind the base log."""
    who = Device(name, 1, name)
    return who, log.put("invitation " + name, invitation(who, [party(name)] if parties is None else parties, world.by, **other))


def torsioned():
    """A valid public key plus a point of order 8."""
    point = p.decompress(p.ed25519_public(draw("torsion seed", 32)))
    return p.compress(p.add(point, p.decompress(bytes.fromhex(SMALL_ORDER[5]))))


def not_canonical():
    """y + p for the smallest y > 1 that is on the curve."""
    y = next(y for y in range(2, 19) if p.recover_x(y, 0) is not None)
    return (y + p.P).to_bytes(32, "little")


def keys(world):
    log = Log(world)
    who, invited = visitor(world, log)
    any_signature = b"\1" + bytes(63)                           # R = identity, S = 0: fits every message under an order-1 key
    def device(signers=None, **other):
        return certificate(who, invited, signers, **other)
    yield case(0, "the certificate that the next ones spoil", "device", device(), "accepted", log)
    spoiled = device(signing_key=b"\1" + bytes(31))
    spoiled.bytes = o.close(spoiled.signed, [spoiled.signatures[0], any_signature])
    yield case(17, "order-1 signing key, signature that fits every message", "device", spoiled, "bad_public_key", log)
    for i, key in enumerate(SMALL_ORDER):
        yield case(18, f"small-order signing key {i + 2} of 8", "device", device(signing_key=bytes.fromhex(key)), "bad_public_key", log)
    yield case(19, "signing key with a torsion part", "device", device(signing_key=torsioned()), "bad_public_key", log)
    yield case(20, "signing key with y not below p", "device", device(signing_key=not_canonical()), "bad_public_key", log)
    yield case(21, "sealing key p + 9", "device", device(sealing_key=(p.P + 9).to_bytes(32, "little")), "bad_public_key", log)
    high = p.x25519_base(who.noise)
    yield case(22, "noise key with bit 255", "device", device(noise_key=high[:31] + p.u8(high[31] | 0x80)), "bad_public_key", log)
    for i, key in enumerate(X25519_LOW_ORDER):
        yield case(23, f"low-order sealing key {i + 1}", "device", device(sealing_key=bytes.fromhex(key)), "bad_public_key", log)
    yield case(26, "noise key = sealing key", "device", device(noise_key=p.x25519_base(who.sealing)), "key_reused", log)
    nurse = world.devices["nurse"]
    yield case(26, "signing key of another device", "device", device(
        [("device", who.invitation_seed), ("device possession", nurse.signing)], signing_key=p.ed25519_public(nurse.signing)),
        "key_reused", log)
    unsigned = device()
    unsigned.bytes = o.close(unsigned.signed, [unsigned.signatures[0], bytes(64)])
    yield case(27, "second signature empty", "device", unsigned, "no_proof_of_possession", log)
    yield case(27, "second signature by another key", "device", device(
        [("device", who.invitation_seed), ("device possession", nurse.signing)]), "no_proof_of_possession", log)
    yield case(27, "second signature under the first one's label", "device", device(
        [("device", who.invitation_seed), ("device", who.signing)]), "no_proof_of_possession", log)
    malleable = invitation(nurse, [party("nurse")], world.by, id=draw("malleable", 16))
    s = int.from_bytes(malleable.signatures[0][32:], "little") + p.L
    malleable.bytes = o.close(malleable.signed, [malleable.signatures[0][:32] + s.to_bytes(32, "little")])
    yield case(24, "S + L in the signature", "invitation", malleable, "bad_signature")
    yield case(48, "certificate signed by the daemon key", "device", device(
        [("device", draw("daemon key", 32)), ("device possession", who.signing)]), "bad_signature", log)
    yield case(48, "server certificate signed by the daemon key", "server", server(2, draw("daemon key", 32)), "bad_signature")


def certificates(world):
    log = Log(world)
    who, invited = visitor(world, log)
    def device(**other):
        return certificate(who, invited, **other)
    for name, change in (("a party the invitation lacks", {"parties": sorted([party("visitor"), party("triage")])}),
                         ("another user", {"user": draw("nurse user", 16)}), ("another class", {"class": 4}),
                         ("another display name", {"display_name": "chief"})):
        yield case(28, name, "device", device(**change), "certificate_exceeds_invitation", log)
    thief = Device("thief", 1, "nurse")
    thief.invitation_seed = world.devices["nurse"].invitation_seed
    yield case(29, "second certificate from one invitation", "device", certificate(thief, world["invitation nurse"]),
               "invitation_used_twice")
    for name, change, log_time, expect in (
        ("logged 73 h later", {"from": T0 + 73 * HOUR}, T0 + 73 * HOUR, "invitation_expired"),
        ("logged 11 min after the end", {}, T0 + 72 * HOUR + 11 * MINUTE, "invitation_expired"),
        ("logged 9 min after the end", {}, T0 + 72 * HOUR + 9 * MINUTE, "accepted"),
        ("device clock 30 min ahead", {"from": T0 + 3 * HOUR + 30 * MINUTE}, T0 + 3 * HOUR, "accepted")):
        yield case(30, name, "device", device(**change), expect, log, log_time=log_time, now=log_time)
    yield case(31, "back-dated, late leaf", "device", device(), "invitation_expired", log, log_time=T0 + 80 * HOUR, now=T0 + 80 * HOUR)
    yield case(37, "expired certificate", "device", device(until=T0 + HOUR), "accepted", log, alarm=True)
    clerk = world.devices["clerk"]
    for name, change in (("another user", {"user": draw("nurse user", 16)}), ("another class", {"class": 4}),
                         ("a new signing key without the old one's signature", {})):
        new = Device("clerk new key", 1, "clerk")
        made = renewal(clerk, world.by, **change) if change else renewal(
            clerk, world.by, [("device", world.by[1]), ("device possession", new.signing)], signing_key=p.ed25519_public(new.signing))
        yield case(38, f"renewal with {name}", "device", made, "successor_mismatch")
    gone = Log(world, 900)
    gone.put("revocation nurse", revocation(2, world.devices["nurse"].device, None, 3))
    back = Device("nurse", 1, "nurse")
    back.signing, back.noise, back.sealing, back.invitation_seed = (draw(f"nurse again {i}", 32) for i in range(4))
    again = gone.put("invitation nurse again", invitation(back, [party("nurse")], world.by, id=draw("nurse again id", 16)))
    yield case(46, "a revoked device's id in a new certificate", "device", certificate(back, again, serial=2),
               "device_revoked", gone)


def registrars(world):
    admin, nurse, clerk = (world.devices[x] for x in ("admin", "nurse", "clerk"))
    guest = Device("guest", 1, "guest")
    yield case(32, "invitation of 10 days", "invitation", invitation(guest, [party("guest")], world.by, until=T0 + 10 * DAY),
               "invitation_too_long")
    log = Log(world)
    by = log.put("registrar clerk", registrar(clerk, PATIENTS, PATIENTS)), clerk.signing
    yield case(33, "patients registrar invites staff", "invitation", invitation(guest, [party("guest")], by),
               "registrar_out_of_scope", log)
    child = Device("child", 2, "child")
    yield case(33, "patients registrar invites a patient", "invitation", invitation(child, [party("child")], by), "accepted", log)
    yield case(33, "patients registrar grants a role", "grant", grant(1, nurse.user, party("triage"), by, serial=2),
               "registrar_out_of_scope", log)
    yield case(0, "patient's invitation with two parties", "invitation", invitation(child, [party("child"), party("triage")], by),
               "class_not_for_party", log)
    ended = Log(world, 900)
    ended.put("revocation second", revocation(3, world.devices["second"].device, None, 3))
    for position, expect in ((899, "accepted"), (901, "registrar_revoked")):
        yield case(34, f"registrar revoked at 900 signs at {position}", "invitation",
                   invitation(guest, [party("guest")], world.by_second), expect, ended, position=position)
    given = grant(1, world.devices["admin"].user, party("triage"), world.by_second)
    yield case(35, "no cosignature", "grant", given, "second_registrar_missing")
    yield case(35, "cosigned", "grant", given, "accepted", cosign=cosign(given, world.by).bytes)
    tablet, log = Device("second tablet", 1, "second"), Log(world)
    invited = log.put("invitation tablet", invitation(tablet, [party("second")], world.by, purpose=2))
    tablet.certificate = log.put("device tablet", certificate(tablet, invited))
    other = log.put("registrar tablet", registrar(tablet, GRANTS, GRANTS)), tablet.signing
    yield case(35, "cosigner is the same user", "grant", given, "second_registrar_missing", log, cosign=cosign(given, other).bytes)
    stranger = cosign(world["grant clerk triage"], world.by)
    yield case(35, "cosignature of another grant", "grant", given, "second_registrar_missing", cosign=stranger.bytes)
    yield case(36, "registrar certificate with another device's key", "registrar",
               registrar(nurse, STAFF, STAFF, signing_key=p.ed25519_public(clerk.signing)), "registrar_key_mismatch")
    yield case(0, "registrar certificate signed by a registrar", "registrar", registrar(nurse, STAFF, STAFF, signer=admin.signing),
               "bad_signature")
    log = Log(world)
    short = log.put("registrar nurse", registrar(nurse, STAFF, STAFF, until=T0 + HOUR), log_time=T0 + MINUTE), nurse.signing
    yield case(154, "expired registrar invites", "invitation", invitation(guest, [party("guest")], short), "registrar_expired", log)
    yield case(154, "the same invitation in time", "invitation", invitation(guest, [party("guest")], short), "accepted", log,
               log_time=T0 + 30 * MINUTE, now=T0 + 30 * MINUTE)


def grants_and_pins(world):
    nurse, clerk, proxy = (world.devices[x] for x in ("nurse", "clerk", "proxy"))
    yield case(39, "withdrawn grant replayed", "grant", world["grant clerk triage"], "serial_went_back",
               cosign=world.entries["grant clerk triage"][3].bytes)
    yield case(40, "another grant under one serial", "grant", grant(1, clerk.user, party("triage"), world.by, serial=2), "serial_reused")
    yield case(41, "patient's party to staff", "grant", grant(1, nurse.user, party("patient"), world.by), "party_not_grantable")
    yield case(41, "user party to anybody", "grant", grant(1, clerk.user, party("nurse"), world.by), "party_not_grantable")
    yield case(42, "proxy without end", "grant", grant(1, proxy.user, party("patient"), world.by, serial=2), "class_not_for_party")
    yield case(42, "role to a patient-class user", "grant", grant(1, proxy.user, party("triage"), world.by, until=T0 + DAY),
               "class_not_for_party")
    yield case(43, "revocation by a stranger's device", "revocation", revocation(2, world.devices["physician"].device, nurse),
               "signer_may_not_revoke")
    yield case(43, "revocation of a registrar by a registrar", "revocation", revocation(
        3, world.devices["second"].device, (world["registrar admin"], world.devices["admin"])), "signer_may_not_revoke")
    log = Log(world)
    log.put("server 2", server(2))
    yield case(47, "server certificate with a lower serial", "server", world["server"], "serial_went_back", log)
    yield case(40, "server certificate with equal serial, other content", "server", server(2, until=T0 + 2 * DAY), "serial_reused", log)
    stranger = draw("other identity key", 32)
    other = o.Object("root", CLINIC, dict(world["root"].fields, identity_key=p.ed25519_public(stranger)), [("root", stranger)])
    yield case(153, "another identity key than the pin", "root", other, "wrong_identity_key")
    yield case(0, "root not signed by the key in it", "root", o.Object("root", CLINIC, world["root"].fields, [("root", stranger)]),
               "bad_signature")


def without_place(world):
    """No inclusion proof came with the object: all else about it is right."""
    log, nurse = Log(world), world.devices["nurse"]
    who, invited = visitor(world, log)
    guest = Device("guest", 1, "guest")
    for kind, made in (("registrar", registrar(nurse, STAFF, STAFF)),
                       ("invitation", invitation(guest, [party("guest")], world.by)), ("device", certificate(who, invited)),
                       ("grant", grant(1, world.devices["second"].user, party("triage"), world.by))):
        yield case(44, f"{kind} without a place in the log", "unlogged", made, "not_in_log", log, kind=kind)
        yield case(44, f"{kind} with a place in the log", kind, made, "accepted", log)


def in_log(world):
    leaves, forked = log_leaves(21), log_leaves(21, " forked")
    proof = merkle.inclusion(13, leaves)
    for number, name, leaf, used, root_hash, expect in (
        (0, "inclusion proof that holds", leaves[13], proof, merkle.root(leaves), "accepted"),
        (44, "no inclusion proof", leaves[13], [], merkle.root(leaves), "not_in_log"),
        (45, "inclusion in a forked root", forked[13], merkle.inclusion(13, forked), merkle.root(leaves), "not_in_log"),
        (45, "inclusion proof one hash too long", leaves[13], proof + [leaves[0]], merkle.root(leaves), "not_in_log"),
        (45, "inclusion proof one hash short", leaves[13], proof[:-1], merkle.root(leaves), "not_in_log"),
        (45, "another leaf", leaves[12], proof, merkle.root(leaves), "not_in_log"),
    ):
        yield {"name": name, "number": number, "check": "inclusion", "leaf_hash": leaf, "index": 13, "size": 21, "root": root_hash,
               "proof": used, "expect": expect}
    yield {"name": "index not below the size", "number": 45, "check": "inclusion", "leaf_hash": leaves[13], "index": 21, "size": 21,
           "root": merkle.root(leaves), "proof": proof, "expect": "not_in_log"}


def cases(world):
    for part in (decoding, keys, certificates, registrars, grants_and_pins, without_place, in_log):
        yield from part(world)
