"""One preference: a prompt, two replies in the order shown, and which of them someone preferred. A line of JSON."""

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError

from acord.errors import InputError
from acord.feedback.language import language_of
from acord.sections import STRICT, explained

Choice = Literal["1", "2", "tie"]
Message = dict[str, str]  # {role, content}

FIRST, SECOND, TIE = "1", "2", "tie"
# What `acord data build` reads as one row; a longer one would be written in vain.
MOST_BYTES = 16 << 20
LONGEST_NAME = 200  # characters of a name: of an annotator, a session, a model, a prompt's id, a language

_Turns = TypeVar("_Turns", bound=Sequence["Turn"])
_ID = re.compile(r"pref_[0-9a-f]{16}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)")


def name_beside_itself(name: str) -> str:
    """What a model is called where it answers a second time beside itself."""
    return f"{name} (2)"


@dataclass(frozen=True)
class Preference:
    """What someone preferred.

    id: `pref_` and 16 hex digits. time: UTC, ISO 8601. prompt: messages {role, content}, the last one the user's.
    replies: in the order shown. models: the display names of whoever gave them, likewise. choice: `1`, `2` or `tie`.
    language: a tag (en, es, va), None where nobody said. annotator: as the session shows them, a name or a pseudonym.
    session, prompt_id: where the prompt came from, None outside of a session.
    """

    id: str
    time: str
    prompt: tuple[Message, ...]
    replies: tuple[str, str]
    models: tuple[str, str]
    choice: Choice
    language: str | None = None
    annotator: str | None = None
    session: str | None = None
    prompt_id: str | None = None


def new_preference(
    *,
    prompt: Sequence[Mapping[str, str]],
    replies: Sequence[str],
    models: Sequence[str],
    choice: str,
    language: str | None = None,
    annotator: str | None = None,
    session: str | None = None,
    prompt_id: str | None = None,
) -> Preference:
    """A preference of this moment with an id of its own. language: identified in the prompt where None.

    Raises InputError for what cannot be one.
    """
    turns = tuple({"role": turn.get("role"), "content": turn.get("content")} for turn in prompt)
    content = {
        "id": f"pref_{secrets.token_hex(8)}",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "prompt": turns,
        "replies": tuple(replies),
        "models": tuple(models),
        "choice": choice,
        "language": language,
        "annotator": annotator,
        "session": session,
        "prompt_id": prompt_id,
    }
    made = _checked(lambda: _Line.model_validate(content), "preference")
    return replace(made, language=language_of(made.prompt)) if language is None else made


def line_of(preference: Preference) -> bytes:
    """The preference as one line of UTF-8, its end included. Raises InputError where it could not be read back."""
    try:
        raw = (json.dumps(asdict(preference), ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        raise InputError(
            "a text is not valid Unicode", where="preference", fix="Take out the broken character."
        ) from None
    if len(raw) > MOST_BYTES:
        raise InputError(f"it has {len(raw):,} bytes; {MOST_BYTES:,} at most", where="preference", fix="Shorten it.")
    parsed(raw, "preference")
    return raw


def parsed(raw: bytes, where: str) -> Preference:
    """A line as the preference it holds. where: file and line. Raises InputError, one line, that names the key."""
    return _checked(lambda: _Line.model_validate_json(raw), where)


def _checked(validate: "Callable[[], _Line]", where: str) -> Preference:
    try:
        line = validate()
    except ValidationError as error:
        fault = error.errors()[0]
        if fault["type"] == "json_invalid":
            problem = fault["msg"].removeprefix("Invalid JSON: ")
            raise InputError(f"no valid JSON ({problem})", where=where, fix="Mend that line, or take it out.") from None
        raise explained(error, where, _Line) from None
    prompt = tuple({"role": turn.role, "content": turn.content} for turn in line.prompt)
    values = {name: getattr(line, name) for name in _Line.model_fields}
    return Preference(**{**values, "prompt": prompt})


def _is_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("should be pref_ and 16 hex digits")
    return value


def _is_time(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        value = ""
    if not _TIME.fullmatch(value):
        raise ValueError("should be a time in UTC, such as 2026-03-09T10:00:00Z")
    return value


def _is_name(value: str) -> str:
    if not value or len(value) > LONGEST_NAME or not value.isprintable() or value != value.strip():
        raise ValueError(f"should be 1 to {LONGEST_NAME} printable characters without spaces around them")
    return value


def _is_two(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) != 2:
        raise ValueError(f"should be two, in the order shown, and there are {len(value)}")
    return value


def ends_with_user(value: _Turns) -> _Turns:
    """Raises ValueError unless the last message is the user's."""
    if not value or value[-1].role != "user":
        raise ValueError("should end with a message of the user")
    return value


Name = Annotated[str, AfterValidator(_is_name)]


class Turn(BaseModel):
    """A message as it is read."""

    model_config = STRICT

    role: Literal["system", "user", "assistant"]
    content: str


class _Line(BaseModel):
    """A preference as it is read: strict types, no unknown key."""

    model_config = STRICT

    id: Annotated[str, AfterValidator(_is_id)]
    time: Annotated[str, AfterValidator(_is_time)]
    prompt: Annotated[tuple[Turn, ...], AfterValidator(ends_with_user)]
    replies: Annotated[tuple[str, ...], AfterValidator(_is_two)]
    models: Annotated[tuple[Name, ...], AfterValidator(_is_two)]
    choice: Choice
    language: Name | None = None
    annotator: Name | None = None
    session: Name | None = None
    prompt_id: Name | None = None
