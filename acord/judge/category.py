"""Categories of a judge's suite: their rubrics, what models are asked in them, and how their files are read."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator

from acord.errors import InputError
from acord.judge.items import Item, beside_file, check_file, read_items, shown
from acord.judge.record import LEVELS, Question
from acord.languages import LANGUAGES
from acord.sections import STRICT, explained, read_mapping

NAME = r"^[a-z0-9][a-z0-9._-]*$"
MOST_WORDINGS = 3
MOST_BYTES = 2**18
LONGEST_PROMPT = 1_000_000
START = "id:, criterion: and levels:"
_PLACE = re.compile(r"\{\s*(\w+)\s*\}")


@dataclass(frozen=True)
class Rubric:
    """What the answers of one category are rated by.

    criterion: what is rated. levels: from 1 to 5, what an answer at each looks like. anchors: by language, what of that
    language decides between levels. All in English.
    """

    category: str
    criterion: str
    levels: Mapping[int, str]
    anchors: Mapping[str, str]

    @property
    def version(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of all it says."""
        said = [self.category, self.criterion, sorted(self.levels.items()), sorted(self.anchors.items())]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Category:
    """One kind of task. labels: its name, by language. wordings, items: by language, both of the same languages."""

    rubric: Rubric
    labels: Mapping[str, str]
    wordings: Mapping[str, tuple[str, ...]]
    items: Mapping[str, tuple[Item, ...]]

    @property
    def id(self) -> str:
        """Its name in files and results, which is its rubric's."""
        return self.rubric.category

    def label(self, language: str) -> str:
        """Its name in that language, else in English, else its id."""
        return self.labels.get(language) or self.labels.get("en") or self.id

    def questions(self, language: str, *, limit: int | None, wordings: int) -> list[Question]:
        """What models are asked in that language, item by item; nothing where the category has none."""
        return [
            Question(self.id, language, item.id, number, _filled(wording, item), item.reference)
            for item in self.items.get(language, ())[:limit]
            for number, wording in enumerate(self.wordings[language][:wordings])
        ]


def _filled_text(text: str) -> str:
    if not text.strip():
        raise ValueError("should not be empty")
    return text


Words = Annotated[str, AfterValidator(_filled_text)]


class _CategoryFile(BaseModel):
    """What a category's file may say."""

    model_config = STRICT

    id: Annotated[str, Field(pattern=NAME, max_length=60)]
    label: dict[str, Words] = {}
    criterion: Words
    levels: dict[Any, Words]
    anchors: dict[str, Words] = {}
    prompts: dict[str, Annotated[tuple[Words, ...], Field(strict=False)]] = {}
    items: dict[str, Any] = {}

    @field_validator("label", "anchors", "prompts", "items")
    @classmethod
    def _languages_are_known(cls, by_language: dict[str, Any]) -> dict[str, Any]:
        unknown = [tag for tag in by_language if tag not in LANGUAGES]
        if unknown:
            raise ValueError(f"{shown(unknown[0])} is none of the languages {', '.join(LANGUAGES)}")
        return by_language

    @field_validator("levels")
    @classmethod
    def _levels_are_five(cls, levels: dict[Any, str]) -> dict[Any, str]:
        if sorted(map(repr, levels)) != sorted(map(repr, LEVELS)):
            raise ValueError("should have the keys 1, 2, 3, 4 and 5, whole numbers")
        return levels

    @field_validator("prompts")
    @classmethod
    def _wordings_are_few(cls, prompts: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for tag, wordings in prompts.items():
            if not 1 <= len(wordings) <= MOST_WORDINGS:
                raise ValueError(f"{tag} should have one to {MOST_WORDINGS} wordings (it has {len(wordings)})")
        return prompts

    def rubric(self) -> Rubric:
        return Rubric(self.id, self.criterion, {level: self.levels[level] for level in LEVELS}, self.anchors)


def read_category(written: Any, path: Path, where: str) -> Category:
    """One of a suite's categories. written: it, or its file's path, which counts from the suite's, `path`.

    where: the place of `written`, for messages. Raises InputError, one line.
    """
    if isinstance(written, str):
        path = beside_file(written, path, where)
        where = str(path)
        written = read_yaml(path, "category", START)
    if not isinstance(written, dict):
        raise InputError("a category is a mapping of keys or a path", where=where, fix="Change that value.")
    file = _category_file(written, where)
    if not file.prompts:
        raise InputError(f"category {file.id} has no prompts", where=where, fix="Add prompts: and items:.")
    for tag in (*file.prompts, *file.items):
        lacking = "prompts" if tag not in file.prompts else "items" if tag not in file.items else None
        if lacking is not None:
            raise InputError(f"{lacking}: has no {tag}", where=where, fix="prompts: and items: go together.")
    items = {tag: read_items(one, path, f"{where} items.{tag}") for tag, one in file.items.items()}
    for tag, wordings in file.prompts.items():
        for number, wording in enumerate(wordings):
            _check_wording(wording, items[tag], f"{where} prompts.{tag}.{number}")
    return Category(file.rubric(), file.label, file.prompts, items)


def read_rubric(path: Path) -> Rubric:
    """The rubric of a category's file, which may have no prompts and items. Raises InputError, one line."""
    return _category_file(read_yaml(path, "rubric", START), str(path)).rubric()


def read_yaml(path: Path, what: str, start: str) -> dict[str, Any]:
    """A YAML file of a suite that holds a mapping. what, start: as of read_mapping. Raises InputError, one line."""
    check_file(path, what, MOST_BYTES, "Put the items into a .jsonl file beside it.")
    return read_mapping(path, what=what, start=start)


def _category_file(content: dict[Any, Any], where: str) -> _CategoryFile:
    try:
        return _CategoryFile.model_validate(content)
    except ValidationError as error:
        raise explained(error, where, _CategoryFile) from None


def _check_wording(wording: str, items: Sequence[Item], where: str) -> None:
    names = _PLACE.findall(wording)
    if not names:
        fix = "Write the name of a key of the items between braces, such as {question}."
        raise InputError("no place for an item's text, so that all items ask the same", where=where, fix=fix)
    for item in items:
        lacking = [name for name in names if name not in item.texts]
        if lacking:
            known = ", ".join(f"{{{name}}}" for name in item.texts) or "none"
            fault = f"{{{shown(lacking[0])}}} is no text of item {shown(item.id)}"
            raise InputError(fault, where=where, fix=f"Its texts for prompts: {known}.")
        if len(wording) + sum(len(item.texts[name]) for name in names) > LONGEST_PROMPT:
            fault = f"with item {shown(item.id)} the prompt has over {LONGEST_PROMPT} characters"
            raise InputError(fault, where=where, fix="Shorten the item.")


def _filled(wording: str, item: Item) -> str:
    """The wording with the item's texts in their places, in one pass: braces in a text stay as they are."""
    return _PLACE.sub(lambda place: item.texts[place.group(1)], wording)
