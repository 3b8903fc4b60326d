"""Programs that hold keys leave no core file and let no debugger of their user in: each is stopped in the middle of its
work, looked at, and ended with SIGABRT. Controls: the same looks at a program that does nothing of the kind.

usage: private_memory_test.py WARD WARDCTL WARDLINED"""
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

NOBODY = 65534
LIMIT_S = 30.0
WARD, WARDCTL, WARDLINED = (Path(p).resolve() for p in sys.argv[1:4])
USER = NOBODY if os.geteuid() == 0 else os.geteuid()  # of root's processes nobody could tell the difference


def allow_core_files():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


class PrivateMemory(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory()
        self.folder = Path(self.kept.name)
        self.folder.chmod(0o755)
        self.work = self.folder / "work"
        self.work.mkdir()
        os.chown(self.work, USER, -1)

    def tearDown(self):
        self.kept.cleanup()

    def start(self, program, *arguments):
        own = self.folder / program.name  # the build folder may be closed to that user
        shutil.copy(program, own)
        own.chmod(0o755)
        other = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.Popen([own, *map(str, arguments)], cwd=self.work, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=allow_core_files, **other)

    def until(self, condition):
        end = time.monotonic() + LIMIT_S
        while not condition():
            self.assertLess(time.monotonic(), end, "took too long")
            time.sleep(0.01)

    def look_at(self, process):
        """(bytes of a core file, may its user's debugger look?)"""
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        line = next(l for l in limits.splitlines() if l.startswith("Max core file size"))
        core = line.removeprefix("Max core file size").split()[:2]
        owner = os.stat(f"/proc/{process.pid}/maps").st_uid  # root's, as soon as a process is not dumpable
        return core, owner == USER

    def abort(self, process):
        process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = 0
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertEqual(os.WTERMSIG(status), signal.SIGABRT)
        left = [p.name for p in self.work.iterdir() if "core" in p.name]
        return os.WCOREDUMP(status) or bool(left)

    def config(self, keys):
        plugins = self.folder / "plugins.d"
        plugins.mkdir()
        (plugins / "cli.yaml").write_text("address: ipc:///tmp/none.sock\nrights: [channels]\nkeys: []\n")
        file = self.folder / "wardline.yaml"
        file.write_text(f"state_dir: {self.work}/state\ncredentials_dir: {keys}\nplugins_dir: {plugins}\n")
        return file

    def check_while_reading(self, process, pipe):
        """The program hangs at a pipe that nobody fills: it has opened it when we can."""
        opened = []

        def can_open():
            self.assertIsNone(process.poll(), process.stderr.read() if process.poll() is not None else "")
            try:
                opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            except OSError as why:
                if why.errno != errno.ENXIO:
                    raise
            return bool(opened)
        self.until(can_open)
        self.check_private(process)
        os.close(opened[0])

    def check_private(self, process):
        core, open_to_user = self.look_at(process)
        self.assertEqual(core, ["0", "0"])
        self.assertFalse(open_to_user)
        self.assertFalse(self.abort(process))

    def test_control(self):
        process = self.start(Path("/bin/sleep"), 60)
        self.until(lambda: Path(os.readlink(f"/proc/{process.pid}/exe")).name == "sleep")
        core, open_to_user = self.look_at(process)
        self.assertTrue(open_to_user)
        dumped = self.abort(process)
        if core != ["0", "0"] and "|" not in Path("/proc/sys/kernel/core_pattern").read_text():
            self.assertTrue(dumped)  # this machine writes core files of whoever does not refuse

    def test_wardctl_in_the_middle_of_its_questions(self):
        process = self.start(WARDCTL, "setup", "--config", self.config(self.work / "keys"))
        self.assertIn(b"1 of 5", process.stdout.read1())
        self.check_private(process)

    def test_ward_in_the_middle_of_reading(self):
        pipe = self.work / "invitation"
        os.mkfifo(pipe)
        os.chown(pipe, USER, -1)
        process = self.start(WARD, "--store", self.work / "store", "enrol", "--invitation", pipe)
        self.check_while_reading(process, pipe)

    def test_wardlined_in_the_middle_of_reading_a_key(self):
        pipe = self.work / "kek"
        os.mkfifo(pipe)
        os.chown(pipe, USER, -1)
        process = self.start(WARDLINED, "--config", self.config(self.work))
        self.check_while_reading(process, pipe)


if __name__ == "__main__":
    program = unittest.main(argv=sys.argv[:1], exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
