"""The file that describes a session of preferences: YAML, read strictly, with its prompts in it or beside it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator

from acord.errors import InputError
from acord.feedback.record import Message, Name, Turn, ends_with_user
from acord.sections import STRICT, explained, read_mapping

Annotators = Literal["named", "pseudonymous"]


class SessionPrompt(NamedTuple):
    """id: as the file says, or made from the text. messages: {role, content}, the last one the user's."""

    id: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Session:
    """A session of preferences, and what its annotators are told before the first answer.

    purpose, retention, contact: what the answers are for, how long they are kept, whom to ask. overlap: answers wanted
    of each prompt, by different people. annotators: whether they are known by name.
    """

    name: str
    purpose: str
    retention: str
    contact: str
    overlap: int
    annotators: Annotators
    prompts: tuple[SessionPrompt, ...]


def load_session(path: Path) -> Session:
    """Read a session's file. Raises InputError, one line, that names file and key, or the line of the prompts' file."""
    content = read_mapping(path, what="session", start="name: and purpose:")
    prompts = content.get("prompts")
    items: list[_Prompt] | None = None
    if isinstance(prompts, str):
        items = _read_prompts(path.parent / prompts, key=f"{path}: prompts")
        content = {**content, "prompts": [item.model_dump() for item in items]}
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        raise explained(error, str(path), _File) from None
    return Session(
        file.name,
        *(file.purpose, file.retention, file.contact, file.overlap, file.annotators),
        prompts=tuple(_session_prompt(item) for item in file.prompts),
    )


def _read_prompts(path: Path, *, key: str) -> "list[_Prompt]":
    readers: dict[str, Callable[[str], Any]] = {".txt": lambda line: line, ".jsonl": json.loads}
    if path.suffix not in readers:
        raise InputError(
            "neither a list nor a file of prompts", where=key, fix="Give a list, or a .jsonl or .txt file."
        )
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(
            f"the file of prompts cannot be read: {error.strerror}",
            where=str(path),
            fix="Give its path as seen from the session's file.",
        ) from None
    except UnicodeDecodeError:
        raise InputError("the file of prompts is not UTF-8 text", where=str(path), fix="Save it as UTF-8.") from None
    prompts = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            prompts.append(_Prompt.model_validate(_as_mapping(readers[path.suffix](line.strip()))))
        except ValidationError as error:
            raise explained(error, where, _Prompt) from None
        except (ValueError, RecursionError):
            raise InputError("no valid JSON", where=where, fix="Write a text in quotes, or {id, messages}.") from None
    return prompts


def _as_mapping(item: Any) -> Any:
    """A prompt that is a text as the messages that it stands for."""
    return {"messages": [{"role": "user", "content": item}]} if isinstance(item, str) else item


def _session_prompt(item: "_Prompt") -> SessionPrompt:
    messages = tuple({"role": turn.role, "content": turn.content} for turn in item.messages)
    return SessionPrompt(item.id or _id_of(messages), messages)


def _id_of(messages: tuple[Message, ...]) -> str:
    # Of the texts, not of the place: a prompt that is put before the others leaves their answers theirs.
    return hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()[:12]


def _says_something(value: str) -> str:
    if not value.strip():
        raise ValueError("should not be empty")
    return value


class _Prompt(BaseModel):
    model_config = STRICT

    id: Name | None = None
    messages: Annotated[list[Turn], AfterValidator(ends_with_user)]


class _File(BaseModel):
    """The keys of a session's file."""

    model_config = STRICT

    name: Name
    purpose: Annotated[str, AfterValidator(_says_something)]
    retention: Annotated[str, AfterValidator(_says_something)]
    contact: Annotated[str, AfterValidator(_says_something)]
    overlap: Annotated[int, Field(gt=0)] = 2
    # Nobody's name is kept unless someone decided that it should be.
    annotators: Annotators = "pseudonymous"
    prompts: Annotated[list[_Prompt], Field(min_length=1)]

    @field_validator("prompts", mode="before")
    @classmethod
    def _texts_are_messages(cls, value: Any) -> Any:
        return [_as_mapping(item) for item in value] if isinstance(value, list) else value

    @field_validator("prompts")
    @classmethod
    def _ids_differ(cls, prompts: list[_Prompt]) -> list[_Prompt]:
        ids = [_session_prompt(item).id for item in prompts]
        for index, one in enumerate(ids):
            if one in ids[:index]:
                first = prompts[index].messages[-1].content
                shown = f"{first[:40]}..." if len(first) > 40 else first
                raise ValueError(f"two prompts have the id {one} ({shown})")
        return prompts
