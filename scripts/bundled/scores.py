"""Figures with 95% intervals: bootstraps over items."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

SAMPLES = 1_000


class Interval(NamedTuple):
    """A figure and the 2.5th and 97.5th percentiles of its bootstrap over `items` items."""

    value: float
    low: float
    high: float
    items: int


def translation_scores(found: Sequence[str], wanted: Sequence[str], *, samples: int = SAMPLES) -> dict[str, Interval]:
    """BLEU and chrF with sacrebleu's defaults, over the corpus; sentences are drawn again for the intervals."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    scores = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        # The sentences' own statistics add up to the corpus's: no sample is scored from text again.
        statistics = metric._extract_corpus_statistics(list(found), [list(wanted)])
        scores[name] = _bootstrap(statistics, _corpus_score(metric), samples)
    return scores


def _corpus_score(metric: Any) -> Callable[[list[Any]], float]:
    return lambda rows: float(metric._aggregate_and_compute(rows).score)


def share_of(hits: Sequence[bool], *, samples: int = SAMPLES) -> Interval:
    """The share of hits in percent."""
    return _bootstrap(list(hits), lambda rows: 100.0 * sum(rows) / len(rows), samples)


def _bootstrap(rows: list[Any], score: Callable[[list[Any]], float], samples: int) -> Interval:
    rng = random.Random(0)  # noqa: S311  nothing is kept secret
    drawn = sorted(score(rng.choices(rows, k=len(rows))) for _ in range(samples))
    low, high = drawn[int(0.025 * samples)], drawn[min(samples - 1, int(0.975 * samples))]
    return Interval(round(score(rows), 2), round(low, 2), round(high, 2), len(rows))
