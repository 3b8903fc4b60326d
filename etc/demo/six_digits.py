"""The six digits that the authenticator of a person of the demo shows now (RFC 6238).

usage: six_digits.py FOLDER NAME

FOLDER is where the devices of the demo are.
"""
import base64
import hmac
import struct
import sys
import time
from pathlib import Path

STEP_S = 30
NOBODY = 67  # sysexits


def six_digits(secret, now):
    mac = hmac.digest(secret, struct.pack(">Q", int(now) // STEP_S), "sha1")
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1_000_000:06d}"


if __name__ == "__main__":
    folder, name = Path(sys.argv[1]), sys.argv[2]
    known = sorted(file.stem for file in folder.glob("*.totp"))
    if name not in known:
        print("Say whose: ./demo code NAME. " + (f"There are {', '.join(known)}." if known else "Run ./demo first."),
              file=sys.stderr)
        sys.exit(NOBODY)
    letters = (folder / f"{name}.totp").read_text().strip().replace("-", "")
    now = time.time()
    print(six_digits(base64.b32decode(letters + "=" * (-len(letters) % 8)), now), flush=True)
    print(f"Good once, and for {STEP_S - int(now) % STEP_S} seconds more.", file=sys.stderr)
