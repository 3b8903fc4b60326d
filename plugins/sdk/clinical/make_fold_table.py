#!/usr/bin/env python3
"""Writes fold_table.inc: what normalisation does to each character of the ranges that the lexicon can match (NFKC,
case folding, accents off, quotes and dashes made plain). Everything else passes through unchanged.
With --check: says whether the committed file is what this makes."""
import pathlib
import sys
import unicodedata

RANGES = [(0xA0, 0x24F), (0x300, 0x36F), (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x2150, 0x215F),
          (0x2212, 0x2212), (0x2264, 0x2265), (0xFB00, 0xFB06), (0xFE0E, 0xFE0F), (0xFEFF, 0xFEFF), (0xFF01, 0xFF5E)]
OWN = {0x2018: "'", 0x2019: "'", 0x201A: "'", 0x201B: "'", 0x2032: "'", 0xB4: "'", 0x201C: '"', 0x201D: '"',
       0x2033: '"', 0x2026: "...", 0x2044: "/", 0x2212: "-", 0xB0: " ", 0xBA: " ", 0xAA: " ", 0xBF: ".", 0xA1: ".",
       0xB7: "\n", 0x2022: "\n", 0x2028: "\n", 0x2029: "\n", 0x2264: "<", 0x2265: ">", 0xBD: ".5", 0xBC: ".25",
       0xBE: ".75"}


def folded(point):
    if point in OWN:
        return OWN[point]
    char = chr(point)
    category = unicodedata.category(char)
    if category == "Pd":
        return "-"
    if category in ("Cf", "Mn") or 0xFE0E <= point <= 0xFE0F:
        return ""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    text = text.replace("\u2044", "/")
    return unicodedata.normalize("NFC", text)


def lines():
    yield "// Made by make_fold_table.py; do not edit. {code point, what it becomes}, in order."
    for first, last in RANGES:
        for point in range(first, last + 1):
            text = folded(point)
            if text != chr(point) and unicodedata.category(chr(point)) != "Cn":
                body = "".join(f"\\x{b:02x}" for b in text.encode())
                yield f'{{0x{point:04x}, "{body}"}},'


if __name__ == "__main__":
    place = pathlib.Path(__file__).with_name("fold_table.inc")
    made = "\n".join(lines()) + "\n"
    if sys.argv[1:] == ["--check"]:
        if place.read_text() != made:
            sys.exit("fold_table.inc is not what make_fold_table.py makes: run it")
        print("1 passed, 0 failed")
    else:
        place.write_text(made)
