#!/usr/bin/env python3
"""Writes etc/triage/common-words.yaml: words of a general dictionary that lie within correcting distance of a word of the
lexicon and are no misspelling of it ("fiver" is not "fever"). Needs a word list, one a line, such as the package
wamerican-small's (SCOWL, public domain and permissive); nothing of it is needed to build or run Wardline.

usage: make_common_words.py RULES_FOLDER WORD_LIST"""
import itertools
import pathlib
import re
import sys

SHORTEST, LONGEST, TWO_EDITS = 5, 24, 8


def deletes(word, n):
    out = {word}
    for _ in range(n):
        out |= {w[:i] + w[i + 1:] for w in out for i in range(len(w))}
    return out


def main():
    folder, dictionary = map(pathlib.Path, sys.argv[1:3])
    place = folder / "common-words.yaml"
    lexicon = set()
    for file in folder.glob("*.yaml"):
        if file != place:
            text = re.sub(r"#.*", "", file.read_text())
            lexicon |= {w for w in re.findall(r"(?<![a-z*])[a-z]+(?![a-z*])", text) if len(w) >= SHORTEST}
    near = {}
    for word in lexicon:
        for cut in deletes(word, 2 if len(word) >= TWO_EDITS else 1):
            near.setdefault(cut, []).append(word)
    common = set()
    for word in dictionary.read_text().split():
        if re.fullmatch(r"[a-z]+", word) and SHORTEST <= len(word) <= LONGEST and word not in lexicon:
            reach = 2 if len(word) >= TWO_EDITS else 1
            if any(cut in near for cut in deletes(word, reach)):
                common.add(word)
    lines = ["# Made by plugins/sdk/clinical/make_common_words.py; do not edit. Words that are never taken for a misspelling.",
             "common:"]
    line = "  -"
    for word in sorted(common):
        if len(line) + len(word) > 118:
            lines.append(line)
            line = "  -"
        line += " " + word
    place.write_text("\n".join(itertools.chain(lines, [line])) + "\n")
    print(len(lexicon), "words of the lexicon,", len(common), "common words near them")


main()
