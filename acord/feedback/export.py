"""Preferences for others: as they are, or as pairs; and without what points to whoever gave them."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from acord.errors import InputError
from acord.feedback.files import PRIVATE, trouble, write_all
from acord.feedback.record import TIE, Preference
from acord.whole import sync

Form = Literal["feedback", "pairs"]


def rows_of(preferences: Sequence[Preference], form: Form, *, anonymous: bool) -> list[dict[str, Any]]:
    """The rows of an export.

    form: `feedback`, as the file itself; `pairs`, one row {prompt, chosen, rejected, language, id, origin} for each
    preference that is no tie, which the format `pairs` of a recipe reads.
    """
    chosen = without_people(preferences) if anonymous else preferences
    if form == "feedback":
        return [asdict(one) for one in chosen]
    return [_pair(one) for one in chosen if one.choice != TIE]


def without_people(preferences: Sequence[Preference]) -> list[Preference]:
    """The same preferences, none of which says whose it is, or which others are of the same person.

    Beside the annotator go the time but for the day, the id, which whoever answered was told, and the order. The texts
    stay: what people wrote about themselves in a prompt is still there.
    """
    bare = [replace(one, id="", time=f"{one.time[:10]}T00:00:00Z", annotator=None) for one in preferences]
    listed = sorted(json.dumps(asdict(one), sort_keys=True) for one in bare)
    by_text = {json.dumps(asdict(one), sort_keys=True): one for one in bare}
    return [
        replace(by_text[said], id=f"pref_{hashlib.sha256(f'{place} {said}'.encode()).hexdigest()[:16]}")
        for place, said in enumerate(listed)
    ]


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write JSON lines that only their owner can read. Raises InputError where the file is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    except FileExistsError:
        raise InputError("there is such a file already", where=str(path), fix="Give another name.") from None
    except OSError as error:
        raise trouble(error, path) from None
    try:
        write_all(descriptor, b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows))
        sync(path.parent)
    except OSError as error:
        raise trouble(error, path) from None
    finally:
        os.close(descriptor)


def _pair(one: Preference) -> dict[str, Any]:
    chosen = int(one.choice) - 1
    return {
        "prompt": list(one.prompt),
        "chosen": one.replies[chosen],
        "rejected": one.replies[1 - chosen],
        "language": one.language,
        "id": one.id,
        "origin": "human",
    }
