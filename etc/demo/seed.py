"""Fills the clinic of ./demo: people, rosters, chains of escalation, a day's messages, a lost telephone. All of it is done by
the real programs, as people would type it. Told to start again, it goes on where it was.

usage: seed.py FOLDER PROGRAMS SECONDS

FOLDER is .demo, PROGRAMS where the build is, SECONDS how long ./demo has been at work.
"""
import shutil
import sys
import threading
from pathlib import Path

import yaml
from clinic import Clinic, Refused, at_once
from talks import Talks

HERE = Path(__file__).resolve().parent
MADE_BY_DEMO = ("manager1", "nurse1", "physician1")
FAILED = 70
INTERRUPTED = 130


def read(name):
    return yaml.load((HERE / name).read_text(), Loader=yaml.BaseLoader)  # times and numbers stay as they are written


class Seeding:
    def __init__(self, clinic):
        self.clinic = clinic
        self.inviting = threading.Lock()  # manager1 has one device
        self.plan = read("riverside.yaml")
        self.patients = self.plan["patients"]
        self.lost, self.owner = self.plan["lost"]["device"], self.plan["lost"]["of"]

    def run(self):
        self.enrol_staff()
        self.enrol_patients()
        self.set_plans()
        talks = read("messages-patients.yaml") + read("messages-staff.yaml")
        Talks(self.clinic, talks, self.patients, HERE.parent / "triage").write()
        self.clinic.once("lost device", self.lose_device)

    # ---- people

    def is_enrolled(self, device):
        return (self.clinic.devices / device).exists() and \
            self.clinic.ward(device, "status")["stage"] in ("locked", "open")

    def invitation(self, device, words):
        """File and second code; those of an earlier try as long as both are there."""
        file, code = (self.clinic.offline / f"{device}.{what}" for what in ("invitation", "code"))
        if not (file.exists() and code.exists()):
            file.unlink(missing_ok=True)
            with self.inviting:
                made = self.clinic.ward("manager1", "admin", "invite", *words, "--out", str(file))
            code.write_text(made["code"])
        return file, code.read_text()

    def enrol(self, device, words, further=False):
        if not self.is_enrolled(device):
            file, code = self.invitation(device, words)
            if not further:
                (self.clinic.devices / f"{device}.password").write_text(f"demo-{device}\n")
            self.clinic.ward(device, "enrol", "--invitation", str(file), "--code", code,
                             *(["--further"] if further else []))
        self.clinic.ward(device, "login")  # an enrolment may end without one

    def enrol_staff(self):
        staff = self.plan["staff"]
        for name in MADE_BY_DEMO:
            for role in staff[name]:
                self.clinic.once(f"grant {name} {role}", lambda: self.clinic.ward("manager1", "admin", "grant", name, role))
            self.clinic.once(f"role of {name}", lambda: self.clinic.ward(name, "inbox"))
        for name, roles in staff.items():
            if name not in MADE_BY_DEMO:
                self.clinic.once(f"person {name}",
                                 lambda: self.enrol(name, ["--name", name, "--role", ",".join(roles)]))
        # The first device of a role made its key, and lets in who came later.
        for role in {role for roles in staff.values() for role in roles}:
            first = next(name for name, roles in staff.items() if role in roles)
            self.clinic.once(f"members of {role}", lambda: self.clinic.ward(first, "inbox"))
        self.clinic.once(f"device {self.lost}", self.enrol_further)
        self.clinic.say(f"{len(staff)} people of the staff are enrolled")

    def enrol_further(self):
        for what in ("password", "totp"):  # she has both already
            shutil.copy2(self.clinic.devices / f"{self.owner}.{what}", self.clinic.devices / f"{self.lost}.{what}")
        self.enrol(self.lost, ["--further", self.owner], further=True)
        self.clinic.ward(self.owner, "inbox")  # her first device lets it in

    def enrol_patients(self):
        def enrol(patient):
            device, name = patient
            self.clinic.once(f"person {device}", lambda: self.enrol(device, ["--name", name, "--class", "patient"]))
        at_once(enrol, self.patients.items())
        self.clinic.say(f"{len(self.patients)} patients are enrolled")

    # ---- the rest

    def set_plans(self):
        def put(kind, plan):
            file = self.clinic.place / "etc" / f"{kind}-{plan['role']}.yaml"
            file.write_text(yaml.safe_dump(plan, sort_keys=False))
            self.clinic.wardctl(kind, "set", str(file))
        for kind, plans in (("roster", self.plan["rosters"]), ("escalation", self.plan["chains"])):
            for plan in plans:
                self.clinic.once(f"{kind} {plan['role']}", lambda: put(kind, plan))
        self.clinic.say(f"{len(self.plan['rosters'])} roles have a roster and a chain of escalation")

    def lose_device(self):
        """It had read something, lies in a taxi switched on, and is told to empty its store; the person's other device
        makes the new keys."""
        out = self.clinic.offline / f"{self.lost}.json"
        for file in (out, Path(f"{out}.sig")):
            file.unlink(missing_ok=True)
        listed = self.clinic.ward("manager1", "admin", "devices", self.owner)["devices"]
        device = self.device_of_lost(listed)
        if any(row["device"] == device and row["revoked"] for row in listed):  # by one that was killed then
            self.clinic.ward("manager1", "admin", "device", "certificate", device, "--out", str(out))
            return
        inbox = self.clinic.ward(self.lost, "inbox")["messages"]
        self.clinic.ward(self.lost, "open", str(inbox[0]["number"]))
        with self.clinic.watching(self.owner), self.clinic.watching(self.lost, shut_out=True):
            self.clinic.ward("manager1", "admin", "device", "lost", device, "--certificate", str(out))
        self.clinic.say(f"{self.lost} is reported lost")

    def device_of_lost(self, listed):
        """Its id; kept, because a device that was told to empty its store does not know it any more."""
        kept = self.clinic.offline / f"{self.lost}.id"
        if not kept.exists():
            kept.write_text(self.clinic.ward(self.lost, "status")["device"])
        device = kept.read_text()
        if device not in {row["device"] for row in listed}:
            sys.exit(f"{self.lost} is not among the devices of {self.owner}.")
        return device


def main():
    clinic = Clinic(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
    try:
        Seeding(clinic).run()
    except Refused as no:
        print(f"{no}\nThe clinic is not filled yet. Run ./demo again: it goes on here. ./demo reset starts over.",
              file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("Stopped. Run ./demo again: it goes on here.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main()
