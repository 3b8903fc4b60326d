"""How many test cases did a program run? Read from what it printed, never assumed."""
import re
from dataclasses import dataclass, field


@dataclass
class Counts:
    passed: int
    failed: int
    skipped: list = field(default_factory=list)

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


# A test that cannot run prints one line of this form and returns early; it is then counted as skipped.
SKIP = re.compile(r"^\s*SKIPPED: (.+)$", re.MULTILINE)
CATCH_ALL_PASSED = re.compile(r"^All tests passed \(\d+ assertions? in (\d+) test cases?\)", re.MULTILINE)
CATCH_SUMMARY = re.compile(r"^test cases:\s*(\d+)(.*)$", re.MULTILINE)
OWN_SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.MULTILINE)


def passed_and_failed(output):
    """(passed, failed) from the summary a program prints, or None if it prints none."""
    own = OWN_SUMMARY.findall(output)
    if own:
        return int(own[-1][0]), int(own[-1][1])
    everything = CATCH_ALL_PASSED.findall(output)
    if everything:
        return sum(map(int, everything)), 0
    summary = CATCH_SUMMARY.findall(output)
    if summary:
        total, rest = summary[-1]
        failed = re.search(r"(\d+) failed(?! as expected)", rest)
        failed = int(failed.group(1)) if failed else 0
        return int(total) - failed, failed
    return None


def count(output, exit_code, counts_cases):
    """exit_code is None when the program was stopped at its time limit."""
    if not counts_cases:  # a build or a formatter: only its failure counts
        return Counts(0, 0 if exit_code == 0 else 1)
    skipped = SKIP.findall(output)
    found = passed_and_failed(output)
    if found is None:  # a program that is one test case by itself
        if exit_code != 0:
            return Counts(0, 1, [])
        return Counts(0, 0, skipped) if skipped else Counts(1, 0, [])
    passed, failed = found
    if not OWN_SUMMARY.search(output):  # Catch2 knows no skipping: such a case passed there
        passed = max(0, passed - len(skipped))
    if exit_code != 0 and failed == 0:  # crashed, or stopped, after a good summary or in a sanitizer
        failed = 1
    if passed + failed + len(skipped) == 0:
        failed = 1  # a test program that runs no test proves nothing
    return Counts(passed, failed, skipped)
