"""A program on a terminal, as a person sees it: a pty, and what the screen shows of it (python3-pyte)."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

LIMIT_S = 15


class Terminal:
    def __init__(self, command, cwd, environment, columns=80, lines=40):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        ours, theirs = pty.openpty()
        self.fd = ours
        self.resize(columns, lines)
        self.program = subprocess.Popen(command, cwd=cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), start_new_session=True)
        os.close(theirs)

    def resize(self, columns, lines):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def type(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def listen(self, seconds=0.05):
        """Shows what the program writes within so long. False: it has gone."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                continue
            try:
                some = os.read(self.fd, 65536)
            except OSError:
                return False
            if not some:
                return False
            self.raw += some
            self.stream.feed(some)
        return True

    def shown(self):
        """The lines of the screen, without the empty ones at its end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def foot(self):
        """The line that the cursor is in, up to the cursor."""
        return self.screen.display[self.screen.cursor.y][:self.screen.cursor.x]

    def until(self, holds, what):
        end = time.monotonic() + LIMIT_S
        while not holds():
            alive = self.listen()
            if not holds() and (not alive or time.monotonic() > end):
                raise AssertionError(f"{what}; the screen shows:\n{self.shown()}")

    def text(self):
        """As if the screen were wide enough for every line."""
        return "".join(line if line[-1] != " " else line.rstrip() + "\n" for line in self.screen.display)

    def see(self, words):
        self.until(lambda: words in self.text(), f"nobody sees {words!r}")

    def find(self, pattern):
        """What the first group of the last match is."""
        self.until(lambda: re.search(pattern, self.text()), f"nobody sees {pattern!r}")
        return re.findall(pattern, self.text())[-1]

    def see_foot(self, words):
        self.until(lambda: self.foot() == words, f"nobody sees {words!r} at the cursor, but {self.foot()!r}")

    def ended(self):
        """The exit code."""
        end = time.monotonic() + LIMIT_S
        while self.program.poll() is None:
            self.listen()
            if time.monotonic() > end:
                raise AssertionError(f"it does not end; the screen shows:\n{self.shown()}")
        self.listen(0.2)
        return self.program.returncode

    def close(self):
        if self.program.poll() is None:
            self.program.send_signal(signal.SIGKILL)
            self.program.wait()
        os.close(self.fd)
