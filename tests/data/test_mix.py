"""Quotas as whole numbers: parts by weight, order of filling, lowering alike, and what is said when it cannot be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.data.mix import Cell, apportion, cells_of, scaled, shortfall
from acord.errors import InputError
from acord.recipe import Data


def data(*sources: dict[str, Any], **more: Any) -> Data:
    rows = [{"format": "pairs", "path": "x.jsonl", **source} for source in sources]
    translated = (
        [{"name": "t", "translate": {"from": "a", "language": "es", "to": "va"}}] if more.pop("t", None) else []
    )
    return Data.model_validate({"sources": [*rows, *translated], **more})


@given(st.integers(0, 100_000), st.lists(st.floats(0.01, 100.0), min_size=1, max_size=8))
def test_parts_add_up_and_are_off_by_less_than_one(total: int, weights: list[float]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1 + 1e-6


def test_parts_by_weight() -> None:
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(7, [2.0, 1.0]) == [5, 2]


def test_a_language_is_filled_from_its_sources_in_order_and_translations_come_last() -> None:
    recipe = data({"name": "a"}, {"name": "b"}, t=True, quotas={"va": 5, "en": 3, "es": 4})
    cells = cells_of(recipe, {"a": {"es": 9, "en": 1}, "b": {"en": 9}, "t": {"va": 9}})
    assert cells == [Cell("en", ("a", "b"), 3), Cell("es", ("a",), 4), Cell("va", ("t",), 5)]


def test_weights_give_each_source_its_part() -> None:
    recipe = data({"name": "a", "weight": 3.0}, {"name": "b", "weight": 1.0}, quotas={"en": 10})
    assert cells_of(recipe, {"a": {"en": 9}, "b": {"en": 9}}) == [Cell("en", ("a",), 8), Cell("en", ("b",), 2)]
    # A source that has nothing in the language takes no part.
    assert cells_of(recipe, {"a": {"en": 9}, "b": {}}) == [Cell("en", ("a",), 10)]


def test_without_quotas_everything_is_taken() -> None:
    cells = cells_of(data({"name": "a"}, {"name": "b"}), {"a": {"en": 2, "es": 1}, "b": {"en": 1}})
    assert cells == [Cell("en", ("a", "b"), None), Cell("es", ("a",), None)]
    assert cells[0].missing is None
    assert not cells[0].is_full


def test_a_language_without_a_source_is_named() -> None:
    with pytest.raises(InputError, match=r"data.quotas.va: no source has a pair in va. Languages there: en"):
        cells_of(data({"name": "a"}, quotas={"va": 1}), {"a": {"en": 2}})


def test_weights_are_for_all_sources_of_a_language_or_none() -> None:
    recipe = data({"name": "a", "weight": 3.0}, {"name": "b"}, quotas={"en": 10})
    with pytest.raises(InputError, match="some sources of en have a weight and b has none"):
        cells_of(recipe, {"a": {"en": 9}, "b": {"en": 9}})


def test_all_quotas_are_lowered_to_the_scarcest() -> None:
    cells = [Cell("en", ("a",), 100, taken=100), Cell("es", ("a",), 30, taken=10), Cell("va", ("a",), 50, taken=50)]
    assert scaled(cells) == {0: 33, 1: 10, 2: 16}
    assert scaled([Cell("en", ("a",), 10, taken=10)]) == {0: 10}


def test_a_shortfall_names_every_language_that_is_short() -> None:
    cells = [Cell("en", ("a", "b"), 1000, taken=1000), Cell("es", ("a",), 3000, taken=10)]
    assert str(shortfall(cells)) == (
        "data.quotas: too few pairs for the quotas (es from a: 10 of 3,000 pairs). Lower the quotas, add sources, or "
        "set on_shortfall: scale (all quotas alike) or next_source."
    )
    assert shortfall(cells[:1]) is None
