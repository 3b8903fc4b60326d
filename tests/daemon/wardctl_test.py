"""What `wardctl` says of a real daemon: status, what a reload would change, and the doctor before and after something
breaks.

usage: wardctl_test.py WARDCTL WARDLINED"""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

WARDCTL, WARDLINED = (str(Path(p).resolve()) for p in sys.argv[1:3])
LIMIT_S = 60.0
KEY = "a" * 64


class Box:
    """A clinic of nobody yet, with its daemon."""

    def __init__(self):
        self.kept = tempfile.TemporaryDirectory()
        self.folder = Path(self.kept.name)
        self.state, self.keys, self.plugins = (self.folder / name for name in ("state", "keys", "plugins.d"))
        self.file, self.log = self.folder / "wardline.yaml", self.folder / "log"
        self.plugins.mkdir()
        self.daemon = None
        self.write_settings()
        self.write_plugin("cli", "")
        answers = self.folder / "answers.yaml"
        answers.write_text(f"clinic_name: A clinic\nfirst_person: MARKER-manager\nidentity_file: {self.folder}/stick\n"
                           f"passphrase: a long passphrase\ninvitation_file: {self.folder}/invitation\n")
        self.ask("setup", "--answers", str(answers))

    def write_settings(self, more=""):
        self.file.write_text(f"state_dir: {self.state}\ncredentials_dir: {self.keys}\nplugins_dir: {self.plugins}\n"
                             f"admin_socket: {self.folder}/admin\nmetrics_socket: {self.folder}/metrics\nstore:\n  map_bytes: 268435456\n{more}")

    def write_plugin(self, name, keys):
        (self.plugins / f"{name}.yaml").write_text(
            f"address: ipc://{self.folder}/{name}.sock\nrights: [channels]\nkeys: [{keys}]\n")

    def run(self, *words):
        return subprocess.run([WARDCTL, *words, "--config", str(self.file)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=LIMIT_S)

    def ask(self, *words):
        """(exit code, the JSON object)"""
        done = self.run(*words, "--json")
        return done.returncode, json.loads(done.stdout)

    def doctor(self):
        code, said = self.ask("doctor")
        return code, {check["name"]: check for check in said["checks"]}

    def journal(self):
        return self.log.read_text() if self.log.exists() else ""

    def until(self, condition):
        end = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("took too long: " + self.journal())
            time.sleep(0.02)

    def start(self):
        with self.log.open("a") as log:
            self.daemon = subprocess.Popen([WARDLINED, "--config", str(self.file)], stderr=log)
        self.until(lambda: self.ask("status")[0] == 0)
        self.until(lambda: self.ask("status")[1]["log"]["checkpoint_entries"] > 0)

    def reload(self, event):
        before = self.journal().count(event)
        self.daemon.send_signal(signal.SIGHUP)
        self.until(lambda: self.journal().count(event) > before)
        self.until(lambda: "last_reload" in self.ask("config", "diff")[1] or "problems" in self.ask("config", "diff")[1])

    def scrape(self):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(LIMIT_S)
            door.connect(str(self.folder / "metrics"))
            door.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return b"".join(iter(lambda: door.recv(65536), b"")).decode()

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(LIMIT_S)
            self.daemon = None

    def end(self):
        self.stop()
        self.kept.cleanup()


class Wardctl(unittest.TestCase):
    def setUp(self):
        self.box = Box()
        self.addCleanup(self.box.end)

    def test_status(self):
        box = self.box
        code, said = box.ask("status")
        self.assertEqual((code, said["ok"]), (69, False))
        self.assertIn("no daemon answers", said["problem"])
        before = time.time() * 1000
        box.start()
        code, said = box.ask("status")
        self.assertEqual(code, 0)
        self.assertLess(abs(said["since"] - before), LIMIT_S * 1000)
        self.assertEqual(said["store"]["map_bytes"], 268435456)
        self.assertEqual(said["store"]["reserve_bytes"], 268435456 // 8)
        self.assertFalse(said["store"]["nearly_full"])
        self.assertEqual(said["log"]["entries"], said["log"]["checkpoint_entries"])
        self.assertEqual(said["plugins"], [{"name": "cli", "links": 0, "channels": 0}])
        self.assertEqual(said["open"], {"now": 0, "urgent": 0, "more": False})
        self.assertFalse(said["process"]["core_files"])
        shown = box.run("status").stdout + box.scrape()
        self.assertIn(said["incarnation"], shown)
        self.assertIn(f"wardline_log_entries {said['log']['entries']}\n", shown)
        # It knows the manager's name by now, and says it to nobody.
        self.assertNotIn("MARKER", shown + json.dumps(said) + box.journal())

    def test_config_diff_and_reload(self):
        box = self.box
        box.start()
        self.assertEqual(box.ask("config", "diff"), (0, {"ok": True, "same": True, "file": str(box.file),
                                                         "daemon_file": str(box.file), "changes": []}))
        box.write_plugin("cli", KEY)
        box.write_plugin("web", "")
        keys = {"what": "plugin cli: keys", "from": "0 keys", "to": "1 key", "by": "reload"}
        web = {"what": "plugin web", "from": "nothing", "to": f"ipc://{box.folder}/web.sock", "by": "restart"}
        code, said = box.ask("config", "diff")
        self.assertEqual((code, said["changes"]), (1, [keys, web]))

        box.write_settings("stroe: {}\n")
        box.reload("settings_not_reloaded")
        code, said = box.ask("config", "diff")
        self.assertEqual(code, 78)
        self.assertEqual(len(said["problems"]), 1)
        self.assertIn(f"{box.file}:8:1: stroe: unknown key; did you mean store?", said["problems"][0])
        box.write_settings()
        code, said = box.ask("config", "diff")
        self.assertEqual((code, said["changes"]), (1, [keys, web]))  # the last good settings stayed
        self.assertEqual(len(said["last_reload"]["problems"]), 1)
        self.assertIn("changed nothing, because of:", box.run("config", "diff").stdout)

        box.reload("settings_reloaded")
        code, said = box.ask("config", "diff")
        self.assertEqual((code, said["changes"], said["last_reload"]["problems"]), (1, [web], []))
        other = box.folder / "other.yaml"
        other.write_text(box.file.read_text().replace("268435456", "536870912"))
        code, said = box.ask("config", "diff", str(other))
        self.assertEqual(said["changes"][0], {"what": "store.map_bytes", "from": "268435456", "to": "536870912",
                                              "by": "restart"})
        box.stop()
        box.start()
        self.assertEqual(box.ask("config", "diff")[0], 0)
        self.assertEqual(box.ask("config", "diff")[1]["changes"], [])

    def test_doctor(self):
        box = self.box
        code, checks = box.doctor()
        self.assertEqual((code, checks["daemon"]["state"]), (2, "bad"))
        self.assertEqual(len(checks), 17)
        box.start()
        code, checks = box.doctor()
        for name in ("settings", "state_folder", "keys", "disk", "inodes", "daemon", "admin_socket", "files", "locked_memory",
                     "core_files", "store", "checkpoint", "certificates"):
            self.assertEqual(checks[name]["state"], "good", checks[name])
        self.assertEqual(checks["plugins"]["state"], "warning")  # nobody runs `ward`
        self.assertEqual(checks["emergency_role"]["state"], "bad")  # nobody has a device yet
        self.assertEqual(code, 2)

        breaks = (
            ("state_folder", lambda: box.state.chmod(0o755), lambda: box.state.chmod(0o700)),
            ("keys", lambda: (box.keys / "kek").chmod(0o644), lambda: (box.keys / "kek").chmod(0o600)),
            ("keys", lambda: (box.keys / "log-key").rename(box.folder / "away"),
             lambda: (box.folder / "away").rename(box.keys / "log-key")),
            ("settings", lambda: box.write_settings("more: 1\n"), box.write_settings),
            ("settings", lambda: box.write_plugin("web", "oops"), lambda: (box.plugins / "web.yaml").unlink()),
            ("admin_socket", lambda: box.folder.chmod(0o777), lambda: box.folder.chmod(0o700)),
        )
        for name, spoil, mend in breaks:
            with self.subTest(name=name):
                spoil()
                check = box.doctor()[1][name]
                self.assertEqual(check["state"], "bad", check)
                self.assertTrue(check["fix"])
                mend()
                self.assertEqual(box.doctor()[1][name]["state"], "good")
        text = box.run("doctor").stdout
        self.assertIn("-> ward admin grant", text)
        self.assertNotIn("MARKER", text)

    def test_doctor_knows_how_systemd_hands_keys_over(self):
        # acl(5): readable for its owner and one more user; the mask stands where the group's bits stand otherwise.
        entries = ((0x01, 4, 0xffffffff), (0x02, 4, 4711), (0x04, 0, 0xffffffff), (0x10, 4, 0xffffffff), (0x20, 0, 0xffffffff))
        acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in entries)
        kek = self.box.keys / "kek"
        try:
            os.setxattr(kek, "system.posix_acl_access", acl)
        except OSError:
            print("SKIPPED: no access control lists here")
            return
        self.assertEqual(kek.stat().st_mode & 0o777, 0o440)
        self.assertEqual(self.box.doctor()[1]["keys"]["state"], "good")
        os.removexattr(kek, "system.posix_acl_access")
        kek.chmod(0o440)
        self.assertEqual(self.box.doctor()[1]["keys"]["state"], "bad")

    def test_doctor_sees_how_the_daemon_runs(self):
        box = self.box
        limited = f"import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024)); " \
                  f"os.execv({WARDLINED!r}, [{WARDLINED!r}, '--config', {str(box.file)!r}])"
        with box.log.open("a") as log:
            box.daemon = subprocess.Popen([sys.executable, "-c", limited], stderr=log)
        box.until(lambda: box.ask("status")[0] == 0)
        checks = box.doctor()[1]
        self.assertEqual(checks["files"]["state"], "warning", checks["files"])
        self.assertIn("of 1024", checks["files"]["what"])

    def test_doctor_of_a_box_in_memory(self):
        memory = Path("/dev/shm")
        if not memory.is_dir() or not os.access(memory, os.W_OK):
            print("SKIPPED: no file system in memory here")
            return
        box = self.box
        with tempfile.TemporaryDirectory(dir=memory) as state:
            box.state = Path(state)
            box.write_settings()
            check = box.doctor()[1]["file_system"]
            self.assertEqual(check["state"], "bad", check)
            self.assertIn("in memory", check["what"])


if __name__ == "__main__":
    program = unittest.main(argv=sys.argv[:1], exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
