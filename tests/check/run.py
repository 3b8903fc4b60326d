"""Runs the table of runners in runners.py and counts test cases; see README.md beside this file."""
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import counting
import runners

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".check"
TAIL_LINES = 60
STRICT = os.environ.get("CI") == "true" or os.environ.get("WARDLINE_CI") == "1"


def run_limited(command, log_path, limit_s, cwd=ROOT, env=None):
    """Exit code of the command, or None when it was stopped at its limit. Output goes to log_path."""
    full_env = dict(os.environ, **(env or {}))
    with open(log_path, "wb") as log:
        process = subprocess.Popen(command, cwd=cwd, env=full_env, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # A test that leaves a daemon behind must not disturb the next one.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def tail(path):
    lines = path.read_text(errors="replace").splitlines()
    return "\n".join("    | " + line for line in lines[-TAIL_LINES:])


def run_one(name, command, limit_s, counts_cases, cwd=ROOT, env=None):
    """Runs one program and prints one line for it; returns its counts."""
    log_path = LOGS / (re.sub(r"[^A-Za-z0-9_.-]+", "_", name) + ".log")
    started = time.monotonic()
    code = run_limited(command, log_path, limit_s, cwd, env)
    seconds = time.monotonic() - started
    result = counting.count(log_path.read_text(errors="replace"), code, counts_cases)
    verdict = "ok  " if result.failed == 0 else "FAIL"
    text = f"{verdict} {name}: {result.passed} passed, {result.failed} failed, " \
           f"{len(result.skipped)} skipped ({seconds:.1f} s)" if counts_cases else f"{verdict} {name} ({seconds:.1f} s)"
    lines = [text] + [f"     skipped: {reason}" for reason in result.skipped]
    if result.failed:
        why = f"stopped after its limit of {limit_s} s" if code is None else f"exit code {code}"
        lines += [f"     {why}; end of {log_path.relative_to(ROOT)}:", tail(log_path)]
    print("\n".join(lines), flush=True)
    return result


def run_runner(runner, mode):
    """One line of the table: a program, or a function that names several programs."""
    if runner.when is not None:
        reason = runner.when()
        if reason:
            print(f"skip {runner.name}: {reason}", flush=True)
            return counting.Counts(0, 0, [f"{runner.name}: {reason}"])
    total = counting.Counts(0, 0, [])
    programs = runner.programs(mode)
    if programs is None:
        print(f"FAIL {runner.name}: it could not list its tests", flush=True)
        return counting.Counts(0, 1, [])
    with ThreadPoolExecutor(max_workers=runner.at_once) as pool:
        jobs = [pool.submit(run_one, p.name, p.command, p.limit_s, runner.counts_cases, p.cwd, p.env)
                for p in programs]
        for job in jobs:
            total = total + job.result()
    return total


def main():
    mode = sys.argv[1] if len(sys.argv) > 1 else "full"
    LOGS.mkdir(exist_ok=True)
    total = counting.Counts(0, 0, [])
    seconds = []
    broken = set()
    for runner in runners.table(ROOT):
        if mode not in runner.modes:
            continue
        if broken & set(runner.needs):
            print(f"FAIL {runner.name}: not run, because {', '.join(sorted(broken & set(runner.needs)))} failed",
                  flush=True)
            total = total + counting.Counts(0, 1, [])
            continue
        started = time.monotonic()
        print(f"---- {runner.name}", flush=True)
        result = run_runner(runner, mode)
        seconds.append((runner.name, time.monotonic() - started))
        if result.failed and not runner.counts_cases:
            broken.add(runner.name)
        total = total + result
    print("\nseconds per runner:")
    for name, taken in seconds:
        print(f"  {taken:7.1f}  {name}")
    for reason in total.skipped:
        print(f"skipped: {reason}")
    if STRICT and total.skipped:
        print("on the build server a skipped test counts as a failure")
    failed = total.failed + (len(total.skipped) if STRICT else 0)
    skipped = 0 if STRICT else len(total.skipped)
    print(f"{total.passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
