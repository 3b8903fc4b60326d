"""The demo's supervisor against small programs: readiness, restart, giving up, stopping."""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SUPERVISE = Path(__file__).resolve().parents[2] / "etc" / "demo" / "supervise.py"
READY = """
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
s.send(b"STATUS=up\\nREADY=1")
time.sleep(60)
"""
LIMIT_S = 20.0


class Supervised(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory()
        self.folder = Path(self.kept.name)
        self.process = None

    def tearDown(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(LIMIT_S)
        self.kept.cleanup()

    def start(self, program):
        self.process = subprocess.Popen([sys.executable, SUPERVISE, self.folder, sys.executable, "-c", program])

    def read(self, name):
        path = self.folder / name
        return path.read_text().strip() if path.exists() else ""

    def until(self, condition):
        end = time.monotonic() + LIMIT_S
        while not condition():
            self.assertLess(time.monotonic(), end, "took too long")
            time.sleep(0.02)

    def test_ready_then_killed_then_ready_again(self):
        self.start(READY)
        self.until(lambda: self.read("state") == "ready")
        first = self.read("program.pid")
        os.kill(int(first), signal.SIGKILL)
        self.until(lambda: self.read("program.pid") != first and self.read("state") == "ready")

    def test_not_ready_before_it_says_so(self):
        self.start("import time; time.sleep(60)")
        self.until(lambda: self.read("program.pid") != "")
        time.sleep(0.5)
        self.assertEqual(self.read("state"), "starting")

    def test_term_ends_the_program_too(self):
        self.start(READY)
        self.until(lambda: self.read("state") == "ready")
        program = int(self.read("program.pid"))
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(LIMIT_S), 0)
        with self.assertRaises(ProcessLookupError):
            os.kill(program, 0)
        self.assertTrue(self.read("state").startswith("stopped"))

    def test_gives_up_on_a_bad_configuration(self):
        self.start("import sys; print('bad key'); sys.exit(78)")
        self.assertEqual(self.process.wait(LIMIT_S), 78)
        self.assertEqual(self.read("state"), "stopped 78")
        self.assertIn("bad key", self.read("program.log"))

    def test_pause_grows(self):
        self.start("print('run'); raise SystemExit(70)")
        time.sleep(2.0)  # pauses of 0.2, 0.4, 0.8 and 1.6 s; without them there would be dozens of runs
        self.assertIsNone(self.process.poll())
        self.assertIn(self.read("program.log").count("run"), range(2, 6))


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
