"""Roster and conversation links: cases 49-65, 71, 73, 156-159 of e2ee 10."""
import objects as o
from negative_chain import Log, case
from world import ROLE_PARTY, T0, USER_PARTY, Device, certificate, conversation, draw, invitation, link, member, party, revocation


def chain_of_links(world):
    station, clerk = world.devices["station"], world.devices["clerk"]
    head = world["link triage 2"]
    def triage(n=3, previous=head, members=world.triage, maker=station, **other):
        return link("triage", ROLE_PARTY, n, previous, members, maker, **dict({"reason": 5, "draws": "negative triage"}, **other))
    yield case(0, "the refresh that the next ones spoil", "link", triage(), "accepted")
    yield case(50, "n = head + 2", "link", triage(4, triage()), "needs")
    yield case(51, "previous of another party", "link", triage(previous=world["link patient 2"]), "chain_broken")
    yield case(53, "maker not in n - 1", "link", triage(maker=clerk), "signer_not_member")
    yield case(0, "signed by another member than named", "link", triage(signer=world.devices["nurse"].signing),
               "bad_signature")
    others = [m for m in world.triage if m["device"] != station.device]
    yield case(54, "gated maker", "link", triage(members=others, reason=3), "signer_not_member", gated=[station.device])
    yield case(52, "older link again", "link", world["link triage 1"], "epoch_taken")
    yield case(0, "genesis whose maker is not in it", "link", link(
        "clerk", USER_PARTY, 1, None, [member(clerk)], world.devices["nurse"], draws="negative clerk"), "signer_not_member")
    yield case(63, "inbox of epoch 1 again", "link", triage(inbox=world["link triage 1"].fields["inbox"]), "inbox_reused")
    twin = triage(2, world["link triage 1"])
    yield case(49, "n = head, other content, at a client", "link_client", twin, "roster_fork")
    yield case(49, "n = head, other content, at the daemon", "link_daemon", twin, "epoch_taken")
    nurse = world.devices["nurse"]
    genesis = link("nurse", USER_PARTY, 1, None, [member(nurse)], nurse, draws="genesis again")
    yield case(73, "genesis twice, at a client", "link_client", genesis, "roster_fork")
    yield case(73, "genesis twice, at the daemon", "link_daemon", genesis, "epoch_taken")
    registrar = world["registrar admin"], world.devices["admin"]
    yield case(64, "link made by a registrar: usable, to be turned with reason 8", "link_client", triage(maker=registrar), "accepted",
               foreign_seed=True)


def member_lists(world):
    station, nurse, physician, clerk, patient = (world.devices[x] for x in ("station", "nurse", "physician", "clerk", "patient"))
    head, granted = world["link triage 2"], world["grant nurse triage"]
    def triage(members, **other):
        return link("triage", ROLE_PARTY, 3, head, members, station, **dict({"draws": "negative members"}, **other))
    good = triage(world.triage)
    twice = sorted(world.triage + [world.triage[1]], key=lambda m: m["device"])
    yield case(55, "member twice", "link", triage(twice), "not_sorted")
    yield case(55, "members not in order", "link", triage(sorted(
        world.triage, key=lambda m: m["device"], reverse=True), sort=False), "not_sorted")
    yield case(56, "member whose grant was withdrawn", "link", triage(world.triage + [
        member(clerk, world["grant clerk triage"])]), "member_not_entitled")
    yield case(56, "member without grant", "link", triage(world.triage + [member(world.devices["second"])]),
               "member_not_entitled")
    yield case(57, "patient's device in a role", "link", triage(world.triage + [member(patient)]), "class_not_for_party")
    old = dict(member(clerk), certificate_hash=world["device clerk"].hash)
    yield case(0, "member's certificate before the renewal", "link", link(
        "clerk", USER_PARTY, 1, None, [old], clerk, draws="old clerk"), "stale_certificate")
    log = Log(world)
    log.put("revocation nurse", revocation(2, nurse.device, None, 1))
    yield case(58, "link that keeps a revoked device", "link", triage(world.triage, reason=4),
               "link_keeps_revoked_device", log)
    yield case(58, "link that keeps a gated device", "link", triage(world.triage, reason=4),
               "link_keeps_revoked_device", gated=[nurse.device])
    without = [m for m in world.triage if m["device"] != nurse.device]
    yield case(58, "link without the revoked device", "link", triage(without, reason=4), "accepted", log)
    short = triage(world.triage, seals=good.seals[:-1])
    yield case(60, "seals for one member short", "link", short, "count_mismatch")
    changed = link("triage", ROLE_PARTY, 3, head, world.triage, station, draws="negative members")
    changed.members_bytes = changed.members_bytes[:-1] + bytes([changed.members_bytes[-1] ^ 1])
    yield case(156, "member list changed under a valid core", "link", changed, "members_hash_mismatch")
    changed = link("triage", ROLE_PARTY, 3, head, world.triage, station, draws="negative members")
    changed.seals_bytes = changed.seals_bytes[:-1] + bytes([changed.seals_bytes[-1] ^ 1])
    yield case(157, "seals changed under a valid core", "link", changed, "seals_hash_mismatch")
    alone = link("triage", ROLE_PARTY, 3, head, [member(nurse, granted)], nurse, reason=3, draws="negative emptied")
    yield case(59, "member removes all colleagues", "link_daemon", alone, "removal_not_authorised")
    swapped = triage(world.triage, seals=[good.seals[1], good.seals[0], good.seals[2]])
    first = sorted(world.triage, key=lambda m: m["device"])[0]["device"]
    who = next(d.name for d in (station, nurse, physician) if d.device == first)
    yield case(61, "seals of two members swapped", "link_member", swapped, "seed_not_openable", member=who)
    yield case(61, "the same link unspoilt", "link_member", good, "accepted", member=who)
    yield case(62, "seed that does not give the inbox", "link_member", triage(world.triage, sealed_seed=draw("false seed", 32)),
               "seed_mismatch", member=who)


def resets(world):
    """e2ee 6.9: a new device for a person whose other devices are all gone."""
    fresh = Device("nurse new phone", 1, "nurse")
    def offered(log):
        invited = log.put("invitation nurse new phone", invitation(
            fresh, [party("nurse")], world.by, purpose=3, history_from=T0))
        fresh.certificate = log.put("device nurse new phone", certificate(fresh, invited))
        return link("nurse", USER_PARTY, 2, world["link nurse 1"], [member(fresh)], fresh, signer_role=3, reason=7, draws="nurse reset")
    log = Log(world)
    yield case(65, "reset while one device is unrevoked", "link", offered(log), "reset_not_allowed", log)
    log = Log(world)
    log.put("revocation nurse", revocation(2, world.devices["nurse"].device, (world["registrar admin"], world.devices["admin"]), 1))
    yield case(65, "reset with all devices revoked", "link", offered(log), "accepted", log)


def conversations(world):
    patient, station, clerk = (world.devices[x] for x in ("patient", "station", "clerk"))
    head, subject = world["conversation thread 2"], party("patient")
    def thread(n=3, previous=head, parties=world.thread, maker=station, name="thread", subject=subject, **other):
        return conversation(name, parties, maker, n, previous, subject, **other)
    yield case(0, "the conversation link that the next ones spoil", "conversation", thread(), "accepted")
    yield case(71, "subject thread without a role", "conversation", thread(1, None, world.thread[:1], patient, "alone"), "no_role_party")
    yield case(71, "subject not among the parties", "conversation", thread(1, None, world.thread[1:], station, "about"), "no_role_party")
    yield case(158, "conversation at n = head, other content", "conversation", thread(2, world["conversation thread 1"]), "conversation_taken")
    yield case(0, "conversation at n = head + 2", "conversation", thread(4, thread()), "needs")
    yield case(0, "previous of another conversation", "conversation", thread(previous=world["conversation ward 1"]), "chain_broken")
    yield case(159, "subject changed", "conversation", thread(subject=o.NONE16), "subject_changed")
    yield case(0, "made by nobody of n - 1", "conversation", thread(maker=clerk), "signer_not_member")
    yield case(0, "first link without a party of its maker", "conversation", thread(
        1, None, world.pair, clerk, "not mine", o.NONE16), "signer_not_member")


def cases(world):
    for part in (chain_of_links, member_lists, resets, conversations):
        yield from part(world)
