"""The mix, built: exact quotas, sources in order, weights, shortfalls, held-out pairs on top; the same every time."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError

from .samples import NO_FILTERS, Built, build, write_jsonl


def rows(language: str, count: int, *, salt: str = "", groups: int | None = None) -> list[dict[str, Any]]:
    """Pairs of one language that say nothing that a filter minds."""
    return [
        {
            "prompt": f"{salt}{language} {number:04d}",
            "chosen": f"yes {salt}{number}",
            "rejected": f"no {salt}{number}",
            "language": language,
            "group": f"{salt}{language}{number % groups if groups else number}",
            "id": f"{salt}{language}{number}",
        }
        for number in range(count)
    ]


def source(folder: Path, name: str, content: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"name": name, "format": "pairs", "path": write_jsonl(folder / f"{name}.jsonl", content), **more}


def taken(result: Built, split: str = "train") -> dict[tuple[str, str], int]:
    return dict(Counter((pair.language, pair.source) for pair in result.pairs if pair.split == split))


def test_quotas_are_met_exactly_and_held_out_pairs_come_on_top(tmp_path: Path) -> None:
    mine = source(tmp_path, "mine", [*rows("en", 60), *rows("es", 60)])
    result = build(tmp_path / "out", mine, held_out=0.2, quotas={"en": 20, "es": 7})
    assert taken(result) == {("en", "mine"): 20, ("es", "mine"): 7}
    held_out = taken(result, "held_out")
    assert 0 < held_out["en", "mine"] < 20
    quotas = result.figures["quotas"]["en"]
    assert quotas == {"asked": 20, "taken": 20, "held_out": held_out["en", "mine"], "supply": 60}
    beyond = Counter(row["reason"] for row in result.dropped)
    assert beyond == {"beyond the quota": 120 - len(result.pairs)}
    # In the source's own order, whatever the drawing order was.
    numbers = [int(pair.source_id[2:]) for pair in result.pairs if pair.language == "en"]
    assert numbers == sorted(numbers)
    assert numbers != list(range(len(numbers)))


def test_the_draw_depends_on_the_seed_alone(tmp_path: Path) -> None:
    mine = source(tmp_path, "mine", rows("en", 50))
    first, second, other = (
        {pair.source_id for pair in build(tmp_path / str(number), mine, seed=seed, quotas={"en": 20}).pairs}
        for number, seed in enumerate((1, 1, 2))
    )
    assert first == second != other


def test_more_rows_leave_the_draw_among_the_others_as_it_was(tmp_path: Path) -> None:
    few = build(tmp_path / "few", source(tmp_path, "mine", rows("en", 50)), quotas={"en": 20})
    more = build(tmp_path / "more", source(tmp_path, "mine", [*rows("es", 50), *rows("en", 50)]), quotas={"en": 20})
    assert {pair.id for pair in few.pairs} == {pair.id for pair in more.pairs}


def test_pairs_of_one_conversation_are_drawn_together(tmp_path: Path) -> None:
    result = build(tmp_path / "out", source(tmp_path, "mine", rows("en", 100, groups=10)), quotas={"en": 30})
    assert Counter(Counter(pair.group for pair in result.pairs).values()) == {10: 3}


def test_the_earlier_source_is_used_up_first(tmp_path: Path) -> None:
    first = source(tmp_path, "first", rows("en", 12))
    second = source(tmp_path, "second", rows("en", 50, salt="s"))
    result = build(tmp_path / "out", first, second, quotas={"en": 20})
    assert taken(result) == {("en", "first"): 12, ("en", "second"): 8}


def test_weights_share_a_quota(tmp_path: Path) -> None:
    first = source(tmp_path, "first", rows("en", 50), weight=1.0)
    second = source(tmp_path, "second", rows("en", 50, salt="s"), weight=3.0)
    assert taken(build(tmp_path / "out", first, second, quotas={"en": 20})) == {
        ("en", "first"): 5,
        ("en", "second"): 15,
    }


def test_a_shortfall_is_an_error_unless_the_recipe_says_what_to_do(tmp_path: Path) -> None:
    mine = source(tmp_path, "mine", [*rows("en", 60), *rows("es", 10)])
    with pytest.raises(InputError, match=r"es from mine: 10 of 20 pairs"):
        build(tmp_path / "out", mine, quotas={"en": 30, "es": 20})
    result = build(tmp_path / "scaled", mine, quotas={"en": 30, "es": 20}, on_shortfall="scale")
    assert taken(result) == {("en", "mine"): 15, ("es", "mine"): 10}
    assert result.figures["quotas"]["en"] == {"asked": 30, "taken": 15, "held_out": 0, "supply": 60}
    details = Counter((row["reason"], row["detail"]) for row in result.dropped)
    assert details == {("beyond the quota", "the quotas were lowered"): 15, ("beyond the quota", ""): 30}


def test_lowered_quotas_give_what_the_lower_quotas_would_have_given(tmp_path: Path) -> None:
    mine = source(tmp_path, "mine", [*rows("en", 90), *rows("es", 10)])
    lowered = build(tmp_path / "scaled", mine, held_out=0.2, quotas={"en": 30, "es": 20}, on_shortfall="scale")
    es = sum(pair.language == "es" and pair.split == "train" for pair in lowered.pairs)
    asked = build(tmp_path / "asked", mine, held_out=0.2, quotas={"en": 30 * es // 20, "es": es})
    assert {pair.id for pair in lowered.pairs if pair.language == "en"} == {
        pair.id for pair in asked.pairs if pair.language == "en"
    }


def test_what_a_weighted_source_lacks_is_taken_from_the_next(tmp_path: Path) -> None:
    first = source(tmp_path, "first", rows("en", 4), weight=1.0)
    second = source(tmp_path, "second", rows("en", 50, salt="s"), weight=1.0)
    with pytest.raises(InputError, match=r"en from first: 4 of 10"):
        build(tmp_path / "error", first, second, quotas={"en": 20})
    result = build(tmp_path / "next", first, second, quotas={"en": 20}, on_shortfall="next_source")
    assert taken(result) == {("en", "first"): 4, ("en", "second"): 16}
    with pytest.raises(InputError, match="too few pairs"):
        build(tmp_path / "short", first, second, quotas={"en": 60}, on_shortfall="next_source")


def test_what_is_lacking_of_three_sources_is_asked_of_those_that_have_it(tmp_path: Path) -> None:
    sources = [
        source(tmp_path, name, rows("en", count, salt=name), weight=1.0)
        for name, count in (("a", 5), ("b", 7), ("c", 90))
    ]
    result = build(tmp_path / "out", *sources, quotas={"en": 30}, on_shortfall="next_source")
    assert taken(result) == {("en", "a"): 5, ("en", "b"): 7, ("en", "c"): 18}
    assert result.figures["quotas"]["en"]["taken"] == 30
    with pytest.raises(InputError, match=r"en from a: 5 of 40 pairs; en from b: 7 of 40 pairs"):
        build(tmp_path / "two", *sources[:2], quotas={"en": 80}, on_shortfall="next_source")


def test_nothing_is_scaled_to_a_language_that_has_nothing(tmp_path: Path) -> None:
    empty = [{**row, "chosen": "no", "rejected": "No."} for row in rows("es", 5)]
    mine = source(tmp_path, "mine", [*rows("en", 60), *empty])
    with pytest.raises(InputError, match=r"es from mine: 0 of 5 pairs"):
        build(
            tmp_path / "out", mine, quotas={"en": 30, "es": 5}, on_shortfall="scale",
            filters={**NO_FILTERS, "equal": True},
        )  # fmt: skip


def test_a_copy_in_a_language_without_a_quota_takes_no_place(tmp_path: Path) -> None:
    catalan = source(tmp_path, "catalan", rows("ca", 10))
    same = [{**row, "language": "va"} for row in rows("ca", 10)]
    result = build(tmp_path / "out", catalan, source(tmp_path, "valencian", same), quotas={"va": 10})
    assert taken(result) == {("va", "valencian"): 10}


def test_names_of_sources_and_languages_do_not_run_together(tmp_path: Path) -> None:
    bad = [{**row, "rejected": row["chosen"].upper()} for row in rows("pt-br", 8)]
    first = source(tmp_path, "source", bad + rows("en", 3))
    second = source(tmp_path, "source-pt", rows("br", 8, salt="s"))
    result = build(tmp_path / "out", first, second, filters={**NO_FILTERS, "equal": True})
    assert taken(result) == {("en", "source"): 3, ("br", "source-pt"): 8}


def test_a_source_of_near_duplicates_is_no_mistake(tmp_path: Path) -> None:
    words = "where can I renew the library card that I lost last week on the bus to the old town please tell me"
    one = [{"prompt": f"{words} now", "chosen": "yes", "rejected": "no", "language": "en", "group": "1"}]
    two = [{"prompt": f"{words} today now", "chosen": "sure", "rejected": "no", "language": "en", "group": "2"}]
    result = build(
        tmp_path / "out", source(tmp_path, "one", one), source(tmp_path, "two", two), duplicates={"near": 0.5}
    )
    assert result.figures["rows_by_source"]["two"]["dropped_by_reason"] == {"near-duplicate prompt": 1}


def test_ids_of_any_kind_stand_beside_a_quota(tmp_path: Path) -> None:
    odd = [{**row, "id": f']]"{number}\\]],['} for number, row in enumerate(rows("en", 20))]
    result = build(tmp_path / "out", source(tmp_path, "mine", odd), quotas={"en": 5})
    assert len(result.dropped) == 15
    assert {row["source_id"] for row in result.dropped} | {pair.source_id for pair in result.pairs} == {
        row["id"] for row in odd
    }


def test_near_duplicates_and_exact_ones_do_not_count(tmp_path: Path) -> None:
    mine = source(tmp_path, "mine", [*rows("en", 30), *rows("en", 30)])
    with pytest.raises(InputError, match=r"30 of 40 pairs"):
        build(tmp_path / "out", mine, quotas={"en": 40})


def test_a_masked_pair_is_counted_once(tmp_path: Path) -> None:
    """Two pairs that are the same once personal data is masked."""
    content = [
        {
            "prompt": "Who?",
            "chosen": f"Write to {name}@ajuntament.cat",
            "rejected": "no",
            "language": "en",
            "group": name,
        }
        for name in ("anna", "pere")
    ]
    mine = source(tmp_path, "mine", content)
    result = build(tmp_path / "out", mine, filters={"personal_data": "mask"}, duplicates={"near": None})
    assert len(result.pairs) == 1
    assert "@" not in result.pairs[0].chosen
    assert [row["reason"] for row in result.dropped] == ["duplicate"]
