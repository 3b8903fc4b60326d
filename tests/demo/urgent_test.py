"""What the demo's real programs do with an urgent message: the nurse on duty is woken and does not answer, the daemon is
killed, the next step of the chain wakes the second one, she has it; the first one takes it over, gives it back, and so
on. Rosters and chains come from files, and what is wrong in them is said with line and column."""
import json
import subprocess
import tempfile
import time
import unittest

from commands_test import Demo, Typing

TEXT = "Room 4: chest pain, please come"
WAKE_WITHIN_S = 60

ROSTER = """role: nurses
zone: Europe/Vienna
start: 2026-01-05 08:00
shift: 1w
people: [nurse1]
"""
CHAIN = """role: nurses
steps:
  - wake: [on duty]
    wait: {now: 8s, urgent: 8s}
  - wake:
      - person: nurse2
    wait: {now: 8s, urgent: 8s}
lapse: {now: 5m, urgent: 5m, today: never}
"""


class Urgent(Typing, unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        self.place = self.demo.folder / ".demo"
        self.watching = []
        self.expect("./demo --yes --bare")
        invitation = self.place / "offline" / "nurse2.invitation"
        code = self.ward("manager1", f"admin invite --name nurse2 --role nurses --out {invitation}")["code"]
        (self.place / "devices" / "nurse2.password").write_text("demo-nurse2\n")
        self.ward("nurse2", f"enrol --invitation {invitation} --code {code}")
        self.ward("nurse1", "inbox")  # a member's device lets the second nurse in
        self.ward("nurse2", "inbox")

    def tearDown(self):
        for program in self.watching:
            program.kill()
            program.wait()
            program.stdout.close()
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def wardctl(self, words, text, code=0):
        """`wardctl WORDS set FILE` with this text in it."""
        file = self.place / "plan.yaml"
        file.write_text(text)
        output = self.expect(f".demo/build/daemon/wardctl {words} set {file} --config .demo/etc/wardline.yaml --json",
                             code)
        return json.loads(output.strip().splitlines()[-1])

    def watch(self, who):
        program = subprocess.Popen(["bash", "-c", f"exec ./ward --as {who} --json watch --once --seconds 120 2>/dev/null"],
                                   cwd=self.demo.folder, env=self.demo.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, text=True)
        self.watching.append(program)
        return program

    def woken(self, program):
        """What a watching program prints when it has been woken once."""
        program.wait(timeout=WAKE_WITHIN_S)
        wakes = json.loads(program.stdout.read())["wakes"]
        self.assertEqual(len(wakes), 1)
        return wakes[0]

    def only(self, who):
        rows = [r for r in self.ward(who, "inbox")["messages"] if r["from"] == "physician1"]
        self.assertEqual(len(rows), 1)
        return rows[0]

    def test_files_are_checked_whole(self):
        wrong = self.wardctl("roster", ROSTER.replace("nurse1", "nurse9").replace("Vienna", "Vienne"), 78)
        self.assertIn("plan.yaml:2:7: ", wrong["problems"][0])
        wrong = self.wardctl("roster", ROSTER.replace("[nurse1]", "[nurse1, nurse9]"), 78)
        self.assertEqual(len(wrong["problems"]), 1)
        self.assertIn("plan.yaml:5:18: nurse9: ", wrong["problems"][0])
        wrong = self.wardctl("escalation", CHAIN.replace("role: nurses", "role: nobody").replace("8s", "1s"), 78)
        self.assertIn("plan.yaml:1:7: nobody: ", wrong["problems"][0])
        done = self.wardctl("roster", ROSTER)
        self.assertGreater(done["leaf"], 0)
        duty = self.ward("nurse1", "duty")["duties"]
        self.assertEqual([(d["role"], d["people"], d["mine"]) for d in duty], [("nurses", ["nurse1"], True)])
        self.assertFalse(self.ward("nurse2", "duty nurses")["duties"][0]["mine"])

    def test_somebody_comes(self):
        self.wardctl("roster", ROSTER)
        self.wardctl("escalation", CHAIN)
        first, second = self.watch("nurse1"), self.watch("nurse2")
        time.sleep(3)  # both are connected
        message = self.ward("physician1", f'send nurses "{TEXT}" --level now')["message"]
        self.assertEqual(self.woken(first), {"message": message, "level": "now"})
        self.assertIsNone(second.poll())

        # The nurse on duty does not answer, and the daemon is killed; it comes back to what is due.
        self.expect("./demo crash")
        self.assertEqual(self.woken(second)["message"], message)
        row = self.only("nurse2")
        self.assertTrue(row["waits"])
        self.assertTrue(row["off_duty"])
        self.assertGreaterEqual(row["steps"], 1)
        # Off duty opens with a reason, and is refused for nothing.
        self.assertEqual(self.ward("nurse2", f"open {row['number']} --reason covering")["text"], TEXT)
        self.ward("nurse2", f"ack {row['number']}")

        row = self.only("nurse1")
        self.assertEqual((row["owner"], row["waits"]), ("nurse2", False))
        self.assertEqual(self.ward("nurse1", f"ack {row['number']}", 65)["refusal"], "already_acknowledged")
        self.assertEqual(self.ward("nurse1", f"release {row['number']}", 65)["refusal"], "item_not_yours")
        self.ward("nurse1", f"claim {row['number']}")
        self.assertEqual(self.only("nurse2")["owner"], "nurse1")
        self.expect("./demo crash")
        self.ward("nurse1", f"release {self.only('nurse1')['number']}")
        self.assertTrue(self.only("nurse2")["waits"])


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
