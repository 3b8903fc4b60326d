"""The demo's commands, on the programs of the dev build: status, crash, logs, stop, reset, the list of packages, and
what happens when a step of the set-up fails. Nothing is built: a `cmake` that does nothing stands first in PATH."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / "build" / "dev"
PROGRAMS = ("daemon/wardlined", "daemon/wardctl", "plugins/cli/ward")
COPIED = ("demo", "ward", "cmake/packages.sh", "packages.txt")
COPIED_FOLDERS = ("etc/demo", "etc/triage")
LIMIT_S = 120


class Demo:
    """The scripts in a folder of their own, the programs where a build would have put them."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name in COPIED:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.folder / name)
        for name in COPIED_FOLDERS:
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in PROGRAMS:
            place = self.folder / ".demo" / "build" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(DEV / name)
        stub = self.folder / "bin" / "cmake"
        stub.parent.mkdir()
        stub.write_text("#!/bin/sh\nexit 0\n")
        stub.chmod(0o755)
        self.environment = {"PATH": f"{stub.parent}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                            "HOME": str(self.folder)}

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=LIMIT_S)
        return done.returncode, done.stdout

    def daemon_pid(self):
        return int((self.folder / ".demo/run/program.pid").read_text())


class Typing:
    """What a test types at its clinic, `self.demo`."""

    def expect(self, command, code=0):
        got, output = self.demo.run(command)
        self.assertEqual(got, code, f"`{command}` printed:\n{output}")
        return output

    def ward(self, who, words, code=0):
        """One JSON object of a command; remarks for people stand before it."""
        output = self.expect(f"./ward --as {who} --json {words} 2>/dev/null", code)
        return json.loads(output.strip().splitlines()[-1])


class Commands(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def expect(self, command, code, *words):
        got, output = self.demo.run(command)
        self.assertEqual(got, code, f"`{command}` printed:\n{output}")
        for word in words:
            self.assertIn(word, output, f"`{command}` printed:\n{output}")
        return output

    def test_before_there_is_a_clinic(self):
        self.expect("./demo status", 3, "daemon:   stopped", "not made yet; run ./demo")
        self.expect("./demo crash", 69, "Nothing is running")
        self.expect("./demo logs", 69, "Run ./demo first")
        self.expect("./demo code nurse1", 67, "Run ./demo first")
        self.expect("./demo stop", 0)
        self.expect("./demo reset", 1, "run it again with --yes")
        self.expect("./demo --help", 0, "./demo crash")
        self.expect("./demo dance", 64, "./demo crash")

    def test_status_crash_logs_stop_and_start(self):
        self.expect("./demo --yes --bare", 0, "Riverside Clinic is up", "nurse1 is enrolled", "physician1 is enrolled")
        self.expect("./demo status", 0, "daemon:   ready", "clinic:   .demo/state", "manager1 nurse1 physician1")
        self.assertRegex(self.expect("./demo code nurse1", 0, "Good once"), r"(?m)^\d{6}$")
        self.expect("./demo code nobody", 67, "There are manager1, nurse1, physician1.")
        before = self.demo.daemon_pid()
        said = self.expect("./demo crash", 0, f"killed the daemon (process {before})")
        after = int(re.search(r"it is back \(process (\d+)\)", said).group(1))
        self.assertNotEqual(before, after)
        self.assertEqual(after, self.demo.daemon_pid())
        os.kill(after, 0)  # it lives
        self.assertEqual(self.expect("./demo logs", 0).count('"event":"serving"'), 2)
        self.expect("./demo stop", 0, "Stopped.")
        self.expect("./demo status", 3, "daemon:   stopped", "clinic:   .demo/state")
        self.expect("./demo crash", 69, "Nothing is running")
        self.expect("./demo logs", 0, '"event":"serving"')
        self.expect("./demo --yes --bare", 0, "starting the daemon")
        self.expect("./demo status", 0, "daemon:   ready")
        self.expect("./demo reset --yes", 0, "The demo clinic is gone.")
        self.expect("./demo status", 3, "daemon:   stopped", "not made yet")
        self.assertFalse((self.demo.folder / ".demo/state").exists())

    def test_packages_are_shown_and_asked_for(self):
        with open(self.demo.folder / "packages.txt", "a") as listed:
            listed.write("wardline-no-such-package\n")
        said = self.expect("./demo", 77, "Wardline needs these packages of Debian 12:", "  wardline-no-such-package",
                           "run it again with --yes")
        self.assertNotIn("building", said)
        self.assertFalse((self.demo.folder / ".demo/install.log").exists())

    def test_a_failed_invitation_is_told_and_the_next_run_starts_over(self):
        program = self.demo.folder / ".demo/build/plugins/cli/ward"
        program.unlink()
        program.write_text(f"""#!/bin/bash
for word in "$@"; do
  if [ "$word" = physician1 ] && [[ " $* " = *" invite "* ]]; then
    echo '{{"ok": false, "sentence": "The server is busy."}}'
    exit 77
  fi
done
exec {DEV}/plugins/cli/ward "$@"
""")
        program.chmod(0o755)
        said = self.expect("./demo --yes --bare", 70, "The server is busy.", "physician1 could not be invited.",
                           "nurse1 is enrolled")
        self.assertNotIn("physician1 is enrolled", said)
        self.expect("./demo status", 3, "not made yet")
        program.unlink()
        program.symlink_to(DEV / "plugins/cli/ward")
        self.expect("./demo --yes --bare", 0, "starting over", "physician1 is enrolled")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
