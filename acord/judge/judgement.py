"""A judgement in files: what models answered, what judges said of it, and what people say of answers like these.

judgement.json          the suite, the models, the judges, the settings, and the sha256 of the other files
answers.jsonl           every answer with its prompt
ratings.jsonl           every rating, those of the sample in other forms of the instruction as well
verdicts.jsonl          every verdict on two answers, both orders
labels.jsonl            people's labels of other answers, and label_ratings.jsonl what the judges say of those

Tables and the trust report are functions of these files: `report_of` and `trust_of` compute them again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.errors import InputError
from acord.hashing import hash_file
from acord.judge.people import agreement_with_people
from acord.judge.ratings import score_table
from acord.judge.record import Answer, Label, Question, Rating, Verdict
from acord.judge.score_grid import Report
from acord.judge.trust import Trust, trust_report
from acord.judge.win_rates import win_rates
from acord.whole import written_whole

FILE = "judgement.json"
PARTS = ("answers", "ratings", "verdicts", "labels", "label_ratings")
AGAIN = "Judge the models again."
# Of an answer: what no other answer of a judgement shares.
_PLACE = ("model", "category", "language", "item", "wording")


@dataclass(frozen=True)
class Judgement:
    """about: what judgement.json holds beside the hashes: suite, models, judges, labels of categories, settings."""

    about: Mapping[str, Any]
    ratings: tuple[Rating, ...]
    verdicts: tuple[Verdict, ...]
    labels: tuple[Label, ...] = ()
    label_ratings: tuple[Rating, ...] = ()


def trust_of(judgement: Judgement) -> Trust:
    """How far the judges can be trusted, language by language."""
    people = agreement_with_people(judgement.label_ratings, judgement.labels)
    return trust_report(judgement.ratings, judgement.verdicts, people)


def report_of(judgement: Judgement, trust: Trust, language: str = "en", known: Report | None = None) -> Report:
    """The tables' contents. language: of the categories' names. known: the same in another language, whose figures
    need not be computed again.
    """
    named = judgement.about["categories"].items()
    if known is None:
        table = score_table(judgement.ratings, weighting=judgement.about["weighting"])
        wins = win_rates(judgement.verdicts) if judgement.about["pairwise"] == "all" else ()
    else:
        table, wins = known.table, known.wins
    return Report(
        judgement.about["suite"],
        table,
        wins=wins,
        status={one: trust.reasons(one) for one in trust.languages},
        labels={category: names.get(language, category) for category, names in named},
    )


def write_judgement(judgement: Judgement, folder: Path) -> tuple[Path, ...]:
    """Write all files, judgement.json last: where it is, the others are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    judged = [rating.answer for rating in judgement.ratings]
    judged += [answer for verdict in judgement.verdicts for answer in (verdict.first, verdict.second)]
    labelled = list(dict.fromkeys(label.answer for label in judgement.labels))
    numbers = {answer: number for number, answer in enumerate(labelled)}
    contents = {
        "answers": [_answer(answer) for answer in dict.fromkeys(judged)],
        "ratings": [_place(one.answer) | _said(one) | {"form": one.form, "score": one.score}
                    for one in judgement.ratings],
        "verdicts": [{"first": _place(one.first), "second": _place(one.second)} | _said(one) | {"choice": one.choice}
                     for one in judgement.verdicts],
        "labels": [{"number": numbers[one.answer], **_answer(one.answer), "score": one.score, "passes": one.passes,
                    "annotator": one.annotator} for one in judgement.labels],
        "label_ratings": [{"number": numbers[one.answer], **_said(one), "form": one.form, "score": one.score}
                          for one in judgement.label_ratings],
    }  # fmt: skip
    written = [_write(folder / f"{part}.jsonl", _lines(contents[part])) for part in PARTS]
    hashes = {path.name: hash_file(path) for path in written}
    about = json.dumps({**judgement.about, "files": hashes}, ensure_ascii=False, indent=2) + "\n"
    return (_write(folder / FILE, about), *written)


def read_judgement(folder: Path) -> Judgement:
    """Read what write_judgement wrote. Raises InputError for what is missing, was changed, or is something else."""
    about = dict(_json((folder / FILE).read_bytes() if (folder / FILE).is_file() else b"", folder / FILE))
    hashes = about.pop("files", {})
    rows = {part: _rows(folder / f"{part}.jsonl", hashes) for part in PARTS}
    try:
        answers = {_key(row): _answer_of(row) for row in rows["answers"]}
        labelled = {row["number"]: _answer_of(row) for row in rows["labels"]}
        return Judgement(
            about,
            tuple(_rating(answers[_key(row)], row) for row in rows["ratings"]),
            tuple(_verdict(answers[_key(row["first"])], answers[_key(row["second"])], row)
                  for row in rows["verdicts"]),
            tuple(Label(labelled[row["number"]], row["score"], row["passes"], row["annotator"])
                  for row in rows["labels"]),
            tuple(_rating(labelled[row["number"]], row) for row in rows["label_ratings"]),
        )  # fmt: skip
    except (KeyError, TypeError):
        raise InputError("this is no judgement of Acord", where=str(folder), fix=AGAIN) from None


def _answer(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {**_place(answer), "prompt": question.prompt, "reference": question.reference, "text": answer.text,
            "identity": answer.identity}  # fmt: skip


def _place(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {"model": answer.model, "category": question.category, "language": question.language,
            "item": question.item, "wording": question.wording}  # fmt: skip


def _said(one: Rating | Verdict) -> dict[str, Any]:
    return {"judge": one.judge, "reason": one.reason, "missing": one.missing, "detail": one.detail,
            "fingerprint": one.fingerprint}  # fmt: skip


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in _PLACE)


def _answer_of(row: Mapping[str, Any]) -> Answer:
    _, category, language, item, wording = _key(row)
    question = Question(category, language, item, wording, row["prompt"], row["reference"])
    return Answer(question, row["model"], row["text"], row["identity"])


def _rating(answer: Answer, row: Mapping[str, Any]) -> Rating:
    return Rating(row["judge"], answer, row["form"], row["score"], row["reason"], row["missing"], row["detail"],
                  row["fingerprint"])  # fmt: skip


def _verdict(first: Answer, second: Answer, row: Mapping[str, Any]) -> Verdict:
    return Verdict(row["judge"], first, second, row["choice"], row["reason"], row["missing"], row["detail"],
                   row["fingerprint"])  # fmt: skip


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    # Half of a surrogate pair has no place in UTF-8; as \udXXX in JSON it comes back as it was.
    return "".join(_line(row) + "\n" for row in rows)


def _line(row: Mapping[str, Any]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(row)
    return line


def _write(path: Path, content: str) -> Path:
    with written_whole(path) as beside:
        beside.write_text(content, encoding="utf-8", newline="")
    return path


def _rows(path: Path, hashes: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix=AGAIN) from None
    if hashlib.sha256(content).hexdigest() != hashes.get(path.name):
        raise InputError("the file is not what was written with judgement.json", where=str(path), fix=AGAIN)
    # Not splitlines: an answer may hold U+2028, which JSON leaves as it is.
    return [_json(line, path) for line in content.split(b"\n") if line]


def _json(content: bytes, path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InputError("cannot be read", where=str(path), fix=AGAIN)
    return value
