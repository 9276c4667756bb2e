"""The items of a suite: read from JSON lines or from the suite's own file, and checked one by one."""

import json
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from acord.errors import InputError
from acord.evaluate.rows import DATA
from acord.visible import visible_line

ROWS = "rows:"
MOST_BYTES = 64 * 2**20
MOST_ITEMS = 100_000
LONGEST_ID = 100


class Item(NamedTuple):
    """One item in one language. texts: by the name of their place in prompts. reference: for the judge alone."""

    id: str
    texts: Mapping[str, str]
    reference: str | None


class _Written(NamedTuple):
    where: str
    content: Any


def read_items(written: Any, beside: Path, where: str) -> tuple[Item, ...]:
    """The items of one language.

    written: a list of mappings, the path of a file of JSON lines beside `beside`, or rows:NAME for texts of Acord's own
    rows of evaluation. where: the place of `written`, for messages. Raises InputError, one line.
    """
    if isinstance(written, list):
        found: Iterable[_Written] = (_Written(f"{where}.{n}", one) for n, one in enumerate(written))
    elif isinstance(written, str) and written.startswith(ROWS):
        found = _lines(_rows_file(written, where))
    elif isinstance(written, str) and written:
        found = _lines(beside_file(written, beside, where))
    else:
        raise InputError(
            "should be a list of items or the path of a .jsonl file", where=where, fix="Change that value."
        )
    items: dict[str, Item] = {}
    for one in found:
        item = _item(one)
        if item.id in items:
            raise InputError(f"two items have the id {shown(item.id)}", where=one.where, fix="Give each its own id.")
        if len(items) == MOST_ITEMS:
            raise InputError(f"more than {MOST_ITEMS} items", where=where, fix="Take some of them.")
        items[item.id] = item
    if not items:
        raise InputError("there are no items", where=where, fix="Give at least one, or take that language out.")
    return tuple(items.values())


def beside_file(written: str, beside: Path, where: str) -> Path:
    """The path that a file of a suite states, which counts from that file. Raises InputError: a home that is not."""
    try:
        return beside.parent / Path(written).expanduser()
    except RuntimeError:
        raise InputError(f"no such home folder: {shown(written)}", where=where, fix="Give another path.") from None


def check_file(path: Path, what: str, most_bytes: int, fix: str) -> None:
    """Raises InputError for what is not there, is no file (a device never ends), or is too large."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such name is possible"
        raise InputError(f"cannot read the {what}: {reason}", where=shown(str(path)), fix="Mend its path.") from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"the {what} is no file", where=str(path), fix="Give the path of a file.")
    if status.st_size > most_bytes:
        raise InputError(f"the {what} has more than {most_bytes // 2**10} KiB", where=str(path), fix=fix)


def shown(value: Any) -> str:
    """A value of a file, short enough for a message and with nothing in it that moves the cursor."""
    # Lists of YAML can hold one another so often that nobody can write them out.
    scalar = value is None or isinstance(value, str | int | float)
    line = visible_line(value if isinstance(value, str) else repr(value) if scalar else f"a {type(value).__name__}")
    return line if len(line) <= 80 else f"{line[:77]}..."


def _rows_file(written: str, where: str) -> Path:
    name = written.removeprefix(ROWS)
    known = sorted(file.stem for file in DATA.glob("*.jsonl"))
    if name not in known:
        raise InputError(f"Acord has no rows {shown(name)}", where=where, fix=f"Give one of {', '.join(known)}.")
    return DATA / f"{name}.jsonl"


def _lines(path: Path) -> Iterator[_Written]:
    check_file(path, "file of items", MOST_BYTES, "Split it, and state the parts as categories of their own.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        fix = "Give the path of a .jsonl file."
        raise InputError(f"cannot read the items: {error.strerror}", where=str(path), fix=fix) from None
    # Programs of Windows put a byte order mark first, which JSON does not allow. Lines end at line feeds alone: a
    # text may hold the other characters that Python takes for ends of lines.
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            yield _Written(f"{path} line {number}", _parsed(line, f"{path} line {number}"))


def _parsed(line: bytes, where: str) -> Any:
    try:
        return json.loads(line.decode("utf-8"), object_pairs_hook=lambda pairs: _once(pairs, where))
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", where=where, fix="Save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        fault = f"no JSON: {error.msg} at column {error.colno}"
        raise InputError(fault, where=where, fix="Write one JSON object a line.") from None
    except (ValueError, RecursionError):
        # Numbers of thousands of digits and thousands of nested brackets, which Python's own limits stop.
        fault = "a number is too long, or lists are nested too deeply"
        raise InputError(fault, where=where, fix="Mend that line.") from None


def _once(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise InputError(f"the key {shown(twice)} stands twice", where=where, fix="Take one out.")
    return content


def _item(written: _Written) -> Item:
    content, where = written.content, written.where
    if not isinstance(content, dict):
        raise InputError("an item is a mapping of keys", where=where, fix='Write {"id": ..., "question": ...}.')
    for key, value in content.items():
        if not isinstance(key, str) or not re.fullmatch(r"\w{1,100}", key):
            raise InputError(
                f"{shown(key)} is no name of a key", where=where, fix="Use letters, digits and underscores."
            )
        _check_text(key, value, where)
    if "id" not in content:
        raise InputError("the key id is missing", where=where, fix="Add id:, by which the item is known.")
    if len(content["id"]) > LONGEST_ID:
        raise InputError(f"the id has more than {LONGEST_ID} characters", where=where, fix="Shorten it.")
    texts = {key: value for key, value in content.items() if key not in ("id", "reference")}
    return Item(content["id"], texts, content.get("reference"))


def _check_text(key: str, value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise InputError(f"{key}: should be text (it is {shown(value)})", where=where, fix="Put it between quotes.")
    if not value.strip():
        raise InputError(f"{key}: should not be empty", where=where, fix="Write it, or take the key out.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        fault = f"{key}: half a character ({value[error.start]!a}) at {error.start + 1}"
        raise InputError(fault, where=where, fix="Write the character itself.") from None
