"""What the people of the demo clinic write to each other: everybody's first message, then the second ones, and so on, each
of them by the device of who wrote it."""
import threading

from clinic import Refused, Unavailable, at_once

SHOWN_EVERY = 40
# Of an acknowledgement that was given before the seeding was killed.
GIVEN_ALREADY = ("already_acknowledged", "item_answered")


class Talks:
    def __init__(self, clinic, talks, patients, rules):
        self.clinic, self.talks, self.patients, self.rules = clinic, talks, patients, rules
        self.whole = sum(len(talk["said"]) for talk in talks)
        self.counting = threading.Lock()
        self.written = sum(1 for key in clinic.done if key.startswith("message "))
        self.listings = {}  # of a device: message id -> row with the number it goes by

    def write(self):
        for turn in range(max(len(talk["said"]) for talk in self.talks)):
            self.listings.clear()
            lines = {}  # of each author: one device does one thing after the other
            for at, talk in enumerate(self.talks):
                if turn < len(talk["said"]):
                    (who, text), = talk["said"][turn].items()
                    author, level = (who.split() + ["info" if turn else "today"])[:2]
                    lines.setdefault(author, []).append((at, turn, level, text))
            at_once(self.write_lines, lines.items())
        self.listings.clear()
        for at, talk in enumerate(self.talks):
            self.take(at, talk)

    def write_lines(self, of_one):
        author, lines = of_one
        for at, turn, level, text in lines:
            if f"message {at}.{turn}" not in self.clinic.done:
                self.write_line(author, at, turn, level, text)

    def write_line(self, author, at, turn, level, text):
        key = f"message {at}.{turn}"
        how = ["--rules", str(self.rules)] if author in self.patients else ["--level", level]
        message = self.find_sent(author) if key in self.clinic.begun else None
        self.clinic.begin(key)
        while message is None:
            words = ["send", self.talks[at]["to"]]
            if turn > 0:  # looked up anew each time: find_sent() gave the numbers another meaning
                words = ["answer", self.look_at(author, self.clinic.done[f"message {at}.{turn - 1}"])]
            try:
                message = self.clinic.ward_once(author, *words, text, *how)["message"]
            except Unavailable:
                message = self.find_sent(author)
        self.clinic.finish(key, message)
        with self.counting:
            self.written += 1
            if self.written % SHOWN_EVERY == 0 or self.written == self.whole:
                self.clinic.say(f"{self.written} of {self.whole} messages are written")

    def find_sent(self, author):
        """The message of one that was sent while nobody looked; the device sends what it kept when it comes back."""
        self.clinic.ward(author, "login")
        known = set(self.clinic.done.values())
        listed = self.clinic.ward(author, "sent")["messages"]
        self.listings.pop(author, None)  # numbers are those of the last list
        return next((row["message"] for row in reversed(listed) if row["message"] not in known), None)

    def row_of(self, device, message):
        if device not in self.listings:
            rows = self.clinic.ward(device, "inbox")["messages"]
            self.listings[device] = {row["message"]: row for row in rows}
        return self.listings[device][message]

    def look_at(self, device, message):
        """Opens what is answered next, and takes it if its clock runs; its number."""
        row = self.row_of(device, message)
        number = str(row["number"])
        if row["opened_leaf"] == 0:
            self.clinic.ward(device, "open", number)
        if row["waits"] and row.get("due_ms"):
            self.acknowledge(device, number)
        return number

    def acknowledge(self, device, number):
        try:
            self.clinic.ward(device, "ack", number)
        except Refused as no:
            if no.why not in GIVEN_ALREADY:
                raise

    def take(self, at, talk):
        """The first one acknowledges what was said last, the next one takes it over."""
        message = self.clinic.done[f"message {at}.{len(talk['said']) - 1}"]
        for step, device in enumerate(talk.get("has", [])):
            def act(command="claim" if step else "ack", device=device):
                number = str(self.row_of(device, message)["number"])
                self.clinic.ward(device, "open", number)
                if command == "ack":
                    self.acknowledge(device, number)
                else:
                    self.clinic.ward(device, command, number)
            self.clinic.once(f"taken {at}.{step}", act)
