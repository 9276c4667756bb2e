"""The texts of a suite's items, so that what an evaluation asks can be kept out of the data that a model learns from.

The harness's own task objects render the items, from local files and the local cache. What every item of a task shares
(its instructions) is taken out: a field of the document that stands in the rendered text is a text of its own; what is
left between fields loses the words that begin or end it in all items. Worked examples are no items.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from acord.data.compared_words import words_of
from acord.data.decontaminate import CHOICE, PASSAGE, QUESTION, TARGET, EvaluationText, Part
from acord.data.overlap import FEWEST_WORDS
from acord.evaluate.availability import check_rows
from acord.evaluate.harness import load_task, silent_harness
from acord.evaluate.suite import Row, Suite

# Names of fields that several items share, beside the one that a row names as its cluster; and of answers to choose.
PASSAGES = frozenset({"article", "content", "context", "document", "flores_passage", "passage", "premise", "story"})
ANSWERS = re.compile("answer|choice|option|ending", re.IGNORECASE)


class MissingRow(NamedTuple):
    """A row whose items are not here, and why."""

    row: str
    reason: str


class SuiteTexts(NamedTuple):
    """texts: in the order of rows and items; missing: the rows that they do not cover."""

    texts: list[EvaluationText]
    missing: list[MissingRow]


class _Piece(NamedTuple):
    """A part of a rendered text. field: of the document; empty for words that stand between fields."""

    field: str
    text: str


class _Item(NamedTuple):
    """A rendered item: its prompt, or several where its choices hold all of it; choices beside it; targets."""

    prompts: list[list[_Piece]]
    choices: list[str]
    targets: list[str]


def suite_texts(suite: Suite, *, fetch: bool = False, environment: Mapping[str, str] = os.environ) -> SuiteTexts:
    """The texts of every item of every row that can be read here.

    fetch: let the data sets that are not here be fetched from the hub. A task that several rows measure is read once,
    under its first row; tasks over one data set give each text of an item once. Raises InputError where a row asks for
    a metric that its task does not report.
    """
    # Metrics are not needed to read items.
    states = check_rows(
        suite.model_copy(update={"rows": tuple(row.model_copy(update={"offline": ()}) for row in suite.rows)}),
        environment=environment,
    )
    found = SuiteTexts([], [])
    told: dict[tuple[str, str | None], str] = {}
    seen: set[int] = set()
    for row, state in zip(suite.rows, states, strict=True):
        key = row.task, row.turn
        if key not in told:
            told[key] = ""
            if state.state == "unavailable":
                told[key] = state.reason
            elif state.state == "fetch" and not fetch:
                told[key] = f"{state.data} is not here"
            else:
                try:
                    found.texts.extend(_new(_texts_of_row(row, suite.include, fetch=fetch), seen))
                except Exception as error:  # other people's tasks: what one of them raises must not cost the others
                    told[key] = " ".join(f"{type(error).__name__}: {error}".split())
        if told[key]:
            found.missing.append(MissingRow(row.id, told[key]))
    return found


def _new(texts: Iterable[tuple[str, EvaluationText]], seen: set[int]) -> list[EvaluationText]:
    """Of (data set, text), the texts that no earlier task gave; a passage once, whichever items share it."""
    new = []
    for data, one in texts:
        key = hash((data, -1 if one.part == PASSAGE else one.item, one.part, one.text))
        if key not in seen:
            seen.add(key)
            new.append(one)
    return new


def _texts_of_row(row: Row, include: Sequence[Path], *, fetch: bool) -> list[tuple[str, EvaluationText]]:
    with silent_harness(), _hub_left_alone(not fetch):
        (task,) = load_task(row, include)["tasks"].values()
        items = [_item(task, document) for document in task.eval_docs]
    config = task.config
    data = f"{config.dataset_path} {config.dataset_name} {config.dataset_kwargs}"
    if not config.dataset_path:
        data = row.task
    shared = _shared(items)
    return [
        (data, EvaluationText(row.id, number, row.language, part, text))
        for number, item in enumerate(items)
        for part, text in dict.fromkeys(_parts(item, row, shared))
        if len(words_of(text)) >= FEWEST_WORDS
    ]


@contextmanager
def _hub_left_alone(wanted: bool) -> Iterator[None]:
    """While a data set is read from the cache, the hub is not asked whether it has a newer one."""
    import datasets
    from huggingface_hub import constants

    before = datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE
    if wanted:
        datasets.config.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE = before


def _item(task: Any, document: Mapping[str, Any]) -> _Item:
    prompt = task.doc_to_text(document)
    choices = _strings(task.doc_to_choice(document)) if task.config.doc_to_choice is not None else []
    targets = _strings(task.doc_to_target(document))
    fields = _fields(document)
    if not isinstance(prompt, str):
        # The number of a beginning among the choices, all of which the target ends.
        return _Item([[_Piece("", f"{choice} {target}")] for choice in choices for target in targets], [], [])
    if words_of(prompt):
        return _Item([_pieces(prompt, fields)], choices, targets)
    return _Item([_pieces(choice, fields) for choice in choices], [], targets)


def _fields(value: Any, name: str = "") -> list[_Piece]:
    """The texts of a document with the names of their columns, the longest first."""
    if isinstance(value, str):
        return [_Piece(name, value)]
    if isinstance(value, Mapping):
        parts = [_fields(one, name or str(key)) for key, one in value.items()]
    elif isinstance(value, list | tuple):
        parts = [_fields(one, name) for one in value]
    else:
        return []
    return sorted((one for part in parts for one in part), key=lambda one: -len(one.text))


def _pieces(rendered: str, fields: Sequence[_Piece]) -> list[_Piece]:
    """A rendered text cut into the document's fields, as far as they stand in it, and the words between them."""
    left = f" {' '.join(words_of(rendered))} "
    for number, field in enumerate(fields):
        words = words_of(field.text)
        if len(words) >= FEWEST_WORDS:
            left = left.replace(f" {' '.join(words)} ", f" \0{number} ", 1)
    pieces: list[_Piece] = []
    for word in left.split():
        piece = fields[int(word[1:])] if word.startswith("\0") else _Piece("", word)
        if pieces and _go_on(pieces[-1], piece):
            pieces[-1] = _Piece(piece.field, f"{pieces[-1].text} {piece.text}")
        else:
            pieces.append(piece)
    return pieces


def _go_on(piece: _Piece, after: _Piece) -> bool:
    """Whether two neighbours are one text: words between fields, or fields numbered like the sentences of a story."""
    if not piece.field:
        return not after.field
    return piece.field != after.field and re.sub(r"\d", "", piece.field) == re.sub(r"\d", "", after.field)


def _shared(items: Sequence[_Item]) -> dict[int, tuple[int, int]]:
    """How many words the texts between fields begin and end with in all items, by their place in the prompt."""
    texts: dict[int, list[list[str]]] = {}
    for item in items:
        for prompt in item.prompts:
            for place, piece in enumerate(prompt):
                if not piece.field:
                    texts.setdefault(place, []).append(words_of(piece.text))
    return {place: (_alike(all_), _alike([words[::-1] for words in all_])) for place, all_ in texts.items()}


def _alike(texts: Sequence[Sequence[str]]) -> int:
    """With how many equal words several texts begin; none where there is one text, which is like no other."""
    if len(texts) < 2:
        return 0
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False)))


def _parts(item: _Item, row: Row, shared: Mapping[int, tuple[int, int]]) -> Iterator[tuple[Part, str]]:
    for prompt in item.prompts:
        for place, piece in enumerate(prompt):
            if piece.field:
                yield _part_of(piece.field, row), piece.text
            elif shared[place] == (0, 0):
                yield QUESTION, piece.text
            else:
                begun, ended = shared[place]
                words = words_of(piece.text)
                yield QUESTION, " ".join(words[begun : max(begun, len(words) - ended)])
    for choice in item.choices:
        yield CHOICE, choice
    for target in item.targets:
        if target not in item.choices:
            yield TARGET, target


def _part_of(field: str, row: Row) -> Part:
    if field == row.cluster or field in PASSAGES:
        return PASSAGE
    return CHOICE if ANSWERS.search(field) else QUESTION


def _strings(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str)]
