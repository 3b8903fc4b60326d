"""The box burns down, on the demo's real programs: a backup of a running clinic, verified with and without the recovery
key; messages, files and a recall after it; then an empty machine, a restore, and everybody logs in again. What was sent
since comes back from the devices that sent it, what was recalled stays recalled, and the log's new life says what it
forgot."""
import json
import re
import shutil
import tempfile
import time
import unittest
from pathlib import Path

from commands_test import Demo, ROOT, Typing

NEXT_CODE_WITHIN_S = 240
BETWEEN_TRIES_S = 12
BACK_WITHIN_S = 60
PASSPHRASE = "a stick in a safe, far away"


class Restore(Typing, unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        self.folder = self.demo.folder
        self.expect("./demo --yes --bare")
        self.settings = next((self.folder / ".demo").rglob("wardline.yaml"))
        self.backups = self.folder / "backups"
        (self.folder / "passphrase").write_text(PASSPHRASE + "\n")

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def ctl(self, words, code=0):
        return self.expect(f".demo/build/daemon/wardctl {words}", code)

    def ctl_json(self, words, code=0):
        return json.loads(self.ctl(words + " --json", code).strip().splitlines()[-1])

    def log_in(self, who):
        end = time.monotonic() + NEXT_CODE_WITHIN_S
        while True:
            code, output = self.demo.run(f"./ward --as {who} --json login 2>/dev/null")
            answer = json.loads(output.strip().splitlines()[-1])
            if answer.get("refusal") not in ("wrong_password", "too_many_tries"):
                self.assertEqual(code, 0, output)
                return
            self.assertLess(time.monotonic(), end, output)
            time.sleep(BETWEEN_TRIES_S)

    def begin_backups(self):
        refused = self.ctl(f"backup {self.backups} --config {self.settings}", 65)
        self.assertIn("wardctl recovery-key", refused)
        made = self.ctl_json("recovery-key recovery.key --passphrase-file passphrase")
        with self.settings.open("a") as f:
            f.write(f"backup:\n  recovery_key: {made['recovery_key']}\n")
        self.expect(f"kill -HUP {self.demo.daemon_pid()}")
        end = time.monotonic() + BACK_WITHIN_S
        while self.demo.run(f".demo/build/daemon/wardctl backup {self.backups} --config {self.settings}")[0] != 0:
            self.assertLess(time.monotonic(), end, "no backup is made")
            time.sleep(0.5)

    def burn_down(self):
        self.expect("./demo stop")
        for name in ("state", "credentials"):
            shutil.rmtree(self.folder / ".demo" / name)

    def test_the_box_burns_down(self):
        (self.folder / "scan.bin").write_bytes(b"scan" * 100_000)
        self.ward("nurse1", "send physician1 'Room 1: before the backup' --file scan.bin")
        self.ward("nurse1", "send physician1 'Room 2: recalled later'")
        self.begin_backups()
        bytes_only = self.ctl_json(f"backup verify {self.backups}")
        self.assertFalse(bytes_only["opened"])
        key = "--recovery-key recovery.key --passphrase-file passphrase"
        opened = self.ctl_json(f"backup verify {self.backups} {key}")
        self.assertEqual((opened["rows_lost"], opened["rows"]), (0, bytes_only["rows"]))
        self.ward("nurse1", "sent")  # the newest is number 1
        self.ward("nurse1", "recall 1")
        self.ctl(f"backup {self.backups} --current --config {self.settings}")
        (self.folder / "ecg.bin").write_bytes(b"ecg!" * 200_000)
        sent = self.ward("nurse1", "send physician1 'Room 3: after the backup' --level now --file ecg.bin")
        self.ward("physician1", "send nurse1 'On my way'")
        self.burn_down()
        self.refuse_what_is_wrong(key)
        done = self.ctl_json(f"restore {self.backups} {key} --config {self.settings}")
        self.assertEqual(done["rows_lost"], 0)
        self.assertLess(done["leaves"], sent["leaf"])
        self.assertIn("not empty", self.ctl(f"restore {self.backups} {key} --config {self.settings}", 65))
        self.expect("./demo --yes --bare")
        self.check_people()
        self.check_log(done)

    def refuse_what_is_wrong(self, key):
        (self.folder / "wrong").write_text("another passphrase, quite\n")
        self.ctl(f"restore {self.backups} --recovery-key recovery.key --passphrase-file wrong --config {self.settings}", 69)
        other = self.ctl_json("recovery-key other.key --passphrase-file passphrase")
        self.assertIn("recovery_key", other)
        text = self.ctl(f"restore {self.backups} --recovery-key other.key --passphrase-file passphrase --config {self.settings}", 65)
        self.assertIn("another recovery key", text)
        bulk = next(p for p in self.backups.iterdir() if p.name.startswith("bulk-"))
        rows = bytearray((bulk / "rows").read_bytes())
        rows[len(rows) // 2] ^= 1
        whole = (bulk / "rows").read_bytes()
        (bulk / "rows").write_bytes(rows)
        self.ctl(f"backup verify {self.backups}", 1)
        self.ctl(f"restore {self.backups} {key} --config {self.settings}", 65)
        (bulk / "rows").write_bytes(whole)
        leftovers = [p for p in (self.folder / ".demo").rglob("*.restoring")]
        self.assertEqual(leftovers, [], "a refused restore leaves nothing")

    def check_people(self):
        self.log_in("nurse1")
        self.log_in("physician1")
        end = time.monotonic() + BACK_WITHIN_S
        while len(self.ward("physician1", "inbox")["messages"]) < 3:
            self.assertLess(time.monotonic(), end, "what was sent after the backup has not come back")
            self.ward("nurse1", "inbox")  # its program is not always running: each call sends what waits
            time.sleep(1)
        seen = {}
        for row in self.ward("physician1", "inbox")["messages"]:
            code, output = self.demo.run(f"./ward --as physician1 --json open {row['number']} 2>/dev/null")
            answer = json.loads(output.strip().splitlines()[-1])
            seen[answer.get("text", answer.get("refusal"))] = (row, answer)
        self.assertEqual(set(seen), {"Room 1: before the backup", "message_destroyed", "Room 3: after the backup"})
        to = self.folder / "saved"
        to.mkdir()
        for text, name in (("Room 1: before the backup", "scan.bin"), ("Room 3: after the backup", "ecg.bin")):
            self.ward("physician1", f"save {seen[text][0]['number']} --to {to}")
            self.assertEqual((to / name).read_bytes(), (self.folder / name).read_bytes())
        self.assertEqual([r["from"] for r in self.ward("nurse1", "inbox")["messages"]], ["physician1"])

    def check_log(self, done):
        self.ctl(f"audit export log --config {self.settings}")
        self.expect(f"{ROOT}/build/dev/daemon/verify/wardline-verify export log")
        note = (self.folder / "log" / "checkpoint").read_text()
        self.assertRegex(note, re.compile(rf"^wardline/[0-9a-f]{{32}}/audit/{done['log_epoch']}$", re.M))
        _, output = self.demo.run(f".demo/build/daemon/wardctl doctor --json --config {self.settings}")
        found = {c["name"]: c for c in json.loads(output.strip().splitlines()[-1])["checks"]}
        self.assertEqual(found["checkpoint"]["state"], "good", found["checkpoint"])
        again = self.ctl_json(f"backup {self.backups} --config {self.settings}")
        self.assertGreater(again["leaves"], done["leaves"])


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
