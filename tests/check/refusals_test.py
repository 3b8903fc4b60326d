"""Is every refusal of refusals.def demanded by a test? A name counts where a test compares with it: in a statement
with CHECK, REQUIRE, check_..., == or !=, or as a word of a test vector. What comes with later work stands below, by
its subject; as soon as a test demands it, it must be taken off there."""
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LATER = {
    "records key and its holders": [
        "records_copy_invalid", "records_proof_invalid", "records_share_invalid", "records_shares_too_few",
        "records_share_doubled", "request_other_subject", "not_records_officer", "request_expired",
        "records_share_not_on_curve_of_key", "request_names_other_slip", "other_records_key"],
    "signed heartbeats": ["heartbeat_went_back"],
}


def defined(text):
    """The names in refusals.def, in order."""
    return re.findall(r"^WARDLINE_REFUSAL\(\d+, (\w+),", text, re.MULTILINE)


def demanded(path, text):
    """The refusals that a file of the tests compares something with."""
    if path.endswith(".json"):
        return set(re.findall(r'"(\w+)"', text))
    if not path.endswith((".cpp", ".hpp")):
        return set()
    text = re.sub(r"//[^\n]*", "", text)
    found = set()
    for statement in text.split(";"):
        if re.search(r"CHECK|REQUIRE|\bcheck_|==|!=", statement):
            found.update(re.findall(r"(?<!return )\brefusal::(\w+)", statement))
    return found


def complaints(names, tested, later):
    listed = [name for subject in later.values() for name in subject]
    out = [f"{name}: no test demands this refusal" for name in names if name not in tested and name not in listed]
    out += [f"{name}: a test demands it now; take it off the list in {Path(__file__).name}"
            for name in listed if name in tested]
    out += [f"{name}: on the list, but not in refusals.def" for name in listed if name not in names]
    out += [f"{name}: twice on the list" for name in sorted(set(listed)) if listed.count(name) > 1]
    return out


class Refusals(unittest.TestCase):
    def test_every_refusal_has_a_test_or_a_subject(self):
        names = defined((ROOT / "plugins/sdk/wire/refusals.def").read_text())
        self.assertGreater(len(names), 150)
        tested = set()
        for path in (ROOT / "tests").rglob("*"):
            if path.is_file() and path.suffix in (".cpp", ".hpp", ".json"):
                tested |= demanded(str(path), path.read_text())
        self.assertEqual(complaints(names, tested, LATER), [])

    def test_numbers_are_dense_and_names_stand_once(self):
        text = (ROOT / "plugins/sdk/wire/refusals.def").read_text()
        numbers = [int(n) for n in re.findall(r"^WARDLINE_REFUSAL\((\d+),", text, re.MULTILINE)]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertEqual(len(defined(text)), len(set(defined(text))))

    def test_what_counts(self):
        self.assertEqual(demanded("a_test.cpp", "CHECK(f() == refusal::not_sorted);"), {"not_sorted"})
        self.assertEqual(demanded("a_test.cpp", "f.check_dropped(p,\n  refusal::needs);"), {"needs"})
        self.assertEqual(demanded("fake.cpp", "return refusal::needs; // CHECK"), set())
        self.assertEqual(demanded("fake.cpp", "if (a != b) return refusal::needs;"), set())
        self.assertEqual(demanded("negative.json", '{"refusal": "needs"}'), {"refusal", "needs"})
        self.assertEqual(demanded("README.md", "CHECK(refusal::needs)"), set())

    def test_what_is_complained_of(self):
        self.assertEqual(len(complaints(["a", "b"], {"a"}, {})), 1)
        self.assertEqual(complaints(["a", "b"], {"a"}, {"later": ["b"]}), [])
        self.assertEqual(len(complaints(["a", "b"], {"a", "b"}, {"later": ["b"]})), 1)
        self.assertEqual(len(complaints(["a"], {"a"}, {"later": ["gone"]})), 1)
        self.assertEqual(len(complaints(["a", "b"], {"a"}, {"later": ["b"], "other": ["b"]})), 1)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
