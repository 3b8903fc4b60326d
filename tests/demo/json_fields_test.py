"""plugins/cli/JSON.md says what programs get from `ward --json`. Every command of ward is in it and is run on the demo's real
clinic, and its answer has those fields, of those types, and no others."""
import json
import shlex
import subprocess
import tempfile
import time
import unittest

from commands_test import DEV, ROOT, Demo
from json_page import Page, commands_of

WOKEN_WITHIN_S = 40
CONNECTED_AFTER_S = 2
# No certificate ends soon, and no message could not be read at first.
NOT_IN_A_NEW_CLINIC = {"pending: offered", "pending: until_ms", "open: unreadable"}


class JsonFields(unittest.TestCase):
    def setUp(self):
        self.page = Page(ROOT / "plugins/cli/JSON.md")
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        self.devices, self.offline = (self.demo.folder / ".demo" / name for name in ("devices", "offline"))
        code, output = self.demo.run("./demo --yes --bare")
        self.assertEqual(code, 0, output)
        self.run_commands = set()

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def ward(self, who, words, name=None):
        """The answer, compared with the page's row of the command, or with this one."""
        code, output = self.demo.run(f"./ward --as {who} --json {words} 2>/dev/null")
        answer = json.loads(output.strip().splitlines()[-1])
        if name != "refused":
            self.run_commands.add(self.page.command_of(words))
        name = name or self.page.command_of(words)
        always, every = self.page.commands[name]
        self.assertIs(answer["ok"], "refusal" not in always, f"{who}: {words}\n{output}")
        self.assertEqual(code == 0, answer["ok"])
        self.page.check(self, name, answer, always, every)
        return answer

    def enrol(self, name, invited):
        (self.devices / f"{name}.password").write_text(f"demo-{name}\n")
        self.ward(name, f"enrol --invitation {shlex.quote(invited['file'])} --code {invited['code']}")

    def device_of(self, who):
        return next(d["device"] for d in self.ward("manager1", f"admin devices {who}")["devices"] if not d["revoked"])

    def test_every_command(self):
        self.assertEqual(commands_of(DEV / "plugins/cli/ward"), self.page.listed(), "a command is not on the page, or is none")
        self.messages()
        self.people()
        self.second_registrar()
        self.lost_and_destroyed()
        self.scores()
        self.assertEqual(self.run_commands, self.page.listed(), "a command of the page is not run here")
        self.page.check_words(self)
        self.assertLessEqual(self.page.never_there(), NOT_IN_A_NEW_CLINIC, "a field in brackets was never there")
        self.assertEqual(set(self.page.objects) - self.page.seen, set(), "a list was always empty")

    def woken(self):
        """Something urgent comes while somebody watches."""
        words = "watch --once --seconds 30"
        with subprocess.Popen(["bash", "-c", f"exec ./ward --as physician1 --json {words}"], cwd=self.demo.folder,
                              env=self.demo.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as program:
            time.sleep(CONNECTED_AFTER_S)
            self.ward("nurse1", "send physician1 'Room 5: fell' --level now")
            answer = json.loads(program.communicate(timeout=WOKEN_WITHIN_S)[0])
        self.page.check(self, "watch", answer, *self.page.commands["watch"])

    def messages(self):
        self.woken()
        self.ward("nurse1", 'send physician1 "Room 4: chest pain, please come"')
        (self.demo.folder / "note.txt").write_text("a note")
        self.ward("nurse1", "send physician1 'with a note' --level info --file note.txt")
        number = next(m["number"] for m in self.ward("physician1", "inbox")["messages"] if m["level"] == "info")
        self.ward("physician1", f"open {number}")
        (self.demo.folder / "saved").mkdir()
        self.ward("physician1", f"save {number} --to saved")
        self.ward("physician1", f"answer {number} 'thank you'")
        for words in ("inbox", "open 1", "ack 1", "ack 1", "release 1", "claim 1", "inbox", "search room --texts",
                      "conversations", "duty", "print man", "thread", "thread nurse1"):
            self.ward("physician1", words)
        self.ward("physician1", "open 77", "refused")
        self.ward("physician1", "dance", "refused")
        where = self.ward("nurse1", "conversations")["conversations"][0]["conversation"]
        self.ward("nurse1", f"add {where} physicians")
        for words in ("sent", "recall 1", "watch --seconds 0", "status", "recovery-codes", "login",
                      f"second-factor --new-totp-file {self.offline}/new.totp", "logoff"):
            self.ward("nurse1", words)

    def people(self):
        for words in ("grant physician1 nurses", "withdraw physician1 nurses", "renew physician1", "turn physicians", "pending"):
            self.ward("manager1", "admin " + words)
        self.enrol("locum", self.ward("manager1", f"invite --name locum --role physicians --out {self.offline}/locum"))
        self.ward("physician1", "inbox")  # a member's device lets the locum in
        where = self.ward("physician1", "send locum 'Welcome'")["conversation"]
        self.ward("locum", "inbox")
        self.ward("locum", "open 1")
        self.ward("manager1", "send physicians 'Who has the key of the pharmacy?'")
        for who, name in (("physician1", None), ("locum", "refused")):
            rows = self.ward(who, "inbox")["messages"]
            number = next(m["number"] for m in rows if m["from"] == "manager1")
            self.ward(who, f"ack {number}", name)
        self.ward("manager1", "admin revoke locum --reason stolen")
        self.ward("manager1", "admin devices locum")
        # Neither the password nor the second factor that the locum has: the device is enrolled, and nobody is logged in.
        self.enrol("locum2", self.ward("manager1", f"admin replace locum --out {self.offline}/locum2"))
        self.ward("manager1", "admin pending")
        self.ward("physician1", "admin pending")
        self.ward("physician1", "send locum 'Welcome back'")  # what the new device's party is becomes known here
        self.ward("physician1", f"admin give-keys {where} {self.ward('locum2', 'status')['device']}")

    def second_registrar(self):
        wardctl, keys = DEV / "daemon/wardctl", self.offline
        self.ward("physician1", f"registrar request --out {keys}/physician1.device")
        code, output = self.demo.run(f"{wardctl} registrar certify --identity {keys}/identity.key --passphrase-file "
                                     f"{keys}/passphrase --device {keys}/physician1.device --out {keys}/physician1.registrar "
                                     "--with-second staff,roles")
        self.assertEqual(code, 0, output)
        self.ward("physician1", f"registrar install {keys}/physician1.registrar")
        self.ward("physician1", f"admin grant manager1 physicians --request {keys}/grant", "requested")
        invited = self.ward("physician1", f"admin invite --name temp --role nurses --out {keys}/temp --request {keys}/request")
        self.assertIs(invited["done"], False)
        self.ward("physician1", f"invite --further nurse1 --out {keys}/nurse1b --request {keys}/further")
        self.ward("physician1", f"admin replace locum --out {keys}/locum3 --request {keys}/replacement")
        self.ward("manager1", f"admin cosign {keys}/grant")
        self.ward("manager1", f"admin cosign {keys}/request --yes")

    def lost_and_destroyed(self):
        out, device = self.offline / "lost.json", self.device_of("nurse1")
        self.ward("manager1", f"admin device lost {device}")
        self.ward("manager1", f"admin device certificate {device} --out {out}")
        self.ward("manager1", f"admin device check {out}")
        self.ward("manager1", "send physician1 'for nobody' --level routine")
        where = self.ward("manager1", "conversations")["conversations"][0]["conversation"]
        self.ward("manager1", f"admin destroy {where} --reason other")
        self.ward("manager1", f"logoff --device {self.device_of('manager1')}")

    def scores(self):
        text = "Crushing chest pain since an hour. No fever."
        self.ward("nobody", f"triage --explain {shlex.quote(text)}")
        lines = [{"id": "a", "sender_role": "patient", "text": text}, {"id": "b"}]
        (self.demo.folder / "lines").write_text("".join(json.dumps(line) + "\n" for line in lines))
        code, output = self.demo.run("./ward triage --jsonl <lines")
        self.assertEqual(code, 65)
        scored, not_read = (json.loads(line) for line in output.splitlines())
        for name, line in (("scored", scored), ("not read", not_read)):
            self.page.check(self, name, line, *self.page.lines[name])


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
