"""Telephone numbers in a text, told from sums, quantities, dates, codes and products by how they are written.

International (+34..., 0034...), Spanish, and North American numbers. `phonenumbers` says whether a number exists in
its country's plan and of which sort it is.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

TELEPHONE = "telephone"

# Nothing that goes on before or after: digits, decimals, sums, currencies, units, identifiers, addresses of pages.
_CLEAR_BEFORE = r"(?<![\w.\-/+=:#%@$€£*^~\\])(?<!\d )(?<![+*=<>^€$£] )"
_CLEAR_AFTER = r"(?![\w@%€$£°º/=+*^]|[.,:-]\d| ?\d| [+*=<>€$£%^×-])"
_INTERNATIONAL = re.compile(r"(?<![\w.\-/=#%@+])(?:\+ ?\(?|00)[1-9](?:[ .\-()]{0,2}\d){6,16}(?![\w@%€$£/])")
# Forms in which Spain writes telephone numbers and little else.
_SPAIN = re.compile(
    rf"{_CLEAR_BEFORE}(?:[6-9]\d{{2}}([ .-])\d{{2}}\1\d{{2}}\1\d{{2}}|[89]\d([ .-])\d{{3}}\2\d{{2}}\2\d{{2}}"
    rf"|[6-9]\d{{2}}-\d{{3}}-\d{{3}}|[6-9]\d{{2}} \d{{6}}){_CLEAR_AFTER}"
)
# Forms in which quantities and codes are written too: a word nearby must speak of telephones, or a line hold no more.
_SPAIN_OR_QUANTITY = re.compile(rf"{_CLEAR_BEFORE}(?:[6-9]\d{{8}}|[6-9]\d{{2}}([ .])\d{{3}}\1\d{{3}}){_CLEAR_AFTER}")
_NORTH_AMERICA = re.compile(
    rf"{_CLEAR_BEFORE}(?:1[ .-])?(?:\([2-9]\d{{2}}\)[ -]?|[2-9]\d{{2}}([.-]))\d{{3}}(?(1)\1|[.-])\d{{4}}{_CLEAR_AFTER}"
)
# Not the placeholder [PHONE] of another number.
_CUE = re.compile(
    r"\b(?<!\[)(?:te?l[eèé]?f\w*|tel|tlf|tfno?|phone|mobile|m[óòo][vb]il|cell|fax|whats?app|wasap|sms|bizum|call"
    r"|text me|ring|reach me|contact\w*|ll[aá]ma\w*|truca\w*|crida\w*|telefon\w*|marca\w*|n[úu]mer[oe]?|number)\b"
    r"|[☎📞📱☏]",
    re.IGNORECASE,
)
_CUE_BEFORE, _CUE_AFTER = 60, 25
_ALONE = re.compile(r"[ \t]*")


class Span(NamedTuple):
    """Where a number begins and ends."""

    start: int
    end: int


def telephones(text: str) -> Iterator[Span]:
    """Every telephone number that may be a person's."""
    for match in _INTERNATIONAL.finditer(text):
        end = _international_end(match.group())
        if end:
            yield Span(match.start(), match.start() + end)
    for match in _SPAIN.finditer(text):
        if _is_a_persons(match.group(), "ES"):
            yield Span(match.start(), match.end())
    for match in _SPAIN_OR_QUANTITY.finditer(text):
        if _is_spoken_of(text, match) and _is_a_persons(match.group(), "ES"):
            yield Span(match.start(), match.end())
    for match in _NORTH_AMERICA.finditer(text):
        if _is_a_persons(match.group(), "US"):
            yield Span(match.start(), match.end())


def _international_end(written: str) -> int:
    """Where the number ends in what was written: another number may follow it. 0 where there is none."""
    ends = [end for end in range(len(written), 0, -1) if end == len(written) or written[end] in " .-("]
    for end in ends:
        digits = re.sub(r"\D", "", written[:end])
        if written[end - 1].isdigit() and _is_a_persons("+" + digits.removeprefix("00"), None):
            return end
    return 0


def _is_spoken_of(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _CUE_BEFORE) : match.start()]
    after = text[match.end() : match.end() + _CUE_AFTER]
    if _CUE.search(before) or _CUE.search(after):
        return True
    alone = before.rpartition("\n")[2].isspace() or before.endswith("\n") or not before
    return match.group(1) == " " and alone and (not after or _ALONE.sub("", after, count=1).startswith("\n"))


def _is_a_persons(number: str, region: str | None) -> bool:
    """Whether a number exists, is of a sort that people have, and is no sample."""
    import phonenumbers
    from phonenumbers import PhoneNumberType

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    digits = str(parsed.national_number)
    if not phonenumbers.is_valid_number(parsed) or _is_sample(digits, parsed.country_code or 0):
        return False
    kinds = (
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.VOIP,
    )
    return phonenumbers.number_type(parsed) in kinds


def _is_sample(digits: str, country_code: int) -> bool:
    """600 000 000, 666 666 666, 612 345 678, and North America's 555 exchange."""
    if len(set(digits)) <= 2 or any(run in digits for run in ("1234567", "2345678", "7654321", "00000")):
        return True
    return country_code == 1 and digits[3:6] == "555"
