"""Packs and key lists: cases 66-70 of e2ee 10, and what section 5.7 names beside them."""
import objects as o
from groups_history import Replaced, key_list, key_lists, pack, smallest_list, smallest_pack, thread_slip, triage_chain
from negative_chain import case, edited, raw
from world import CLINIC, DAY, OTHER_CLINIC, T0, draw, party


def decoding(world):
    one, listed = smallest_pack(world), smallest_list(world)
    first_at, last_at = 18 + 64, 18 + 68
    for name, made in (("pack", one), ("key list", listed)):
        yield raw(13, f"{name}, byte behind the end", made.bytes + b"\0", "trailing_bytes")
        yield raw(14, f"{name} of another clinic", edited(made, 2, OTHER_CLINIC), "other_clinic")
        yield raw(15, f"{name}, two signatures", o.close(made.signed, made.signatures * 2), "wrong_signature_count")
        length_at = len(made.signed) - len(made.fields["ct"]) - 4
        yield raw(4, f"{name}, length 0xffffffff", made.bytes[:length_at] + b"\xff" * 4 + b"abc", "length_beyond_end")
    for name, first, last in (("2 049 epochs", 1, 2049), ("backwards", 6, 5), ("from 0 to the last number", 0, 2**32 - 1)):
        yield raw(6, f"pack, {name}", edited(one, first_at, first.to_bytes(4, "big") + last.to_bytes(4, "big")), "count_too_large")
    assert one.signed[last_at:last_at + 4] == b"\0\0\0\6"
    part_at = 18 + 96
    for name, part, parts in (("no parts", 0, 0), ("part behind the last", 1, 1)):
        yield raw(6, f"key list, {name}", edited(listed, part_at, part.to_bytes(2, "big") + parts.to_bytes(2, "big")), "count_too_large")
    short = dict(listed.fields, ct=listed.fields["ct"][:-1])
    yield raw(0, "key list, half a key", o.Object("keylist", CLINIC, short, listed.signers).bytes, "truncated")


def packs(world):
    links, station, clerk = triage_chain(world), world.devices["station"], world.devices["clerk"]
    def row(number, name, made, expect, kept=(), dropped=(), giver="", **more):
        return case(number, name, "pack", made, expect, log_time=T0 + 7 * DAY, reader="nurse", chain_of="whole history",
                    giver=giver, kept=list(kept), dropped=list(dropped), **more)
    def made(first=1, last=6, **other):
        return pack(world, links, first, last, "negative pack", **other)
    seeds = [x.seed for x in links]
    yield row(0, "the pack that the next ones spoil", made(), "accepted", range(1, 7))
    yield row(0, "the same, its giver named", made(), "accepted", range(1, 7), giver="station")
    wrong = seeds[:3] + [draw("no seed", 32)] + seeds[4:]
    yield row(66, "one wrong seed", made(seeds=b"".join(wrong)), "seed_mismatch", (1, 2, 3, 5, 6), (4,))
    yield row(66, "two seeds swapped", made(seeds=b"".join([seeds[1], seeds[0]] + seeds[2:])), "seed_mismatch", (3, 4, 5, 6), (1, 2))
    yield row(67, "for another device", made(receiver="physician"), "not_for_me")
    yield row(67, "for another certificate", made(certificate_hash=draw("other certificate", 32)), "not_for_me")
    yield row(68, "one seed more than its range", made(seeds=b"".join(seeds + seeds[:1])), "pack_length")
    yield row(68, "one seed less than its range", made(seeds=b"".join(seeds[1:])), "pack_length")
    yield row(0, "pack by a device that is no member", made(giver="clerk"), "signer_not_member")
    yield row(0, "pack of a named giver who is no member", made(signer=clerk.signing), "signer_not_member", giver="clerk")
    yield row(0, "pack not signed by its named giver", made(), "bad_signature", giver="physician")
    yield row(0, "pack by a gated member", made(), "signer_not_member", gated=[station.device])
    yield row(0, "pack on another chain", made(core_hash=draw("other core", 32)), "chain_broken")
    yield row(0, "pack of epoch 0", made(first=0, seeds=b"".join(seeds[:1] + seeds)), "chain_broken")
    yield row(0, "pack behind the held head", made(last=7, seeds=b"".join(seeds + seeds[:1])), "needs")
    moved = made(2, 6)
    fields = dict(moved.fields, first=1, ct=moved.fields["ct"] + bytes(32))
    yield row(0, "pack under fields it was not sealed for", o.Object("pack", CLINIC, fields, moved.signers), "seed_not_openable")


def lists(world):
    replaced, station = Replaced(world), world.devices["station"]
    phone, invited = replaced.phone, replaced.invitation.hash
    threads = [thread_slip(world, i) for i in range(3)]
    keys = [(slip["message"], key) for slip, key in threads]
    ids = [message for message, _ in keys]
    cases = {x["name"]: x for x in key_lists(world)}
    def row(number, name, made, expect, kept=(), dropped=(), giver="", thread="replacement", **more):
        out = case(number, name, "keylist", made, expect, log_time=T0 + 2 * DAY, thread_of=thread, giver=giver, kept=list(kept),
                   dropped=list(dropped), **more)
        out["before"] = list(replaced.entries) if thread == "replacement" else []
        return out
    def made(given=keys, receiver=phone, invitation=invited, **other):
        return key_list(world, receiver, invitation, given, "negative key list", **other)
    yield row(0, "the key list that the next ones spoil", made(), "accepted", ids)
    yield row(70, "one wrong key", made([keys[0], (ids[1], draw("no key", 32)), keys[2]]), "key_commitment_mismatch",
              [ids[0], ids[2]], [ids[1]])
    unseen = thread_slip(world, 9)
    yield row(0, "a key whose slip is not there", made(keys + [(unseen[0]["message"], unseen[1])]), "needs", ids, [unseen[0]["message"]])
    stranger = thread_slip(world, 8)
    yield row(69, "a slip of other parties", made(keys + [(stranger[0]["message"], stranger[1])]), "key_list_not_allowed",
              slips=[s for s, _ in threads] + [dict(stranger[0], parties=sorted([party("nurse"), party("triage")]))])
    old = thread_slip(world, 6)
    yield row(69, "a slip before the date of the invitation", made([(old[0]["message"], old[1])]), "key_list_not_allowed",
              slips=[dict(old[0], time=T0)])
    yield row(69, "another invitation than the one that certified the device", made(invitation=world["invitation patient"].hash),
              "key_list_not_allowed")
    yield row(69, "no replacement and no report", made(invitation=o.NONE32), "key_list_not_allowed")
    own = cases["answer to a report"]
    given = [(x["message"], x["key"]) for x in own["keys"]]
    physician = world.devices["physician"]
    yield row(0, "the answer to a report that the next ones spoil", made(given, physician, o.NONE32), "accepted",
              [m for m, _ in given], thread="answer to a report")
    yield row(69, "a report on another version of the message", made(given, physician, o.NONE32), "key_list_not_allowed",
              thread="answer to a report", slips=[dict(own["slips"][0], h=draw("other h", 32))])
    yield row(69, "a replacement that is none", made(given, physician, invited), "key_list_not_allowed", thread="answer to a report",
              reports=[])
    yield row(67, "key list for another device", made(receiver=physician), "not_for_me")
    yield row(67, "key list for another certificate", made(certificate_hash=draw("other certificate", 32)), "not_for_me")
    yield row(0, "key list by nobody of the thread", made(giver="clerk"), "signer_not_member")
    yield row(0, "key list not signed by its named giver", made(signer=world.devices["nurse"].signing), "bad_signature", giver="station")
    yield row(0, "key list by a gated member", made(), "signer_not_member", gated=[station.device])
    moved = made()
    yield row(0, "key list under fields it was not sealed for", o.Object("keylist", CLINIC, dict(moved.fields, parts=2), moved.signers),
              "seal_not_openable")


def cases(world):
    for part in (decoding, packs, lists):
        yield from part(world)
