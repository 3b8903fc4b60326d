"""Keeps one program running for the demo, as systemd does on a real server.

usage: supervise.py FOLDER PROGRAM ARGUMENTS...

Speaks systemd's readiness protocol (NOTIFY_SOCKET), starts the program again after a crash - with a growing pause if
it does not get ready - and gives up on the exit codes that a restart cannot help (sysexits 64, 65, 77, 78). Writes into FOLDER:
supervisor.pid, program.pid, state (starting | ready | stopped CODE) and program.log. TERM ends both.
"""
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HOPELESS = (64, 65, 77, 78)
PAUSE_MIN_S = 0.2
PAUSE_MAX_S = 10.0
DRAIN_S = 20.0


class Supervisor:
    def __init__(self, folder, command):
        self.folder = Path(folder)
        self.command = command
        self.stopping = False
        self.pause_s = PAUSE_MIN_S
        self.was_ready = False
        self.wake_read, self.wake_write = socket.socketpair()
        self.wake_write.setblocking(False)
        signal.set_wakeup_fd(self.wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self.on_stop)
        signal.signal(signal.SIGINT, self.on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake the loop
        # An abstract name has no file to clean up and no path that could be too long.
        self.notify_name = f"wardline-demo-{os.getpid()}"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind("\0" + self.notify_name)

    def on_stop(self, *_):
        self.stopping = True

    def write(self, name, text):
        # Renamed into place: a reader never sees half a word.
        fresh = self.folder / (name + ".new")
        fresh.write_text(text + "\n")
        fresh.replace(self.folder / name)

    def wait(self, seconds):
        """Until a signal, a readiness message, or the time is over; True if the program said it is ready."""
        readable, _, _ = select.select([self.notify, self.wake_read], [], [], seconds)
        if self.wake_read in readable:
            self.wake_read.recv(4096)
        if self.notify in readable:
            return b"READY=1" in self.notify.recv(4096).split(b"\n")
        return False

    def run_once(self):
        """One life of the program; its exit code."""
        self.was_ready = False
        self.write("state", "starting")
        environment = dict(os.environ, NOTIFY_SOCKET="@" + self.notify_name)
        with open(self.folder / "program.log", "ab") as log:
            program = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=environment)
        self.write("program.pid", str(program.pid))
        told_to_stop = None
        while program.poll() is None:
            if self.stopping and told_to_stop is None:
                program.terminate()
                told_to_stop = time.monotonic()
            if told_to_stop is not None and time.monotonic() - told_to_stop > DRAIN_S:
                program.kill()
            if self.wait(0.5):
                self.was_ready = True
                self.write("state", "ready")
        return program.returncode

    def run(self):
        self.write("supervisor.pid", str(os.getpid()))
        while True:
            code = self.run_once()
            if self.stopping or code in HOPELESS:
                self.write("state", f"stopped {code}")
                return 0 if self.stopping else code
            self.write("state", "starting")
            if self.was_ready:  # it can start: people wait for it, and the reason to pause is gone
                self.pause_s = PAUSE_MIN_S
            until = time.monotonic() + self.pause_s
            while not self.stopping and time.monotonic() < until:
                self.wait(max(0.0, until - time.monotonic()))
            self.pause_s = min(self.pause_s * 2, PAUSE_MAX_S)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(Supervisor(sys.argv[1], sys.argv[2:]).run())
