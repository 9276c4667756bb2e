"""The prompts that base and aligned model answered, as the stage `answers` leaves them and the card reads them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from acord.errors import InputError

AGAIN = "Build the card again (acord card build RUN)."


class PromptAnswer(NamedTuple):
    """One prompt with what the base (before) and the aligned model (after) answer to it."""

    language: str
    prompt: str
    before: str
    after: str


def read_answers(path: Path) -> tuple[PromptAnswer, ...]:
    """The answers in a file, none where it is not there. Raises InputError for another file."""
    try:
        return tuple(PromptAnswer(*(str(row[key]) for key in PromptAnswer._fields)) for row in json_rows(path))
    except KeyError:
        raise InputError("a row lacks a key", where=str(path), fix=AGAIN) from None


def json_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines, none where it is not there. Raises InputError for another file."""
    if not path.is_file():
        return []
    try:
        rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    except ValueError:
        rows = [None]
    if not all(isinstance(row, dict) for row in rows):
        raise InputError("this is no file of JSON lines", where=str(path), fix=AGAIN)
    return rows
