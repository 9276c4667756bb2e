"""A conversation as a file: JSON lines for programs, Markdown for people."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from acord.languages import text
from acord.serve.talk.conversation import Conversation, roles_and_texts
from acord.serve.talk.misused import Misused
from acord.visible import visible, visible_json


class Saved(NamedTuple):
    """path: the file, complete on the disk. replaced: whether one was there before."""

    path: Path
    replaced: bool


def save(conversation: Conversation, model: str, written: str, *, replace: bool) -> Saved:
    """Write a conversation whole, or not at all.

    written: the path as a person gives it. replace: whether a file that is there may go. Raises Misused.
    """
    path = Path(written).expanduser()
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise Misused(text("talk_save_suffix", file=written))
    try:
        there = path.exists()
        if there and not path.is_file():
            raise Misused(text("talk_save_no_file", file=written))
        if there and not replace:
            raise Misused(text("talk_save_exists", file=written))
        _write(path.resolve(), form(conversation, model))
    except OSError as error:
        raise Misused(text("talk_save_fails", file=written, reason=error.strerror or str(error))) from None
    return Saved(path, there)


def _write(path: Path, content: str) -> None:
    # A conversation may be private: the file is readable by its owner alone.
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _json_line(conversation: Conversation, model: str) -> str:
    content = {"messages": conversation.messages(), "model": model}
    cut = [number for number, exchange in enumerate(conversation.exchanges, start=1) if exchange.cut]
    return visible_json(json.dumps(content | ({"cut": cut} if cut else {}), ensure_ascii=False)) + "\n"


def _markdown(conversation: Conversation, model: str) -> str:
    parts = [f"# {text('talk_save_title', model=visible(model))}"]
    for role, content in roles_and_texts(conversation.messages()):
        parts += [f"## {text(f'talk_role_{role}')}", visible(content).strip("\n")]
    return "\n\n".join(parts) + "\n"


_FORMS: Mapping[str, Callable[[Conversation, str], str]] = {".jsonl": _json_line, ".md": _markdown}
