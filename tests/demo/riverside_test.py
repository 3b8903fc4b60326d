"""Riverside Clinic as ./demo fills it: killed at any moment it goes on where it was and does nothing twice; everybody and
everything is there; and the ten steps that ./demo prints do what they say when they are typed.

usage: riverside_test.py [SEED]"""
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest
from collections import Counter
from pathlib import Path

import yaml
from commands_test import ROOT, Demo

SEED = int(sys.argv.pop()) if sys.argv[1:] else random.SystemRandom().randrange(1 << 32)
FILL_LIMIT_S = 300
KILL_AFTER_S = 4.0  # at most
STEPS = 10
LISTENS_AFTER_S = 3
RINGS_WITHIN_S = 30
ASKS_WITHIN_S = 30

# What the commands of each step say, in order: an exit code if it is not 0, and words that must stand in the output.
SAID = {
    1: [(0, r"^ +1  now +Marcus Webb .* waits, \d steps? up its chain")],
    2: [(0, "Crushing chest pain"), (0, "You have it")],
    3: [(0, "Sent to everybody"), (0, "1  now +nurse1 "), (0, "Call 911 now")],
    4: [(0, "Sent to triage.*call your local emergency number"), (0, "cannot read it")],
    5: [(0, "1  urgent +Thanh Nguyen .*you have it"), (0, "given it back"), (0, "1  now +Rosa Delgado .*waits.* 2  urgent +Thanh Nguyen"),
        (0, "You have it now"), (0, "You have it now")],
    6: [(0, "A message waits .now."), (0, "Sent to physician1"), (0, "1  now +nurse1 .*waits"), (0, "You have it")],
    7: [(77, "This device is not enrolled"), (0, "Unchanged, and signed by manager1")],
    8: [(0, "it is back"), (0, "1  now +nurse1 .*you have it")],
    9: [(0, "Logged off"), (0, r"^\d{6}$"), (0, "Logged in as nurse4")],
    10: [(0, "triage: nurse[12], until"), (0, "people +32 with 32 devices")],
}
SECOND_TERMINAL = " watch"
BY_HAND = " login"


def read(name):
    return yaml.safe_load((ROOT / "etc" / "demo" / name).read_text())


class Riverside(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        cls.demo = Demo(cls.kept.name)
        cls.place = cls.demo.folder / ".demo"
        cls.plan = read("riverside.yaml")
        cls.talks = read("messages-patients.yaml") + read("messages-staff.yaml")

    @classmethod
    def tearDownClass(cls):
        cls.demo.run("./demo stop")
        cls.kept.cleanup()

    def expect(self, command, code=0):
        got, output = self.demo.run(command)
        self.assertEqual(got, code, f"`{command}` printed:\n{output}")
        return output

    def ward(self, who, words):
        return json.loads(self.expect(f"./ward --as {who} --json {words} 2>/dev/null").strip().splitlines()[-1])

    def start(self):
        return subprocess.Popen(["./demo", "--yes"], cwd=self.demo.folder, env=self.demo.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True)

    def kill_while_it_fills(self, dice, whom, after):
        """Kills everything that ./demo started, or its seeding alone, or the daemon a few times, some time after it has
        printed this."""
        process = self.start()
        seen = ""
        while not re.search(after, seen):
            line = process.stdout.readline()
            self.assertTrue(line, f"./demo ended:\n{seen}")
            seen += line
        time.sleep(dice.uniform(0.0, KILL_AFTER_S))
        self.assertIsNone(process.poll(), f"./demo was done before it was killed:\n{seen}")
        print(f"killing {whom} after: {seen.strip().splitlines()[-1]}", flush=True)
        if whom == "all":
            os.killpg(process.pid, signal.SIGKILL)
        elif whom == "seeding":
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
        else:
            for _ in range(3):
                self.kill_daemon()
                time.sleep(dice.uniform(0.5, 2.0))
        output, _ = process.communicate(timeout=FILL_LIMIT_S)
        return process.returncode, seen + output

    def kill_daemon(self):
        try:
            os.kill(self.demo.daemon_pid(), signal.SIGKILL)
        except ProcessLookupError:
            pass  # it is being started again

    def fill(self):
        process = self.start()
        output, _ = process.communicate(timeout=FILL_LIMIT_S)
        self.assertEqual(process.returncode, 0, f"./demo printed:\n{output}")
        return output

    def test_1_killed_and_run_again(self):
        dice = random.Random(SEED)
        for whom, after in (("all", "physician1 is enrolled"), ("seeding", "patients are enrolled"), ("all", "roster"),
                            ("seeding", "of 200 messages")):
            self.assertNotEqual(self.kill_while_it_fills(dice, whom, after)[0], 0)
        code, output = self.kill_while_it_fills(dice, "daemon", "roster")
        self.assertEqual(code, 0, f"./demo printed:\n{output}")
        self.assertIn("Riverside Clinic is up", output)

    def test_2_everybody_and_everything_is_there_once(self):
        planned = Counter(next(iter(line)).split()[0] for talk in self.talks for line in talk["said"])
        self.assertEqual((len(self.plan["staff"]), len(self.plan["patients"]), sum(planned.values())), (12, 20, 200))
        self.assertEqual(len({role for roles in self.plan["staff"].values() for role in roles}), 5)
        sent = {who: len(self.ward(who, "sent")["messages"]) for who in (*self.plan["staff"], *self.plan["patients"])}
        self.assertEqual({who: n for who, n in sent.items() if n}, dict(planned))
        counted = {}
        for who in sent:
            for row in self.ward(who, "conversations")["conversations"]:
                counted[frozenset(row["names"])] = row["last_seq"]
        self.assertEqual(counted, self.conversations())
        for role in self.plan["rosters"]:
            duty = self.ward("manager1", f"duty {role['role']}")["duties"]
            self.assertEqual([(d["rostered"], len(d["people"])) for d in duty], [(True, 1)])

    def conversations(self):
        """Who is in each of them, and how many messages it has. Triage is in every patient's."""
        planned = Counter()
        for talk in self.talks:
            first = next(iter(talk["said"][0])).split()[0]
            patient = self.plan["patients"].get(first)
            planned[frozenset([patient, "triage", talk["to"]] if patient else [first, talk["to"]])] += len(talk["said"])
        return dict(planned)

    def test_3_three_urgent_items(self):
        nurse, physician = (self.ward(who, "inbox")["messages"] for who in ("nurse1", "physician1"))
        urgent = {(r["from"], r["level"]): (r["waits"], r["owner"]) for r in nurse + physician
                  if r["level"] in ("now", "urgent") and "owner" in r}
        self.assertEqual(urgent, {("Marcus Webb", "now"): (True, ""), ("Thanh Nguyen", "urgent"): (False, "nurse2"),
                                  ("nurse3", "now"): (False, "physician3")})

    def test_4_the_lost_device(self):
        certificate = json.loads((self.place / "offline" / "physician2-phone.json").read_text())
        self.assertEqual(certificate["device"]["name"], "physician2")
        self.assertTrue(certificate["had_open"])
        self.assertFalse([g for g in certificate["groups"] if g["device_has_it"]])
        devices = self.ward("manager1", "admin devices physician2")["devices"]
        self.assertEqual(sorted(d["revoked"] for d in devices), [False, True])

    def test_5_the_ten_steps(self):
        printed = self.fill()  # again: it does nothing but say what to try
        self.assertNotIn("messages are written", printed)
        steps = {}
        for line in printed.splitlines():
            if found := re.match(r" ?(\d+)\. ", line):
                steps[int(found.group(1))] = commands = []
            elif line.startswith("    "):
                commands.append(line.strip())
        self.assertEqual(list(steps), list(range(1, STEPS + 1)))
        for step, commands in steps.items():
            self.assertEqual(len(commands), len(SAID[step]), f"step {step}")
            self.try_step(step, commands)

    def try_step(self, step, commands):
        second, code = None, ""
        for command, (expected, words) in zip(commands, SAID[step]):
            if SECOND_TERMINAL in command:
                second = (step, command, words, subprocess.Popen(
                    ["bash", "-c", command], cwd=self.demo.folder, env=self.demo.environment,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
                time.sleep(LISTENS_AFTER_S)
                continue
            output = self.by_hand(command, code) if command.endswith(BY_HAND) else self.expect(command, expected)
            self.must_say(step, command, words, output)
            code = output.split()[0]
            if second:
                self.rings(*second)
                second = None

    def must_say(self, step, command, words, output):
        self.assertRegex(output, re.compile(words, re.MULTILINE | re.DOTALL), f"step {step}, `{command}`")

    def rings(self, step, command, words, process):
        """Whoever types the steps sees it ring before she types the next line."""
        try:
            output, _ = process.communicate(timeout=RINGS_WITHIN_S)
        finally:
            process.kill()
        self.assertEqual(process.returncode, 0, f"step {step}, `{command}`")
        self.must_say(step, command, words, output)

    def by_hand(self, command, code):
        """On a terminal, as a person does: she types when she is asked, and not before."""
        person = re.search(r"devices/(\w+)", command).group(1)
        ours, theirs = pty.openpty()
        process = subprocess.Popen(["bash", "-c", command], cwd=self.demo.folder, env=self.demo.environment,
                                   stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        output, waiting = "", [("Password: ", f"demo-{person}"), ("recovery code: ", code)]
        try:
            while select.select([ours], [], [], ASKS_WITHIN_S)[0]:
                output += os.read(ours, 4096).decode()
                if waiting and output.endswith(waiting[0][0]):
                    os.write(ours, waiting.pop(0)[1].encode() + b"\n")
        except OSError:  # it has gone, and its terminal with it
            pass
        os.close(ours)
        try:
            self.assertEqual(process.wait(ASKS_WITHIN_S), 0, f"`{command}` printed:\n{output}")
        finally:
            process.kill()
        return output


if __name__ == "__main__":
    print(f"seed {SEED}", flush=True)
    program = unittest.main(exit=False, verbosity=0, failfast=True)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
