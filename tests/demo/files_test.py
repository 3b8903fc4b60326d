"""Files of messages on the demo's real programs: a nurse sends two, the daemon and her program are killed in the middle and
the file goes on; the physician saves them byte for byte, and the log says so; after the recall nobody gets them, and their
sealed files are gone from the server's disk. Nothing of a file stands there in clear."""
import hashlib
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from commands_test import Demo, Typing

MARKER = b"Riverside-ECG-strip-0815-"
SMALL_BYTES = 3_000
LARGE_BYTES = 24 * 1024 * 1024
GONE_WITHIN_S = 30


def content(size):
    return (MARKER * (size // len(MARKER) + 1))[:size]


class Files(Typing, unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        self.demo = Demo(self.kept.name)
        self.folder = self.demo.folder
        self.expect("./demo --yes --bare")
        self.sent = {"note.txt": content(SMALL_BYTES), "ecg.pdf": content(LARGE_BYTES)}
        for name, what in self.sent.items():
            (self.folder / name).write_bytes(what)

    def tearDown(self):
        self.demo.run("./demo stop")
        self.kept.cleanup()

    def blobs(self):
        found = list((self.folder / ".demo").rglob("blobs"))
        self.assertEqual(len(found), 1, "one folder of attachments")
        return [p for p in found[0].iterdir() if p.is_file()]

    def start_sending(self):
        """A program that is sending, with a good part of the file at the server."""
        sending = subprocess.Popen(["bash", "-c", "exec ./ward --as nurse1 --json send physician1 'the ECG' --level urgent "
                                    "--file ecg.pdf --file note.txt"], cwd=self.folder, env=self.demo.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        end = time.monotonic() + GONE_WITHIN_S
        while time.monotonic() < end and sending.poll() is None:
            if sum(p.stat().st_size for p in self.blobs()) > LARGE_BYTES // 8:
                return sending
        self.fail("nothing of the file has come to the server")

    def wait_until(self, holds, what):
        end = time.monotonic() + GONE_WITHIN_S
        while not holds():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.2)

    def test_sent_saved_recalled(self):
        sending = self.start_sending()
        sending.send_signal(signal.SIGKILL)
        sending.wait()
        sending.stdout.close()
        self.expect("./demo crash")
        self.ward("nurse1", "inbox")  # goes on with what it kept
        self.wait_until(lambda: self.ward("physician1", "inbox")["messages"], "the message has not come")
        opened = self.ward("physician1", "open 1")
        self.assertEqual([f["name"] for f in opened["files"]], ["ecg.pdf", "note.txt"])
        self.assertEqual(opened["files"][0]["media_type"], "application/pdf")
        self.assertEqual(opened["files"][0]["sha256"], hashlib.sha256(self.sent["ecg.pdf"]).hexdigest())
        text = self.expect("./ward --as physician1 open 1")
        self.assertIn("File 1: ecg.pdf (24.0 MiB)", text)
        to = self.folder / "saved"
        to.mkdir()
        saved = self.ward("physician1", f"save 1 --to {to}")
        for f in saved["files"]:
            self.assertEqual(Path(f["path"]).read_bytes(), self.sent[f["name"]])
            self.assertGreater(f["leaf"], opened["leaf"])
        self.assertEqual(sorted(p.name for p in to.iterdir()), ["ecg.pdf", "note.txt"])  # and no half ones
        refused = self.ward("physician1", f"save 1 --file 2 --to {to}", 73)
        self.assertEqual(refused["refusal"], "already_exists")
        self.assertEqual(len(self.blobs()), 2)
        for p in self.blobs():
            self.assertNotIn(MARKER, p.read_bytes())
        sent = self.ward("nurse1", "sent")["messages"]
        self.assertEqual(len(sent), 1, "sent once, however often it was tried")
        self.ward("nurse1", "recall 1")
        refused = self.ward("physician1", f"save 1 --file 1 --to {to / 'x'}", 65)
        self.assertEqual(refused["refusal"], "message_destroyed")
        self.wait_until(lambda: not self.blobs(), "files of a recalled message are still on the disk")

    def test_what_cannot_go_is_said(self):
        for words, refusal, code in ((f"--file {self.folder}", "file_not_readable", 66), ("--file none.pdf", "file_not_readable", 66)):
            self.assertEqual(self.ward("nurse1", f"send physician1 x {words}", code)["refusal"], refusal)
        large = self.folder / "large.bin"
        with open(large, "wb") as f:
            f.truncate(100 * 1024 * 1024 + 1)
        self.assertEqual(self.ward("nurse1", "send physician1 x --file large.bin", 66)["refusal"], "attachment_size")
        self.assertEqual(self.blobs(), [])
        self.assertEqual(self.ward("physician1", "inbox")["messages"], [])


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
