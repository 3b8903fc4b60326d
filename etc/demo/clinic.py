"""The demo clinic as seed.py sees it: its programs, what they answered, and how far the seeding came.

A journal lies in the demo's folder, one JSON object a line: what was begun, and what is done. Whoever kills the seeding
loses nothing and gets nothing twice: it goes on behind the last line.
"""
import json
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

AT_ONCE = 4
TRY_AGAIN_S = 180
PAUSE_S = 0.5
THROTTLED_PAUSE_S = 12  # more often is refused for being too often
COMMAND_LIMIT_S = 120
ENDS_WITHIN_S = 10
UNAVAILABLE = (69, 75)  # sysexits: the daemon is on its way back up
# A six-digit code is good once: another command may have used this one a moment ago.
CODE_USED = ("wrong_password", "wrong_second_factor", "too_many_tries")


def at_once(act, things):
    """The act for all of them, some at the same time: a device mostly waits for the daemon's disk."""
    workers = ThreadPoolExecutor(AT_ONCE)
    try:
        for done in [workers.submit(act, thing) for thing in things]:
            done.result()
    finally:
        workers.shutdown(cancel_futures=True)  # behind a failure nothing is begun


class Refused(Exception):
    def __init__(self, who, words, answer):
        what = answer.get("sentence") or answer.get("problem") or str(answer)
        super().__init__(f"`{who} {' '.join(words[:2])}`: {what}")
        self.why = answer.get("refusal")


class Unavailable(Refused):
    """What was asked for may have been done all the same."""


class Clinic:
    def __init__(self, place, programs, seconds):
        self.place, self.programs = place, programs
        self.devices, self.offline = place / "devices", place / "offline"
        self.environment = dict(os.environ, WARD_STORES=str(self.devices))
        self.started = time.monotonic() - seconds
        self.begun, self.done = set(), {}
        self.writing = threading.Lock()
        path = place / "run" / "seeding"
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the last line of one that was killed
            if "done" in row:
                self.done[row["done"]] = row.get("message")
            else:
                self.begun.add(row["begun"])
        self.journal = open(path, "a")
        self.journal.write("\n")  # behind half a line there may be

    def say(self, what):
        print(f"[{int(time.monotonic() - self.started):3d} s] {what}", flush=True)

    def note(self, **row):
        with self.writing:
            self.journal.write(json.dumps(row) + "\n")
            self.journal.flush()

    def begin(self, key):
        self.begun.add(key)
        self.note(begun=key)

    def finish(self, key, message=None):
        self.done[key] = message
        self.note(done=key, message=message)

    def once(self, key, act):
        """For what may be done again if nobody knows whether it was."""
        if key not in self.done:
            act()
            self.finish(key)

    def run(self, program, words, who):
        done = subprocess.run([str(self.programs / program), *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=COMMAND_LIMIT_S, env=self.environment)
        lines = done.stdout.strip().splitlines()
        try:
            answer = json.loads(lines[-1])
        except (IndexError, ValueError):
            answer = {"ok": False, "problem": (done.stderr or done.stdout).strip() or f"ended with {done.returncode}"}
        if answer.get("ok"):
            return answer
        raise (Unavailable if done.returncode in UNAVAILABLE else Refused)(who, words, answer)

    def wardctl(self, *words):
        return self.run("daemon/wardctl", [*words, "--config", str(self.place / "etc/wardline.yaml"), "--json"], "wardctl")

    def ward_once(self, device, *words):
        """As this device's person; a command whose code was used a moment ago is tried again with the next one."""
        end = time.monotonic() + TRY_AGAIN_S
        while True:
            try:
                return self.run("plugins/cli/ward", ["--as", device, "--json", *words], f"./ward --as {device}")
            except Refused as no:
                if no.why not in CODE_USED or time.monotonic() > end:
                    raise
            time.sleep(THROTTLED_PAUSE_S)

    def ward(self, device, *words):
        """For what may be asked twice: also tried again while the daemon is away."""
        end = time.monotonic() + TRY_AGAIN_S
        while True:
            try:
                return self.ward_once(device, *words)
            except Unavailable:
                if time.monotonic() > end:
                    raise
            time.sleep(PAUSE_S)

    @contextmanager
    def watching(self, device, shut_out=False):
        """The device is connected meanwhile. `shut_out`: until it was told so and has done what it was told."""
        program = subprocess.Popen([str(self.programs / "plugins/cli/ward"), "--as", device, "watch"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=self.environment)
        program.stderr.readline()  # that it listens
        try:
            yield
            if shut_out:
                program.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            program.kill()
            program.wait()
            program.stderr.close()
