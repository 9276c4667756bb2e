"""Every reply of a judge, in one SQLite file: what was paid for once is never asked for again.

A reply stands under what was asked (model, messages, schema, length, rubric version, and which try it was) and the
fingerprint under which the server gave it. Addresses and keys stand nowhere in it.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from acord.database import Database, Make

Messages = Sequence[Mapping[str, str]]

_CALLS = """CREATE TABLE calls (
    number INTEGER PRIMARY KEY, key BLOB NOT NULL, fingerprint TEXT NOT NULL, judge TEXT NOT NULL, model TEXT NOT NULL,
    text TEXT NOT NULL, finish TEXT NOT NULL, refusal TEXT, prompt_tokens INTEGER, completion_tokens INTEGER,
    time REAL NOT NULL, UNIQUE (key, fingerprint))"""
_MAKE = Make(
    0x41434A43,
    1,
    (_CALLS, "CREATE INDEX by_judge ON calls (judge, number)"),
    "the store of calls",
    "calls are made and paid again",
)
_COLUMNS = "text, finish, refusal, fingerprint, model, prompt_tokens, completion_tokens"
_PUT = (
    "INSERT OR IGNORE INTO calls (key, fingerprint, judge, model, text, finish, refusal, prompt_tokens, "
    "completion_tokens, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_GET = f"SELECT {_COLUMNS} FROM calls WHERE key = ? ORDER BY fingerprint = ? DESC, number DESC LIMIT 1"  # noqa: S608  no values


class Reply(NamedTuple):
    """What a server replied to one call. text: "" where it said nothing. finish: its finish_reason, "" where none.

    refusal: its words where it refused. fingerprint: of the model as it served it, "" where nothing tells. model: its
    name as the server reported it. Tokens are as reported, None where they are not.
    """

    text: str
    finish: str
    refusal: str | None
    fingerprint: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None


def call_key(
    judge: str, messages: Messages, schema: Mapping[str, Any] | None, max_tokens: int, rubric: str, number: int
) -> bytes:
    """sha256 of what decides a reply. judge: the model's name. rubric: its version. number: of the try, from 1."""
    asked = [judge, [[one["role"], one["content"]] for one in messages], schema, max_tokens, rubric, number]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, separators=(",", ":")).encode("ascii")).digest()


class CallStore:
    """The file of replies. Safe to share between threads; every process opens its own."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it with its folder. Raises InputError where it is damaged, another's or unwritable."""
        self._database = Database(path, _MAKE, with_folder=True)

    def get(self, key: bytes, fingerprint: str | None = None, *, only: bool = False) -> Reply | None:
        """A reply to that call: under this fingerprint if there is one, else the newest. only: this one or none."""
        rows = self._database.read(_GET, (key, fingerprint))
        reply = Reply(*rows[0]) if rows else None
        return None if reply is not None and only and reply.fingerprint != fingerprint else reply

    def put(self, key: bytes, judge: str, reply: Reply) -> Reply:
        """Write a reply at once, and return what stands there: the first under its key and fingerprint stays."""
        row = (key, reply.fingerprint, judge, reply.model, reply.text, reply.finish, reply.refusal,
               reply.prompt_tokens, reply.completion_tokens, time.time())  # fmt: skip
        self._database.write(_PUT, [row])
        return self.get(key, reply.fingerprint) or reply

    def latest(self, judge: str) -> str | None:
        """The fingerprint under which that model gave its newest reply, None where there is none."""
        statement = "SELECT fingerprint FROM calls WHERE judge = ? ORDER BY number DESC LIMIT 1"
        rows = self._database.read(statement, (judge,))
        return str(rows[0][0]) if rows else None

    def __len__(self) -> int:
        """Number of replies."""
        return int(self._database.read("SELECT count(*) FROM calls")[0][0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "CallStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
