"""Suites of the judge: what models are asked, and the rubrics by which their answers are rated. Data, not code.

name: mine                      # a suite: one YAML file
categories:
  - maths.yaml                  # a category's file beside it, or the category itself:
  - id: letters
    label: {en: Letters, va: Cartes}            # optional
    criterion: Whether the letter serves its purpose.
    levels: {1: ..., 2: ..., 3: ..., 4: ..., 5: ...}
    anchors: {va: ...}                          # optional: what of that language decides between levels
    prompts:                                    # one to three wordings of the same, with places for an item's texts
      va: ["{task}", "Escriu una carta. {task}"]
    items:
      va: letters_va.jsonl      # a file beside it: {"id": "1", "task": "...", "reference": "..."} a line; or rows:NAME,
                                # texts of Acord's own rows of evaluation; or a list of such items

A rubric of its own, for answers that come from elsewhere, is a category's file without prompts and items.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from acord.errors import InputError
from acord.judge.category import MOST_WORDINGS, NAME, Category, Rubric, read_category, read_rubric, read_yaml
from acord.judge.items import beside_file, shown
from acord.judge.record import Question
from acord.languages import LANGUAGES
from acord.sections import STRICT, explained

__all__ = ["Category", "JudgeSuite", "Rubric", "list_suites", "load_rubric", "load_suite"]

BUNDLED = Path(__file__).parent / "suites"


@dataclass(frozen=True)
class JudgeSuite:
    """Categories in the order of the table."""

    name: str
    categories: tuple[Category, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that some category has, in Acord's order."""
        return tuple(tag for tag in LANGUAGES if any(tag in category.items for category in self.categories))

    def rubric(self, category: str) -> Rubric:
        """The rubric of a category. Raises KeyError for one that it does not have."""
        return {one.id: one.rubric for one in self.categories}[category]

    def questions(
        self,
        *,
        languages: Sequence[str] | None = None,
        categories: Sequence[str] | None = None,
        limit: int | None = None,
        wordings: int = MOST_WORDINGS,
    ) -> list[Question]:
        """What models are asked: by category, language, item and wording, in the suite's order.

        languages, categories: of the suite, all where None. limit: the first so many items of each category and
        language. wordings: the first so many of each instruction's. Raises InputError for a language or a category
        that the suite does not have, and where no question is left.
        """
        ids = tuple(category.id for category in self.categories)
        wanted_languages = self._known("language", languages, self.languages)
        wanted = self._known("category", categories, ids)
        questions = [
            question
            for category in self.categories
            if category.id in wanted
            for language in self.languages
            if language in wanted_languages
            for question in category.questions(language, limit=limit, wordings=wordings)
        ]
        if not questions:
            fault = f"no question in {', '.join(wanted_languages)} of {', '.join(wanted)}"
            raise InputError(fault, where=f"suite {self.name}", fix="Choose other languages or categories.")
        return questions

    def _known(self, what: str, chosen: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [one for one in chosen or () if one not in known]
        if unknown:
            fix = f"It has {', '.join(known)}."
            raise InputError(f"no {what} {shown(unknown[0])}", where=f"suite {self.name}", fix=fix)
        return known if chosen is None else tuple(chosen)


class _SuiteFile(BaseModel):
    """What a suite's file may say; its categories are checked one by one."""

    model_config = STRICT

    name: Annotated[str, Field(pattern=NAME, max_length=60)]
    categories: Annotated[tuple[Any, ...], Field(strict=False, min_length=1)]


def list_suites() -> tuple[str, ...]:
    """Names of the suites that come with Acord."""
    return tuple(sorted(file.stem for file in BUNDLED.glob("*.yaml") if file.with_suffix("").is_dir()))


def load_suite(name: str) -> JudgeSuite:
    """The suite of that name, or of that YAML file, with all its items.

    Raises InputError, one line, for whatever is wrong in one of its files.
    """
    path = _file_of(name, {one: BUNDLED / f"{one}.yaml" for one in list_suites()}, "suite of the judge")
    content = read_yaml(path, "suite of the judge", "name: and categories:")
    try:
        file = _SuiteFile.model_validate(content)
    except ValidationError as error:
        raise explained(error, str(path), _SuiteFile) from None
    categories = tuple(read_category(one, path, f"{path} categories.{n}") for n, one in enumerate(file.categories))
    twice = [one for one, number in Counter(category.id for category in categories).items() if number > 1]
    if twice:
        raise InputError(f"two categories have the id {twice[0]}", where=str(path), fix="Give each its own id.")
    return JudgeSuite(file.name, categories)


def load_rubric(name: str) -> Rubric:
    """The rubric of that name that comes with Acord, of its own or of a category, or that of a category's YAML file.

    Raises InputError, one line.
    """
    files = [file for file in (*BUNDLED.glob("*/*.yaml"), *BUNDLED.glob("*.yaml")) if file.stem not in list_suites()]
    path = _file_of(name, {file.stem: file for file in sorted(files)}, "rubric")
    return read_rubric(path)


def _file_of(name: str, bundled: Mapping[str, Path], what: str) -> Path:
    if name in bundled:
        return bundled[name]
    if name.endswith((".yaml", ".yml")):
        return beside_file(name, Path(), name)
    fix = f"Give {', '.join(bundled)} or the path of a .yaml file."
    raise InputError(f"no such {what}", where=shown(name), fix=fix)
