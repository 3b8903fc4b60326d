"""Slips, bodies and acts: cases 8, 25, 74-92, 98-102, 138, 155, 160-162, 164, 166, 168 of e2ee 10."""
import objects as o
import primitives as p
from groups import RECORDS, RECORDS_KEY_HASH, act, body_of, seals_for, slip_header
from negative_chain import Log, case
from world import CLINIC, HOUR, MINUTE, T0, draw, party, revocation

CONTENT = b"Room 4: chest pain, please come"
NOW = T0 + 4 * HOUR
HEADS = {"nurse": 1, "physician": 2, "triage": 2, "patient": 2}


def heads(world, names, **epochs):
    """(party, epoch, inbox) at the heads, or at the epochs given."""
    at = dict(HEADS, **epochs)
    return [(party(n), at[n], world[f"link {n} {at[n]}"].fields["inbox"]) for n in names]


def ward_slip(world, name="negative slip", author="nurse", parties=("nurse", "physician"), conversation="conversation ward 1",
              seals=None, epochs=None, records=b"", keys=None, ready=None, signer=None, **other):
    who = world.devices[author]
    to = heads(world, parties, **(epochs or {}))
    header, key = slip_header(world, who, world[conversation], [x[0] for x in to], name, **other)
    return o.Slip(CLINIC, header, key, seals or seals_for(to, name), signer or who.signing, records, keys, ready)


def body(name="negative slip", content=CONTENT):
    return body_of(draw(name + " K", 32), draw(name + " message", 16), content)


def at_daemon(number, name, made, expect, **more):
    row = case(number, name, "slip_daemon", made, expect, now=NOW)
    row.update({"channel_device": made.fields["author_device"], "session_user": o.NONE16, "records_key_hash": o.NONE32,
                "known": [], "destroyed": [], "blobs": []})
    row.update(more)
    return row


def slips_at_daemon(world):
    nurse, physician, clerk, station = (world.devices[x] for x in ("nurse", "physician", "clerk", "station"))
    good = ward_slip(world)
    yield at_daemon(0, "the slip that the next ones spoil", good, "accepted", body=body())
    yield at_daemon(74, "through another device's channel", good, "author_not_channel", channel_device=physician.device)
    yield at_daemon(75, "author user swapped on a personal device", ward_slip(world, author_user=physician.user), "author_not_device_user")
    thread = dict(author="station", parties=("patient", "physician", "triage"), conversation="conversation thread 2")
    yield at_daemon(75, "author user on a station is not who is logged in", ward_slip(world, author_user=physician.user, **thread),
                    "author_not_device_user", session_user=nurse.user)
    yield at_daemon(75, "author user on a station is who is logged in", ward_slip(world, author_user=nurse.user, **thread),
                    "accepted", session_user=nurse.user)
    yield at_daemon(78, "a party left out", ward_slip(world, parties=("nurse",)), "recipients_mismatch")
    yield at_daemon(78, "a party too many", ward_slip(world, parties=("nurse", "physician", "triage")), "recipients_mismatch")
    yield at_daemon(79, "old epoch", ward_slip(world, epochs={"physician": 1}), "stale_party")
    known = [{"message": good.fields["message"], "h": draw("other h", 32)}]
    yield at_daemon(81, "same id, other header", good, "message_id_reused", known=known)
    yield at_daemon(85, "envelope version 2", ward_slip(world, envelope=o.envelope(1, version=2) + b"more"), "accepted", envelope="unscored")
    yield at_daemon(8, "reserved envelope byte 1", ward_slip(world, envelope=o.envelope(1, reserved=b"\1\0\0")), "accepted",
                    envelope="unscored")
    yield at_daemon(87, "time 1 h ahead", ward_slip(world, time=NOW + HOUR), "time_ahead")
    yield at_daemon(87, "time 5 min ahead", ward_slip(world, time=NOW + 5 * MINUTE), "accepted")
    yield at_daemon(88, "body of another message with equal size", good, "body_mismatch", body=body("negative other"))
    yield at_daemon(88, "body size is no bucket", ward_slip(world, body_size=273, body_hash=p.sha256(bytes(273))), "body_mismatch",
                    body=bytes(273))
    yield at_daemon(98, "author in no party of the conversation", ward_slip(world, author="clerk"), "not_found")
    yield at_daemon(98, "unknown conversation", unknown_conversation(world), "not_found")
    yield at_daemon(99, "re-offer of a destroyed id", good, "message_destroyed", destroyed=[good.fields["message"]])
    yield at_daemon(138, "no records key while the clinic has one", good, "stale_records_key", records_key_hash=RECORDS_KEY_HASH)
    sealed = ward_slip(world, records=RECORDS, records_key_hash=RECORDS_KEY_HASH)
    yield at_daemon(138, "records key while the clinic has none", sealed, "stale_records_key")
    yield at_daemon(138, "records key that is the current one", sealed, "accepted", records_key_hash=RECORDS_KEY_HASH)
    yield at_daemon(155, "under the certificate before the renewal", ward_slip(
        world, author="clerk", certificate_hash=world["device clerk"].hash), "stale_certificate")
    yield at_daemon(160, "party joined meanwhile", ward_slip(
        world, author="station", author_user=nurse.user, parties=("patient", "triage"), conversation="conversation thread 1"),
        "stale_conversation", session_user=nurse.user)
    blob = [{"id": draw("negative attachment", 16), "hash": draw("negative blob", 32), "size": 4112}]
    yield at_daemon(164, "blob not uploaded", ward_slip(world, attachments=blob), "attachment_missing")
    yield at_daemon(164, "blob uploaded", ward_slip(world, attachments=blob), "accepted", blobs=blob)


def unknown_conversation(world):
    nurse, to = world.devices["nurse"], heads(world, ("nurse", "physician"))
    header, key = slip_header(world, nurse, world["conversation ward 1"], [x[0] for x in to], "negative slip")
    return o.Slip(CLINIC, dict(header, conversation=draw("no conversation", 16)), key, seals_for(to, "negative slip"), nurse.signing)


def slips_at_reader(world):
    def seeds(names):
        return [{"party": party(n), "epoch": e, "seed": world[f"link {n} {e}"].seed} for n in names for e in range(1, HEADS[n] + 1)]
    def reads(number, name, made, expect, log=None, reader="physician", held=("physician",), **more):
        return case(number, name, "slip_reader", made, expect, log, **dict(
            {"reader": reader, "seeds": seeds(held), "now": NOW, "log_time": NOW}, **more))
    good = ward_slip(world)
    yield reads(0, "the slip that the next ones spoil, read", good, "accepted", key=good.key)
    yield reads(76, "another's seals under an own header", ward_slip(world, "negative copy", "physician", ready=good.ready),
                "seal_not_openable", reader="nurse", held=("nurse",))
    crossed = [a[:4] + b[4:] for a, b in zip(good.ready, reversed(good.ready))]
    yield reads(77, "seals of two parties swapped", ward_slip(world, ready=crossed), "seal_not_openable")
    order = [party(n) for n in ("nurse", "physician")]
    second = draw("negative second K", 32)
    two_keys = ward_slip(world, keys=[second if x == party("physician") else good.key for x in sorted(order)])
    yield reads(84, "another K to one party, at that party", two_keys, "key_commitment_mismatch")
    yield reads(84, "another K to one party, at the other", two_keys, "accepted", reader="nurse", held=("nurse",), key=good.key)
    changed = ward_slip(world)
    level = 18 + 16 + 16 + 4 + 16 + 16 + 32 + 8 + 1 + 1                        # second byte of the envelope
    changed.bytes = changed.bytes[:level] + bytes([changed.bytes[level] ^ 2]) + changed.bytes[level + 1:]
    yield reads(86, "envelope changed by the daemon", changed, "bad_signature")
    yield reads(86, "signed by another device", ward_slip(world, signer=world.devices["clerk"].signing), "bad_signature")
    yield reads(8, "reserved envelope byte 1, read", ward_slip(world, envelope=o.envelope(1, reserved=b"\1\0\0")), "accepted",
                envelope="unscored")
    yield reads(85, "envelope version 2, read", ward_slip(world, envelope=o.envelope(1, version=2) + b"more"), "accepted",
                envelope="unscored")
    gone = Log(world, 900)
    gone.put("revocation nurse", revocation(2, world.devices["nurse"].device, None, 1))
    for position, expect in ((899, "accepted"), (901, "author_revoked")):
        yield reads(100, f"author revoked at 900, slip at {position}", good, expect, gone, position=position)
    yield reads(0, "sealed to parties of others", good, "not_for_me", reader="clerk", held=())
    yield reads(0, "epoch whose seed is not held", good, "needs", held=())


def two_key_body(first, second, message):
    """A body that opens under both keys' Kb: one block solves Poly1305's equation modulo 2^130 - 5 for both."""
    ct, target = bytearray(draw("two keys", 256)), 8
    parts = []
    for key in (first, second):
        block = p.chacha20_block(o.body_keys(key, message)[1], 0, bytes(12))[:32]
        parts.append((int.from_bytes(block[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff, int.from_bytes(block[16:], "little")))
    for attempt in range(4096):
        ct[:4] = p.u32(attempt)
        text = p.poly_input(message, bytes(ct))
        blocks = [int.from_bytes(text[i:i + 16] + b"\1", "little") for i in range(0, len(text), 16)]
        index = 1 + target                                      # block 0 is the message id
        sums = []
        for r, s in parts:
            sums.append((sum(b * pow(r, len(blocks) - i, p.POLY_P) for i, b in enumerate(blocks) if i != index) + s,
                         pow(r, len(blocks) - index, p.POLY_P)))
        x = (sums[1][0] - sums[0][0]) * pow(sums[0][1] - sums[1][1], -1, p.POLY_P) % p.POLY_P
        if not 2**128 <= x < 2**129:
            continue
        ct[16 * target:16 * target + 16] = (x - 2**128).to_bytes(16, "little")
        tags = [p.poly1305(p.chacha20_block(o.body_keys(k, message)[1], 0, bytes(12))[:32], p.poly_input(message, bytes(ct)))
                for k in (first, second)]
        if tags[0] == tags[1]:
            return bytes(ct) + tags[0]
    raise AssertionError("no block found")


def bodies(world):
    key, message = draw("negative body K", 32), draw("negative body message", 16)
    commitment = o.body_keys(key, message)[0]
    def row(number, name, sealed, expect, **more):
        return dict({"name": name, "number": number, "check": "body", "key": key, "message": message, "commitment": commitment,
                     "body_hash": p.sha256(sealed), "body_size": len(sealed), "body": sealed, "expect": expect}, **more)
    good = body_of(key, message, CONTENT)
    yield row(0, "the body that the next ones spoil", good, "accepted", content=CONTENT)
    yield row(88, "body of another message", body_of(draw("other K", 32), message, CONTENT), "body_mismatch", body_hash=p.sha256(good))
    second = draw("negative second key", 32)
    double = two_key_body(key, second, message)
    for k in (key, second):
        assert p.open_aead(o.body_keys(k, message)[1], bytes(12), double, message) is not None
    yield row(89, "body that opens under two keys, with the one not committed to", double, "key_commitment_mismatch", key=second)
    yield row(90, "next larger bucket", o.seal_body(key, message, p.u32(10) + bytes(1020)), "padding_not_minimal")
    yield row(90, "content one byte too short for its bucket", o.seal_body(key, message, p.u32(252) + bytes(1020)), "padding_not_minimal")
    yield row(91, "dirty padding, last byte", o.seal_body(key, message, o.body_plain(CONTENT)[:-1] + b"\1"), "padding_not_zero")
    dirty = bytearray(o.body_plain(CONTENT))
    dirty[4 + len(CONTENT)] = 1
    yield row(91, "dirty padding, first byte", o.seal_body(key, message, bytes(dirty)), "padding_not_zero")
    yield row(92, "length one over the bucket", o.seal_body(key, message, p.u32(253) + bytes(252)), "padding_length")
    yield row(92, "length 0xffffffff", o.seal_body(key, message, p.u32(2**32 - 1) + bytes(252)), "padding_length")
    yield row(161, "body of 257 bytes", good[:257], "body_size")
    yield row(161, "body one byte short of its bucket + 16", good[:-1], "body_size")
    yield row(162, "right hash and commitment, broken tag", good[:-1] + bytes([good[-1] ^ 1]), "body_not_openable")


def acts(world):
    nurse, physician, clerk = (world.devices[x] for x in ("nurse", "physician", "clerk"))
    made = ward_slip(world)
    def row(number, name, said, expect, level=2, targets=("physician",), **more):
        target = {"message": made.fields["message"], "h": made.h, "conversation": made.fields["conversation"], "level": level,
                  "targets": [party(x) for x in targets]}
        return case(number, name, "act", said, expect, now=T0 + 5 * HOUR, **dict(
            {"channel_device": said.fields["device"], "session_user": o.NONE16, "target": target}, **more))
    message, h = made.fields["message"], made.h
    good = act(physician, 1, message, h)
    yield row(0, "the act that the next ones spoil", good, "accepted")
    yield row(25, "signed under the label of a link", act(physician, 1, message, h, name="link"), "bad_signature")
    yield row(0, "act through another device's channel", good, "author_not_channel", channel_device=nurse.device)
    yield row(0, "another user on a personal device", act(physician, 1, message, h, user=nurse.user), "author_not_device_user")
    yield row(101, "h of another message", act(physician, 1, message, draw("other h", 32)), "act_on_other_message")
    yield row(102, "lower without reason", act(physician, 4, message, h, level=4), "reason_missing")
    yield row(102, "lower with a reason", act(physician, 4, message, h, level=4, reason=1), "accepted")
    yield row(166, "acknowledged by a member who is no target", act(nurse, 1, message, h), "not_entitled_to_act")
    yield row(166, "acknowledged by nobody of the conversation", act(clerk, 1, message, h), "not_entitled_to_act")
    yield row(168, "raise to the same level", act(nurse, 3, message, h, level=2), "level_not_changed")
    yield row(168, "raise to a less urgent level", act(nurse, 3, message, h, level=3), "level_not_changed")
    yield row(168, "raise to a more urgent level", act(nurse, 3, message, h, level=1), "accepted")
    yield row(168, "raise of an unscored message to 3", act(nurse, 3, message, h, level=3), "level_not_changed", level=0)
    yield row(168, "raise of an unscored message to 2", act(nurse, 3, message, h, level=2), "accepted", level=0)
    yield row(168, "lower to a more urgent level", act(physician, 4, message, h, level=1, reason=1), "level_not_changed")


def cases(world):
    for part in (slips_at_daemon, slips_at_reader, bodies, acts):
        yield from part(world)
