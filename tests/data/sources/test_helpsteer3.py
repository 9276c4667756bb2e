"""HelpSteer3: the sign of the preference, ties, what annotators said, language names."""

import statistics
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.data.sources.helpsteer3 import spread, weight_of
from acord.errors import InputError

from ..samples import FORGERY, helpsteer3_row, write_jsonl, write_parquet
from .reading import Read, read


def built(tmp_path: Path, rows: list[Any], **more: Any) -> Read:
    return read(tmp_path, format="helpsteer3", path=write_jsonl(tmp_path / "train.jsonl.gz", rows), **more)


@pytest.mark.parametrize(("preference", "chosen"), [(-3, "one"), (-1, "one"), (1, "two"), (3, "two")])
def test_a_negative_preference_is_for_the_first_response(tmp_path: Path, preference: int, chosen: str) -> None:
    result = built(tmp_path, [helpsteer3_row(preference)])
    (pair,) = result.pairs
    assert pair.chosen == chosen
    assert pair.rejected == {"one": "two", "two": "one"}[chosen]
    assert pair.margin == abs(preference)
    assert (pair.language, pair.licence, pair.origin, pair.weight) == ("en", "CC-BY-4.0", "human", 1.0)
    assert (pair.source_id, pair.chosen_rank) == ("train.jsonl.gz:1", None)


def test_ties_are_dropped(tmp_path: Path) -> None:
    result = built(tmp_path, [helpsteer3_row(0), helpsteer3_row(2)])
    assert result.reasons == {"train.jsonl.gz:1": "tie (overall_preference 0)"}


@pytest.mark.parametrize(
    ("domain", "name", "more", "tag"),
    [
        ("multilingual", "spanish", {}, "es"),
        ("multilingual", "catalan", {}, "ca"),
        ("multilingual", "valencian", {}, "va"),
        ("code", "python", {}, "en"),
        ("code", "python", {"language": "es"}, "es"),
        ("general", "klingon", {}, "und"),
        ("general", None, {"language": "ca-valencia"}, "va"),
        ("general", None, {}, "und"),
    ],
)
def test_language_names_become_tags(
    tmp_path: Path, domain: str, name: str | None, more: dict[str, str], tag: str
) -> None:
    (pair,) = built(tmp_path, [helpsteer3_row(1, domain=domain, language=name)], **more).pairs
    assert pair.language == tag
    assumed = name in ("python", "klingon") and not more
    assert ((name or "-") in pair.lineage[0].detail) == assumed


def test_unusable_rows_have_reasons(tmp_path: Path) -> None:
    rows = [
        helpsteer3_row(1),
        helpsteer3_row(1, context=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]),
        helpsteer3_row(1, context=[{"role": "critic", "content": "a"}]),
        helpsteer3_row(1, response1="two"),
        helpsteer3_row(1, response2=None),
    ]
    result = built(tmp_path, rows)
    assert [(name[-1], reason) for name, reason, _ in result.dropped] == [
        ("2", "the prompt does not end with a user turn"),
        ("3", "unknown role"),
        ("4", "chosen equals rejected"),
        ("5", "empty text"),
    ]


def test_languages_keep_what_is_asked_for(tmp_path: Path) -> None:
    rows = [helpsteer3_row(1), helpsteer3_row(1, language="valencian", response1="u"), helpsteer3_row(-1)]
    result = built(tmp_path, rows, languages=["ca-valencia"])
    assert [pair.language for pair in result.pairs] == ["va"]
    assert result.by_reason == {"language not asked for": 2}


SCALE = "should be a whole number from -3 to 3"


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        *(({"overall_preference": value}, f"overall_preference {SCALE}", "it is a number") for value in (4, -4, 1.5)),
        ({"overall_preference": float("inf")}, f"overall_preference {SCALE}", "it is a number"),
        ({"overall_preference": "1"}, f"overall_preference {SCALE}", "it is text"),
        ({"overall_preference": True}, f"overall_preference {SCALE}", "it is true or false"),
        ({"overall_preference": None}, f"overall_preference {SCALE}", "it is null"),
        ({"context": "Ask"}, "context should be a list of messages", "it is text"),
        ({"context": None}, "context should be a list of messages", "it is null"),
        ({"context": ["Ask"]}, "context should hold messages, {role, content}", "it holds text"),
        ({"response1": 1}, "response1 should be text", "it is a number"),
        ({"language": ["english"]}, "language should be text", "it is a list"),
        ({"individual_preference": 2}, "individual_preference should be a list of {score}, each from -3 to 3", "it is"),
        ({"individual_preference": [2]}, "individual_preference should be a list of {score}, each from -3 to 3", ""),
    ],
)
def test_a_value_outside_the_schema_is_a_reason(
    tmp_path: Path, change: dict[str, Any], reason: str, detail: str
) -> None:
    result = built(tmp_path, [helpsteer3_row(1) | change, helpsteer3_row(1)])
    assert result.reasons == {"train.jsonl.gz:1": reason}
    assert result.dropped[0][2].startswith(detail)


@pytest.mark.parametrize("column", ["context", "response1", "response2", "overall_preference"])
def test_a_missing_column_is_the_reason_with_those_that_are_there(tmp_path: Path, column: str) -> None:
    row = helpsteer3_row(1)
    del row[column]
    result = built(tmp_path, [helpsteer3_row(1), row])
    missing = (f"the column {column} is missing", f"columns there: {', '.join(row)}")
    assert result.dropped == [("train.jsonl.gz:2", *missing)]


def said(*scores: Any) -> list[dict[str, Any]]:
    """What annotators said, with their reasons."""
    return [{"score": score, "reasoning": "a secret reason", "feedback1": None} for score in scores]


@pytest.mark.parametrize(
    ("scores", "weight", "note"),
    [
        ([2, 2, 2], 1.0, ", scores 2, 2, 2 (SD 0.00)"),
        ([1, 2], 0.8333, ", scores 1, 2 (SD 0.50)"),
        ([-1, 0, 1], 0.7278, ", scores -1, 0, 1 (SD 0.82)"),
        ([3, -2, 2.5], 0.2505, ", scores 3, -2, 2.5 (SD 2.25)"),
        ([3, -3], 0.25, ", scores 3, -3 (SD 3.00)"),
        ([3], 1.0, ""),
        ([None, 3], 1.0, ""),
        ([], 1.0, ""),
        (None, 1.0, ""),
    ],
)
def test_the_weight_falls_with_the_annotators_spread(
    tmp_path: Path, scores: list[Any] | None, weight: float, note: str
) -> None:
    more = {} if scores is None else {"individual_preference": said(*scores)}
    (pair,) = built(tmp_path, [helpsteer3_row(2, **more)]).pairs
    assert (pair.weight, pair.margin) == (weight, 2.0)
    assert pair.lineage[0].detail == f"helpsteer3 row of train.jsonl.gz, overall_preference 2{note}"
    assert "secret" not in repr(pair)


@given(st.lists(st.integers(-3, 3), max_size=6))
def test_the_weight_is_one_where_all_agree_and_never_below_a_quarter(scores: list[int]) -> None:
    weight = weight_of(scores)
    assert 0.25 <= weight <= 1.0
    assert (weight == 1.0) == (len({*scores}) < 2)
    if len(scores) > 1:
        assert spread(scores) == pytest.approx(statistics.pstdev(scores))


@pytest.mark.parametrize("score", ["2", True, 4, -3.5, float("nan"), float("inf"), [2]])
def test_a_score_that_is_none_is_a_reason(tmp_path: Path, score: Any) -> None:
    result = built(tmp_path, [helpsteer3_row(2, individual_preference=said(2, score))])
    reason = "individual_preference should be a list of {score}, each from -3 to 3"
    assert result.dropped == [("train.jsonl.gz:1", reason, f"scores: [2, {score!r}]")]


def test_parquet_holds_what_annotators_said(tmp_path: Path) -> None:
    rows = [helpsteer3_row(2, individual_preference=said(1, 2)), helpsteer3_row(-1, individual_preference=None)]
    result = read(tmp_path, format="helpsteer3", path=write_parquet(tmp_path / "train.parquet", rows))
    assert [(pair.chosen, pair.weight) for pair in result.pairs] == [("two", 0.8333), ("one", 1.0)]


def test_a_missing_parquet_column_is_named_with_all_that_are_there(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "train.parquet", [{"context": [{"role": "user", "content": "a"}], "scores": 3}])
    with pytest.raises(InputError, match=r"train.parquet row 1: the column response1 is missing.*: context, scores\."):
        read(tmp_path, format="helpsteer3", path=path)


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    context = [{"role": "system", "content": FORGERY + "s"}, {"role": "user", "content": FORGERY}]
    (pair,) = built(tmp_path, [helpsteer3_row(1, context=context, response1=FORGERY + "1", response2=FORGERY)]).pairs
    assert pair.prompt == context
    assert (pair.chosen, pair.rejected) == (FORGERY, FORGERY + "1")
