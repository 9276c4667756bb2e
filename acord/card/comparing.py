"""A file of a card as it lies there, held against the same file written again: every line that differs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path

from acord.card.fault import Fault

NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0]\d+)*")
# What a card's folder holds of texts, and nothing else of these kinds may lie there.
PATTERNS = ("README*.md", ".eval_results/*", "report/*")
SHOWN = 60
DRAWING = re.compile(rb"<svg\b.*?</svg>", re.DOTALL)


def file_faults(folder: Path, written: Mapping[str, bytes], *, drawings: bool = True) -> list[Fault]:
    """Differences between the card's files in `folder` and those written again from the evidence, by relative path.

    drawings: whether pictures inside the files are compared too.
    """
    there = {path.relative_to(folder).as_posix() for pattern in PATTERNS for path in folder.glob(pattern)}
    faults = []
    for name in sorted({*there, *written}):
        path = folder / name
        if name not in written:
            faults.append(Fault(name, None, "no such file comes of the evidence"))
        elif not path.is_file() or path.is_symlink():
            faults.append(Fault(name, None, "the file is missing"))
        else:
            contents = written[name], path.read_bytes()
            faults += text_faults(name, *(contents if drawings else map(without_drawings, contents)))
    return faults


def without_drawings(content: bytes) -> bytes:
    """A page without what is in its SVG pictures, line by line: how many lines each has stays as it is."""
    return DRAWING.sub(lambda found: b"\n" * found[0].count(b"\n"), content)


def text_faults(name: str, expected: bytes, found: bytes) -> list[Fault]:
    """Every line of a file that is not as expected, with its number in the file as it lies there."""
    if expected == found:
        return []
    try:
        return list(_lines(name, expected.decode("utf-8").split("\n"), found.decode("utf-8").split("\n")))
    except UnicodeDecodeError:
        return [Fault(name, None, "the file is not UTF-8 text")]


def _lines(name: str, expected: Sequence[str], found: Sequence[str]) -> Iterator[Fault]:
    for tag, first, last, start, end in _differences(expected, found):
        if tag == "delete":
            missing = "a line is missing" if last - first == 1 else f"{last - first} lines are missing"
            yield Fault(name, start + 1, missing, _cut(expected[first]), "")
            continue
        for number, (one, other) in enumerate(zip_longest(expected[first:last], found[start:end]), start=start + 1):
            if other is None:
                yield Fault(name, end, "a line is missing after this one", _cut(one), "")
            elif one is None:
                yield Fault(name, number, "no such line comes of the evidence", "", _cut(other))
            elif one != other:
                yield _line(name, number, one, other)


def _differences(expected: Sequence[str], found: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    if len(expected) == len(found):
        # Nothing was put in or taken out: line stands against line.
        return [("replace", 0, len(expected), 0, len(found))]
    codes = SequenceMatcher(None, expected, found, autojunk=False).get_opcodes()
    return [code for code in codes if code[0] != "equal"]


def _line(name: str, number: int, expected: str, found: str) -> Fault:
    """The figures that differ; where none do, what stands around the first difference."""
    figures, others = NUMBER.findall(expected), NUMBER.findall(found)
    if len(figures) == len(others) and figures != others:
        pairs = [(one, other) for one, other in zip(figures, others, strict=True) if one != other]
        told = ", ".join(one for one, _ in pairs), ", ".join(other for _, other in pairs)
        return Fault(name, number, "a figure is not what the evidence gives", *map(_cut, told))
    at = next((place for place, pair in enumerate(zip_longest(expected, found)) if pair[0] != pair[1]), 0)
    start = max(0, at - SHOWN // 3)
    told = _cut(expected[start:], start), _cut(found[start:], start)
    return Fault(name, number, "the line is not what the evidence gives", *told)


def _cut(text: str, start: int = 0) -> str:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"…{shown}" if start else shown
