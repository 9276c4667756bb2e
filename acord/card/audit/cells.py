"""One cell of a table: which number it shows, to how many decimals, and the second one of `mean / SD` or `a ± b`."""

import re
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple

MOST_CELL = 120

# Signs that people put beside a number and that say nothing of it: footnote marks, arrows, stars, medals.
DECORATION = re.compile(r"[*†‡§¶↑↓⬆⬇▲▼🏆🥇🥈🥉✅⭐ᵃᵇᶜ¹²³]|\(\s*[↑↓]\s*\)")
PLAIN = r"[-+]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][-+]?\d{1,3})?"
WHOLE = re.compile(
    rf"(?P<first>{PLAIN})\s*(?P<percent>%)?"
    rf"(?:\s*(?P<mark>/|±|\+/-|\+-|\()\s*(?:±|SD\s*=?|SE\s*=?)?\s*(?P<second>{PLAIN})\s*%?\s*(?P<end>\))?)?"
    r"(?:\s*[\[(][^\])]*[\])])?",
    re.IGNORECASE,
)
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")

Mark = Literal["/", "±", "("]


@dataclass(frozen=True)
class Cell:
    """A cell as read. text: without markup. value: the number shown, None where there is none. decimals: digits after
    the point. second: the number after `/` or `±` or in brackets, and its decimals; mark says which. percent: with a %
    sign. column: from 0. links: text and target of each."""

    text: str
    value: float | None
    decimals: int
    second: float | None
    second_decimals: int
    mark: Mark | None
    percent: bool
    bold: bool
    line: int
    column: int
    links: tuple[tuple[str, str], ...] = ()


class Shown(NamedTuple):
    """A number in writing: its value and its digits after the point."""

    value: float
    decimals: int


def read_cell(
    text: str, *, bold: bool, line: int, column: int, decimal_comma: bool, links: tuple[tuple[str, str], ...] = ()
) -> Cell:
    """What a cell shows. decimal_comma: whether the table writes 0,5 for a half."""
    found = WHOLE.fullmatch(_bare(text)) if len(text) <= MOST_CELL else None
    first = _number(found["first"], decimal_comma) if found else None
    if found is None or first is None or (found["mark"] == "(" and not found["end"]):
        return Cell(text, None, 0, None, 0, None, False, bold, line, column, links)
    second = _number(found["second"], decimal_comma) if found["second"] else None
    mark: Mark | None = None
    if second is not None:
        mark = "/" if found["mark"] == "/" else "(" if found["mark"] == "(" else "±"
    return Cell(
        text,
        first.value,
        first.decimals,
        second.value if second else None,
        second.decimals if second else 0,
        mark,
        bool(found["percent"]),
        bold,
        line,
        column,
        links,
    )


def writes_decimal_comma(texts: list[str]) -> bool:
    """Whether numbers among `texts` write a comma for the decimal point: one does that can be nothing else, and none
    has a point."""
    found = [WHOLE.fullmatch(_bare(text)) for text in texts if len(text) <= MOST_CELL]
    numbers = [one for match in found if match for one in (match["first"], match["second"]) if one]
    commas = [one for one in numbers if "," in one]
    return (
        bool(commas) and not any("." in one for one in numbers) and any(not THOUSANDS.fullmatch(one) for one in commas)
    )


def _bare(text: str) -> str:
    return DECORATION.sub("", text.replace("−", "-").replace("–", "-").replace("\u00a0", " ")).strip(" ~≈`")


def _number(written: str, decimal_comma: bool) -> Shown | None:
    """The number that `written` is, None for one with points and commas in no order (an address, a version)."""
    if decimal_comma:
        plain = written.replace(".", "").replace(",", ".") if written.count(",") <= 1 else ""
    elif "," in written:
        plain = written.replace(",", "") if THOUSANDS.fullmatch(written) else ""
    else:
        plain = written
    try:
        value = float(plain)
    except ValueError:
        return None
    digits, _, exponent = plain.lower().partition("e")
    places = len(digits.partition(".")[2]) - int(exponent or 0)
    return Shown(value, max(0, places)) if isfinite(value) else None
