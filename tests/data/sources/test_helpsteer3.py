"""HelpSteer3: the sign of the preference, ties, language names."""

from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError

from ..samples import FORGERY, Built, build, helpsteer3_row, reasons, write_jsonl, write_parquet


def built(tmp_path: Path, rows: list[dict[str, Any]], **more: Any) -> Built:
    path = write_jsonl(tmp_path / "train.jsonl.gz", rows)
    return build(tmp_path / "out", {"name": "hs", "format": "helpsteer3", "path": path, **more})


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
    assert reasons(result) == {"train.jsonl.gz:1": "tie (overall_preference 0)"}


def test_only_ties_are_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        built(tmp_path, [helpsteer3_row(0)] * 12)
    assert str(error.value).startswith(f"source hs ({tmp_path / 'train.jsonl.gz'}): all 12 rows were dropped: tie ")
    assert "nothing to learn from" in str(error.value)
    assert "\n" not in str(error.value)


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
        helpsteer3_row(2),
    ]
    result = built(tmp_path, rows)
    assert [(row["source_id"][-1], row["reason"]) for row in result.dropped] == [
        ("2", "the prompt does not end with a user turn"),
        ("3", "unknown role"),
        ("4", "chosen equals rejected"),
        ("5", "empty text"),
        ("6", "duplicate"),
    ]
    assert result.dropped[-1]["detail"] == f"duplicate of {result.pairs[0].id}"


def test_languages_keep_what_is_asked_for(tmp_path: Path) -> None:
    rows = [helpsteer3_row(1), helpsteer3_row(1, language="valencian", response1="u"), helpsteer3_row(-1)]
    result = built(tmp_path, rows, languages=["ca-valencia"])
    assert [pair.language for pair in result.pairs] == ["va"]
    assert result.figures["dropped_by_reason"] == {"language not asked for": 2}


@pytest.mark.parametrize("value", [4, -4, "1", True, 1.5, None])
def test_a_preference_outside_the_schema_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InputError, match=r"train.jsonl.gz:1: overall_preference should be a whole number from -3 to 3"):
        built(tmp_path, [helpsteer3_row(value)])


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    row = helpsteer3_row(1)
    del row["response2"]
    expected = r"jsonl.gz:2: the column response2 is missing. Columns there: domain, language, context, response1, over"
    with pytest.raises(InputError, match=expected):
        built(tmp_path, [helpsteer3_row(1), row])


def test_a_missing_parquet_column_is_named_with_all_that_are_there(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "train.parquet", [{"context": [{"role": "user", "content": "a"}], "scores": 3}])
    with pytest.raises(InputError, match=r"train.parquet row 1: the column response1 is missing.*: context, scores\."):
        build(tmp_path / "out", {"name": "hs", "format": "helpsteer3", "path": path})


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    context = [{"role": "system", "content": FORGERY + "s"}, {"role": "user", "content": FORGERY}]
    (pair,) = built(tmp_path, [helpsteer3_row(1, context=context, response1=FORGERY + "1", response2=FORGERY)]).pairs
    assert pair.prompt == context
    assert (pair.chosen, pair.rejected) == (FORGERY, FORGERY + "1")
