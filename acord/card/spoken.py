"""The interface's language for the length of one piece of work: a card is written in a language of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from acord.languages import interface_language, set_language


@contextmanager
def spoken(tag: str) -> Iterator[None]:
    """Texts, decimal signs and names of languages as `tag` writes them. Raises KeyError for one without texts."""
    before = interface_language().tag
    set_language(tag)
    try:
        yield
    finally:
        set_language(before)
