"""Does systemd/JOURNAL.md list every event that the daemon writes, with its priorities and fields, and nothing else?"""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def merge(events, name, priorities, fields):
    held = events.setdefault(name, (set(), set()))
    held[0].update(priorities)
    held[1].update(fields)


def written(text, events):
    """The events in one source: name -> (priorities, fields)."""
    text = re.sub(r"//[^\n]*", "", text)
    for statement in text.split(";"):
        call = re.search(r"severity::\w+\s*[,:]", statement)
        if call and "write(" in statement:
            tail = re.sub(r'ports::word\{("\w+")\}', r"\1", statement[call.end():])
            head, *rest = re.split(r'\{\s*\{"', tail, maxsplit=1)
            for name in re.findall(r'"(\w+)"', head):
                merge(events, name, re.findall(r"severity::(\w+)", statement), re.findall(r'\{"(\w+)"', '{{"' + "".join(rest)))
        for name in re.findall(r'complain\("(lmdb_\w+)"', statement):
            merge(events, name, ["error"], ["code"])
        for name in re.findall(r'"(\w+_socket_(?:path_too_long|not_made))"', statement):
            merge(events, name, ["warning"], ["error"])


def listed(text):
    events = {}
    for name, priorities, fields, meaning in re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*)\| ([^|]+) \|$", text, re.MULTILINE):
        assert name not in events, f"{name} is listed twice"
        assert meaning.strip(), f"{name} has no meaning"
        events[name] = ({p.strip() for p in priorities.split(",")}, {f.strip() for f in fields.split(",") if f.strip()})
    return events


class Journal(unittest.TestCase):
    def test_the_list_is_what_the_daemon_writes(self):
        events = {}
        for folder in ("actors", "daemon"):
            for path in sorted((ROOT / folder).rglob("*")):
                if path.suffix in (".cpp", ".hpp"):
                    written(path.read_text(), events)
        self.assertGreater(len(events), 50)
        table = listed((ROOT / "systemd" / "JOURNAL.md").read_text())
        self.assertEqual({n: events[n] for n in events if events[n] != table.get(n)}, {}, "not listed so")
        self.assertEqual(sorted(set(table) - set(events)), [], "listed, but nobody writes it")
        self.assertEqual(list(table), sorted(table), "in the order of their names")

    def test_the_look_at_sources_sees_what_it_must(self):
        events = {}
        written('j.write(severity::error, "a_b", {{"x", 1}, {"y", word::of_table("z")}}); // "no"\n'
                'j->write(cond ? ports::severity::warning : ports::severity::notice, "c", {{"level", 1}});\n'
                'j.write(severity::info, c ? ports::word{"d"} : ports::word{"e"});\n'
                'complain("lmdb_gone", rc); door{{"my_socket_path_too_long", "my_socket_not_made"}};', events)
        self.assertEqual(events, {
            "a_b": ({"error"}, {"x", "y"}), "c": ({"warning", "notice"}, {"level"}), "d": ({"info"}, set()),
            "e": ({"info"}, set()), "lmdb_gone": ({"error"}, {"code"}),
            "my_socket_path_too_long": ({"warning"}, {"error"}), "my_socket_not_made": ({"warning"}, {"error"})})


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
