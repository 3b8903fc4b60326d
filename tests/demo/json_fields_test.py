"""plugins/cli/JSON.md says what programs get from `ward --json`. Every command in it is run on the demo's real clinic, and
its answer has those fields, of those types, and no others."""
import json
import re
import tempfile
import unittest

from commands_test import ROOT, Demo

PAGE = (ROOT / "plugins/cli/JSON.md").read_text()
TYPES = {"text": (str,), "number": (int,), "yes or no": (bool,), "list": (list,), "text or number": (str, int)}


def rows(head):
    """The cells of each row of the table below this head."""
    part = PAGE.split(f"## {head}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")][1:]


def fields(words):
    """Those that are always there, and all."""
    return ({w for w in words.split() if w[0] != "["}, {w.strip("[]") for w in words.split()})


COMMANDS = {name: fields(words) for name, words in rows("Refusals") + rows("Commands")}
OBJECTS = {name: fields(words) for name, words in rows("Objects in lists")}
FIELDS = {name: TYPES[kind] for name, kind, meaning in rows("Fields")}


class JsonFields(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        code, output = self.demo.run("./demo --yes --bare")
        self.assertEqual(code, 0, output)
        self.run_commands = set()

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def check(self, what, answer, always, all_of_them):
        self.assertLessEqual(always, set(answer), what)
        self.assertLessEqual(set(answer), all_of_them, what)
        for field, value in answer.items():
            self.assertIn(type(value), FIELDS[field], f"{what}: {field}")
            if field in OBJECTS and isinstance(value, list):
                for one in value:
                    self.check(f"{what}: {field}", one, *OBJECTS[field])

    def ward(self, who, words, name=None):
        code, output = self.demo.run(f"./ward --as {who} --json {words} 2>/dev/null")
        answer = json.loads(output.strip().splitlines()[-1])
        name = name or re.match(r"(admin )?\S+", words).group()
        self.run_commands.add(name)
        self.assertIs(answer["ok"], name != "refused", output)
        self.assertEqual(code == 0, answer["ok"])
        self.check(words, answer, *COMMANDS[name])
        return answer

    def test_every_command(self):
        self.ward("nurse1", 'send physician1 "Room 4: chest pain, please come"')
        (self.demo.folder / "note.txt").write_text("a note")
        self.ward("nurse1", "send physician1 'with a note' --level info --file note.txt")
        number = next(m["number"] for m in self.ward("physician1", "inbox")["messages"] if m["level"] == "info")
        self.ward("physician1", f"open {number}")
        (self.demo.folder / "saved").mkdir()
        self.ward("physician1", f"save {number} --to saved")
        self.ward("physician1", f"answer {number} 'thank you'")
        for words in ("inbox", "open 1", "ack 1", "ack 1", "release 1", "claim 1", "inbox", "search room --texts",
                      "conversations", "duty", "print man"):
            self.ward("physician1", words)
        self.ward("physician1", "open 77", "refused")
        self.ward("physician1", "dance", "refused")
        where = self.ward("nurse1", "conversations")["conversations"][0]["conversation"]
        self.ward("nurse1", f"add {where} physicians")
        for words in ("sent", "recall 1", "watch --seconds 0", "status", "recovery-codes", "login", "logoff"):
            self.ward("nurse1", words)
        for words in ("devices nurse1", "grant nurse1 physicians", "withdraw nurse1 physicians"):
            self.ward("manager1", "admin " + words)
        self.assertEqual(self.run_commands, set(COMMANDS), "a command in JSON.md is not run here")
        described = set().union(*(all_of for always, all_of in [*COMMANDS.values(), *OBJECTS.values()]))
        self.assertEqual(described, set(FIELDS), "a field has no meaning, or a meaning no field")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
