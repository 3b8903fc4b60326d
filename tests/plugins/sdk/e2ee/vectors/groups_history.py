"""Positive groups of what a device gets later: links of every reason, packs, key lists, the store's wraps and rows."""
import objects as o
import primitives as p
from world import (CLINIC, DAY, HOUR, MINUTE, ROLE_PARTY, T0, USER_PARTY, Device, certificate, draw, entry_json, invitation, link, member,
                   party, revocation)


def safety_code(mine, yours):
    """e2ee 11, rule 8: 30 digits; both people have to get the same ones, so the lower hash goes first."""
    whole = o.labelled_hash("safety code", min(mine, yours) + max(mine, yours))
    return "".join(f"{int.from_bytes(whole[i:i + 5], 'big') % 100_000:05}" for i in range(0, 30, 5))


def links_of_every_reason(world):
    """One chain: nurse and station, a reset by the physician's device, a link by a registrar, turned by a member."""
    nurse, station, physician = (world.devices[x] for x in ("nurse", "station", "physician"))
    registrar = world["registrar admin"], world.devices["admin"]
    rows, previous = [], None
    for n, reason, role, members, maker in (
        (1, 1, 1, [nurse], nurse), (2, 2, 1, [nurse, station], nurse), (3, 3, 1, [nurse], nurse), (4, 4, 1, [nurse], nurse),
        (5, 5, 1, [nurse], nurse), (6, 6, 1, [nurse], nurse), (7, 7, 3, [physician], physician),
        (8, 2, 2, [physician, nurse], registrar), (9, 8, 1, [physician, nurse], nurse),
    ):
        previous = link("reasons", USER_PARTY, n, previous, [member(x) for x in members], maker, reason=reason, signer_role=role,
                        time=T0 + n * DAY)
        rows.append(dict(previous.json(), name=f"link {n}: reason {reason}, signer role {role}"))
    return rows


# ---- packs ----

def triage_chain(world):
    """The role of the scripted clinic, four links longer: the nurse is a member from link 2 on."""
    links = [world["link triage 1"], world["link triage 2"]]
    for n in range(3, 7):
        links.append(link("triage", ROLE_PARTY, n, links[-1], world.triage, world.devices["station"], reason=5,
                          time=T0 + n * DAY, draws=f"history triage {n}"))
    return links


def chain_json(links):
    return {"party": links[0].fields["party"], "party_kind": links[0].fields["party_kind"], "members": links[-1].members_bytes,
            "epochs": [{"hash": x.hash, "inbox": x.fields["inbox"], "time": x.fields["time"], "seed": x.seed} for x in links]}


def pack(world, links, first, last, name, giver="station", receiver="nurse", seeds=None, signer=None, **other):
    """A pack of seeds first..last out of a chain; `seeds`: others in their place."""
    who = world.devices[receiver]
    before = {"party": links[0].fields["party"], "device": who.device, "certificate_hash": who.certificate.hash, "first": first,
              "last": last, "core_hash": links[last - 1].hash if last <= len(links) else draw("no core", 32)}
    plain = b"".join(x.seed for x in links[first - 1:last]) if seeds is None else seeds
    return o.Sealed("pack", CLINIC, dict(before, **other), p.x25519_base(who.sealing), draw(name + " ephemeral", 32), plain,
                    signer or world.devices[giver].signing)


def smallest_pack(world):
    return pack(world, triage_chain(world), 6, 6, "encoding pack")


def packs(world):
    links, rows = triage_chain(world), []
    for name, held, history_from, ranges in (
        ("whole history", range(1, 7), T0, [(1, 6)]),
        ("from a policy date on", range(1, 7), T0 + 4 * DAY + HOUR, [(4, 6)]),
        ("one epoch", range(1, 7), T0 + 400 * DAY, [(6, 6)]),
        ("a giver without the third seed", (1, 2, 4, 5, 6), T0, [(4, 6), (1, 2)]),
    ):
        made = [pack(world, links, a, b, f"pack {name} {a}") for a, b in ranges]
        rows.append(dict(chain_json(links), name=name, clinic=CLINIC, giver="station", receiver="nurse", held=list(held),
                         history_from=history_from, position=60, log_time=T0 + 7 * DAY, packs=[x.json() for x in made]))
    return rows


# ---- key lists ----

class Replaced:
    """The patient's phone is lost; a registrar invites the new one (e2ee 6.9). `entries`: what the log says of it."""

    def __init__(self, world):
        self.phone = Device("patient new phone", 2, "patient")
        invited = invitation(self.phone, [party("patient")], world.by, purpose=3, history_from=T0 + 2 * HOUR)
        self.invitation = invited
        self.phone.certificate = certificate(self.phone, invited)
        lost = revocation(2, world.devices["patient"].device, (world["registrar admin"], world.devices["admin"]), 1)
        after = len(world.entries)
        self.entries = [(name, (made, after + i, T0 + DAY + i * MINUTE, None)) for i, (name, made) in enumerate((
            ("revocation of the lost phone", lost), ("invitation patient new phone", invited),
            ("device patient new phone", self.phone.certificate)))]


def thread_slip(world, i, parties=("patient", "triage"), **other):
    """What a key list's sides look up of a slip, and its K."""
    key, message = draw(f"key list K {i}", 32), draw(f"key list message {i}", 16)
    row = {"message": message, "conversation": draw("thread conversation", 16), "h": draw(f"key list h {i}", 32),
           "commitment": o.body_keys(key, message)[0], "parties": sorted(party(x) for x in parties), "time": T0 + 5 * HOUR + i * MINUTE}
    return dict(row, **other), key


def key_list(world, receiver, invitation_hash, keys, name, part=0, parts=1, giver="station", signer=None, **other):
    """`keys`: (message id, K) pairs."""
    before = {"conversation": draw("thread conversation", 16), "device": receiver.device,
              "certificate_hash": receiver.certificate.hash, "invitation_hash": invitation_hash, "part": part, "parts": parts}
    return o.Sealed("keylist", CLINIC, dict(before, **other), p.x25519_base(receiver.sealing), draw(name + " ephemeral", 32),
                    b"".join(message + key for message, key in keys), signer or world.devices[giver].signing)


def report(author, slip, reason=56, **other):
    fields = {"act": 7, "target": slip["message"], "hash": slip["h"], "user": author.user, "device": author.device,
              "certificate_hash": author.certificate.hash, "time": T0 + 6 * HOUR, "level": 0, "reason": reason, "tree_size": 41,
              "tree_root": draw("act tree root", 32)}
    return o.Object("act", CLINIC, dict(fields, **other), [("act", author.signing)])


def smallest_list(world):
    replaced = Replaced(world)
    slip, key = thread_slip(world, 0)
    return key_list(world, replaced.phone, replaced.invitation.hash, [(slip["message"], key)], "encoding key list")


def key_lists(world):
    """Cases of a thread: the slips both sides look up, reports, and the lists made for one receiver."""
    replaced, physician = Replaced(world), world.devices["physician"]
    threads = [thread_slip(world, i) for i in range(3)]
    keys = [(slip["message"], key) for slip, key in threads]
    own, own_key = thread_slip(world, 7, ("patient", "physician", "triage"))
    base = {"clinic": CLINIC, "conversation": draw("thread conversation", 16), "giver": "station", "position": 60,
            "log_time": T0 + 2 * DAY}
    return [
        dict(base, name="replacement", before=[entry_json(*x) for x in replaced.entries], receiver=replaced.phone.json(),
             invitation=replaced.invitation.hash, slips=[s for s, _ in threads], reports=[],
             keys=[{"message": m, "key": k} for m, k in keys],
             lists=[key_list(world, replaced.phone, replaced.invitation.hash, keys, "key list replacement").json()]),
        dict(base, name="answer to a report", before=[], receiver=physician.json(), invitation=o.NONE32, slips=[own],
             reports=[report(physician, own).bytes], keys=[{"message": own["message"], "key": own_key}],
             lists=[key_list(world, physician, o.NONE32, [(own["message"], own_key)], "key list report").json()]),
    ]


# ---- 5.13: the device store ----

ROW_VERSION = 1


def shares(world):
    """wrap j and a row of the store. Both stand as u8 1 | b24 nonce | sealed; a row's key stands behind a u16 length in its ad."""
    rows, dsk, device = [], draw("share DSK", 32), draw("share device", 16)
    for j in (1, 2, 2**32 - 1):
        half, share, nonce = (draw(f"share {j} {x}", n) for x, n in (("local half", 32), ("share", 32), ("nonce", 24)))
        key = p.hkdf(half + share, o.lab(o.label("store")) + device + p.u32(j), 32)
        rows.append({"name": f"wrap {j}", "local_half": half, "share": share, "device": device, "number": j, "dsk": dsk,
                     "wrapping_key": key, "nonce": nonce, "wrap": p.u8(ROW_VERSION) + nonce + p.seal_xaead(key, nonce, dsk)})
    for table, key, value in ((20, b"", b""), (20, draw("share row key", 16), draw("share row", 32)),
                              (255, draw("share long key", 300), draw("share long row", 1000))):
        nonce, ad = draw(f"row {table} nonce {len(key)}", 24), o.lab(o.label("store row")) + p.u8(table) + p.u16(len(key)) + key + p.u8(ROW_VERSION)
        rows.append({"name": f"row of {len(value)} bytes, table {table}", "dsk": dsk, "table": table, "key": key, "value": value,
                     "nonce": nonce, "ad": ad, "row": p.u8(ROW_VERSION) + nonce + p.seal_xaead(dsk, nonce, value, ad)})
    return rows
