"""Draws: the cut by top_k and top_p, whether few tokens or all of them must be sorted."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from acord.generate import draws
from acord.generate.draws import Draws
from acord.generate.replies import Request, draw_seed


@dataclass(eq=False)
class Growing:
    request: Request
    ids: list[int] = field(default_factory=list)


def chooses(penalty: float | None = None) -> Draws:
    return Draws(SimpleNamespace(generation_config=SimpleNamespace(repetition_penalty=penalty)))


def by_sorting_all(request: Request, logits_V: Tensor) -> int:
    """The definition: temperature, then top_k, then top_p of what is left, then one uniform number."""
    uniform = float(torch.rand((), generator=torch.Generator().manual_seed(draw_seed(request)), dtype=torch.float64))
    likely_V, token_V = (logits_V.double() / request.temperature).softmax(-1).sort(descending=True, stable=True)
    likely_V = likely_V[: request.top_k or len(likely_V)]
    likely_V = likely_V / likely_V.sum()
    before_V = likely_V.cumsum(-1) - likely_V
    top_p = 1.0 if request.top_p is None else request.top_p
    kept_V = likely_V[: max(1, int((before_V < top_p).sum()))]
    place = int(torch.searchsorted(kept_V.cumsum(-1), uniform * float(kept_V.sum()), right=True))
    return int(token_V[min(place, len(kept_V) - 1)])


@pytest.mark.parametrize("size", [30, 2_000])
@pytest.mark.parametrize("top_k", [0, 1, 7, 300])
@pytest.mark.parametrize("top_p", [None, 0.2, 0.95, 0.9999])
def test_a_draw_is_that_of_a_sort_of_all(size: int, top_k: int, top_p: float | None) -> None:
    # bfloat16: many are equal, so that their order counts.
    logits_RV = (torch.randn(24, size, generator=torch.Generator().manual_seed(size)) * 2).bfloat16().float()
    heat = [0.5 + row / 8 for row in range(24)]
    replies = [Growing(Request((1, 2), 5, (), heat[row], top_p, row, top_k)) for row in range(24)]
    chosen = chooses().choose(replies, logits_RV)
    assert chosen == [by_sorting_all(*pair) for pair in zip([one.request for one in replies], logits_RV, strict=True)]
    assert chosen == [chooses().choose([one], logits_RV[row : row + 1])[0] for row, one in enumerate(replies)]


def test_few_are_sorted_where_they_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    place = draws._place

    def seen(value_K: Tensor, request: Request, uniform: float, *, whole: bool) -> int | None:
        sizes.append(len(value_K))
        return place(value_K, request, uniform, whole=whole)

    monkeypatch.setattr(draws, "_place", seen)
    logits_RV = torch.randn(8, 5_000, generator=torch.Generator().manual_seed(1)) * 6
    chooses().choose([Growing(Request((1,), 5, (), 0.8, 0.9, row)) for row in range(8)], logits_RV)
    assert sizes == [draws.LIKELIEST] * 8


def test_each_request_has_its_own_penalty_or_the_models() -> None:
    logits_RV = torch.tensor([[2.0, 1.9, 0.0, -1.0]]).repeat(4, 1)
    replies = [Growing(Request((0,), 5, repetition_penalty=penalty)) for penalty in (None, 1.0, 1.5)]
    assert chooses(1.2).choose([*replies, None], logits_RV) == [1, 0, 1, 0]
    assert chooses().choose([*replies, None], logits_RV) == [0, 0, 1, 0]
    # What the reply says counts from then on.
    replies[2].ids.append(1)
    assert chooses().choose([replies[2]], torch.tensor([[2.0, 1.9, 1.8, -1.0]])) == [2]
    same, growing = chooses(), Growing(Request((0,), 5, repetition_penalty=50.0))
    for _ in range(3):
        growing.ids += same.choose([growing], torch.tensor([[2.0, 1.9, 1.8, 0.5]]))
    assert growing.ids == [1, 2, 3]


def test_the_draws_of_a_reply_follow_one_another() -> None:
    logits_RV = torch.zeros(1, 1_000)

    def drawn(choose: Draws) -> list[int]:
        growing = Growing(Request((1, 2), 5, temperature=1.0, seed=3))
        return [choose.choose([growing], logits_RV)[0] for _ in range(8)]

    assert len(set(drawn(chooses()))) > 5
    # Also where the same engine has drawn for the same request before.
    same = chooses()
    assert drawn(same) == drawn(same)
