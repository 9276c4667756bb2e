"""Replies that are equal, of one token, prefixes of one another, or empty: handled or refused, never NaN."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from acord.align.encoded import Example, Ids, items_of, read_encoded, write_encoded
from acord.align.loop import Training, run_steps
from acord.align.metrics import Scored, preference_metrics
from acord.align.reference import score_examples
from acord.align.step import train_step
from acord.recipe import Align
from acord.tree.pack import build_pack
from tests.align.samples import policy_of, random_pairs, small_llama

END = 1
ALIGNS = {
    "dpo": Align(learning_rate=1e-3),
    "cDPO": Align(learning_rate=1e-3, label_smoothing=0.2),
    "ipo": Align(learning_rate=1e-3, loss="ipo"),
    "length-normalised": Align(learning_rate=1e-3, length_normalised=True),
    "chosen_nll": Align(learning_rate=1e-3, chosen_nll=0.5),
    "plackett_luce": Align(learning_rate=1e-3, loss="plackett_luce"),
}


def example(*replies: Ids, ranks: tuple[int, ...] = (0, 1), prompt: Ids = (5, 6, 7), name: str = "odd") -> Example:
    return Example(
        id=name,
        group=name,
        language="va",
        source="sample",
        split="train",
        weight=1.0,
        prompt_ids=prompt,
        replies=replies,
        ranks=ranks,
    )


ODD = {
    "equal replies": example((8, 9, END), (8, 9, END)),
    "one-token replies": example((END,), (9,)),
    "one and the same token": example((END,), (END,)),
    "the chosen reply is a prefix of the rejected one": example((8, 9), (8, 9, 10, END)),
    "the rejected reply is a prefix of the chosen one": example((8, 9, END), (8,)),
    "they differ in the end of turn alone": example((8, 9, END), (8, 9)),
    "a prompt of one token": example((8, END), (9, END), prompt=(5,)),
}


def one_step(align: Align, examples: list[Example]) -> tuple[float, dict[str, torch.Tensor]]:
    """The loss, and the weights' change."""
    policy = policy_of(small_llama(), align)
    before = {name: value.clone() for name, value in policy.scorer.model.state_dict().items()}
    reference = score_examples(policy.scorer, examples, 4_096, "reference")
    result = train_step(policy, [examples], reference, align, 1e-3)
    assert not result.skipped
    after = policy.scorer.model.state_dict()
    assert all(torch.isfinite(value).all() for value in after.values())
    assert all(math.isfinite(figure) for figure in preference_metrics(result.scored, align.beta).values())
    return result.loss, {name: after[name] - before[name] for name in before}


@pytest.mark.parametrize("loss", ALIGNS)
@pytest.mark.parametrize("kind", ODD)
def test_odd_examples_train_without_nan(kind: str, loss: str) -> None:
    align = ALIGNS[loss]
    expected = {"ipo": 1 / (4 * align.beta**2)}.get(loss, math.log(2))
    value, _ = one_step(align, [ODD[kind], *random_pairs(3)])
    if loss != "chosen_nll":
        assert value == pytest.approx(expected, rel=1e-5)
    else:
        assert value > expected


@pytest.mark.parametrize("loss", ["dpo", "ipo", "plackett_luce", "length-normalised"])
def test_equal_replies_teach_nothing(loss: str) -> None:
    _, change = one_step(ALIGNS[loss], [ODD["equal replies"]])
    # Adam makes a step of full size out of any gradient that is not zero: rounding alone may not leave one.
    assert all(float(value.abs().max()) == 0.0 for value in change.values())


def test_an_ending_is_learnt_from_replies_that_differ_in_it_alone() -> None:
    align = Align(learning_rate=1e-3)
    policy = policy_of(small_llama(), align)
    pairs = [example((8, 9, END), (8, 9, 10, END))]
    reference = score_examples(policy.scorer, pairs, 4_096, "reference")
    losses = [train_step(policy, [pairs], reference, align, 1e-3).loss for _ in range(6)]
    assert losses[0] == pytest.approx(math.log(2), abs=1e-6)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.6


def test_a_ranking_of_ties_has_no_loss_and_teaches_nothing() -> None:
    value, change = one_step(ALIGNS["plackett_luce"], [example((8, END), (9, END), (10, END), ranks=(0, 0, 0))])
    assert value == pytest.approx(0.0, abs=1e-12)
    assert all(float(value.abs().max()) == 0.0 for value in change.values())


def test_a_single_reply_has_no_pairs_and_sft_trains_it() -> None:
    align = Align(method="sft", learning_rate=1e-3)
    value, change = one_step(align, [example((8, 9, END), ranks=(0,))])
    assert value > 3 * math.log(61) * 0.8
    assert float(change["lm_head.weight"].abs().max()) > 0


@pytest.mark.parametrize("replies", [((), (8, END)), ((8, END), ())], ids=["chosen", "rejected"])
def test_a_reply_without_tokens_is_refused(replies: tuple[Ids, Ids]) -> None:
    """Encoding never makes one, for the end of the turn is a token; who builds one by hand is told."""
    with pytest.raises(ValueError, match=r"scored range 3:3 is empty"):
        items_of([example(*replies)])


def test_a_prompt_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="outside tokens 1:2"):
        items_of([example((8, END), (9, END), prompt=())])


def test_equal_replies_are_one_path_of_the_tree() -> None:
    assert build_pack(items_of([ODD["equal replies"]])).forest.tokens == 3 + 3


def test_metrics_of_equal_replies_are_a_tie() -> None:
    figures = preference_metrics([Scored(ODD["equal replies"], (-4.0, -4.0), (-5.0, -5.0))], 0.1)
    assert figures["accuracy"] == figures["likelier"] == figures["chosen_longer"] == 0.5
    assert figures["margin"] == 0.0


def test_odd_examples_survive_the_plans_table(tmp_path: Path) -> None:
    examples = [replace(one, id=kind) for kind, one in ODD.items()]
    write_encoded(examples, tmp_path / "encoded.parquet")
    assert read_encoded(tmp_path / "encoded.parquet") == examples


def test_a_run_of_odd_examples_alone_ends_well(tmp_path: Path) -> None:
    examples = [replace(one, id=kind, group=kind) for kind, one in ODD.items()]
    align = Align(learning_rate=1e-3, on_displacement="stop")
    policy = policy_of(small_llama(), align)
    reference = score_examples(policy.scorer, examples, 4_096, "reference")
    records: list[dict[str, Any]] = run_steps(policy, Training([[examples]] * 5, reference, align, tmp_path))
    assert [record["skipped"] for record in records] == [False] * 5
    assert records[-1]["loss"] < records[0]["loss"]
