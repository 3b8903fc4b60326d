"""Does README tell the truth? Cuts its five commands out, and runs them as typed in a fresh copy and an empty HOME.

A second pass starts over and kills the daemon with SIGKILL between and during the commands: what was acknowledged
must still be there. Nothing may be written outside the copy.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = """./demo --yes
./ward --as nurse1 send physician1 "Room 4: chest pain, please come" --level now
./ward --as physician1 inbox
./ward --as physician1 open 1
./ward --as physician1 ack 1
"""
TEXT = "Room 4: chest pain, please come"
BUILD_LIMIT_S = 2400
COMMAND_LIMIT_S = 90
KILLS_DURING_A_COMMAND_MAX = 3
RESTART_LIMIT_S = 30


def commands_of_readme():
    """The one indented block of README that begins with ./demo --yes."""
    blocks = re.findall(r"(?:^    .*\n)+", (ROOT / "README.md").read_text(), re.MULTILINE)
    found = [re.sub(r"^    ", "", b, flags=re.MULTILINE) for b in blocks if b.startswith("    ./demo --yes\n")]
    assert found == [EXPECTED], f"README must hold the five commands once, as promised; it holds {found}"
    return found[0].splitlines()


def fresh_copy(to):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


class Clinic:
    """One copy of the repository with an empty HOME beside it."""

    def __init__(self, folder):
        self.copy = folder / "wardline"
        self.home = folder / "home"
        self.copy.mkdir()
        self.home.mkdir()
        fresh_copy(self.copy)
        # A person's shell has little more than this. ccache is the exception: it only saves time.
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "CCACHE_DIR": os.environ.get("CCACHE_DIR", str(Path.home() / ".cache" / "ccache"))}

    def start(self, command):
        return subprocess.Popen(["bash", "-c", command], cwd=self.copy, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, command, process, limit_s):
        started = time.monotonic()
        try:
            output, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise AssertionError(f"`{command}` took longer than {limit_s} s; it printed:\n{output}")
        print(f"{time.monotonic() - started:7.1f} s  {command}", flush=True)
        assert process.returncode == 0, f"`{command}` ended with {process.returncode}; it printed:\n{output}"
        return output

    def run(self, command, limit_s=COMMAND_LIMIT_S):
        return self.finish(command, self.start(command), limit_s)

    def kill_daemon(self):
        """SIGKILL, as a power cut would do it; True if there was one to kill."""
        try:
            os.kill(int((self.copy / ".demo/run/program.pid").read_text()), signal.SIGKILL)
            return True
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return False

    def kill_next_daemon(self):
        """The last command may have ended while a killed daemon was still being started again: waits for that one."""
        until = time.monotonic() + RESTART_LIMIT_S
        while not self.kill_daemon():
            assert time.monotonic() < until, f"no daemon was started again within {RESTART_LIMIT_S} s"
            time.sleep(0.02)

    def run_under_kills(self, command, dice):
        """Runs the command while the daemon is killed at random moments; it must still end well."""
        process = self.start(command)
        kills = 0
        while process.poll() is None and kills < KILLS_DURING_A_COMMAND_MAX:
            time.sleep(dice.uniform(0.0, 0.25))
            kills += self.kill_daemon()
        return self.finish(command, process, COMMAND_LIMIT_S)


def check_outputs(outputs):
    demo, sent, inbox, opened, acknowledged = outputs
    print(demo)
    assert "nurse1" in demo and "physician1" in demo, f"./demo does not say who is there:\n{demo}"
    urgent = re.findall(r"^ *(\d+) +now +nurse1 .* waits(?:, .*)?$", inbox, re.MULTILINE)
    assert urgent == ["1"], f"one message was sent, inbox does not list it as item 1 at level now, once:\n{inbox}"
    assert TEXT not in sent + inbox, "the text appeared before it was opened"
    assert TEXT in opened, f"open did not show the text:\n{opened}"
    assert "You have it." in acknowledged, f"ack was not confirmed:\n{acknowledged}"


def files_with(folder, needle):
    return [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and needle in p.read_bytes()]


def as_typed(clinic, commands):
    check_outputs([clinic.run(c, BUILD_LIMIT_S) for c in commands])
    # What the daemon keeps never holds the text. The needle is shown to be findable by this search.
    needle = b"chest pain"
    assert files_with(clinic.copy / ".demo/state", needle) == [], "the daemon holds the text"
    assert "README.md" in files_with(clinic.copy, needle), "this search finds nothing at all"
    assert list(clinic.home.iterdir()) == [], "something was written into HOME"


def under_kills(clinic, commands, seed):
    dice = random.Random(seed)
    clinic.run("./demo reset --yes")
    outputs = [clinic.run(commands[0], BUILD_LIMIT_S)]
    for command in commands[1:]:
        clinic.kill_next_daemon()
        outputs.append(clinic.run_under_kills(command, dice))
    check_outputs(outputs)
    clinic.kill_next_daemon()
    assert TEXT in clinic.run("./ward --as physician1 open 1"), "an acknowledged message is gone after a kill"


def stop_and_start(clinic):
    """The daemon ends by itself when told to, and everything is there when it starts again."""
    clinic.run("./ward --as physician1 logoff")
    clinic.run("./ward --as physician1 login")  # a password was checked in this life of the daemon
    clinic.run("./demo stop")
    state = (clinic.copy / ".demo/run/state").read_text().strip()
    assert state == "stopped 0", f"the daemon did not end by itself: {state}"
    clinic.run("./demo --yes", BUILD_LIMIT_S)
    inbox = clinic.run("./ward --as physician1 inbox")
    assert re.search(r" now +nurse1 .* you have it$", inbox, re.MULTILINE), f"the acknowledgement is gone:\n{inbox}"


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="wardline-") as folder:
        clinic = Clinic(Path(folder))
        try:
            for case in (lambda: as_typed(clinic, commands_of_readme()),
                         lambda: under_kills(clinic, commands_of_readme(), seed),
                         lambda: stop_and_start(clinic)):
                try:
                    case()
                    passed += 1
                except AssertionError as why:
                    print(f"FAILED: {why}", flush=True)
                    log = clinic.copy / ".demo/run/program.log"
                    if log.exists():
                        print("the daemon's last lines:", *log.read_text(errors="replace").splitlines()[-30:], sep="\n  ")
                    failed += 1
        finally:
            subprocess.run(["./demo", "stop"], cwd=clinic.copy, env=clinic.environment, stdin=subprocess.DEVNULL,
                           capture_output=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
