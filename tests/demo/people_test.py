"""Identity on the demo's real programs, as a person types it: recovery codes, a further device that reads what came
before it, a role granted, a station where people take turns, a device revoked. Codes of an authenticator are good once,
so a log-in that comes too soon after another is tried again with the next ones."""
import json
import shutil
import tempfile
import time
import unittest

from commands_test import Demo, Typing

TEXT = "Room 9: fall from the bed"
NEXT_CODE_WITHIN_S = 200
BETWEEN_TRIES_S = 12  # more often is throttled


class People(Typing, unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        self.devices = self.demo.folder / ".demo" / "devices"
        self.expect("./demo --yes --bare")

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def ward_with_code(self, who, words):
        """As soon as the authenticator shows a code that nobody has used."""
        end = time.monotonic() + NEXT_CODE_WITHIN_S
        while True:
            code, output = self.demo.run(f"./ward --as {who} --json {words} 2>/dev/null")
            answer = json.loads(output.strip().splitlines()[-1])
            if answer.get("refusal") not in ("wrong_password", "too_many_tries"):
                self.assertEqual(code, 0, f"`{words}` printed:\n{output}")
                return answer
            self.assertLess(time.monotonic(), end, f"`{words}` printed:\n{output}")
            time.sleep(BETWEEN_TRIES_S)

    def like(self, name, person):
        """A new device of somebody who has password and authenticator already."""
        for what in ("password", "totp"):
            shutil.copy2(self.devices / f"{person}.{what}", self.devices / f"{name}.{what}")

    def invite(self, words, name):
        out = self.demo.folder / ".demo" / "offline" / f"{name}.invitation"
        return out, self.ward("manager1", f"admin invite {words} --out {out}")["code"]

    def enrol(self, name, invitation, words=""):
        """Enrolling may end with a code that was used a moment ago: then it says so, and the log-in follows."""
        file, code = invitation
        answer = self.ward(name, f"enrol --invitation {file} --code {code} {words}")
        if not answer["logged_in"]:
            self.assertIn(answer["log_in_refusal"], ("wrong_password", "too_many_tries"))
            self.ward_with_code(name, "login " + words.replace("--further", ""))

    def open_newest(self, who, author, text):
        rows = [r for r in self.ward(who, "inbox")["messages"] if r["from"] == author]
        number = max(rows, key=lambda r: r["accepted_leaf"])["number"]
        self.assertEqual(self.ward(who, f"open {number}")["text"], text)

    def test_people(self):
        self.ward("physician1", f'send nurse1 "{TEXT}" --level now')
        self.ward("nurse1", "inbox")
        codes = self.ward("nurse1", "recovery-codes")["codes"]
        self.assertEqual(len(set(codes)), 10)

        # A further device; the old one lets it in and gives it what came before.
        self.like("nurse1b", "nurse1")
        self.enrol("nurse1b", self.invite("--further nurse1", "nurse1b"), "--further")
        self.ward("nurse1", "inbox")
        self.open_newest("nurse1b", "physician1", TEXT)

        # The recovery code stands in for the six digits, once.
        self.ward("nurse1b", "logoff")
        password = self.devices / "nurse1b.password"
        # Typed when the question stands there: what comes before it is thrown away.
        typed = (f"(sleep 2; echo '{codes[0]}'; sleep 2) | script -qec "
                 f"'./ward --store {self.devices}/nurse1b --password-file {password} login' /dev/null")
        self.assertIn("Logged in", self.expect(typed))

        # A role granted; a member lets her in, and she reads what is written to it.
        self.ward("manager1", "admin grant nurse1 physicians")
        self.ward("physician1", "inbox")
        self.ward("manager1", 'send physicians "Fire drill at noon"')
        self.ward("nurse1", "inbox")
        self.open_newest("nurse1", "manager1", "Fire drill at noon")

        # A station: two people, one after the other, with the station's keys.
        nurse, physician = (self.ward(who, "status")["user"] for who in ("nurse1", "physician1"))
        self.like("desk", "nurse1")
        self.enrol("desk", self.invite("--class station --name desk --role nurses", "desk"), "--user nurse1")
        self.assertEqual(self.ward("desk", "status")["user"], nurse)
        self.like("desk", "physician1")
        unknown = self.ward("desk", "--user nobody login", code=67)
        self.assertEqual(unknown["refusal"], "not_found")
        self.ward_with_code("desk", "--user physician1 login")
        self.assertEqual(self.ward("desk", "status")["user"], physician)
        self.like("desk", "nurse1")
        self.ward_with_code("desk", f"--user {nurse} login")  # by id, as before
        self.assertEqual(self.ward("desk", "status")["user"], nurse)

        # Its certificate, and everybody's of one person: a year longer, taken at the next command.
        before = self.ward("nurse1", "status")["certificate_until_ms"]
        self.assertGreaterEqual(len(self.ward("manager1", "admin renew nurse1")["renewed"]), 2)
        self.ward("nurse1", "inbox")
        self.assertGreater(self.ward("nurse1", "status")["certificate_until_ms"], before)
        self.ward("nurse1", 'send physician1 "With a new certificate"')
        self.open_newest("physician1", "nurse1", "With a new certificate")

        # Turned out: nothing more from that moment on, and the other devices go on.
        device = self.ward("nurse1b", "status")["device"]
        self.ward_with_code("manager1", f"admin revoke {device} --reason lost")
        code, output = self.demo.run("./ward --as nurse1b inbox")
        self.assertNotEqual(code, 0, output)
        self.ward("physician1", 'send nurse1 "Only for those who stayed"')
        self.open_newest("nurse1", "physician1", "Only for those who stayed")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
