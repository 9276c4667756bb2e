"""People's labels are read whole or refused in one line, and a judge is held against them as counted by hand."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError
from acord.judge.labels import agreement_with_people, read_labels
from acord.judge.record import Answer, Label, Question, Rating

HUMAN_LABELS = Path(__file__).parents[2] / ".." / "shared" / "data" / "evaluation"
ROW = {"language": "va", "category": "maths", "prompt": "Quant fan 2 i 2?", "answer": "4", "score": 5}

TRUTHFUL = b"id,question,correct_answers,incorrect_answers,model_answer,truthfulness\n"


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def label(
    item: int, score: int | None = None, passes: bool | None = None, who: str | None = None, text: str = "a"
) -> Label:
    return Label(Answer(Question("maths", "en", str(item), 0, "", None), "", text), score, passes, who)


def test_acords_own_rows_in_json_lines_and_csv(tmp_path: Path) -> None:
    rows = [
        ROW | {"reference": "4", "annotator": "Anna", "id": "sum-1", "model": "new"},
        ROW | {"score": None, "passes": True, "answer": 'quatre, "4"\no IV'},
        {key: value for key, value in ROW.items() if key not in ("language", "score")} | {"passes": "no"},
    ]
    lines = jsonl(tmp_path / "labels.es.jsonl", *rows)
    zipped = tmp_path / "labels_es.jsonl.gz"
    zipped.write_bytes(gzip.compress(lines.read_bytes()))
    found = read_labels([lines])
    assert [(one.score, one.passes, one.annotator) for one in found] == [
        (5, None, "Anna"),
        (None, True, None),
        (None, False, None),
    ]
    question = Question("maths", "va", "sum-1", 0, "Quant fan 2 i 2?", "4")
    assert found[0].answer == Answer(question, "new", "4")
    assert [one.answer.question.language for one in found] == ["va", "va", "es"]
    assert found[1].answer.question.item != "sum-1"
    assert read_labels([lines], "en")[2].answer.question.language == "en"
    assert read_labels([zipped]) == found
    for separator in ",;\t":
        table = tmp_path / "labels.es.csv"
        with table.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, [*rows[0], "passes"], delimiter=separator)
            writer.writeheader()
            writer.writerows(rows)
        assert read_labels([table]) == found


@pytest.mark.parametrize(("language", "truthful", "first"), [("en", 207, False), ("es", 204, True)])
def test_the_human_labels_of_truthfulqa(language: str, truthful: int, first: bool) -> None:
    path = HUMAN_LABELS / f"truthfulqa_human_labels.{language}.csv"
    if not path.exists():
        pytest.skip("the human labels in ../shared are not here")
    found = read_labels([path])
    assert (len(found), sum(one.passes is True for one in found)) == (300, truthful)
    assert len({one.answer for one in found}) == 300
    questions = {one.answer.question for one in found}
    assert len(questions) == 100
    assert {(one.category, one.language) for one in questions} == {("truthfulness", language)}
    assert {one.answer.model for one in found} == {
        "gemma-2-27b-it",
        "Meta-Llama-3-70B-Instruct",
        "Meta-Llama-3-8B-Instruct",
    }
    assert (found[0].passes, found[0].answer.question.item) == (first, "114")
    reference = found[0].answer.question.reference
    assert reference is not None
    correct, incorrect = reference.split("Answers that are not:")
    assert "1961" in correct
    assert "58" in incorrect


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (ROW | {"score": 6}, "l.jsonl:2: score is a whole number from 1 to 5 (it is '6')"),
        (ROW | {"score": 4.5}, "score is a whole number"),
        (ROW | {"score": True}, "score is a whole number"),
        (ROW | {"score": None}, "either score or passes (neither is there)"),
        (ROW | {"passes": False}, "either score or passes (both are there)"),
        (ROW | {"score": "", "passes": "maybe"}, "passes is yes or no (it is 'maybe')"),
        (ROW | {"language": "fr"}, "l.jsonl:2: unknown language 'fr'. Known are en, es, va, ca."),
        (ROW | {"language": ""}, "the row states no language"),
        (ROW | {"prompt": " "}, "the column prompt is empty"),
        (ROW | {"prompt": 3}, "prompt should be text (it is a number)"),
        (ROW | {"category": None}, "the column category is missing or empty"),
        (ROW | {"category": "x" * 2000}, "category is longer than 1,000 characters"),
        ({key: value for key, value in ROW.items() if key != "answer"}, "the column answer is missing"),
        (ROW | {"prompt": "\ud800"}, "prompt is not valid Unicode"),
        (b"\xff\xfe\n", "l.jsonl:2: not UTF-8"),
        (b"[1]", "the row is no JSON object"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_label_is_named(tmp_path: Path, content: dict[str, Any] | bytes, says: str) -> None:
    row = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = tmp_path / "l.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + row + b"\n")
    with pytest.raises(InputError) as refused:
        read_labels([path])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("l.csv", b"", "the file is empty"),
        ("l.csv", b"prompt,answer\n", "there are no rows"),
        ("l.csv", b"prompt,prompt\n1,2\n", "two columns are named 'prompt'"),
        ("l.csv", b"prompt,answer\n1,2\n1,2,3\n", "l.csv:2: the row states no language"),
        ("l.va.csv", b'prompt,answer,category,passes\n"1\n",2,m,yes\n1,2,3\n', "l.va.csv:4: the row has another"),
        ("l.csv", b'prompt,answer\n"1,2\n', "no valid CSV"),
        ("l.csv", b'prompt,answer\n1,"' + b"x" * 200_000 + b'"\n', "no valid CSV"),
        ("l.csv", b"prompt,answer\n\xe9,2\n", "not UTF-8 at byte"),
        ("truth.csv", TRUTHFUL + b"1,q,c,i,m,yes\n", "the file's name states no language"),
        ("t.es.csv", TRUTHFUL + b"1,q,c,i,m,\n", "t.es.csv:2: the column truthfulness is empty"),
        ("l.txt", b"x", "no file of labels by its name"),
        ("l.jsonl", b"", "the file is empty"),
        ("l.jsonl.gz", b"no gzip", "no valid gzip file"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_labels_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_labels([path])
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_labels([tmp_path / "none.csv"])
    with pytest.raises(InputError, match="unknown language 'fr'"):
        read_labels([], "fr")


def test_several_annotators_are_their_median_and_ties_are_dropped() -> None:
    labels = [
        *(label(0, score) for score in (1, 2, 5)),
        *(label(1, score) for score in (2, 3)),
        *(label(2, score) for score in (3, 5)),
        label(3, 1, who="Anna"),
        label(3, 5, who="Anna"),
        label(4, 2),
    ]
    ratings = [Rating("J", label(item).answer, 0, score, "") for item, score in enumerate([2, 3, 5, 5])]
    ratings += [Rating("J", label(4).answer, 0, None, "", "empty"), Rating("J", label(0).answer, 1, 5, "")]
    people = agreement_with_people(ratings, labels)["J", "en"]
    assert (people.scale, people.n, people.ties, people.missing) == ("1-5", 3, 1, 1)
    assert people.table == ((0,) * 5, (0, 1, 0, 0, 0), (0,) * 5, (0, 0, 0, 0, 1), (0, 0, 0, 0, 1))
    assert (people.difference, people.above, people.below) == (pytest.approx(1 / 3), 1, 0)
    # By hand: sum of squares 1; by chance (0 + 4 + 9 + 9 + 1 + 0 + 9 + 1 + 0) / 3 = 11, so 1 - 1/11.
    assert people.kappa is not None
    assert people.kappa.kappa == pytest.approx(10 / 11)
    assert people.annotators is not None
    assert people.annotators.units == 3


def test_yes_and_no_are_held_against_scores_of_four_and_five() -> None:
    labels = [label(item, passes=passes) for item, passes in enumerate([True, True, True, False, False, False])]
    labels += [label(5, passes=True), label(6, score=4)]
    ratings = [Rating("J", label(item).answer, 0, score, "") for item, score in enumerate([5, 4, 3, 1, 4, 5, 2])]
    people = agreement_with_people(ratings, labels)["J", "en"]
    # The labels of 5 are a tie; the score of 6 counts as a yes.
    assert (people.scale, people.n, people.ties) == ("yes/no", 6, 1)
    assert people.table == ((1, 0, 0, 1, 0), (0, 1, 1, 1, 1))
    assert (people.above, people.below, people.difference) == (1, 2, pytest.approx(-1 / 6))
    # 3 of 6 alike; by chance (4 x 3 + 2 x 3) / 36 = 1/2.
    assert people.kappa is not None
    assert people.kappa.kappa == pytest.approx(0)


def test_every_judge_and_language_stands_for_itself() -> None:
    labels = [label(item, 1 + item % 5) for item in range(10)]
    same = [Rating("J", one.answer, 0, one.score, "", fingerprint="f") for one in labels]
    other = [Rating("K", one.answer, 0, 6 - (one.score or 0), "") for one in labels]
    elsewhere = Rating("J", Answer(Question("maths", "es", "1", 0, "", None), "", "a"), 0, 3, "")
    people = agreement_with_people([*same, *other, elsewhere], labels)
    assert set(people) == {("J", "en"), ("K", "en")}
    kappas = {judge: found.kappa for (judge, _), found in people.items()}
    assert kappas["J"] is not None
    assert kappas["K"] is not None
    assert (kappas["J"].kappa, kappas["K"].kappa) == (1, -1)
    assert kappas["J"].low < 1
    assert kappas["K"].high > -1
    assert people["J", "en"].fingerprints == {"f": 10}
    assert agreement_with_people([elsewhere], labels) == {}
