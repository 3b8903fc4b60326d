"""Two registrars on the demo's real programs: what one of them may not do alone goes into a file, and is in force when
the other one has looked at it and cosigned it."""
import unittest

import people_test


class Registrars(people_test.People):
    test_people = None  # runs as its own test

    def registrar(self, who, *words):
        offline = self.demo.folder / ".demo" / "offline"
        wardctl = self.demo.folder / ".demo" / "build" / "daemon" / "wardctl"
        self.ward(who, f"registrar request --out {offline}/{who}.device")
        self.expect(f"{wardctl} registrar certify --identity {offline}/identity.key --passphrase-file "
                    f"{offline}/passphrase --device {offline}/{who}.device --out {offline}/{who}.registrar "
                    + " ".join(words))
        self.ward(who, f"registrar install {offline}/{who}.registrar")

    def test_two_registrars(self):
        for who in ("nurse1", "physician1"):
            self.registrar(who, "--with-second", "staff,roles")
        offline = self.demo.folder / ".demo" / "offline"

        # A role granted: neither alone, nor by herself twice; looking at it changes nothing.
        refused = self.ward("nurse1", "admin grant manager1 physicians", code=77)
        self.assertEqual(refused["refusal"], "second_registrar_missing")
        self.assertIs(self.ward("nurse1", f"admin grant manager1 physicians --request {offline}/grant")["done"], False)
        again = self.ward("nurse1", f"admin cosign {offline}/grant --yes", code=77)
        self.assertEqual(again["refusal"], "second_registrar_missing")
        shown = self.ward("physician1", f"admin cosign {offline}/grant")
        self.assertEqual((shown["what"], shown["by"], shown["name"], shown["parties"], shown["cosigned"]),
                         ("grant", "nurse1", "manager1", ["physicians"], False))
        self.assertIs(self.ward("physician1", f"admin cosign {offline}/grant --yes")["cosigned"], True)
        self.ward("physician1", "inbox")  # a member lets her in
        self.ward("nurse1", 'send physicians "Who has the key of the pharmacy?"')
        self.ward("manager1", "inbox")
        self.open_newest("manager1", "nurse1", "Who has the key of the pharmacy?")

        # Somebody new: the invitation is worth nothing before the second one has cosigned it.
        file = offline / "locum.invitation"
        code = self.ward("nurse1", f"admin invite --name locum --role nurses --out {file} --request {offline}/locum")["code"]
        (self.devices / "locum.password").write_text("demo-locum\n")
        early = self.ward("locum", f"enrol --invitation {file} --code {code}", code=69)
        self.assertEqual(early["refusal"], "link_down")  # the server does not know the key that came with it
        shown = self.ward("physician1", f"admin cosign {offline}/locum --yes")
        self.assertEqual((shown["what"], shown["name"]), ("invitation", "locum"))
        self.assertIn("nurses", shown["parties"])
        self.ward("locum", f"enrol --invitation {file} --code {code}")
        self.ward("nurse1", "inbox")
        self.ward("physician1", 'send locum "Welcome"')
        self.ward("locum", "inbox")
        self.open_newest("locum", "physician1", "Welcome")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
