"""People's labels of answers, read from files: Acord's own rows, and the human labels of TruthfulQA.

Acord's own, JSON lines or CSV with a line of names: language, category, prompt, answer, and score (1 to 5) or passes
(yes or no); where wanted reference, annotator, id (of the item) and model. TruthfulQA's CSV: id, question,
correct_answers, incorrect_answers, model_answer, truthfulness; its category is `truthfulness`, and its language stands
in the file's name. Labels decide whether ratings are trusted, so no row is passed over: a faulty one ends the reading.
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from acord.data.read import read_rows
from acord.data.row import NoPair, Row, SourceFile, is_unicode
from acord.errors import InputError
from acord.judge.people import agreement_with_people
from acord.judge.record import LEVELS, Answer, Label, Question
from acord.languages import LANGUAGES

__all__ = ["agreement_with_people", "read_labels"]

CSV = ".csv"
ENDINGS = (CSV, ".jsonl", ".jsonl.gz")
# Far more than people have ever labelled; a larger file is some other file.
MOST_BYTES = 256 << 20
TRUTHFUL = ("question", "correct_answers", "incorrect_answers", "model_answer", "truthfulness")
YES = {"yes": True, "sí": True, "true": True, "1": True, "no": False, "false": False, "0": False}
ANSWERS = "Answers that are correct:\n{correct}\n\nAnswers that are not:\n{incorrect}"


def read_labels(paths: Sequence[Path | str], language: str | None = None) -> list[Label]:
    """The labels of files, in their order. language: of rows that state none; without it the file's name counts.

    Raises InputError, with file and row, for a file that cannot be read and for any row that is no label.
    """
    if language is not None:
        _known(language, "the option language")
    labels: list[Label] = []
    for path in map(Path, paths):
        labels += _labels(path, language)
    return labels


def _labels(path: Path, language: str | None) -> Iterator[Label]:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None
    if size > MOST_BYTES:
        raise InputError(
            f"{size >> 20} MiB are no file of labels", where=str(path), fix="Give files of 256 MiB at most."
        )
    if not path.name.lower().endswith(ENDINGS):
        raise InputError("no file of labels by its name", where=str(path), fix=f"Name it {', '.join(ENDINGS)}.")
    file = SourceFile(path, path.name, path.name)
    for row in _csv_rows(file) if path.name.lower().endswith(CSV) else read_rows(file, ()):
        try:
            if row.fault is not None:
                raise row.fault
            yield _label(row, language)
        except NoPair as fault:
            what = f"{fault.reason} ({fault.detail})" if fault.detail else fault.reason
            raise InputError(what, where=row.where, fix="Mend the row, or take it out.") from None


def _label(row: Row, language: str | None) -> Label:
    if "prompt" not in row.content and all(column in row.content for column in TRUTHFUL):
        return _truthful(row, language)
    spoken = row.identifier("language") or language or _language_in_name(row.file.path)
    if spoken is None:
        raise NoPair("the row states no language")
    prompt, category = _written(row, "prompt"), row.identifier("category")
    if not category:
        raise NoPair("the column category is missing or empty")
    score, passes = _score(row), _passes(row, "passes")
    if (score is None) == (passes is None):
        raise NoPair("a label has either score or passes", "both are there" if score else "neither is there")
    item = row.identifier("id") or hashlib.sha256(prompt.encode()).hexdigest()[:12]
    reference = _written(row, "reference", needed=False) or None
    question = Question(category, _known(spoken, row.where), item, 0, prompt, reference)
    answer = Answer(question, row.identifier("model") or "", _written(row, "answer", empty=True))
    return Label(answer, score, passes, row.identifier("annotator"))


def _truthful(row: Row, language: str | None) -> Label:
    spoken = language or _language_in_name(row.file.path)
    if spoken is None:
        raise NoPair("the file's name states no language", "such as labels.es.csv")
    passes = _passes(row, "truthfulness")
    if passes is None:
        raise NoPair("the column truthfulness is empty")
    item, _, model = (row.identifier("id") or row.default_id).rpartition("__")
    correct, incorrect = _written(row, "correct_answers"), _written(row, "incorrect_answers", empty=True)
    reference = ANSWERS.format(correct=correct.strip(), incorrect=incorrect.strip())
    question = Question(
        "truthfulness", _known(spoken, row.where), item or model, 0, _written(row, "question"), reference
    )
    return Label(Answer(question, model if item else "", _written(row, "model_answer", empty=True)), None, passes)


def _written(row: Row, column: str, *, needed: bool = True, empty: bool = False) -> str:
    """A text that may not be empty unless so stated, and is Unicode: a half of a surrogate pair cannot be sent."""
    value = row.text(column) if needed else row.optional_text(column) or ""
    if needed and not empty and not value.strip():
        raise NoPair(f"the column {column} is empty")
    if not is_unicode(value):
        raise NoPair(f"{column} is not valid Unicode")
    return value


def _score(row: Row) -> int | None:
    value = row.content.get("score")
    if value is None or value == "":
        return None
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    if text not in map(str, LEVELS):
        raise NoPair("score is a whole number from 1 to 5", f"it is {str(value)[:40]!r}")
    return int(text)


def _passes(row: Row, column: str) -> bool | None:
    value = row.content.get(column)
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value.strip().lower() not in YES:
        raise NoPair(f"{column} is yes or no", f"it is {str(value)[:40]!r}")
    return YES[value.strip().lower()]


def _known(language: str, where: str) -> str:
    if language not in LANGUAGES:
        raise InputError(f"unknown language {language[:40]!r}", where=where, fix=f"Known are {', '.join(LANGUAGES)}.")
    return language


def _language_in_name(path: Path) -> str | None:
    """The language before a file's ending: labels.es.csv, labels_va.jsonl."""
    found = re.search(r"(?:^|[^a-z])([a-z]+)\.(?:csv|jsonl|jsonl\.gz)$", path.name.lower())
    return found.group(1) if found and found.group(1) in LANGUAGES else None


def _csv_rows(file: SourceFile) -> Iterator[Row]:
    try:
        with file.path.open(encoding="utf-8-sig", newline="") as stream:
            heading = stream.readline()
            # Spreadsheets write what their locale separates by: in Spain the semicolon.
            reader = csv.reader(chain([heading], stream), strict=True, delimiter=max(",;\t", key=heading.count))
            names = next(reader, None)
            if not names:
                raise InputError("the file is empty", where=str(file.path), fix="Give a file with rows.")
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise InputError(f"two columns are named {twice[0][:40]!r}", where=str(file.path), fix="Rename one.")
            yield from _rows_below(reader, names, file)
    except OSError as error:
        raise _unreadable(file.path, error) from None
    except UnicodeDecodeError as error:
        fix = "Save it as UTF-8."
        raise InputError(f"not UTF-8 at byte {error.start + 1}", where=str(file.path), fix=fix) from None
    except csv.Error as error:
        raise InputError(f"no valid CSV ({error})", where=str(file.path), fix="Export the file again.") from None


def _rows_below(reader: Any, names: list[str], file: SourceFile) -> Iterator[Row]:
    """Rows by the line that each begins at. reader: of the csv module, behind the line of names."""
    begins, rows = reader.line_num + 1, 0
    for values in reader:
        if values:
            rows += 1
            fault = None
            if len(values) != len(names):
                fault = NoPair("the row has another number of columns", f"{len(values)}, not {len(names)}")
            yield Row(dict(zip(names, values, strict=False)), file, begins, names, fault)
        begins = reader.line_num + 1
    if not rows:
        raise InputError("there are no rows", where=str(file.path), fix="Give a file with rows.")


def _unreadable(path: Path, error: OSError) -> InputError:
    fix = "Check the path and permissions."
    return InputError(f"cannot be read ({error.strerror or error})", where=str(path), fix=fix)
