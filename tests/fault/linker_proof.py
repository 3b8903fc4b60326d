"""The daemon holds no code that opens or signs: no symbol of the e2ee library's secret half stands in wardlined
(e2ee 3). Control: the programs of the people's side hold every one of the table.

usage: linker_proof.py SECRET_HALF.a DAEMON CONTROL..."""
import re
import subprocess
import sys

# What a blind daemon must not have. Each has to exist in the secret half, so that a renamed one is noticed here.
NEVER = [
    "hpke_open", "hpke_seal", "hpke_key_schedule", "hpke_derive_key_pair",
    "open_body", "seal_body", "derive_body_keys",
    "open_seal", "seal_message", "reseal",
    "open_own_seed", "inbox_of", "make_link", "roster_keys::seed",
    "signing_key::from_seed", "signing_key::sign", "x25519_pair::from_secret",
    "hkdf_extract", "hkdf_expand",
]


def defined(file):
    """Names of the functions and data that a program or library defines, weak ones apart."""
    done = subprocess.run(["nm", "-C", "--defined-only", file], capture_output=True, text=True, check=True)
    return {line.split(" ", 2)[2] for line in done.stdout.splitlines() if re.match(r"^[0-9a-f]+ [TDBRtdbr] ", line)}


def has(symbols, name):
    start = f"wardline::e2ee::{name}"
    return any(s == start or s.startswith(start + "(") for s in symbols)


def main(library, daemon, *controls):
    secret, in_daemon = defined(library), defined(daemon)
    in_controls = set().union(*(defined(c) for c in controls))
    own = {s for s in secret if s.startswith("wardline::e2ee::")}
    failures = []
    checks = 0
    for s in sorted(own & in_daemon):
        failures.append(f"{daemon} holds {s}")
    checks += len(own)
    for name in NEVER:
        checks += 3
        if not has(secret, name):
            failures.append(f"{name} is not in {library}: it was renamed, and this table must follow")
        if has(in_daemon, name):
            failures.append(f"{daemon} holds {name}")
        if not has(in_controls, name):
            failures.append(f"the control programs do not hold {name}: this proof would not see it either")
    if not in_daemon or not any(s.startswith("wardline::daemon::") for s in in_daemon):
        failures.append(f"{daemon} has no symbols: nothing is proved")
    if len(own) < 20:
        failures.append(f"{library} defines only {len(own)} functions: this is not the secret half")
    for f in failures:
        print(f)
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
