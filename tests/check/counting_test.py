"""The counting of ./check, tested: a wrong sum would hide a failure."""
import unittest
from counting import count


class Counting(unittest.TestCase):
    def check(self, output, code, passed, failed, skipped=0):
        got = count(output, code, True)
        self.assertEqual((got.passed, got.failed, len(got.skipped)), (passed, failed, skipped))

    def test_catch_all_passed(self):
        self.check("All tests passed (34 assertions in 12 test cases)\n", 0, 12, 0)
        self.check("All tests passed (1 assertion in 1 test case)\n", 0, 1, 0)

    def test_catch_with_failures(self):
        self.check("test cases:  5 |  3 passed |  2 failed\nassertions: 9 | 7 passed | 2 failed\n", 2, 3, 2)
        self.check("test cases: 1 | 1 failed\nassertions: 1 | 1 failed\n", 1, 0, 1)

    def test_failure_expected_by_the_test_is_none(self):
        self.check("test cases: 3 | 2 passed | 1 failed as expected\n", 0, 3, 0)

    def test_skip_is_taken_from_the_passed(self):
        self.check("SKIPPED: no vectors\nAll tests passed (3 assertions in 4 test cases)\n", 0, 3, 0, 1)

    def test_crash_after_a_good_summary_fails(self):
        self.check("All tests passed (3 assertions in 4 test cases)\n", -11, 4, 1)

    def test_crash_without_summary_fails(self):
        self.check("", -6, 0, 1)

    def test_stopped_at_the_limit_fails(self):
        self.check("", None, 0, 1)

    def test_own_summary(self):
        self.check("noise\n7 passed, 1 failed, 0 skipped\n", 1, 7, 1)
        self.check("SKIPPED: no ipc here\n7 passed, 0 failed, 1 skipped\n", 0, 7, 0, 1)
        self.check("100 passed, 0 failed\n", 0, 100, 0)

    def test_empty_run_fails(self):
        self.check("0 passed, 0 failed\n", 0, 0, 1)

    def test_plain_program_is_one_case(self):
        self.check("hello\n", 0, 1, 0)
        self.check("SKIPPED: no such device\n", 0, 0, 0, 1)

    def test_build_counts_only_when_it_fails(self):
        self.assertEqual(count("", 0, False).passed, 0)
        self.assertEqual(count("", 1, False).failed, 1)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
