#!/usr/bin/env python3
"""Spoils the verifiers, one change at a time, and asks whether a test notices.

run.py BUILD_FOLDER [--sample N] [--seed S] [--only NAME.cpp]    N mutants of the seed; without --sample all of them.

A mutant that no test case kills has to stand in allowed.txt with the reason why none can; see README.md here.
"""
import argparse
import hashlib
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import mutants

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Group:
    """Verifiers, and the test programs of which one has to notice when one of them is spoilt."""
    name: str
    folder: str       # where they lie, in the tree and in a build
    sources: str      # a pattern in it
    archives: tuple   # that hold them
    programs: tuple   # below tests/, in the folder of the same name


GROUPS = (
    Group("e2ee", "plugins/sdk/e2ee", "*.cpp", ("libwardline_e2ee.a", "libwardline_e2ee_public.a"),
          ("e2ee_log_test", "e2ee_message_test", "e2ee_history_test", "e2ee_judge_test", "e2ee_primitives_test",
           "e2ee_identity_test", "e2ee_roster_test", "e2ee_vectors_test")),
)
AT_ONCE = 2
CASE_S_MAX = 120          # for a case that passes in a moment on sound code: it hangs, and that is noticed
CASE_SLOWER_MAX = 20      # times as long as on sound code
MEMORY_BYTES_MAX = 2 << 30
CASES_AT_A_TIME = 24      # test cases named to one process; they stop at the first that fails


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def must(command, cwd, what):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, shell=isinstance(command, str))
    if done.returncode != 0:
        print(f"{what} failed:\n{done.stderr[-4000:]}")
        print("0 passed, 1 failed")
        sys.exit(1)
    return done.stdout


class Build:
    """The spoilt sources of a group, compiled once, and its test programs linked with them."""

    def __init__(self, folder, group):
        self.folder = folder
        self.group = group
        self.out = folder / "mutation" / group.name
        self.out.mkdir(parents=True, exist_ok=True)
        self.all = []  # (name of a source, mutant)
        self.programs = []
        entries = json.loads((folder / "compile_commands.json").read_text())
        self.commands = {Path(e["file"]): e["command"] for e in entries}
        self.compile()

    def compile_one(self, source):
        spoilt, found = mutants.spoil(source.read_text(), source.name)
        target = self.out / source.name
        target.write_text(spoilt)
        command = self.commands[source].replace(f"-c {source}", f"-c {target}")
        command = re.sub(r"-o \S+", f"-o {target}.o", command)
        must(f"ccache {command} -w -D_GLIBCXX_ASSERTIONS -I{HERE}", self.folder, f"compiling the spoilt {source.name}")
        return [(source.name, m) for m in found]

    def compile(self):
        sources = sorted((ROOT / self.group.folder).glob(self.group.sources))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for found in pool.map(self.compile_one, sources):
                self.all += found
        must(f"ccache c++ -std=c++20 -O0 -I{HERE} -c {HERE}/mutant_in_force.cpp -o {self.out}/mutant_in_force.o",
             self.folder, "compiling mutant_in_force.cpp")
        for name in self.group.archives:
            self.archive(self.folder / self.group.folder / name, {s.name for s in sources})
        for program in self.group.programs:
            self.link(program)

    def archive(self, sound, spoilt):
        """The library with the spoilt objects in the place of the sound ones."""
        members = must(["ar", "t", str(sound)], self.folder, "reading " + sound.name).split()
        target = self.out / sound.name
        target.unlink(missing_ok=True)
        objects = sound.parent / "CMakeFiles" / (sound.stem.removeprefix("lib") + ".dir")
        files = [str(self.out / m) if m.removesuffix(".o") in spoilt else str(objects / m) for m in members]
        must(["ar", "qcs", str(target)] + files, self.folder, "making " + sound.name)

    def link(self, program):
        target = f"tests/{self.group.folder}/{program}"
        command = must(["ninja", "-t", "commands", target], self.folder, "asking for the link").splitlines()[-1]
        command = command.replace(f"-o {target}", f"-o {self.out / program} {self.out}/mutant_in_force.o")
        for name in self.group.archives:
            command = command.replace(f" {self.group.folder}/{name}", f" {self.out / name}")
        must(command, self.folder, f"linking {program}")
        self.programs.append(self.out / program)


def quoted(case):
    return '"' + re.sub(r'([\\",*])', r"\\\1", case) + '"'


def run_cases(program, cases, environment, limit_s):
    """True if all of these cases pass."""
    with_names = program.parent / f"cases-{os.getpid()}-{hashlib.sha256('|'.join(cases).encode()).hexdigest()[:16]}"
    with_names.write_text("\n".join(quoted(c) for c in cases) + "\n")
    try:
        done = subprocess.run([str(program), "--abort", "--input-file", str(with_names)], capture_output=True,
                              env=dict(os.environ, **environment), timeout=limit_s, preexec_fn=limited,
                              stdin=subprocess.DEVNULL)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        with_names.unlink(missing_ok=True)


class Cases:
    """Which test case comes by which mutant, and how long it takes; kept while programs stay the same."""

    def __init__(self, build):
        self.build = build
        self.reaching = {}  # "slip.cpp:12" -> [(seconds, program, case)]
        digest = hashlib.sha256()
        for p in build.programs:
            digest.update(p.read_bytes())
        kept = build.out / "reached.json"
        held = json.loads(kept.read_text()) if kept.exists() else {}
        if held.get("programs") != digest.hexdigest():
            held = {"programs": digest.hexdigest(), "cases": self.run_all()}
            kept.write_text(json.dumps(held))
        for program, case, seconds, reached in held["cases"]:
            for name in reached:
                self.reaching.setdefault(name, []).append((seconds, program, case))
        for found in self.reaching.values():
            found.sort()

    def run_all(self):
        jobs = []
        for program in self.build.programs:
            names = subprocess.run([str(program), "--list-test-names-only"], capture_output=True, text=True).stdout
            jobs += [(program, name) for name in names.splitlines() if name]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.run_one, jobs))

    def run_one(self, job):
        program, case = job
        into = program.parent / ("reached-" + hashlib.sha256(f"{program}|{case}".encode()).hexdigest()[:16])
        began = time.monotonic()
        if not run_cases(program, [case], {"WARDLINE_REACHED": str(into)}, 20 * CASE_S_MAX):
            print(f"{program.name}, \"{case}\": fails on sound code")
            print("0 passed, 1 failed")
            os._exit(1)
        reached = into.read_text().split() if into.exists() else []
        into.unlink(missing_ok=True)
        return [str(program), case, time.monotonic() - began, reached]

    def killed(self, name):
        """The first group of cases that fails, quick ones first; nothing: no test minds."""
        waiting = list(self.reaching.get(name, []))
        while waiting:
            program = waiting[0][1]
            # Slow ones go alone, so that what kills quickly kills quickly.
            group = [c for c in waiting if c[1] == program and c[0] < 0.1][:CASES_AT_A_TIME] or waiting[:1]
            limit_s = max(10, CASE_SLOWER_MAX * sum(c[0] for c in group))
            if not run_cases(Path(program), [c[2] for c in group], {"WARDLINE_MUTANT": name}, limit_s):
                return f"{Path(program).name}: {group[0][2]}" + (" ..." if len(group) > 1 else "")
            taken = set(group)
            waiting = [c for c in waiting if c not in taken]
        return None


def allowed():
    """key of a mutant -> why no test can notice it. A line: KEY = REASON."""
    out = {}
    for line in (HERE / "allowed.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            key, _, reason = line.rpartition(" = ")
            out[key.strip()] = reason.strip()
    return out


def try_group(build, excused, options):
    """How many were tried, how many survive, and what is wrong with the list."""
    chosen = [x for x in build.all if not options.only or x[0] == options.only]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
        chosen = [x for x in chosen if x[1].key(x[0]) not in excused]
    cases = Cases(build)
    survivors, wrong, began = 0, [], time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (name, m), by in zip(chosen, pool.map(lambda x: cases.killed(f"{x[0]}:{x[1].number}"), chosen)):
            key = m.key(name)
            if by is None and key not in excused:
                survivors += 1
                print(f"survives: {key}   (line {m.line})", flush=True)
            elif by is not None and key in excused:
                wrong.append(f"allowed.txt: killed by {by}; take it off: {key}")
    print(f"{build.group.name}: {len(build.all)} mutants, {len(chosen)} tried in {time.monotonic() - began:.0f} s, "
          f"{survivors} survive")
    return len(chosen), survivors, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()) // 86_400)
    parser.add_argument("--only")
    options = parser.parse_args()
    if options.sample:
        print(f"seed {options.seed}")
    excused, keys, wrong = allowed(), set(), []
    tried = survive = 0
    for group in GROUPS:
        if options.only and not (ROOT / group.folder / options.only).match(group.sources):
            continue
        build = Build(options.folder.resolve(), group)
        keys |= {m.key(name) for name, m in build.all}
        found = try_group(build, excused, options)
        tried, survive, wrong = tried + found[0], survive + found[1], wrong + found[2]
    if not options.only and not options.sample:
        wrong += [f"allowed.txt: no such mutant: {key}" for key in excused if key not in keys]
    wrong += [f"allowed.txt: no reason: {key}" for key, reason in excused.items() if len(reason) < 10]
    for line in wrong:
        print(line)
    print(f"{tried - survive} passed, {survive + len(wrong)} failed")
    sys.exit(1 if survive or wrong else 0)


if __name__ == "__main__":
    main()
