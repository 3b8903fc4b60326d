"""The table of what ./check runs. A new proof is one line in `table`."""
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

FAST = ("fast", "full", "long")
FULL = ("full", "long")
UNIT_LIMIT_S = 300
BUILD_LIMIT_S = 3000


@dataclass
class Program:
    name: str
    command: list
    limit_s: int
    cwd: Optional[Path] = None
    env: dict = field(default_factory=dict)


@dataclass
class Runner:
    name: str
    modes: tuple
    programs: Callable  # mode -> list of Program, or None when they could not be listed
    counts_cases: bool = True  # False: a build or a formatter, where only a failure counts
    needs: tuple = ()  # builds that must have succeeded
    at_once: int = 1
    when: Optional[Callable] = None  # a reason to skip, or nothing


def one(name, modes, command, limit_s, long=None, env=None, **options):
    """A runner of one program; `long` is its command in `./check long`, which may take twelve times as long."""
    def programs(mode):
        if long and mode == "long":
            return [Program(name, long, 12 * limit_s, env=env or {})]
        return [Program(name, command, limit_s, env=env or {})]
    return Runner(name, modes, programs, **options)


def build(preset, modes, *targets):
    """The targets named, or all."""
    script = f"cmake --preset {preset} && cmake --build --preset {preset}"
    if targets:
        script += " --target " + " ".join(targets)
    return one(f"build {preset}", modes, ["bash", "-c", script], BUILD_LIMIT_S, counts_cases=False)


def ctest(root, preset, modes, environment=None, only=None):
    """Every program that CMake knows as a test, or those named, two at a time."""
    folder = root / "build" / preset

    def programs(mode):
        listed = subprocess.run(["ctest", "--test-dir", str(folder), "--show-only=json-v1"],
                                capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if listed.returncode != 0:
            return None
        found = []
        for test in json.loads(listed.stdout)["tests"]:
            if only and test["name"] not in only:
                continue
            if "command" not in test:  # CMake knows it, but it was not built
                found.append(Program(f"{preset} {test['name']}", ["false"], 1))
                continue
            properties = {p["name"]: p["value"] for p in test.get("properties", [])}
            limit_s = int(properties.get("TIMEOUT", UNIT_LIMIT_S))
            found.append(Program(f"{preset} {test['name']}", test["command"], limit_s,
                                 Path(properties.get("WORKING_DIRECTORY", folder)), environment or {}))
        return found or None
    return Runner(f"tests {preset}", modes, programs, needs=(f"build {preset}",), at_once=2)


# What runs under ASan and UBSan in ./check: every decoder, the channel, the store, and the whole house in the
# simulation. ./check long takes every test, and the daemon as a process.
SANITIZED = ("wire_values_test", "wire_noise_test", "wire_channel_test", "wire_codec_test", "fuzz_replay",
             "storage_test", "backup_test", "e2ee_log_test", "e2ee_message_test", "rules_test")


def table(root):
    sanitizers = {"ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
    here = root / "tests" / "check"
    sim = str(root / "build" / "dev" / "tests" / "sim" / "wardline_sim")
    sanitized_sim = str(root / "build" / "asan" / "tests" / "sim" / "wardline_sim")
    mutations, dev = str(root / "tests" / "mutation" / "run.py"), str(root / "build" / "dev")
    faults = root / "build" / "dev" / "tests" / "fault"
    bench = str(root / "build" / "release" / "tests" / "bench" / "wardline-bench")
    return [
        one("counting", FAST, ["python3", str(here / "counting_test.py")], 30),
        one("refusals", FAST, ["python3", str(here / "refusals_test.py")], 30),
        one("journal", FAST, ["python3", str(here / "journal_test.py")], 30),
        one("format", FAST, ["python3", str(here / "format.py")], 120, counts_cases=False),
        one("demo supervisor", FAST, ["python3", str(root / "tests" / "demo" / "supervise_test.py")], 60),
        build("dev", FAST),
        ctest(root, "dev", FAST),
        one("foreign verifier", FULL, ["python3", str(root / "tests" / "foreign" / "run.py"),
                                       str(root / "build" / "dev" / "tests" / "foreign" / "make_proofs"), "1000"], 300,
            needs=("build dev",)),
        one("spin model", FULL, ["python3", str(root / "tests" / "spin" / "run.py")], 600),
        one("demo commands", FULL, ["python3", str(root / "tests" / "demo" / "commands_test.py")], 300,
            needs=("build dev",)),
        one("demo people", FULL, ["python3", str(root / "tests" / "demo" / "people_test.py")], 600,
            needs=("build dev",)),
        one("demo urgent", FULL, ["python3", str(root / "tests" / "demo" / "urgent_test.py")], 600,
            needs=("build dev",)),
        one("demo thread", FULL, ["/usr/bin/python3", str(root / "tests" / "demo" / "thread_test.py")], 300,
            needs=("build dev",)),  # Debian's own interpreter has python3-pyte
        one("demo JSON fields", FULL, ["python3", str(root / "tests" / "demo" / "json_fields_test.py")], 120,
            needs=("build dev",)),
        one("demo JSON of wardctl", FULL, ["python3", str(root / "tests" / "demo" / "json_ctl_test.py")], 120,
            needs=("build dev",)),
        one("demo lost device", FULL, ["python3", str(root / "tests" / "demo" / "lost_test.py")], 900,
            needs=("build dev",)),
        one("demo files", FULL, ["python3", str(root / "tests" / "demo" / "files_test.py")], 300,
            needs=("build dev",)),
        one("demo restore", FULL, ["python3", str(root / "tests" / "demo" / "restore_test.py")], 600,
            needs=("build dev",)),
        one("demo registrars", FULL, ["python3", str(root / "tests" / "demo" / "registrars_test.py")], 600,
            needs=("build dev",)),
        one("demo clinic", FULL, ["python3", str(root / "tests" / "demo" / "riverside_test.py")], 600,
            needs=("build dev",)),
        one("simulation", FULL, [sim, "--seeds", "100"], 900, long=[sim, "--seeds", "5000"], needs=("build dev",)),
        one("simulation of rosters", FULL, [sim, "--seeds", "60", "--rosters", "--history"], 900,
            long=[sim, "--seeds", "2000", "--rosters", "--history"], needs=("build dev",)),
        one("simulation of restores", FULL, [sim, "--seeds", "60", "--restores", "5", "--acts", "60"], 600,
            long=[sim, "--seeds", "2000", "--restores", "5", "--acts", "60"], needs=("build dev",)),
        one("simulation after all certificates ended", FULL, [sim, "--seeds", "10", "--ended"], 300, needs=("build dev",)),
        one("simulation of a hostile daemon", FULL, [sim, "--hostile", "--seeds", "39"], 300,
            long=[sim, "--hostile", "--seeds", "1500"], needs=("build dev",)),
        one("mutations", FULL, ["python3", mutations, dev, "--sample", "120"], 900,
            long=["python3", mutations, dev], needs=("build dev",)),
        one("simulation control", FULL, [sim, "--seeds", "10", "--lying-disk", "--acts", "60"], 300, needs=("build dev",)),
        one("kill -9", FULL, [str(faults / "kill_test"), "--kills", "50"], 1200,
            long=[str(faults / "kill_test"), "--kills", "1000"], needs=("build dev",)),
        one("power cuts", FULL, [str(faults / "power_cut_test"), "--cuts", "20"], 600,
            long=[str(faults / "power_cut_test"), "--cuts", "500"], needs=("build dev",)),
        # Every third n: LMDB writes pages and its head in turns.
        one("dying disks", FULL, [str(faults / "dying_disk_test"), "--every", "3"], 900,
            long=[str(faults / "dying_disk_test")], needs=("build dev",)),
        one("tampering", FULL, [str(faults / "tamper_test"), "--tamperings", "2000"], 900,
            long=[str(faults / "tamper_test"), "--tamperings", "20000"], needs=("build dev",)),
        one("reconnect storm", FULL, [str(faults / "storm_test"), "--devices", "500"], 180, needs=("build dev",)),
        one("bad input, markers, core files", FULL, [str(faults / "fault_test")], 900, needs=("build dev",)),
        build("asan", ("full",), "wardline_sim", *SANITIZED),
        ctest(root, "asan", ("full",), sanitizers, only=SANITIZED),
        build("asan", ("long",)),
        ctest(root, "asan", ("long",), sanitizers),
        one("kill -9, sanitized", ("long",), [str(root / "build" / "asan" / "tests" / "fault" / "kill_test"), "--kills", "50"],
            3600, env=sanitizers, needs=("build asan",)),
        one("simulation, sanitized", FULL, [sanitized_sim, "--seeds", "20", "--first", "1000"], 900,
            long=[sanitized_sim, "--seeds", "1000", "--first", "1000"], needs=("build asan",)),
        one("simulation of rosters, sanitized", FULL, [sanitized_sim, "--seeds", "20", "--first", "2000", "--rosters", "--history"],
            900, long=[sanitized_sim, "--seeds", "500", "--first", "2000", "--rosters", "--history"], needs=("build asan",)),
        build("release", FULL, "wardlined", "wardline-bench"),
        # The goal is 0.30 at 50 + 50 (performance.md, G1); a tenth of it on any machine, however busy.
        one("bench", FULL, [bench, "--quick", "--json", "--at-least", "0.03", "--opened-at-least", "0.04"], 600,
            long=[bench, "--json", "--at-least", "0.03", "--opened-at-least", "0.04"], counts_cases=False,
            needs=("build release",)),
        # The goal is 2.5 (G7).
        one("bench latency", FULL, [bench, "latency", "--quick", "--json", "--at-most", "25"], 300,
            long=[bench, "latency", "--json", "--at-most", "25"], counts_cases=False, needs=("build release",)),
        # Orders and counts are what these are for here; the limits are far away (tests/bench/README.md).
        one("bench growth", ("long",), [bench, "growth", "--messages", "100000", "--json", "--at-most", "3"], 3000,
            counts_cases=False, needs=("build release",)),
        one("bench channels", ("long",), [bench, "channels", "--stations", "2100", "--json", "--at-most", "409600"], 3000,
            counts_cases=False, needs=("build release",)),
        one("bench recipients", ("long",), [bench, "recipients", "--json"], 600, counts_cases=False,
            needs=("build release",)),
        one("readme", FULL, ["python3", str(root / "tests" / "demo" / "readme_test.py")], 3000,
            needs=("build release",)),
        build("fuzz", FULL, "fuzzers"),
        one("fuzz", FULL, ["python3", str(root / "tests" / "fuzz" / "run.py"), str(root / "build" / "fuzz"), "3"], 600,
            long=["python3", str(root / "tests" / "fuzz" / "run.py"), str(root / "build" / "fuzz"), "150"],
            needs=("build fuzz",)),
        one("clang-tidy", ("long",), ["python3", str(here / "clang_tidy.py")], 2400, counts_cases=False,
            needs=("build dev",)),
    ]
