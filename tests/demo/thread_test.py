"""`ward thread` as a person has it: on a terminal, against the demo's real daemon, with two real people. What comes in
while she types, a terminal that changes its size, characters of all widths, a pasted list, every way out; and `ward
search` over what they wrote."""
import json
import os
import signal
import tempfile
import time
import unittest
from pathlib import Path

from commands_test import Demo
from screen import Terminal

TEXT = "Room 4: chest pain, please come"


class Thread(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory(prefix="wardline-demo-")
        cls.demo = Demo(cls.kept.name)
        code, output = cls.demo.run("./demo --yes --bare")
        if code != 0:
            raise AssertionError(output)

    @classmethod
    def tearDownClass(cls):
        cls.demo.run("./demo stop")
        cls.kept.cleanup()

    def setUp(self):
        self.opened = []

    def tearDown(self):
        for terminal in self.opened:
            terminal.close()

    def terminal(self, words, columns=80, **environment):
        out = Terminal(["./ward", *words.split()], self.demo.folder,
                       {**self.demo.environment, "TERM": "xterm-256color", **environment}, columns)
        self.opened.append(out)
        return out

    def thread(self, who, to, **more):
        out = self.terminal(f"--as {who} thread {to}", **more)
        out.see_foot(f"{to}> ")
        return out

    def ward(self, who, words):
        code, output = self.demo.run(f"./ward --as {who} --json {words} 2>/dev/null")
        self.assertEqual(code, 0, output)
        return json.loads(output.strip().splitlines()[-1])

    def test_two_people(self):
        nurse, physician = self.thread("nurse1", "physician1"), self.thread("physician1", "nurse1")
        # Something comes while she types: her words stay, and go out whole afterwards.
        physician.type("I am in ro")
        physician.see_foot("nurse1> I am in ro")
        nurse.type("/level now\r")
        nurse.see_foot("physician1 [now]> ")
        nurse.type(TEXT + "\r")
        nurse.see("sent to physician1")
        nurse.see_foot("physician1> ")
        number = physician.find(r"nurse1 wrote \(now\): /open (\d+)")
        physician.see_foot("nurse1> I am in ro")
        self.assertEqual(physician.shown().count("nurse1> I am in ro"), 1)
        self.assertNotIn(TEXT, physician.shown())
        self.assertIn(b"\a", physician.raw)
        # The terminal is made narrower in the middle of the line, and wider again.
        physician.resize(60, 30)
        physician.type("om 7, ")
        physician.see_foot("nurse1> I am in room 7, ")
        physician.resize(80, 40)
        physician.type("coming\r")
        physician.see("sent to nurse1")
        nurse.see("physician1 wrote (")
        nurse.type("/open\r")
        nurse.see("    I am in room 7, coming")
        # Opening is recorded; having it is seen by the other.
        physician.type(f"/open {number}\r")
        physician.see("    " + TEXT)
        physician.type("/ack\r")
        physician.see(f"You have message {number}.")
        nurse.see("physician1 has your message of ")
        physician.type(f"/ack {number}\r")
        physician.see("You have it already.")
        physician.type("/ack 99\r")
        physician.see("There is no message 99 here.")
        physician.type("/dance\r")
        physician.see("There is no command /dance. Nothing was sent.")
        nurse.type("/inbox\r")
        nurse.see("wait for you:")
        nurse.type("/cl\t\r")  # the rest of the command is filled in, and the message that was opened last is meant
        nurse.see("You have message ")
        nurse.type("/release\r")
        nurse.see("back; its chain goes on")
        physician.type("/help\r")
        physician.see("/level LEVEL")
        note = self.demo.folder / "a note.txt"
        note.write_text("ward round at ten")
        nurse.type(f"/send {note}\r")
        nurse.see("sent a note.txt (17 bytes) to physician1")
        nurse.type("/send nothing.txt\r")
        nurse.see("This file cannot be read")
        physician.find(r"nurse1 wrote \(today\): /open (\d+)")
        physician.type("/open\r")
        physician.see("file a note.txt (17 bytes)")
        for one in (nurse, physician):
            one.type("/quit\r")
            self.assertEqual(one.ended(), 0)
        # Numbers mean the same to the next command.
        self.assertEqual(self.ward("physician1", f"open {number}")["text"], TEXT)

    def test_search(self):
        self.ward("nurse1", 'send physician1 "Fußpflege in room 12" --level info')
        number = next(m["number"] for m in self.ward("physician1", "inbox")["messages"] if m["level"] == "info")

        def found(who, words):
            answer = self.ward(who, f"search {words}")
            return [m.get("text") for m in answer["messages"]], answer["texts_read"]

        self.assertEqual(found("physician1", "INFO --from nurse"), ([None], 0))
        self.assertEqual(found("physician1", "info --from physician"), ([], 0))
        self.assertEqual(found("physician1", "--with manager"), ([], 0))
        self.assertEqual(found("physician1", "info --until 2020-01-01"), ([], 0))
        # What was not opened stays closed; its author finds it.
        self.assertEqual(found("physician1", "FUß 12 --texts")[0], [])
        self.assertEqual(found("nurse1", "FUß 12 --texts")[0], ["Fußpflege in room 12"])
        self.ward("physician1", f"open {number}")
        texts, read = found("physician1", "FUß 12 --texts")
        self.assertEqual(texts, ["Fußpflege in room 12"])
        self.assertGreater(read, 0)
        self.assertEqual(self.ward("physician1", "open 1")["text"], "Fußpflege in room 12")
        code, output = self.demo.run("./ward --as physician1 search room --texts")
        self.assertIn("with physician1", self.demo.run("./ward --as nurse1 search info")[1])
        self.assertEqual((code, "     Fußpflege in room 12" in output), (0, True))

    def test_a_line_longer_than_the_screen_in_many_alphabets(self):
        nurse, physician = self.thread("nurse1", "physician1", columns=40), self.thread("physician1", "nurse1")
        words = "Größe 170 cm, поле зрения, 胸の痛みがあります, 🫀 and words until the third row"
        nurse.type(words[:30])
        physician.type("Something comes.\r")
        nurse.see("physician1 wrote (")
        nurse.type(words[30:])
        nurse.see("third row")
        physician.type("And again.\r")
        nurse.until(lambda: nurse.shown().count("physician1 wrote") == 2, "nobody sees the second one")
        nurse.see("third row")
        self.assertEqual(nurse.shown().count("third row"), 1)
        self.assertEqual(nurse.shown().count("physician1> "), 1)
        nurse.type("\x01Now: \x05!\r")  # Ctrl-A, Ctrl-E
        physician.see("nurse1 wrote (")
        physician.type("/open\r")
        physician.see("    Now: " + words + "!")

    def test_a_pasted_list_is_one_message(self):
        nurse, physician = self.thread("nurse1", "physician1"), self.thread("physician1", "nurse1")
        nurse.type("Values: \x1b[200~K 6.1\r\nNa\t131\rpH 7.2\x1b[201~")
        nurse.see("pH 7.2")
        self.assertNotIn("sent to", nurse.shown())
        physician.type("Something comes.\r")
        nurse.see("physician1 wrote (")
        self.assertEqual(nurse.shown().count("K 6.1"), 1)
        nurse.type("\r")
        nurse.see("sent to physician1")
        physician.see("nurse1 wrote (")
        physician.type("/open\r")
        physician.see("    Values: K 6.1\n    Na 131\n    pH 7.2")

    def test_ways_out(self):
        for leave in ("\x03", "\x04", "half a line\x03", "/quit\r"):
            nurse = self.thread("nurse1", "physician1")
            before = len(nurse.raw)
            nurse.type(leave)
            self.assertEqual(nurse.ended(), 0, leave)
            self.assertTrue(nurse.raw[before:].rstrip().endswith(b"\x1b[?2004l"), nurse.raw[before:])
        nurse = self.thread("nurse1", "physician1")
        nurse.program.send_signal(signal.SIGTERM)
        self.assertEqual(nurse.ended(), 0)
        self.assertEqual([m["from"] for m in self.ward("physician1", "inbox")["messages"]
                          if m["written_ms"] > time.time() * 1000], [])

    def test_put_aside_and_taken_up_again(self):
        nurse = self.thread("nurse1", "physician1")
        nurse.type("half a")
        nurse.see_foot("physician1> half a")
        nurse.type("\x1a")
        state = lambda: Path(f"/proc/{nurse.program.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        nurse.until(lambda: state() == "T", "it does not stop")
        nurse.program.send_signal(signal.SIGCONT)
        nurse.see_foot("physician1> half a")
        nurse.type(" line")
        nurse.see_foot("physician1> half a line")

    def test_without_a_name_and_without_colours(self):
        nurse = self.terminal("--as nurse1", NO_COLOR="1")
        nurse.see_foot("> ")
        nurse.type("To whom?\r")
        nurse.see("Say first whom you write to: /with NAME. Nothing was sent.")
        nurse.type("/with nobody\r")
        nurse.see("nobody")
        nurse.type("/with physician1\r")
        nurse.see_foot("physician1> ")
        nurse.type("/level now\rquick\r")
        nurse.see("sent to physician1")
        self.assertNotIn(b"\x1b[1m", nurse.raw)
        self.assertNotIn(b"\x1b[1;31m", nurse.raw)
        nurse.type("/quit\r")
        self.assertEqual(nurse.ended(), 0)
        coloured = self.terminal("--as nurse1 thread physician1")
        coloured.see_foot("physician1> ")
        self.assertIn(b"\x1b[1m", coloured.raw)
        code, output = self.demo.run("./ward --as nurse1 thread physician1")
        self.assertEqual((code, "for people at a terminal" in output), (64, True))
        code, output = self.demo.run("./ward --as nurse1")
        self.assertEqual((code, "subcommand is required" in output), (64, True))

    def test_the_daemon_goes_and_comes(self):
        nurse = self.thread("nurse1", "physician1")
        nurse.type("Written while ")
        os.kill(self.demo.daemon_pid(), signal.SIGKILL)
        nurse.type("the server was away\r")
        nurse.see("sent to physician1")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
