"""e2ee section 10: the static cases for the objects there are, each with the state it is judged against.

A case: {name, number (e2ee 10; 0 = not in that list, named in section 5), check, expect, ...}. `expect` is the refusal's name,
or "accepted" (the counter-proof that the case beside it is refused for its own reason), `alarm` true where the guide says
"accepted with alarm", `envelope` "unscored" where it says so. The state is the log of chain.json accepted in order, then

  before      names of entries of the first case, "entries" (rows as in chain.json), accepted in order behind it
  gated       devices turned out at T0 whose revocation is not there yet (e2ee 6.7)
  position, log_time, now    where in the log, and when, the object is judged

check = decode (object, clinic) | root, server, registrar, invitation, device, grant, revocation, conversation (object)
  unlogged    (object, kind): as the check of its kind, but no inclusion proof came with it
  link (object, members, seals): the same refusal at a client and at the daemon; link_client, link_daemon: at one of them;
              link_member: `member` opens its seal as the device of that name
  pack        (reader, chain_of = the case of pack.json whose chain and members are held, giver = whom the channel names, or
              nobody; kept, dropped = epochs)
  keylist     (thread_of = the case of keylist.json whose slips and reports are held; giver; kept, dropped = message ids)
  slip_daemon (channel_device, session_user at a station, records_key_hash, known [{message, h}], destroyed, blobs, body: the first such
              case's where none is given)
  slip_reader (`reader` = device name, seeds held [{party, epoch, seed}])
  body        (key, message, commitment, body_hash, body_size, body)
  act         (channel_device, session_user, target [{message, h, conversation, level, targets}])
  inclusion   (leaf_hash, index, size, root, proof)
  checkpoint  (pin {origin, size, root}, log_key, note, proof)
  responder   (secret, ephemeral, prologue, known static keys, message)      first handshake message
  initiator   (secret, ephemeral, prologue, responder_public, message)       second handshake message
  frames      (key, n, frames): read in order from frame number n; only the last is refused. `fragment_sizes` instead of
              frames: parts of these sizes, the last of type 1, content rule i mod 251
"""
import negative_channel
import negative_chain
import negative_history
import negative_messages
import negative_roster
from world import entry_json


def flat(case, entries):
    """Objects become their bytes; entries of the log are collected once and named."""
    made = case.pop("made", None)
    if made is not None:
        case["object"] = made.bytes
        if made.kind == "link":
            case.update(members=made.members_bytes, seals=made.seals_bytes)
    for i, (name, entry) in enumerate(case.get("before", [])):
        row = entry_json(name, entry)
        key = row["object"], row["position"], row["log_time"]
        if key not in entries:
            count = sum(1 for other in entries.values() if other["name"].split(" #")[0] == name)
            entries[key] = dict(row, name=f"{name} #{count + 1}" if count else name)
        case["before"][i] = entries[key]["name"]
    return case


def cases(world):
    rows, entries = [], {}
    for part in (negative_chain, negative_roster, negative_history, negative_messages, negative_channel):
        rows += [flat(case, entries) for case in part.cases(world)]
    assert len({row["name"] for row in rows}) == len(rows)
    return [{"name": "entries", "entries": list(entries.values())}] + rows
