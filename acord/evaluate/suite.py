"""Suites: which rows a table of results has, and how each is measured. Data, not code: one YAML file a suite.

name: mine                  # as in results and folders
title: What it measures
extends: aitana             # optional: take its rows; a bundled suite's name, or a file beside this one
only: [xnli_va, wnli_es]    # optional, with extends: of them these alone
include: [tasks]            # optional: folders of lm-evaluation-harness tasks of one's own, beside this file
rows:                       # a row with the id of one taken changes only the keys it states
  - {id: phrases_ca-va, shots: 5}
  - {id: mine, label: Mine, language: va, kind: Question Answering, task: my_task, metric: acc, chance: 0.25}
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from acord.errors import InputError
from acord.languages import LANGUAGES
from acord.sections import STRICT, explained, read_mapping

BUNDLED = Path(__file__).parent / "suites"
NAME = r"^[a-z0-9][a-z0-9._-]*$"
ROW_ID = r"^[A-Za-z0-9][A-Za-z0-9._@+-]*(/[A-Za-z0-9._@+-]+)?$"
MOST_EXTENSIONS = 8

Words = Annotated[str, Field(min_length=1)]


class Row(BaseModel):
    """One row of the table of results.

    id: unique in the suite. label, kind: the data set and what it tests, as the table shows them. task, metric,
    filter: lm-evaluation-harness's names. shots: worked examples before each item. better: which way the metric is
    good. chance, best: what guessing and perfection score, in the metric's scale; chance is None where text is
    generated. template: `chat` puts the item into a user turn of the model's template, `none` leaves it bare, `turn`
    makes `turn` (a text, or a Jinja template over the item) the user turn, for tasks whose own would be empty.
    cluster: the item's field whose equal values make items depend on each other, such as the passage they share.
    offline: modules of the `evaluate` library without which the task fails after its last item.
    """

    model_config = STRICT

    id: Annotated[str, Field(pattern=ROW_ID, max_length=120)]
    label: Words
    language: str
    kind: Words
    task: Words
    metric: Words
    filter: Words = "none"
    shots: Annotated[int, Field(ge=0, le=100)] = 0
    better: Literal["higher", "lower"] = "higher"
    chance: float | None = None
    best: float = 1.0
    template: Literal["chat", "none", "turn"] = "chat"
    turn: Words | None = None
    cluster: Words | None = None
    offline: Annotated[tuple[Words, ...], Field(strict=False)] = ()

    @field_validator("language")
    @classmethod
    def _language_is_known(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"should be one of {', '.join(LANGUAGES)}")
        return language

    @model_validator(mode="after")
    def _parts_agree(self) -> "Row":
        if (self.template == "turn") != (self.turn is not None):
            raise ValueError(f"row {self.id}: turn: goes with template: turn, which needs it")
        if self.chance is not None and (
            self.chance >= self.best if self.better == "higher" else self.chance <= self.best
        ):
            raise ValueError(f"row {self.id}: chance: {self.chance} is no worse than best: {self.best}")
        return self


class Suite(BaseModel):
    """A table of results to be measured. include: folders of tasks beside the harness's own, absolute once loaded."""

    model_config = STRICT

    name: Annotated[str, Field(pattern=NAME, max_length=60)]
    title: Words
    rows: Annotated[tuple[Row, ...], Field(strict=False)]
    include: Annotated[tuple[Path, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _rows_differ(self) -> "Suite":
        if not self.rows:
            raise ValueError("rows: should not be empty")
        # Files of a row's items are named by its id, with a dot for the slash.
        twice = [one for one, count in Counter(row.id.replace("/", ".") for row in self.rows).items() if count > 1]
        if twice:
            raise ValueError(f"two rows have the id {twice[0]}")
        return self


class _SuiteFile(BaseModel):
    """What a suite's file may say; its rows are checked once they are joined with those that it extends."""

    model_config = STRICT

    name: str
    title: str
    extends: Words | None = None
    only: Annotated[tuple[str, ...], Field(strict=False)] = ()
    include: Annotated[tuple[Words, ...], Field(strict=False)] = ()
    rows: Annotated[tuple[dict[str, Any], ...], Field(strict=False)] = ()


def list_suites() -> tuple[str, ...]:
    """Names of the suites that come with Acord."""
    return tuple(sorted(file.stem for file in BUNDLED.glob("*.yaml")))


def load_suite(name_or_path: str) -> Suite:
    """The suite of that name, or of that YAML file.

    Raises InputError, one line, for a suite that is not there, has an unknown key or a wrong value, two rows of one id,
    or folders of tasks that do not exist.
    """
    path = _suite_file(name_or_path, Path())
    content = _joined(path, ())
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        raise explained(error, str(path), Suite) from None


def _suite_file(name_or_path: str, beside: Path) -> Path:
    if name_or_path in list_suites():
        return BUNDLED / f"{name_or_path}.yaml"
    if name_or_path.endswith((".yaml", ".yml")):
        return beside / Path(name_or_path).expanduser()
    raise InputError(
        "no such suite", where=name_or_path, fix=f"Give {', '.join(list_suites())} or the path of a .yaml file."
    )


def _joined(path: Path, extending: tuple[Path, ...]) -> dict[str, Any]:
    """A file's content with the rows and folders of those that it extends, as Suite takes it."""
    if len(extending) >= MOST_EXTENSIONS or path.resolve() in extending:
        raise InputError("suites extend each other in a circle", where=str(path), fix="Take one extends: out.")
    content = read_mapping(path, what="suite", start="name:, title: and rows:")
    try:
        file = _SuiteFile.model_validate(content)
    except ValidationError as error:
        raise explained(error, str(path), _SuiteFile) from None
    base: dict[str, Any] = {"rows": [], "include": []}
    if file.extends is not None:
        base = _joined(_suite_file(file.extends, path.parent), (*extending, path.resolve()))
    elif file.only:
        raise InputError("only: goes with extends:", where=str(path), fix="Add extends: or leave out only:.")
    folders = [*base["include"], *(_folder(one, path) for one in file.include)]
    rows = _changed(_chosen(base["rows"], file.only, path), file.rows)
    return {"name": file.name, "title": file.title, "rows": rows, "include": folders}


def _chosen(rows: list[dict[str, Any]], only: Sequence[str], path: Path) -> list[dict[str, Any]]:
    known = [row.get("id") for row in rows]
    for one in only:
        if one not in known:
            raise InputError(f"only: names {one}, which is no row", where=str(path), fix="Give ids of rows.")
    return [row for row in rows if row.get("id") in only] if only else rows


def _changed(rows: list[dict[str, Any]], own: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows taken from another suite, with what this one states of them, and then its own. Each is changed once."""
    place = {row.get("id"): index for index, row in enumerate(rows)}
    joined = list(rows)
    for row in own:
        index = place.pop(row.get("id"), None)
        if index is None:
            joined.append(row)
        else:
            joined[index] = {**joined[index], **row}
    return joined


def _folder(written: str, path: Path) -> Path:
    folder = (path.parent / Path(written).expanduser()).resolve()
    if not folder.is_dir():
        raise InputError(f"include: no such folder: {folder}", where=str(path), fix="It counts from the suite's file.")
    return folder
