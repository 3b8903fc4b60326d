#!/usr/bin/env python3
"""Third judge of Wardline's formats (e2ee 12): makes the test vectors beside it from the guide's text.

    make_vectors.py             write the JSON files
    make_vectors.py --check     make them again in memory and compare with the files; non-zero if one differs

Python's standard library only; it reads nothing of ours but the published suites in ../shared/vectors (WARDLINE_SHARED_DIR
moves them), against which it first checks itself, as it does against the RFCs' values (rfc_checks.py). All randomness is the
SHA-512 counter of world.py, so that the files are the same on every machine.

Every file is {"group": name, "cases": [...]}, a case has a "name". Byte strings are lower-case hex, integers are JSON
numbers (times in ms since 1970), texts are UTF-8. Ed25519 keys are given by their 32-byte seed, X25519 secrets as the 32
random bytes before clamping. Where a sealing needs random bytes they are an input ("ephemeral", "K"), so that a program whose
random source is scripted makes the same bytes.

  objects     kind, clinic, fields (names and order of objects.py FIELDS = e2ee 5), object = all bytes, signed_size = how many
              of them are signed, hash = object hash, signers [{label, seed, public_key, signature}] in the object's order
  encoding    objects of every kind
  kdf         hkdf {ikm, info, size, output} (empty salt), body keys, inboxes from seeds, H(label, message)
  hpke        {ephemeral, receiver_secret, receiver_public, info, plain, enc, ct}; derive key pair {ikm, secret, public}
  body        {key = K, message, content_size, commitment, body_size, body_hash, body up to bucket 1024}; byte i of the content
              is i mod 251
  attachment  {key = K, message, attachment, file_size, file_hash, attachment_key = Ka, blob_size, blob_hash, blob up to one
              byte}; byte i of the file is i mod 251
  slip        object + h, key = K, seals = inputs per party in the header's order {party, epoch, inbox, ephemeral}, records,
              inbox_secrets in the same order, content and body; re_seal_of names the case whose h and other seals stay
  link        object (the core) + seed, members = list16 bytes, sealing_keys and ephemerals (32 bytes each, joined, members'
              order), seals = list16 bytes (not for 300 members: the core has their hash)
  chain       one case: clinic, identity_seed, devices with their secrets, parties with kinds, entries = the audit log of a
              scripted clinic in order, each acceptable when those before it were accepted: {name, kind, object, hash,
              position, log_time, cosign if any; members, seals, seed with a link}; after = entries each acceptable on its own
              behind all entries
  act         objects of kind act
  wipe        objects of kind wipe, signed by the daemon's order key
  noise       handshake with our prologue: secrets, both messages, hash, transport keys; frames = the frames of both
              directions in order (type | fragment, sealed); rekey: keys around it and the two frames n and n + 1
  checkpoint  log key, notes, inclusion and consistency proofs (RFC 6962) over leaves made by the rule given
  pack        cases: party, party_kind, members (list16 bytes) and epochs {hash, inbox, time, seed} of a chain; giver, receiver =
              device names; held = epochs whose seeds the giver has; history_from; packs = objects + plain, ephemeral
  keylist     cases: before = entries accepted behind the log; receiver = a device with its secrets; invitation; slips {message,
              conversation, h, commitment, parties, time}; reports = acts; keys; lists = objects + plain, ephemeral
  share       wraps and rows of the device store: local_half, share, device, number, dsk, wrapping_key, nonce, wrap; table, key,
              value, ad, row
  leaf        salt, entry -> leaf_data -> leaf_hash
  negative    e2ee 10's static cases; shape at the top of negatives.py
"""
import json
import os
import pathlib
import sys

import groups
import negatives
import rfc_checks
from world import World

HERE = pathlib.Path(__file__).resolve().parent
SHARED = os.environ.get("WARDLINE_SHARED_DIR", HERE.parents[5] / "shared")


def plain(value):
    """Bytes become hex; a list of hashes becomes a list of hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def text_of(name, cases):
    """One case a line: small files, readable differences."""
    lines = ",\n".join(json.dumps(plain(case), ensure_ascii=True, separators=(",", ":")) for case in cases)
    return f'{{"group":"{name}","cases":[\n{lines}\n]}}\n'


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 2
    with_suites = rfc_checks.check_all(SHARED)
    print("self-check passed" + ("" if with_suites else f" (no published suites at {SHARED}: only the RFCs' values)"))
    world, different, total = World(), [], 0
    made = {name: text_of(name, make(world)) for name, make in groups.GROUPS.items()}
    made["negative"] = text_of("negative", negatives.cases(world))
    for name, text in made.items():
        file = HERE / f"{name}.json"
        total += len(text)
        if not arguments:
            file.write_text(text, encoding="ascii")
        elif not file.is_file() or file.read_text(encoding="ascii") != text:
            different.append(file.name)
    if different:
        print("different from what the script makes: " + ", ".join(different))
        return 1
    print(f"{len(made)} groups, {total // 1024} KiB" + (", all equal" if arguments else " written"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
