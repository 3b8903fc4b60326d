#!/usr/bin/env python3
"""Runs every libFuzzer program of a build for some seconds, from the committed corpus.

run.py BUILD_FOLDER SECONDS [NAME...]    A finding is kept as .check/fuzz/NAME-crash-...; repeat it with
                                         BUILD_FOLDER/tests/fuzz/fuzz_NAME FILE. What it found on the way grows
                                         .check/fuzz/NAME/, so that the next run starts there.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INPUT_BYTES_MAX = 70_000  # one frame and a little; longer inputs only slow the fuzzer down
MEMORY_MB_MAX = 1024
UNIT_S_MAX = 10  # one input that takes longer is a finding


def run(program, name, seconds, found):
    own = found / name
    own.mkdir(parents=True, exist_ok=True)
    command = [str(program), f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}",
               f"-rss_limit_mb={MEMORY_MB_MAX}", f"-timeout={UNIT_S_MAX}", "-print_final_stats=1",
               f"-artifact_prefix={found}/{name}-", str(own), str(ROOT / "tests" / "fuzz" / "corpus" / name)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    units = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    edges = re.findall(r"cov: (\d+)", done.stderr)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} fuzz_{name}: {units[1] if units else '?'} inputs, "
          f"{edges[-1] if edges else '?'} edges", flush=True)
    if done.returncode != 0:
        print("\n".join(done.stderr.splitlines()[-40:]), flush=True)
    return done.returncode == 0


def main():
    folder, seconds, wanted = Path(sys.argv[1]) / "tests" / "fuzz", int(sys.argv[2]), sys.argv[3:]
    found = ROOT / ".check" / "fuzz"
    names = sorted(d.name for d in (ROOT / "tests" / "fuzz" / "corpus").iterdir() if d.is_dir())
    results = [run(folder / f"fuzz_{name}", name, seconds, found) for name in names if not wanted or name in wanted]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
