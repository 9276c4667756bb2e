"""What Acord knows of one language: its tags, its names, and the texts of its interface."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """One language.

    tag: as recipes and pairs name it. bcp47: as metadata and web pages name it. locales: beginnings of locale names
    that choose it for the interface, in lower case. names: its name in each interface language. decimal, thousands:
    how its numbers are written. texts: the interface, by key; empty where the interface has not been translated.
    """

    tag: str
    bcp47: str
    locales: tuple[str, ...]
    names: Mapping[str, str]
    decimal: str
    thousands: str
    texts: Mapping[str, str]
