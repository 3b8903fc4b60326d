"""The positive groups: what must come out byte for byte. make_vectors.py says what each file's fields mean."""
import groups_history
import groups_log
import objects as o
import primitives as p
from groups_log import rule_content
from world import (CLINIC, DAY, GRANTS, HOUR, IDENTITY, ROLE_PARTY, STAFF, T0, USER_PARTY, Device, certificate, draw,
                   entry_json, grant, invitation, link, member, party, registrar, renewal, revocation)

RECORDS_KEY_HASH = draw("records key hash", 32)
RECORDS = draw("records bytes", 176)                            # opaque here: the records seal comes later


def body_of(key, message, content):
    return o.seal_body(key, message, o.body_plain(content))


def slip_header(world, author, conversation, parties, name, content=b"Room 4: chest pain, please come", **other):
    """(header, K) of a slip whose body is `content`."""
    key, message = draw(name + " K", 32), draw(name + " message", 16)
    body = body_of(key, message, content)
    header = {"message": message, "conversation": conversation.fields["conversation"],
              "conversation_n": conversation.fields["n"], "author_user": author.user, "author_device": author.device,
              "certificate_hash": author.certificate.hash, "time": T0 + 4 * HOUR, "envelope": o.envelope(1, 1, 1, 2),
              "body_hash": p.sha256(body), "body_size": len(body), "key_commitment": o.body_keys(key, message)[0],
              "attachments": [], "parties": sorted(parties), "records_key_hash": o.NONE32}
    return dict(header, **other), key


def seals_for(parties, name):
    """`parties`: (party id, epoch, inbox public key) in any order."""
    return [{"party": who, "epoch": epoch, "inbox": inbox, "ephemeral": draw(f"{name} ephemeral {i}", 32)}
            for i, (who, epoch, inbox) in enumerate(sorted(parties))]


def invented_parties(count):
    """(party id, epoch, inbox public key, inbox secret) of parties that exist only for vectors."""
    secrets = [draw(f"invented inbox {i}", 32) for i in range(count)]
    return [(party(f"invented {i}"), i + 1, p.x25519_base(x), x) for i, x in enumerate(secrets)]


def act(author, number, target, h, level=0, reason=0, tree=(41, draw("act tree root", 32)), signer=None, name="act", **other):
    fields = {"act": number, "target": target, "hash": h, "user": author.user, "device": author.device,
              "certificate_hash": author.certificate.hash, "time": T0 + 5 * HOUR, "level": level, "reason": reason,
              "tree_size": tree[0], "tree_root": tree[1]}
    return o.Object("act", CLINIC, dict(fields, **other), [(name, signer or author.signing)])


def rekeyed(world):
    """A renewal that changes the signing key: the registrar's, the new key's and the old key's signature."""
    nurse, turned = world.devices["nurse"], Device("nurse new key", 1, "nurse")
    return renewal(nurse, world.by, signing_key=p.ed25519_public(turned.signing), signers=[
        ("device", world.by[1]), ("device possession", turned.signing), ("device possession", nurse.signing)])


def encoding(world):
    """Every object: smallest, usual, and with full lists."""
    admin, nurse, station = (world.devices[x] for x in ("admin", "nurse", "station"))
    many = sorted(draw(f"encoding party {i}", 16) for i in range(64))
    cases = [(name, world[name]) for name in (
        "root", "server", "registrar admin", "invitation admin", "invitation station", "device nurse",
        "device clerk renewed", "grant nurse triage", "grant clerk withdrawn", "link nurse 1", "link triage 2",
        "conversation ward 1", "conversation thread 2")]
    wide = invitation(station, many, world.by, display_name="Stationszimmer \u00e4\u00f6\u00fc " + "x" * 74)
    cases += [
        ("root, empty name", o.Object("root", CLINIC, {"identity_key": p.ed25519_public(IDENTITY), "clinic_name": "",
                                                       "created": 0}, [("root", IDENTITY)])),
        ("registrar, 64 units", registrar(admin, STAFF | GRANTS, STAFF, serial=2**32 - 1, units=many)),
        ("invitation, 64 parties, name of 96 bytes", wide),
        ("device, 64 parties", certificate(station, wide)),
        ("device, new signing key, 3 signatures", rekeyed(world)),
        ("grant of a device, open end", grant(2, station.device, party("triage"), world.by)),
        ("revocation by the identity key", revocation(3, admin.device, None, 5)),
        ("revocation by a device", revocation(2, nurse.device, nurse, 1)),
        ("cosign", world.entries["grant clerk triage"][3]),
        ("conversation, 32 parties", o.Object("conversation", CLINIC, dict(
            world["conversation thread 2"].fields, parties=[{"party": x, "kind": 2} for x in many[:32]]),
            [("conversation", nurse.signing)])),
    ]
    parties = invented_parties(2)
    header, key = slip_header(world, nurse, world["conversation ward 1"], [x[0] for x in parties], "encoding slip",
                              attachments=[{"id": x, "hash": draw("blob", 32), "size": 262160} for x in many[:2]],
                              envelope=o.envelope() + b"newer")
    cases.append(("slip, 2 attachments, longer envelope",
                  o.Slip(CLINIC, header, key, seals_for([x[:3] for x in parties], "encoding slip"), nurse.signing)))
    cases += [("pack, 1 epoch", groups_history.smallest_pack(world)), ("key list, 1 key", groups_history.smallest_list(world))]
    cases += [(f"act {n}", act(nurse, n, draw("act target", 16), draw("act hash", 32), *more))
              for n, *more in ((1,), (2,), (3, 1), (4, 3, 1), (7, 0, 15))]
    return [dict(made.json(), name=name) for name, made in cases]


def kdf(world):
    rows = []
    for name, ikm, info, size in (
        ("empty", b"", b"", 32), ("one byte", b"\x01", b"", 1), ("two blocks", draw("kdf ikm", 32), b"info", 64),
        ("longest", draw("kdf ikm", 32), draw("kdf info", 80), 255 * 32),
        ("store key", draw("kdf halves", 64), o.lab(o.label("store")) + draw("kdf device", 16) + p.u32(7), 32),
    ):
        rows.append({"name": "hkdf, " + name, "ikm": ikm, "info": info, "size": size, "output": p.hkdf(ikm, info, size)})
    key, message = draw("kdf K", 32), draw("kdf message", 16)
    commitment, body_key = o.body_keys(key, message)
    rows.append({"name": "body keys", "key": key, "message": message, "commitment": commitment, "body_key": body_key})
    for n in (1, 2, 2**32 - 1):
        seed = draw(f"kdf seed {n}", 32)
        secret, public = o.inbox_secret(seed, CLINIC, party("kdf"), n)
        rows.append({"name": f"inbox {n}", "seed": seed, "clinic": CLINIC, "party": party("kdf"), "n": n,
                     "inbox_secret": secret, "inbox": public})
    for name, mine, yours in (("lower first", bytes(31) + b"\1", b"\1" + bytes(31)), ("higher first", draw("head 2", 32), draw("head 1", 32)),
                              ("one head", draw("head 1", 32), draw("head 1", 32))):
        rows.append({"name": "safety code, " + name, "heads": [mine, yours], "code": groups_history.safety_code(mine, yours)})
    for name, message in (("object root", b""), ("slip header", draw("kdf text", 269)), ("members", b"\0\0")):
        rows.append({"name": "labelled hash, " + name, "label": o.label(name).decode(), "message": message,
                     "hash": o.labelled_hash(name, message)})
    return rows


def hpke(world):
    rows = []
    for i, (name, info, plain) in enumerate((
        ("empty", b"", b""), ("32 bytes", b"", draw("hpke plain", 32)), ("long", draw("hpke info", 200), draw("hpke long", 1000)),
        ("seed", o.seed_info(CLINIC, {"party": party("hpke"), "n": 3, "previous": draw("hpke previous", 32),
                                      "inbox": draw("hpke inbox", 32), "members_hash": draw("hpke members", 32)},
                             draw("hpke device", 16)), draw("hpke seed", 32)),
        ("slip seal", o.seal_info(draw("hpke h", 32), party("hpke"), 3), draw("hpke K", 32)),
    )):
        receiver, ephemeral = draw(f"hpke receiver {i}", 32), draw(f"hpke ephemeral {i}", 32)
        enc, ct = p.hpke_seal(ephemeral, p.x25519_base(receiver), info, plain)
        rows.append({"name": name, "ephemeral": ephemeral, "receiver_secret": receiver,
                     "receiver_public": p.x25519_base(receiver), "info": info, "plain": plain, "enc": enc, "ct": ct})
    ikm = draw("hpke ikm", 32)
    secret, public = p.derive_key_pair(ikm)
    rows.append({"name": "derive key pair", "ikm": ikm, "secret": secret, "public": public})
    return rows


def body(world):
    rows = []
    for bucket in o.BUCKETS:
        smallest = 0 if bucket == 256 else o.BUCKETS[o.BUCKETS.index(bucket) - 1] - 3
        for size in (smallest, bucket - 4):
            key, message = draw(f"body K {bucket} {size}", 32), draw(f"body message {bucket} {size}", 16)
            sealed = body_of(key, message, rule_content(size))
            assert len(sealed) == bucket + 16
            row = {"name": f"{size} bytes in {bucket}", "key": key, "message": message, "content_size": size,
                   "commitment": o.body_keys(key, message)[0], "body_size": len(sealed), "body_hash": p.sha256(sealed)}
            rows.append(dict(row, body=sealed) if bucket <= 1024 else row)
    return rows


def attachment(world):
    rows = []
    for size in (0, 1, o.STEP - 1, o.STEP, o.CHUNK, o.CHUNK + 1, 2 * o.CHUNK + 1):
        key, message, one = draw(f"attachment K {size}", 32), draw(f"attachment message {size}", 16), draw(f"attachment {size}", 16)
        content = rule_content(size)
        made = o.blob(key, message, one, content)
        row = {"name": f"{size} bytes", "key": key, "message": message, "attachment": one, "file_size": size,
               "file_hash": p.sha256(content), "attachment_key": o.attachment_key(key, message, one), "blob_size": len(made),
               "blob_hash": p.sha256(made)}
        rows.append(dict(row, blob=made) if size <= 1 else row)
    return rows


def slip(world):
    nurse, rows = world.devices["nurse"], []
    for count, with_records in ((1, False), (2, False), (2, True), (32, False), (32, True)):
        name = f"{count} parties, records {'on' if with_records else 'off'}"
        parties = invented_parties(count)
        header, key = slip_header(world, nurse, world["conversation ward 1"], [x[0] for x in parties], "slip " + name)
        if with_records:
            header["records_key_hash"] = RECORDS_KEY_HASH
        made = o.Slip(CLINIC, header, key, seals_for([x[:3] for x in parties], "slip " + name), nurse.signing,
                      RECORDS if with_records else b"")
        secrets = {x[0]: x[3] for x in parties}
        row = dict(made.json(), name=name, inbox_secrets=[secrets[x] for x in header["parties"]],
                   content=b"Room 4: chest pain, please come", body=body_of(key, header["message"], b"Room 4: chest pain, please come"))
        rows.append(row)
        if (count, with_records) == (2, True):                  # the first party turned: only its 84 bytes and the signature change
            fresh = draw("re-seal inbox", 32)
            again = [dict(made.inputs[0], epoch=made.inputs[0]["epoch"] + 1, inbox=p.x25519_base(fresh),
                          ephemeral=draw("re-seal ephemeral", 32)), made.inputs[1]]
            second = o.Slip(CLINIC, header, key, again, nurse.signing, RECORDS)
            assert second.h == made.h and second.ready[1] == made.ready[1] and second.ready[0] != made.ready[0]
            rows.append(dict(second.json(), name="re-seal of " + name, inbox_secrets=[fresh, secrets[header["parties"][1]]],
                             re_seal_of=name))
    return rows


def link_group(world):
    station, rows = world.devices["station"], []
    for count in (1, 3, 300):
        members = [member(station)] + [{"device": draw(f"link device {i}", 16), "certificate_hash": draw(f"link certificate {i}", 32),
                                        "grant_hash": draw(f"link grant {i}", 32) if i % 2 else o.NONE32,
                                        "sealing_key": p.x25519_base(draw(f"link sealing {i}", 32))} for i in range(count - 1)]
        made = link(f"link of {count}", ROLE_PARTY, 1, None, members, station)
        row = dict(made.json(), name=f"{count} members")
        if count == 300:
            del row["seals"]                                    # 24 kB that the core's seals_hash says as well
        rows.append(row)
    previous, nurse = None, world.devices["nurse"]
    for n in range(1, 6):
        who = [member(nurse)] if n % 2 else [member(nurse), member(station)]
        previous = link("epochs", ROLE_PARTY, n, previous, who, nurse, reason=(1, 2, 3, 2, 5)[n - 1], time=T0 + n * DAY)
        secret, _ = o.inbox_secret(previous.seed, CLINIC, party("epochs"), n)
        rows.append(dict(previous.json(), name=f"epoch {n} of 5", inbox_secret=secret))
    return rows + groups_history.links_of_every_reason(world)


def chain(world):
    """The whole log of the scripted clinic, then one revocation by each possible signer against that log."""
    after = len(world.entries)
    rows = []
    for name, made in (
        ("revocation of a registrar by the identity key", revocation(3, world.devices["second"].device, None, 3)),
        ("revocation of a device by the identity key", revocation(2, world.devices["clerk"].device, None, 3)),
        ("revocation by a registrar", revocation(2, world.devices["nurse"].device,
                                                 (world["registrar admin"], world.devices["admin"]), 3)),
        ("revocation by another device of the user", revocation(2, world.devices["physician phone"].device,
                                                                world.devices["physician"], 2)),
        ("revocation by the device itself", revocation(2, world.devices["nurse"].device, world.devices["nurse"], 4)),
    ):
        rows.append(entry_json(name, (made, after, T0 + DAY, None)))
    rows.append(entry_json("renewal with a new signing key", (rekeyed(world), after, T0 + DAY, None)))
    by_registrar = link("clerk", USER_PARTY, 1, None, [member(world.devices["clerk"])],
                        (world["registrar admin"], world.devices["admin"]))
    rows.append(entry_json("link by a registrar (foreign seed)", (by_registrar, after, T0 + DAY, None)))
    return [{"clinic": CLINIC, "identity_seed": IDENTITY, "identity_key": p.ed25519_public(IDENTITY),
             "devices": [d.json() for d in world.devices.values()],
             "parties": [{"party": party(name), "kind": kind, "name": name} for name, kind in (
                 ("admin", 1), ("second", 1), ("nurse", 1), ("physician", 1), ("clerk", 1), ("triage", 2), ("patient", 3))],
             "entries": [entry_json(*x) for x in world.entries.items()], "after": rows}]


def acts(world):
    nurse, rows = world.devices["nurse"], []
    target, h = draw("acts message", 16), draw("acts h", 32)
    for name, made in (
        ("acknowledge", act(nurse, 1, target, h)), ("un-acknowledge", act(nurse, 2, target, h, reason=1)),
        ("raise to 1", act(nurse, 3, target, h, level=1)), ("lower to 4 with a reason", act(nurse, 4, target, h, level=4, reason=2)),
        ("lock share 7 stored", act(nurse, 5, o.NONE16, bytes(28) + p.u32(7))), ("wipe done", act(nurse, 6, target, h)),
        ("report key_commitment_mismatch", act(nurse, 7, target, h, reason=56)),
        ("acknowledge at a station", act(world.devices["station"], 1, target, h, user=nurse.user)),
    ):
        rows.append(dict(made.json(), name=name))
    return rows


def wipes(world):
    nurse, rows = world.devices["nurse"], []
    for name, scope, one, revocation in (("whole store, revoked", 1, o.NONE16, draw("wipe revocation", 32)),
                                         ("whole store, by the administrator's brake", 1, o.NONE16, o.NONE32),
                                         ("one party", 2, party("nurse"), draw("wipe revocation", 32))):
        fields = {"order": draw("wipe order " + name, 16), "device": nurse.device, "scope": scope, "party": one, "revocation": revocation,
                  "incarnation": draw("wipe incarnation", 16), "time": T0 + 7 * DAY}
        rows.append(dict(o.Object("wipe", CLINIC, fields, [("wipe", draw("server daemon", 32))]).json(), name=name))
    return rows


GROUPS = {"encoding": encoding, "kdf": kdf, "hpke": hpke, "body": body, "attachment": attachment, "slip": slip, "link": link_group, "chain": chain,
          "act": acts, "wipe": wipes, "noise": groups_log.noise, "checkpoint": groups_log.checkpoint, "leaf": groups_log.leaf, "pack": groups_history.packs,
          "keylist": groups_history.key_lists, "share": groups_history.shares}
