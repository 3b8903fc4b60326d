"""Checks the model of an escalating message exhaustively, and that the check can fail: transitions.txt becomes the
model's step, spin makes a verifier of it, and each property is searched for a counterexample. Then the same is done
to models that are wrong on purpose, and a counterexample has to be found in each."""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROPERTIES = ("one_owner_or_one_step", "never_two_clocks", "loud")
# What makes a row wrong, and the property that has to notice.
MISTAKES = (
    ("a lapse that starts no step", ("owned owner lapse", "climbing nobody none"), "one_owner_or_one_step"),
    ("an acknowledgement that leaves the step due", ("climbing anybody acknowledge", "owned actor step"),
     "one_owner_or_one_step"),
    ("a step that was run and is due no more", ("climbing anybody woke", "climbing nobody none"),
     "one_owner_or_one_step"),
)


def rows(text):
    """(phase, by, event, then...) of each line that is one."""
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def guard(phase, by, event):
    who = {"anybody": "", "owner": " && owner == by", "other": " && owner != by"}[by]
    if event in ("woke", "lapse"):  # done by the house
        who = ""
    return f"phase == {phase}{who} && event == {event}"


def effect(then):
    if then[0] == "refused":
        return "refused = true", ""
    phase, owner, clock = then
    owner = {"actor": "owner = by", "same": "skip", "nobody": "owner = 0"}[owner]
    due = f"step_due = {str(clock == 'step').lower()}; lapse_due = {str(clock == 'lapse').lower()}"
    return f"phase = {phase}; {owner}", due


def model(table):
    """Promela: the whole step as one, and cut in two for the control that writes two transactions."""
    one, first, second = [], [], []
    for phase, by, event, *then in table:
        row, due = effect(then)
        one.append(f"  :: {guard(phase, by, event)} -> {row}{'; ' + due if due else ''}")
        first.append(f"  :: {guard(phase, by, event)} -> {row}")
    for phase, due in {(then[0], effect(then)[1]) for _, _, _, *then in table if then[0] != "refused"}:
        second.append(f"  :: phase == {phase} -> {due}")
    def inline(head, lines):
        return f"inline {head} {{\n  if\n" + "\n".join(lines) + "\n  fi\n}\n"
    return (inline("transition(event, by)", ["  :: atomic { refused = false; if"] + one + ["  fi }"])
            + inline("transition_row(event, by)", ["  :: atomic { refused = false; if"] + first + ["  fi }"])
            + inline("transition_due()", ["  :: atomic { if"] + sorted(second) + ["  fi }"]))


def verify(table, wanted, defines=()):
    """property -> whether a counterexample exists, searched to the end."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "transitions.pml").write_text(model(table))
        (folder / "escalation.pml").write_text((HERE / "escalation.pml").read_text())
        def run(*command):
            return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
        made = run("spin", *[f"-D{d}" for d in defines], "-a", "escalation.pml")
        if made.returncode != 0 or not (folder / "pan.c").exists():
            raise RuntimeError(made.stdout + made.stderr)
        built = run("cc", "-O2", "-w", "-DNFAIR=4", "-o", "pan", "pan.c")
        if built.returncode != 0:
            raise RuntimeError(built.stderr)
        out = {}
        for name in wanted:
            said = run("./pan", "-a", "-f", "-m1000000", "-N", name).stdout
            errors = re.search(r"errors: (\d+)", said)
            states = re.search(r"(\d+) states, stored", said)
            if not errors or not states or "max search depth too small" in said or "out of memory" in said:
                raise RuntimeError(said)
            out[name] = int(errors.group(1)) > 0
            print(f"{name}: {'a counterexample' if out[name] else 'holds'} in {states.group(1)} states"
                  f"{' ' + ' '.join(defines) if defines else ''}")
        return out


def main():
    table = rows((HERE / "transitions.txt").read_text())
    results = []

    def expect(what, ok):
        results.append(ok)
        if not ok:
            print(f"FAILED: {what}")
    for name, found in verify(table, PROPERTIES).items():
        expect(f"{name} has a counterexample", not found)
    for what, (start, then), name in MISTAKES:
        wrong = [row[:3] + then.split() if row[:3] == start.split() else row for row in table]
        expect(f"nothing notices {what}", wrong != table and verify(wrong, (name,))[name])
    split = verify(table, ("one_owner_or_one_step",), ("SPLIT",))
    expect("nothing notices that row and due row are two transactions", split["one_owner_or_one_step"])
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
