"""A lost device, on the demo's real programs: reported in one act, and whatever comes afterwards. The gate closes on its
live channel and empties its store, what its person had in hand rings at others, a certificate says what is proven. A
device that was away when it was reported lost and is found again opens nothing, sends nothing and says so. The
administrator's brake shuts out and lets in again, without a registrar."""
import json
import shutil
import subprocess
import time
import unittest

import people_test

TEXT = "Room 4: chest pain, please come"
SETTLED_WITHIN_S = 60


class Lost(people_test.People):
    test_people = None  # runs as its own test

    def setUp(self):
        super().setUp()
        self.place = self.demo.folder / ".demo"
        self.watching = []
        (self.devices / "nurse2.password").write_text("demo-nurse2\n")
        file, code = self.invite("--name nurse2 --role nurses", "nurse2")
        self.ward("nurse2", f"enrol --invitation {file} --code {code}")
        self.ward("nurse1", "inbox")  # a member's device lets the second nurse in
        self.ward("nurse2", "inbox")

    def tearDown(self):
        for program in self.watching:
            program.kill()
            program.wait()
            program.stdout.close()
        super().tearDown()

    def watch(self, who):
        program = subprocess.Popen(["bash", "-c", f"exec ./ward --as {who} --json watch --seconds 300 2>/dev/null"],
                                   cwd=self.demo.folder, env=self.demo.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, text=True)
        self.watching.append(program)
        return program

    def wardctl(self, words, code=0):
        output = self.expect(f".demo/build/daemon/wardctl {words} --config .demo/etc/wardline.yaml --json", code)
        return json.loads(output.strip().splitlines()[-1])

    def only(self, who):
        rows = [r for r in self.ward(who, "inbox")["messages"] if r["from"] == "physician1"]
        self.assertEqual(len(rows), 1)
        return rows[0]

    def device_of(self, who):
        found = [d["device"] for d in self.ward("manager1", f"admin devices {who}")["devices"] if not d["revoked"]]
        self.assertEqual(len(found), 1)
        return found[0]

    def take(self, who):
        """An urgent message to the nurses, which this nurse reads and has in hand."""
        self.ward("physician1", f'send nurses "{TEXT}" --level now')
        self.ward(who, "inbox")
        self.open_newest(who, "physician1", TEXT)
        self.ward(who, f"ack {self.only(who)['number']}")

    def test_lost_while_connected(self):
        self.take("nurse1")
        self.assertEqual(self.only("nurse2")["owner"], "nurse1")
        device, watching, out = self.device_of("nurse1"), self.watch("nurse1"), self.place / "lost.json"
        time.sleep(3)  # it is connected
        self.assertIsNone(watching.poll())
        helping = self.watch("nurse2")  # whose device gives the nurses a new key
        time.sleep(2)
        done = self.ward_with_code("manager1", f"admin device lost nurse1 --certificate {out}")

        # The live channel carried the order and ended; the store is empty.
        watching.wait(timeout=SETTLED_WITHIN_S)
        self.assertEqual(json.loads(watching.stdout.read())["refusal"], "device_wiped")
        self.assertEqual(self.ward("nurse1", "inbox", 77)["refusal"], "not_found")
        self.assertIsNone(helping.poll())
        helping.kill()
        helping.wait()

        self.assertEqual(done["device"], device)
        self.assertEqual(done["released_after"], 0)
        self.assertGreater(done["share_destroyed"], done["revoked"])
        self.assertGreater(done["wipe_order_sent"], done["revoked"])
        self.assertGreater(done["give_back_ended"], done["revoked"])
        self.assertEqual(done["given_back"], 1)
        self.assertTrue(self.only("nurse2")["waits"])  # rings at everybody again, and nobody has it
        self.ward("nurse2", f"ack {self.only('nurse2')['number']}")

        # Its own party has no other device; the nurses have a new key, which nurse2's device made.
        certificate = json.loads(out.read_text())
        self.assertEqual(certificate["device"]["id"], device)
        self.assertEqual(certificate["device"]["name"], "nurse1")
        had = certificate["had_open"]
        self.assertEqual([h["messages"] for h in had], [[1]])
        self.assertIn(had[0]["conversation"], [c["conversation"] for c in certificate["could_open"]])
        left = [g for g in certificate["groups"] if g["device_has_it"]]
        self.assertEqual(len(left), done["groups_without_new_key"])
        self.assertEqual(len(certificate["groups"]) - len(left), 1)
        text = " ".join(certificate["not_proven"])
        self.assertIn("nobody can know", text)
        self.assertIn("photographed", text)
        for entry in certificate["entries"].values():
            self.assertEqual(len(entry["leaf_hash"]), 64)

        self.assertEqual(self.ward("manager1", f"admin device check {out}")["by"], "manager1")
        out.write_text(out.read_text().replace('"nurse1"', '"nurse9"'))
        self.assertEqual(self.ward("manager1", f"admin device check {out}", 65)["refusal"], "bad_signature")
        again = self.ward("manager1", f"admin device certificate {device} --out {out}.new")
        self.assertEqual(again["revoked"], done["revoked"])
        in_use = self.device_of("nurse2")
        refused = self.ward("manager1", f"admin device certificate {in_use} --out {out}.no", 65)
        self.assertEqual(refused["refusal"], "device_in_use")
        self.assertEqual(self.ward("nurse2", f"admin device certificate {device} --out {out}.no", 67)["refusal"],
                         "not_found")

    def test_found_again(self):
        # It was away when it was reported lost; the last that was written on it never left it, which it said at once.
        self.take("nurse1")
        self.ward("nurse1", 'send physician1 "On my way"')
        number = self.only("nurse1")["number"]
        self.expect("./demo stop")
        refused = self.ward("nurse1", 'send physician1 "Room 9: bleeding" --level now', 69)
        self.assertEqual(refused["refusal"], "link_down")
        self.expect("./demo --yes --bare")
        done = self.ward_with_code("manager1", "admin device lost nurse1")
        self.assertIsNone(done["wipe_order_sent"])
        self.assertIsNotNone(done["share_destroyed"])
        for words in ("inbox", "login", f"open {number}", f"ack {number}", "sent", "conversations",
                      'send physician1 "It is me" --level now'):
            code, output = self.demo.run(f"./ward --as nurse1 --json {words} 2>/dev/null")
            answer = json.loads(output.strip().splitlines()[-1])
            self.assertIs(answer["ok"], False, f"`{words}` printed:\n{output}")
            self.assertNotEqual(code, 0)
            self.assertIn(answer["refusal"], ("link_down", "handshake_failed", "device_revoked"))
        _, said = self.demo.run("./ward --as nurse1 inbox")
        self.assertIn("kept on this device", said)
        self.assertIn("say it another way now", said)
        # Neither that message nor any other of it arrived, and its store has not been opened.
        self.assertEqual(len([r for r in self.ward("physician1", "inbox")["messages"] if r["from"] == "nurse1"]), 1)
        self.assertTrue(self.only("nurse2")["waits"])
        # Nor does it come back by a restart of the server.
        self.expect("./demo crash")
        _, output = self.demo.run("./ward --as nurse1 --json login 2>/dev/null")
        self.assertIs(json.loads(output.strip().splitlines()[-1])["ok"], False)

    def test_the_administrators_brake(self):
        self.take("nurse1")
        device, watching = self.device_of("nurse1"), self.watch("nurse1")
        time.sleep(3)
        closed = self.wardctl(f"device gate {device} --reason 'Left in the tram'")
        self.assertEqual((closed["ok"], closed["gate"]), (True, "closed"))
        watching.wait(timeout=SETTLED_WITHIN_S)
        self.assertEqual(json.loads(watching.stdout.read())["refusal"], "device_revoked")
        self.assertIs(json.loads(self.demo.run("./ward --as nurse1 --json inbox 2>/dev/null")[1])["ok"], False)
        self.assertEqual(self.wardctl("device gate nurse1 --reason again", 65)["refusal"], "device_revoked")
        self.expect("./demo crash")
        self.assertIs(json.loads(self.demo.run("./ward --as nurse1 --json inbox 2>/dev/null")[1])["ok"], False)
        self.assertTrue(self.only("nurse2")["waits"])  # what she had rings at others
        # A mistake: it is opened again, and its person logs in anew; nothing of the store is lost.
        self.assertEqual(self.wardctl("device ungate nurse1")["gate"], "open")
        self.ward_with_code("nurse1", "login")
        self.assertTrue(self.only("nurse1")["waits"])
        self.assertEqual(self.wardctl("device ungate nurse1", 65)["refusal"], "gate_open")
        self.assertEqual(self.wardctl("device gate nobody --reason x", 65)["refusal"], "not_found")
        # What a registrar revoked the administrator cannot open.
        self.ward_with_code("manager1", "admin device lost nurse1")
        self.assertEqual(self.wardctl(f"device ungate {device}", 65)["refusal"], "gate_not_yours")


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
