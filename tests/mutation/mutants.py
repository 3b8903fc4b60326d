"""Finds what can be spoilt in a C++ source, and writes a source that holds every spoilt form at once.

A *site* is an expression that decides something: the condition of an if, a loop or a ?:, a returned or named
truth. A *mutant* is one change to one site. The source that is written asks at each site which mutant is in
force (`wardline_mutant(n)`), so that one compilation serves all of them.
"""
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"""
    (?P<raw>R"\((?:.|\n)*?\)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.|[^'\\\n])')
  | (?P<comment>//[^\n]*|/\*(?:.|\n)*?\*/)
  | (?P<directive>^[ ]*\#[^\n]*(?:\\\n[^\n]*)*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\d[\w'.]*)
  | (?P<space>\s+)
  | (?P<sign><<=|>>=|<=>|->\*|\.\.\.|&&|\|\||==|!=|<=|>=|\+\+|--|->|::|\+=|-=|\|=|&=|\^=|<<|>>|.)
""", re.VERBOSE | re.MULTILINE)

OPEN, CLOSE = "([{", ")]}"
SWAPPED = {"&&": "||", "||": "&&", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
DECLARED = re.compile(r"^(?:const\s+)?(?:auto|[A-Za-z_][\w:]*)\s*[*&]?\s+?[*&]?(\w+)\s*=[^=]")
OUTERMOST_LOGIC = {"&&", "||", "==", "!=", "<", "<=", ">", ">=", "!"}


@dataclass
class Token:
    kind: str
    text: str
    at: int


@dataclass
class Mutant:
    number: int
    change: str  # what was done, in words
    site: str    # the condition as it stands there, on one line
    line: int
    nth: int = 1  # of equal (change, site) in the file, from 1

    def key(self, name):
        return f"{name}: {self.change}: {self.site}" + (f" #{self.nth}" if self.nth > 1 else "")


@dataclass
class Site:
    first: int  # of the expression's tokens
    last: int   # behind the last one
    kind: str   # "check" (if, while), "bound" (for), "truth" (everything else)
    inner: list = field(default_factory=list)


def tokens_of(text):
    out = []
    for m in TOKEN.finditer(text):
        if m.lastgroup not in ("space", "comment", "directive"):
            out.append(Token(m.lastgroup, m.group(), m.start()))
    return out


def partners(tokens):
    """Index of each bracket's other one."""
    out, open_at = {}, []
    for i, t in enumerate(tokens):
        if t.text in OPEN and t.kind == "sign":
            open_at.append(i)
        elif t.text in CLOSE and t.kind == "sign":
            out[i] = open_at.pop()
            out[out[i]] = i
    return out


class Finder:
    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text)
        self.partner = partners(self.tokens)

    def sign(self, i, text):
        return self.tokens[i].kind == "sign" and self.tokens[i].text == text

    def compares(self, i):
        """A `<` or `>` with spaces around it; template brackets have none in this tree."""
        t = self.tokens[i]
        spaced = self.text[t.at - 1] == " " and self.text[t.at + len(t.text)] in " \n"
        return spaced or t.text not in ("<", ">")

    def level(self, first, last):
        """Indexes between first and last that stand in no bracket of their own."""
        i = first
        while i < last:
            yield i
            i = self.partner[i] + 1 if self.tokens[i].kind == "sign" and self.tokens[i].text in OPEN else i + 1

    def end_of(self, first, stops):
        """The first of `stops` behind `first` on its level."""
        i = first
        while i < len(self.tokens):
            if self.tokens[i].kind == "sign" and self.tokens[i].text in stops:
                return i
            i = self.partner[i] + 1 if self.tokens[i].kind == "sign" and self.tokens[i].text in OPEN else i + 1
        return len(self.tokens)

    def start_of(self, question):
        """Where the condition in front of a `?` begins."""
        i = question - 1
        while i >= 0:
            t = self.tokens[i]
            if t.kind == "sign" and t.text in CLOSE:
                i = self.partner[i] - 1
                continue
            if t.kind == "sign" and t.text in ("=", "(", "[", "{", ",", ";", "?", ":", "<<", "+=", "}"):
                return i + 1
            if t.kind == "word" and t.text == "return":
                return i + 1
            i -= 1
        return 0

    def decides(self, first, last):
        return any(self.tokens[i].kind == "sign" and self.tokens[i].text in OUTERMOST_LOGIC and self.compares(i)
                   for i in self.level(first, last))

    def sites(self):
        out = []
        for i, t in enumerate(self.tokens):
            if t.kind == "word" and t.text in ("if", "while") and i + 1 < len(self.tokens) and self.sign(i + 1, "("):
                end = self.partner[i + 1]
                init = [k for k in self.level(i + 2, end) if self.sign(k, ";")]
                out.append(Site(init[-1] + 1 if init else i + 2, end, "check"))
            elif t.kind == "word" and t.text == "for" and self.sign(i + 1, "("):
                parts = [k for k in self.level(i + 2, self.partner[i + 1]) if self.sign(k, ";")]
                if len(parts) == 2 and parts[1] > parts[0] + 1:
                    out.append(Site(parts[0] + 1, parts[1], "bound"))
            elif self.sign(i, "?"):
                out.append(Site(self.start_of(i), i, "truth"))
            elif t.kind == "word" and (t.text == "return" or
                                       t.text == "bool" and i + 2 < len(self.tokens) and self.sign(i + 2, "=")):
                first = i + 1 if t.text == "return" else i + 3
                end = self.end_of(first, ";}")
                asks = any(self.sign(k, "?") for k in self.level(first, end))
                if first < end and not asks and self.decides(first, end):
                    out.append(Site(first, end, "truth"))
        return nested(out)


def nested(sites):
    """The sites that stand in no other one, with those inside hung below."""
    sites = sorted(sites, key=lambda s: (s.first, -s.last))
    out, above = [], []
    for s in sites:
        while above and above[-1].last < s.last or above and above[-1].last <= s.first:
            above.pop()
        (above[-1].inner if above else out).append(s)
        above.append(s)
    return out


class Writer:
    """Makes the source with every mutant in it."""

    def __init__(self, text):
        self.finder = Finder(text)
        self.text = text
        self.mutants = []
        self.seen = {}

    def span(self, first, last):
        tokens = self.finder.tokens
        begin = tokens[first].at
        end = tokens[last - 1].at + len(tokens[last - 1].text)
        return begin, end

    def add(self, change, site, at):
        site = " ".join(site.split())
        nth = self.seen[change, site] = self.seen.get((change, site), 0) + 1
        m = Mutant(len(self.mutants) + 1, change, site, self.text.count("\n", 0, at) + 1, nth)
        self.mutants.append(m)
        return m.number

    def rewritten(self, begin, end, sites):
        """The text between two places, its sites spoilt."""
        out, at = [], begin
        for s in sites:
            first, last = self.span(s.first, s.last)
            out += [self.text[at:first], self.spoilt(s, first, last)]
            at = last
        return "".join(out + [self.text[at:end]])

    def changes(self, s, first, last):
        """(what was done, the expression afterwards) for every operator of a site that holds no other."""
        if s.inner:
            return
        tokens = self.finder.tokens
        operators = [i for i in range(s.first, s.last) if tokens[i].kind == "sign" and tokens[i].text in SWAPPED and
                     self.finder.compares(i)]
        logic = [i for i in operators if tokens[i].text in ("&&", "||")]
        for i in operators:
            t = tokens[i]
            if t.text in ("==", "!=") and not logic:
                continue  # the whole negated says the same
            if t.text == "&&" and i + 1 < s.last and (i == s.first or tokens[i - 1].text in ("auto", ")") and
                                                      tokens[i + 1].text == "{"):
                continue  # a reference
            nth = sum(1 for k in operators if k <= i and tokens[k].text == t.text)
            many = sum(1 for k in operators if tokens[k].text == t.text) > 1
            name = f"{t.text} made {SWAPPED[t.text]}" + (f" ({nth})" if many else "")
            yield name, self.text[first:t.at] + SWAPPED[t.text] + self.text[t.at + len(t.text):last]

    def spoilt(self, s, first, last):
        site = self.text[first:last]
        declared = DECLARED.match(site) if s.kind == "check" else None
        whole = self.rewritten(first, last, s.inner)
        asked = declared[1] if declared else f"({whole})"
        cases = []
        if s.kind != "bound":
            cases.append((self.add("negated", site, first), f"!{asked}"))
            cases.append((self.add("never", site, first), "false"))
            if s.kind == "truth":
                cases.append((self.add("always", site, first), "true"))
        if not declared:
            for change, text in self.changes(s, first, last):
                cases.append((self.add(change, site, first), f"({text})"))
        out = f"static_cast<bool>({asked})"
        for number, text in reversed(cases):
            out = f"wardline_mutant({number}) ? static_cast<bool>({text}) : {out}"
        return f"{site}; ({out})" if declared else f"({out})"


def spoil(text, name):
    """The source with all mutants in it, and what they are."""
    w = Writer(text)
    body = w.rewritten(0, len(text), w.finder.sites())
    head = f'#define WARDLINE_MUTATED "{name}"\n#define WARDLINE_MUTANTS {len(w.mutants)}\n#include "mutant_in_force.hpp"\n'
    return head + body, w.mutants
