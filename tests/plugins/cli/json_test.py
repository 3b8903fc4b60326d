"""Programs read what ward and wardctl print: with --json every command, however it ends, prints exactly one JSON object on
standard output, with "ok" in it. Also when the line cannot be read, and also when nothing is there to answer.

usage: json_test.py WARD WARDCTL"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

WARD, WARDCTL = (str(Path(p).resolve()) for p in sys.argv[1:3])

# Every command, as it is refused by a device that is nobody's; and every command in a line that cannot be read.
WARD_REFUSED = [
    ["enrol", "--invitation", "none"], ["enrol", "--invitation", "empty"], ["login"], ["logoff"],
    ["invite", "--name", "A", "--out", "new"], ["invite", "--name", "A", "--out", "empty"],
    ["registrar", "request", "--out", "new"], ["registrar", "install", "none"], ["registrar", "install", "empty"],
    ["recovery-codes"], ["second-factor"], ["logoff", "--device", "x"], ["logoff", "--device", "00" * 16],
    ["admin", "invite", "--name", "A", "--out", "new"], ["admin", "invite", "--out", "new"],
    ["admin", "grant", "A", "B"], ["admin", "grant", "A", "B", "--until", "some day"], ["admin", "withdraw", "A", "B"],
    ["admin", "revoke", "A", "--reason", "lost"], ["admin", "revoke", "A", "--reason", "boredom"],
    ["admin", "device", "lost", "A"], ["admin", "device", "lost", "00" * 16, "--certificate", "new"],
    ["admin", "device", "certificate", "A", "--out", "new"], ["admin", "device", "check", "words"],
    ["admin", "turn", "A"], ["admin", "replace", "A", "--out", "new"], ["admin", "give-keys", "A", "B"],
    ["admin", "devices", "A"], ["admin", "pending"], ["admin", "cosign", "none"], ["admin", "cosign", "words", "--yes"],
    ["admin", "grant", "A", "B", "--request", "words"], ["admin", "turn", "A", "--request", "new"], ["admin", "renew", "A"], ["add", "A", "B"],
    ["conversations"], ["send", "B", "text"], ["send", "B", "text", "--level", "loud"], ["inbox"], ["open", "1"], ["save", "1"], ["save", "1", "--file", "2", "--to", "new"],
    ["send", "B", "text", "--file", "none"], ["send", "B", "text", "--file", "words", "--file", "empty"],
    ["answer", "1", "text"], ["answer", "1", "text", "--file", "none"], ["ack", "1"], ["claim", "1"], ["release", "1"], ["duty"], ["duty", "A"], ["watch", "--seconds", "1"],
    ["thread"], ["thread", "A"], ["search", "A"], ["search", "--texts", "--since", "some day"],
    ["sent"], ["recall", "1"], ["admin", "destroy", "A", "--reason", "retention"],
    ["admin", "destroy", "A", "--reason", "boredom"],
    ["inbox", "--mine"], ["inbox", "--role", "A"], ["open", "1", "--reason", "covering"],
    ["open", "1", "--reason", "boredom"],
    ["triage"], ["triage", "--explain", "x", "--rules", "none"], ["triage", "--jsonl", "--explain", "x"]]
WARD_UNREADABLE = [
    [], ["dance"], ["enrol"], ["enrol", "--wrong"], ["login", "--wrong"], ["logoff", "more"], ["status", "--wrong"],
    ["invite"], ["invite", "--name", "A", "--out", "new", "--hours", "100"], ["registrar"], ["registrar", "request"],
    ["recovery-codes", "--wrong"], ["second-factor", "more", "words"], ["admin"], ["admin", "invite"], ["admin", "grant", "A"],
    ["admin", "withdraw"], ["admin", "revoke", "A"], ["admin", "turn"], ["admin", "replace", "A"],
    ["admin", "device"], ["admin", "device", "lost"], ["admin", "device", "certificate", "A"],
    ["admin", "device", "check"], ["admin", "give-keys", "A"], ["admin", "cosign"], ["admin", "renew"], ["admin", "devices"], ["admin", "pending", "more"], ["add", "A"],
    ["registrar", "install"], ["conversations", "--wrong"], ["send"], ["send", "B"], ["inbox", "--wrong"], ["open"],
    ["answer", "1"], ["answer", "first", "text"], ["answer", "0", "text"], ["open", "first"], ["save"], ["save", "first"], ["ack"], ["ack", "-1"], ["claim"], ["release", "first"], ["duty", "A", "B"], ["watch", "--seconds", "long"],
    ["thread", "A", "B"], ["search", "--wrong"], ["print"], ["print", "poetry"],
    ["sent", "more"], ["recall"], ["recall", "first"], ["admin", "destroy", "A"], ["triage", "--wrong"]]
WARDCTL_REFUSED = [
    ["setup", "--config", "none"], ["setup", "--config", "two-problems.yaml"],
    ["setup", "--config", "good.yaml", "--answers", "none"], ["setup", "--config", "good.yaml", "--answers", "short.yaml"],
    ["registrar", "certify", "--identity", "none", "--device", "none", "--out", "new", "--passphrase-file", "none"],
    ["registrar", "certify", "--identity", "none", "--device", "none", "--out", "new", "--passphrase-file", "words"],
    ["roster", "set", "none", "--config", "good.yaml"], ["roster", "set", "words", "--config", "none"],
    ["escalation", "set", "words", "--config", "good.yaml"], ["escalation", "set", "chain", "--config", "good.yaml"],
    ["registrar", "certify", "--identity", "none", "--device", "none", "--out", "new", "--passphrase-file", "words",
     "--with-second", "roles,everything"],
    ["config", "check", "none"], ["config", "check", "--config", "two-problems.yaml"], ["config", "show", "--config", "none"],
    ["config", "diff", "--config", "good.yaml"], ["config", "diff", "none", "--config", "good.yaml"],
    ["status", "--config", "none"], ["status", "--config", "good.yaml"],
    ["doctor", "--config", "none"], ["doctor", "--config", "good.yaml"],
    ["backup", "new", "--config", "none"], ["backup", "new", "--config", "good.yaml"],
    ["backup", "new", "--current", "--config", "good.yaml"], ["backup", "verify", "none"],
    ["backup", "verify", "none", "--recovery-key", "none", "--passphrase-file", "words"],
    ["recovery-key", "new", "--passphrase-file", "none"], ["recovery-key", "words", "--passphrase-file", "words"],
    ["restore", "none", "--recovery-key", "none", "--passphrase-file", "words", "--config", "good.yaml"],
    ["restore", "none", "--recovery-key", "none", "--passphrase-file", "none", "--config", "good.yaml"],
    ["plugin", "list", "--config", "none"],
    ["plugin", "grant", "Not A Name", "ab" * 32, "--right", "channels", "--config", "good.yaml"],
    ["plugin", "grant", "web", "ab" * 32, "--right", "everything", "--config", "good.yaml"],
    ["erasure", "--config", "none"], ["audit", "export", "new", "--config", "good.yaml"],
    ["audit", "proof", "--entry", "1", "--config", "good.yaml"],
    ["device", "gate", "A", "--reason", "B", "--config", "good.yaml"], ["device", "ungate", "A", "--config", "none"],
    ["device", "ungate", "A", "--config", "good.yaml"],
    ["triage", "evaluate", "none"], ["triage", "evaluate", "empty"], ["triage", "evaluate", "words"],
    ["triage", "evaluate", "words", "--rules", "none"],
    ["triage", "approve", "--identity", "none", "--passphrase-file", "words"]]
WARDCTL_DONE = [
    ["config", "check", "--config", "good.yaml"], ["config", "check", "good.yaml"],
    ["config", "show", "--config", "good.yaml", "--effective", "--origin"],
    *(["config", "print", what] for what in ("default", "man", "schema", "plugin-schema")),
    ["plugin", "list", "--config", "good.yaml"]]
WARDCTL_UNREADABLE = [
    [], ["dance"], ["setup", "--wrong"], ["registrar"], ["registrar", "certify"],
    ["registrar", "certify", "--identity", "none"], ["roster"], ["roster", "set"], ["escalation", "get"], ["config"], ["config", "show", "more"], ["config", "diff", "a", "b"], ["status", "more"],
    ["doctor", "--wrong"], ["plugin"], ["plugin", "list", "more"], ["plugin", "grant"], ["plugin", "grant", "web"],
    ["plugin", "grant", "web", "ab", "--config", "good.yaml"], ["plugin", "grant", "none", "ab" * 32, "--config", "good.yaml"],
    ["config", "print", "poetry"], ["config", "check", "a", "b"], ["erasure", "more"], ["device"],
    ["backup"], ["backup", "new", "--keep", "0"], ["backup", "verify"], ["recovery-key"], ["restore"], ["restore", "none"],
    ["device", "gate", "A"], ["device", "ungate"], ["audit"], ["audit", "export"],
    ["triage"], ["triage", "evaluate"], ["triage", "approve"]]


class Json(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory()
        self.folder = Path(self.kept.name)
        (self.folder / "empty").touch()
        (self.folder / "words").write_text("correct horse battery\n")
        (self.folder / "plugins.d").mkdir()
        (self.folder / "two-problems.yaml").write_text("state_dir: here\nwrong: 1\n")
        (self.folder / "good.yaml").write_text(
            f"state_dir: {self.folder}/state\ncredentials_dir: {self.folder}/keys\nplugins_dir: {self.folder}/plugins.d\n"
            f"admin_socket: {self.folder}/nobody\n")
        (self.folder / "chain").write_text("role: nurses\nsteps: [{wake: [on duty]}]\n")
        (self.folder / "short.yaml").write_text("clinic_name: A\n")

    def tearDown(self):
        self.kept.cleanup()

    def check_one_object(self, command, code_is_good, ok=False):
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, start_new_session=True)  # no terminal to ask on
        with self.subTest(command=command[1:], code=done.returncode, stdout=done.stdout, stderr=done.stderr):
            answer = json.loads(done.stdout)  # one object and nothing behind it
            self.assertIsInstance(answer, dict)
            self.assertIs(answer["ok"], ok)
            self.assertTrue(ok or answer.get("sentence") or answer.get("problem"))
            self.assertTrue(code_is_good(done.returncode))
        return done.stdout

    def ward(self, words, *check, **more):
        for line in ([WARD, "--json", "--store", "store", *words], [WARD, "--store", "store", *words, "--json"]):
            self.check_one_object(line, *check, **more)

    def wardctl(self, words, *check, **more):
        for line in ([WARDCTL, "--json", *words], [WARDCTL, *words, "--json"]):
            self.check_one_object(line, *check, **more)

    def test_ward_refused(self):
        for words in WARD_REFUSED:
            self.ward(words, lambda code: code != 0)
        self.assertFalse((self.folder / "new").exists(), "a file was left for nothing")

    def test_ward_prints_its_texts(self):
        for what in ("man", "completion"):
            self.ward(["print", what], lambda code: code == 0, ok=True)

    def test_ward_status_of_nobodys_device(self):
        self.ward(["status"], lambda code: code == 0, ok=True)

    def test_ward_unreadable(self):
        for words in WARD_UNREADABLE:
            self.ward(words, lambda code: code == 64)
        self.check_one_object([WARD, "--json", "status"], lambda code: code == 64)  # which device?
        self.check_one_object([WARD, "--json", "--as", "../x", "status"], lambda code: code == 64)

    def test_wardctl_refused(self):
        for words in WARDCTL_REFUSED:
            self.wardctl(words, lambda code: code not in (0, 64))
        said = self.check_one_object([WARDCTL, "--json", "setup", "--config", "two-problems.yaml"], lambda code: code == 78)
        self.assertEqual(len(json.loads(said)["problems"]), 2)

    def test_wardctl_done(self):
        for words in WARDCTL_DONE:
            self.wardctl(words, lambda code: code == 0, ok=True)
        shown = json.loads(self.check_one_object([WARDCTL, "--json", *WARDCTL_DONE[2]], lambda code: code == 0, ok=True))
        by_key = {one["key"]: one for one in shown["settings"]}
        self.assertEqual(by_key["credentials_dir"], {"key": "credentials_dir", "value": f"{self.folder}/keys", "from": "file",
                                                     "file": "good.yaml", "line": 2})
        self.assertEqual(by_key["store.map_bytes"]["from"], "default")

    def test_wardctl_unreadable(self):
        for words in WARDCTL_UNREADABLE:
            self.wardctl(words, lambda code: code == 64)

    def test_every_command_is_here(self):
        for program, lines in ((WARD, WARD_REFUSED + [["status"], ["print"]]), (WARDCTL, WARDCTL_REFUSED + WARDCTL_DONE)):
            tested = {tuple(line[:n]) for line in lines for n in (1, 2, 3)}
            for command in self.leaves(program):
                self.assertIn(tuple(command), tested, f"{program} {command} is not tested here")

    def leaves(self, program, *above):
        text = subprocess.run([program, *above, "--help"], capture_output=True, text=True).stdout
        listed = text.split("Subcommands:")[1] if "Subcommands:" in text else ""
        names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2:3] not in ("", " ")]
        if not names:
            return [list(above)]
        return [leaf for name in names for leaf in self.leaves(program, *above, name)]


if __name__ == "__main__":
    program = unittest.main(argv=sys.argv[:1], exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
