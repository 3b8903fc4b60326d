"""daemon/ctl/JSON.md says what programs get from `wardctl --json`. Every command of wardctl is in it and is run on the demo's
real clinic, or on empty folders beside it, and its answer has those fields, of those types, and no others."""
import json
import tempfile
import time
import unittest

from commands_test import DEV, ROOT, Demo
from json_page import Page, commands_of

WARDCTL = DEV / "daemon/wardctl"
RELOADED_WITHIN_S = 20


class JsonOfWardctl(unittest.TestCase):
    def setUp(self):
        self.page = Page(ROOT / "daemon/ctl/JSON.md")
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        self.folder = self.demo.folder
        self.place, self.offline = self.folder / ".demo", self.folder / ".demo" / "offline"
        self.settings = self.place / "etc/wardline.yaml"
        self.run_commands = set()
        self.demo_does("./demo --yes --bare")

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def demo_does(self, command):
        code, output = self.demo.run(command)
        self.assertEqual(code, 0, output)
        return output

    def asked(self, words):
        code, output = self.demo.run(f"{WARDCTL} --json {words} 2>/dev/null")
        return code, json.loads(output)

    def ctl(self, words, refused=False, code=None):
        """The answer, compared with the page's row. A command that looks may find something: then it says with which code."""
        got, answer = self.asked(words)
        name = "refused" if refused else self.page.command_of(words)
        self.assertEqual(got, code if code is not None else got if refused else 0, f"{words}\n{answer}")
        self.assertIs(answer["ok"], not refused, f"{words}\n{answer}")
        if refused:
            self.assertNotEqual(got, 0)
        else:
            self.run_commands.add(name)
        self.page.check(self, name, answer, *self.page.commands[name])
        return answer

    def on_clinic(self, words, **more):
        return self.ctl(f"{words} --config {self.settings}", **more)

    def test_every_command(self):
        self.assertEqual(commands_of(WARDCTL), self.page.listed(), "a command is not on the page, or is none")
        self.looks()
        self.registrars_and_devices()
        self.plugins()
        self.plans()
        self.scores()
        self.backups()
        self.another_clinic()
        self.assertEqual(self.run_commands, self.page.listed(), "a command of the page is not run here")
        self.page.check_words(self)
        self.assertLessEqual(self.page.never_there(), {"doctor: problem"}, "a field in brackets was never there")
        self.assertEqual(set(self.page.objects) - self.page.seen, set(), "a list was always empty")

    def looks(self):
        for words in ("status", "config check", "config show --effective", "config diff", "erasure", "audit proof --entry 1",
                      f"audit proof --entry 1 --out {self.folder}/proof", f"audit export {self.folder}/log"):
            self.on_clinic(words)
        self.ctl("config print man")
        self.doctor()
        self.on_clinic("backup not-yet", refused=True)
        self.ctl("dance", refused=True)

    def doctor(self):
        """What it finds depends on this machine: its answer is that of a well box, or a refusal with its findings."""
        code, answer = self.asked(f"doctor --config {self.settings}")
        always, every = self.page.commands["doctor"]
        self.page.check(self, "doctor", answer, always, every)
        self.assertEqual(answer["ok"], answer["worst"] != "bad")
        self.assertEqual("problem" in answer, not answer["ok"])
        self.assertEqual(code == 0, answer["worst"] == "good")
        self.run_commands.add("doctor")

    def registrars_and_devices(self):
        self.demo_does(f"./ward --as physician1 registrar request --out {self.offline}/physician1.device")
        self.ctl(f"registrar certify --identity {self.offline}/identity.key --passphrase-file {self.offline}/passphrase "
                 f"--device {self.offline}/physician1.device --out {self.offline}/physician1.registrar")
        self.on_clinic("device gate nurse1 --reason 'Left in the tram'")
        self.on_clinic("device gate nurse1 --reason again", refused=True)
        self.on_clinic("device ungate nurse1")

    def plugins(self):
        self.assertIs(self.on_clinic("plugin list")["running"], True)
        cli = self.place / "etc/plugins.d/cli.yaml"
        before = cli.read_text()
        self.assertEqual(self.on_clinic(f"plugin grant cli {'ab' * 32}")["new_plugin"], False)
        self.on_clinic(f"plugin grant web {'ab' * 32} --right channels", refused=True)  # another one's key
        self.assertEqual(self.on_clinic(f"plugin grant web {'cd' * 32} --right channels")["new_plugin"], True)
        listed = {p["name"]: p for p in self.on_clinic("plugin list")["plugins"]}
        self.assertEqual(listed["web"]["rights"], ["channels"])
        (self.place / "etc/plugins.d/web.yaml").unlink()
        cli.write_text(before)

    def plans(self):
        roster, chain = self.folder / "roster.yaml", self.folder / "chain.yaml"
        roster.write_text("role: nurses\nzone: Europe/Vienna\nstart: 2026-11-23 08:00\nshift: 12h\npeople: [nurse1]\n")
        chain.write_text("role: nurses\nsteps:\n  - wake: [on duty]\n")
        self.on_clinic(f"roster set {roster}")
        self.on_clinic(f"escalation set {chain}")
        chain.write_text("role: nurses\nsteps: often\n")
        self.on_clinic(f"escalation set {chain}", refused=True)

    def scores(self):
        texts = self.folder / "texts.jsonl"
        texts.write_text(json.dumps({"id": "a", "sender_role": "patient", "text": "Thank you!", "level": 1}) + "\n")
        missed = self.ctl(f"triage evaluate {texts} --rules etc/triage", code=1)
        self.assertIs(missed["gates_kept"], False)
        self.ctl(f"triage approve --identity {self.offline}/identity.key --passphrase-file {self.offline}/passphrase "
                 "--rules etc/triage")

    def backups(self):
        (self.folder / "passphrase").write_text("a stick in a safe, far away\n")
        made = self.ctl("recovery-key recovery.key --passphrase-file passphrase")
        self.settings.write_text(f"{self.settings.read_text()}backup:\n  recovery_key: {made['recovery_key']}\n")
        changes = self.on_clinic("config diff", code=1)["changes"]
        self.assertEqual([c["what"] for c in changes], ["backup.recovery_key"])
        self.demo_does(f"kill -HUP {self.demo.daemon_pid()}")
        end = time.monotonic() + RELOADED_WITHIN_S
        while "last_reload" not in self.asked(f"config diff --config {self.settings}")[1]:
            self.assertLess(time.monotonic(), end, "the settings are not read again")
            time.sleep(0.2)
        self.on_clinic("config diff")
        self.on_clinic("backup copies")
        self.on_clinic("backup copies --current")
        key = "--recovery-key recovery.key --passphrase-file passphrase"
        self.ctl("backup verify copies")
        self.ctl(f"backup verify copies {key}")
        self.ctl(f"restore copies {key} --config {self.box('restored')}")

    def another_clinic(self):
        answers = (self.offline / "answers.yaml").read_text().replace("/offline/", "/offline/second-")
        (self.folder / "answers.yaml").write_text(answers)
        self.ctl(f"setup --answers answers.yaml --config {self.box('second')}")

    def box(self, name):
        """Settings of an empty box beside the clinic's."""
        file = self.folder / f"{name}.yaml"
        text = self.settings.read_text()
        for what in ("state", "credentials"):
            text = text.replace(f"{self.place}/{what}", f"{self.place}/{name}-{what}")
        file.write_text(text)
        return file


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
