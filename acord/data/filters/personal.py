"""Personal data in a text: e-mail addresses, telephone numbers, DNI, NIE and IBAN. Found, and masked.

Check letters and digits must be right (python-stdnum), telephone numbers must exist in their country's plan
(phonenumbers). What is no person's is passed over: addresses of RFC 2606's example domains, sample numbers, and
numbers that companies and services have (free, shared-cost and premium lines). Short numbers (112, 016, 024, 012) have
too few digits to be looked at.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from acord.data.filters.telephones import TELEPHONE, telephones

EMAIL, DNI, NIE, IBAN = "email", "dni", "nie", "iban"
PLACEHOLDERS = {EMAIL: "[EMAIL]", TELEPHONE: "[PHONE]", DNI: "[DNI]", NIE: "[NIE]", IBAN: "[IBAN]"}

# Nothing personal is without an at sign or eight characters that begin and end with a digit, X, Y, Z or a letter.
_MAYBE = re.compile(r"@|\d[\d .\-()/]{5,}\d")
_EMAIL = re.compile(r"(?<![\w.+%@/-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w@(])")
# An expression such as a@b.shape has no top-level domain: two letters, or one of these.
_DOMAINS = {
    *("com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "cat", "eus", "gal", "online"),
    *("app", "dev", "cloud", "tech", "site", "shop", "email", "mail", "blog", "club", "xyz", "coop", "barcelona"),
}
_EXAMPLE_DOMAIN = re.compile(
    r"(?:^|\.)(?:(?:example|ejemplo|exemple|domain|dominio|domini)\.[a-z]{2,3}|test|example|invalid|localhost)$",
    re.IGNORECASE,
)
_NOBODY = {"git", "noreply", "no-reply", "donotreply", "do-not-reply", "postmaster", "mailer-daemon"}

_DNI = re.compile(
    r"(?<![\w.@/-])(?:\d{8}(?:[.-]?[A-Za-z]| [A-Z])|\d{1,2}\.\d{3}\.\d{3}(?:[.-]?[A-Za-z]| [A-Z])"
    r"|\d{1,2} \d{3} \d{3}[ .-]?[A-Z])(?![\w@]|[.-]\w)"
)
_NIE = re.compile(r"(?<![\w.@/-])[XYZxyz][ .-]?(?:\d{7}|\d\.\d{3}\.\d{3}|\d \d{3} \d{3})[ .-]?[A-Za-z](?![\w@]|[.-]\w)")
_IBAN = re.compile(r"(?<![\w@/-])[A-Za-z]{2}\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}")
_SHORTEST_IBAN = 15
_SEPARATORS = re.compile(r"[ .-]")


class Found(NamedTuple):
    """A place in a text: its kind, and where it begins and ends."""

    kind: str
    start: int
    end: int


class Masked(NamedTuple):
    """A text with placeholders, and how many stand for what kind."""

    text: str
    counts: Counter[str]


def find(text: str) -> list[Found]:
    """All personal data of a text, in its order; none overlap."""
    if _MAYBE.search(text) is None:
        return []
    found: list[Found] = []
    # The longer kinds first: an IBAN's digits are no telephone number.
    for candidate in (*_ibans(text), *_national_ids(text), *_emails(text), *telephones_found(text)):
        if all(candidate.end <= other.start or other.end <= candidate.start for other in found):
            found.append(candidate)
    return sorted(found, key=lambda one: one.start)


def mask(text: str) -> str:
    """The text with one placeholder a kind in the places of personal data. What it returns holds none."""
    return masked(text).text


def masked(text: str) -> Masked:
    """As `mask`, with the counts by kind."""
    counts: Counter[str] = Counter()
    # A placeholder can set free what was part of a longer run before. Each round has fewer digits and at signs.
    while places := find(text):
        pieces, end = [], 0
        for place in places:
            pieces += [text[end : place.start], PLACEHOLDERS[place.kind]]
            end = place.end
            counts[place.kind] += 1
        text = "".join([*pieces, text[end:]])
    return Masked(text, counts)


def telephones_found(text: str) -> Iterator[Found]:
    """Telephone numbers as places."""
    for span in telephones(text):
        yield Found(TELEPHONE, span.start, span.end)


def _emails(text: str) -> Iterator[Found]:
    if "@" not in text:
        return
    for match in _EMAIL.finditer(text):
        local, _, domain = match.group().rpartition("@")
        end = domain.rpartition(".")[2].lower()
        known = end.isascii() and (len(end) == 2 or end in _DOMAINS)
        if known and local.lower() not in _NOBODY and not _EXAMPLE_DOMAIN.search(domain):
            yield Found(EMAIL, match.start(), match.end())


def _national_ids(text: str) -> Iterator[Found]:
    from stdnum.es import dni, nie

    for kind, pattern, module in ((DNI, _DNI, dni), (NIE, _NIE, nie)):
        for match in pattern.finditer(text):
            number = _SEPARATORS.sub("", match.group()).upper()
            digits = re.sub(r"\D", "", number)
            # Written with dots, a DNI below ten million has seven digits.
            if kind == DNI:
                number = number.zfill(9)
            if module.is_valid(number) and not _is_sample(digits):
                yield Found(kind, match.start(), match.end())


def _is_sample(digits: str) -> bool:
    """Whether digits are what forms are filled in with for show: all the same, or counting up."""
    return len(set(digits)) == 1 or digits in "0123456789"


def _ibans(text: str) -> Iterator[Found]:
    from stdnum import iban

    for match in _IBAN.finditer(text):
        whole = match.group()
        if sum(character.isdigit() for character in whole) < 8:
            continue
        # Words may follow that look like more of it: the longest beginning with right check digits is the number.
        ends = [end for end in range(len(whole), 0, -1) if whole[end - 1].isalnum()]
        for end in ends[: len(ends) - _SHORTEST_IBAN + 1]:
            stops = end == len(whole) or not whole[end].isalnum()
            if stops and iban.is_valid(_SEPARATORS.sub("", whole[:end]).upper()):
                yield Found(IBAN, match.start(), match.start() + end)
                break
