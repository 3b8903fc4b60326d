"""A page that says which fields a program's JSON has, and the comparison of an answer with it. Shared by the tests of
`ward --json` and `wardctl --json`."""
import re
import subprocess

TYPES = {"text": (str,), "number": (int,), "yes or no": (bool,), "list": (list,), "object": (dict,),
         "text or number": (str, int), "text or null": (str, type(None)), "number or null": (int, type(None))}
WITHOUT_LINE = ("refused", "requested")  # answers of many commands


def fields(words):
    """Those that are always there, and all."""
    return ({w for w in words.split() if w[0] != "["}, {w.strip("[]") for w in words.split()})


class Page:
    def __init__(self, path):
        self.text = path.read_text()
        self.commands = {name: fields(words) for head in ("Refusals", "Commands") for name, words in self.rows(head)}
        self.lines = {name: fields(words) for name, words in self.rows("Lines")}
        self.objects = {name: fields(words) for name, words in self.rows("Objects")}
        self.types = {name: TYPES[kind] for name, kind, meaning in self.rows("Fields")}
        self.seen = set()  # lists and objects that an answer really had something in
        self.optional = {}  # of each row that answered, the fields in brackets: was it ever there?

    def rows(self, head):
        """The cells of each row of the tables below this head."""
        part = "".join(self.text.split(f"## {head}\n")[1:]).split("\n## ")[0]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")]
        return [row for row in cells if row[-1] not in ("fields", "fields of each", "meaning")]

    def listed(self):
        """The commands of the page, as they are typed."""
        return set(self.commands) - set(WITHOUT_LINE)

    def command_of(self, words):
        """The longest command of the page that this line begins with."""
        typed = words.split()
        return max((name for name in self.commands if typed[:len(name.split())] == name.split()), key=len)

    def check(self, test, what, answer, always, all_of_them):
        test.assertLessEqual(always, set(answer), what)
        test.assertLessEqual(set(answer), all_of_them, what)
        for field in all_of_them - always:
            self.optional[f"{what}: {field}"] = self.optional.get(f"{what}: {field}", False) or field in answer
        for field, value in answer.items():
            kinds = self.types.get(f"{what}: {field}") or self.types[field]
            test.assertIn(type(value), kinds, f"{what}: {field}")
            if field not in self.objects or list not in kinds and dict not in kinds:
                continue
            for one in [value] if dict in kinds else value:
                self.seen.add(field)
                self.check(test, field, one, *self.objects[field])

    def never_there(self):
        """Fields in brackets that no answer had."""
        return {name for name, there in self.optional.items() if not there}

    def check_words(self, test):
        """Every field has a meaning, and every meaning a field."""
        tables = [*self.commands.items(), *self.lines.items(), *self.objects.items()]
        described = set().union(*(every for name, (always, every) in tables))
        plain = {name for name in self.types if ": " not in name}
        special = [name.split(": ") for name in self.types if ": " in name]
        test.assertEqual(described, plain | {field for where, field in special}, "a field has no meaning, or a meaning no field")
        for where, field in special:
            test.assertTrue(any(name == where and field in every for name, (always, every) in tables), f"{where}: {field}")


def commands_of(program):
    """Every command of a program, from what its --help lists."""
    return set(below(program))


def below(program, *above):
    text = subprocess.run([program, *above, "--help"], capture_output=True, text=True, check=True).stdout
    listed = text.split("Subcommands:")[1] if "Subcommands:" in text else ""
    names = re.findall(r"(?m)^  (\S+)", listed)
    itself = [" ".join(above)] if above and (not names or "[SUBCOMMAND]" in text) else []
    return itself + [leaf for name in names for leaf in below(program, *above, name)]
