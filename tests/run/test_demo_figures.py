"""What the demo's figures say of pairs and replies that are known."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import binomtest

from acord.align.encoded import Example, write_encoded
from acord.align.train import HELD_OUT_SCHEMA
from acord.data.pairs import Pair, make_pair
from acord.run.demo_figures import _preferences, detector, share_of, some_prompts
from acord.run.demo_records import DemoFigures, InLanguage, Preferences, Score, Share, Translation, figures_from

SHARE = Share(0.75, 0.5, 0.875, 40)


def pair(prompt: str, chosen: str, rejected: str, *, language: str = "va", group: str | None = None) -> Pair:
    turns = [{"role": "user", "content": prompt}]
    known: dict[str, Any] = {"source": "one", "source_id": prompt, "licence": "CC0", "origin": "human", "detail": ""}
    return make_pair(prompt=turns, chosen=chosen, rejected=rejected, language=language, group=group, **known)


def test_the_interval_of_a_share_is_wilsons() -> None:
    score = [1.0] * 33 + [0.0] * 8
    found = share_of(score, [str(number) for number in range(41)])
    assert (found.value, found.n) == (33 / 41, 41)
    # A sample's standard deviation has n - 1 beneath it, so 41 items are worth 40.
    low, high = binomtest(33, 41).proportion_ci(method="wilson")
    assert found.low == pytest.approx(low, abs=0.003)
    assert found.high == pytest.approx(high, abs=0.003)


def test_items_of_one_cluster_are_worth_one_item() -> None:
    alone = share_of([1.0, 0.0] * 20, [str(number) for number in range(40)])
    copied = share_of([1.0, 0.0] * 40, [str(number % 40) for number in range(80)])
    assert copied.n == 80
    assert (copied.low, copied.high) == pytest.approx((alone.low, alone.high))


def test_where_all_is_right_the_interval_still_says_how_little_that_is() -> None:
    found = share_of([1.0] * 60, [str(number // 2) for number in range(60)])
    low, _ = binomtest(30, 30).proportion_ci(method="wilson")
    assert (found.value, found.high) == (1.0, pytest.approx(1.0))
    assert found.low == pytest.approx(low)


def test_the_detector_is_py3langid_alone_and_an_empty_reply_is_in_no_language() -> None:
    detects = detector()
    assert detects("Bon dia: voldria reservar una habitació per a tres nits.", "va")
    assert not detects("Bon dia: voldria reservar una habitació per a tres nits.", "es")
    assert detects("Good morning, I would like to book a room for three nights.", "en")
    assert not detects(" \n", "en")


def test_prompts_are_asked_once_and_are_as_many_as_wanted() -> None:
    two = [pair("Què és açò?", "Un llibre.", "Res."), pair("Què és açò?", "Un llibre.", "No.")]
    many = [pair(f"Quant fan {number} i 2?", "No ho sé.", "Quatre.") for number in range(60)]
    assert [one.prompt_id for one in some_prompts(two)] == [two[0].prompt_id]
    drawn = some_prompts([*two, *many])
    assert len({one.prompt_id for one in drawn}) == len(drawn) == 40
    assert drawn == some_prompts(reversed([*many, *two]))


def write_run(run: Path, scored: list[tuple[Pair, list[float], list[float], list[int]]]) -> Path:
    """scored: a pair, the log-probabilities of its replies before and after, and their lengths in tokens."""
    rows = [
        {"id": one.id, "language": one.language, "source": "one", "logp_before": before, "logp_after": after}
        for one, before, after, _ in scored
    ]
    examples = [
        Example(one.id, one.group, one.language, "one", "held_out", 1.0, (1,), tuple((2,) * n for n in tokens), (0, 1))
        for one, _, _, tokens in scored
    ]
    for stage in ("align", "plan"):
        (run / stage).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, HELD_OUT_SCHEMA), run / "align" / "held_out.parquet")
    write_encoded(examples, run / "plan" / "encoded.parquet")
    return run


def test_who_prefers_the_chosen_reply(tmp_path: Path) -> None:
    """One pair that the model learns, one that it unlearns, and one that it does not touch."""
    pairs = [
        pair("Quan obriu?", "Obrim a les nou del matí.", "Abrimos a las nueve de la mañana, y no antes."),
        pair("On és el jutjat?", "El jutjat és en la plaça, davant de l'església.", "Anda y búscalo tú mismo, hombre."),
        pair(
            "Quant val?",
            "Val tres euros, i es paga en la mateixa finestreta.",
            "Val vint euros, i es paga en la mateixa finestreta.",
        ),
    ]
    scored = [
        (pairs[0], [-10.0, -4.0], [-8.0, -7.0], [10, 2]),
        (pairs[1], [-5.0, -6.0], [-9.0, -7.0], [5, 5]),
        (pairs[2], [-3.0, -3.0], [-4.0, -4.0], [3, 3]),
    ]
    (found,) = _preferences(write_run(tmp_path, scored), pairs, detector())
    assert found.language == "va"
    assert found.after.value == pytest.approx((1 + 0 + 0.5) / 3)
    assert found.likelier_before.value == pytest.approx((1 + 1 + 0.5) / 3)
    assert found.likelier_after.value == pytest.approx((1 + 0 + 0.5) / 3)
    assert found.length.value == pytest.approx((0 + 1 + 0.5) / 3)
    assert found.detector.value == pytest.approx((1 + 1 + 0.5) / 3)
    assert {found.after.n, found.length.n} == {3}


def test_figures_travel_through_json() -> None:
    score = Score(71.5, 70.0, 73.0, 20)
    figures = DemoFigures(
        (Preferences("va", SHARE, SHARE, SHARE, SHARE, SHARE),),
        (InLanguage("va", SHARE, SHARE, SHARE),),
        Translation(score, score, Score(0.0, -1.0, 1.0, 20)),
    )
    assert figures_from(json.loads(json.dumps(figures.as_json()))) == figures
    bare = figures._replace(translation=None)
    assert figures_from(json.loads(json.dumps(bare.as_json()))) == bare
    with pytest.raises(TypeError):
        figures_from({"preferences": [{"language": "va"}], "in_language": [], "translation": None})
