"""The manual page and the completion of ward are what its command line says today, and work: groff takes the page without
a warning, and bash completes every command and option with the script.

usage: texts_test.py WARD"""
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

WARD = str(Path(sys.argv[1]).resolve())
ROOT = Path(__file__).resolve().parents[3]
MANUAL, COMPLETION = ROOT / "etc/man/ward.1", ROOT / "etc/completion/ward.bash"


def ward(*words):
    return subprocess.run([WARD, *words], capture_output=True, text=True, check=True, timeout=60).stdout


def listed(help_text, head):
    """The first words of the lines below this head."""
    part = help_text.split(head + ":\n")[1].split("\n\n")[0] if head + ":\n" in help_text else ""
    return [line.split()[0].split(",")[-1] for line in part.splitlines() if line.startswith("  ") and line[2:3].strip()]


def commands(*above):
    text = ward(*above, "--help")
    options = [word for word in listed(text, "Options") if word.startswith("--")]
    yield list(above), listed(text, "Subcommands"), options
    for name in listed(text, "Subcommands"):
        yield from commands(*above, name)


def completed(*words):
    """What bash offers for the last of the words."""
    script = (f". {shlex.quote(str(COMPLETION))}; COMP_WORDS=({' '.join(map(shlex.quote, words))}); "
              f"COMP_CWORD={len(words) - 1}; _ward; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


class Texts(unittest.TestCase):
    def test_files_are_current(self):
        for file, what in ((MANUAL, "man"), (COMPLETION, "completion")):
            self.assertEqual(file.read_text(), ward("print", what),
                             f"run: ward print {what} > {file.relative_to(ROOT)}")

    def test_groff_takes_the_page(self):
        shown = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", str(MANUAL)], capture_output=True, text=True)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for path, below, options in commands():
            if path and not below:
                self.assertRegex(shown.stdout, r"(?m)^   " + r" +".join(path) + r"( |$)")
        self.assertIn("/level LEVEL", shown.stdout)

    def test_bash_completes_every_command_and_option(self):
        for path, below, options in commands():
            self.assertTrue(below or options)
            offered = completed("ward", "--as", "nurse1", *path, "")
            for word in below + options:
                self.assertIn(word, offered, path)
        self.assertEqual(completed("ward", "adm"), ["admin"])
        self.assertEqual(completed("ward", "admin", "dev"), ["device", "devices"])
        self.assertEqual(completed("ward", "send", "A", "B", "--level", "u"), ["urgent"])
        self.assertEqual(completed("ward", "enrol", "--invitation", ""), [])  # files, by bash itself
        self.assertIn("--code", completed("ward", "enrol", "--further", ""))
        self.assertEqual(completed("ward", "admin", "invite", "--further", ""), [])
        self.assertEqual(completed("ward", "inbox", "--store", ""), [])
        self.assertIn("--json", completed("ward", "inbox", "--"))


if __name__ == "__main__":
    program = unittest.main(argv=sys.argv[:1], exit=False, verbosity=0)
    ran, bad = program.result.testsRun, len(program.result.failures) + len(program.result.errors)
    print(f"{ran - bad} passed, {bad} failed")
    raise SystemExit(1 if bad else 0)
