"""Metrics of a row from lm-eval's per-item values, as sums over items so that they can be resampled.

Values are those of lm-eval 0.4.13's aggregations: BLEU, TER and chrF by sacrebleu with its corpus defaults, 0 to 100
(TER may exceed it); the others in 0 to 1, Matthews' coefficient in -1 to 1. rouge1 alone differs: there lm-eval
reports the median of 1,000 random resamples' means, here it is the mean itself.
"""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from acord.evaluate.resampling import REPEATS, Floats, Sample, mean_of_items, mean_sample, sample_of_sums
from acord.evaluate.results import Item
from acord.evaluate.statistics import Clusters, Difference, Estimate, estimate, paired_difference

NGRAMS = 4
CHRF_BETA = 2


class _Texts(NamedTuple):
    """Predictions of N items, and their references as sacrebleu takes them: one stream of N for each reference."""

    predictions_N: list[str]
    references: list[tuple[str, ...]]


def sample_of(metric: str, raws: Sequence[str], cluster_N: Clusters = None) -> Sample:
    """The sample of a row: raws are lm-eval's per-item values of the metric, as JSON; clusters are of the items.

    Numbers are averaged. Raises ValueError for no items, values that are not finite, and a metric that is unknown
    here whose values are no numbers.
    """
    values = [json.loads(raw) for raw in raws]
    if not values:
        raise ValueError(f"{metric} of no items")
    sampler = _sampler(metric, values)
    if sampler is None:
        raise ValueError(f"{metric} is not known here, and its values are no numbers to average: {raws[0][:60]}")
    return sampler(values, cluster_N)


def sample_of_items(metric: str, items: Sequence[Item]) -> Sample:
    """sample_of the items' raw values and clusters."""
    return sample_of(metric, [item.raw for item in items], [item.cluster for item in items])


def metric_of(metric: str, raws: Sequence[str]) -> float:
    """The metric over all items. Raises what sample_of raises."""
    return sample_of(metric, raws).value


def estimate_of(metric: str, items: Sequence[Item], *, repeats: int = REPEATS, seed: int = 0) -> Estimate | None:
    """The metric with its error, clustered by the items' clusters.

    None where nothing can be said: fewer than two clusters, or a metric unknown here. Raises ValueError for no items
    and for values that are not finite.
    """
    if items and _sampler(metric, [json.loads(item.raw) for item in items]) is None:
        return None
    sample = sample_of_items(metric, items)
    return None if sample.clusters < 2 else estimate(sample, repeats=repeats, seed=seed)


def difference_of(
    metric: str, a: Sequence[Item], b: Sequence[Item], *, repeats: int = REPEATS, seed: int = 0
) -> Difference:
    """First model minus second on the same items. Raises ValueError where the items differ, and as sample_of."""
    check_same_items(a, b)
    return paired_difference(sample_of_items(metric, a), sample_of_items(metric, b), repeats=repeats, seed=seed)


def check_same_items(a: Sequence[Item], b: Sequence[Item]) -> None:
    """Raise ValueError, naming the first, where two models were not scored on the same documents in one order."""
    if len(a) != len(b):
        raise ValueError(f"the sides were scored on different items ({len(a)} and {len(b)})")
    for one, other in zip(a, b, strict=True):
        if (one.item, one.document, one.cluster) != (other.item, other.document, other.cluster):
            raise ValueError(f"the sides were scored on different items (item {one.item} and item {other.item} differ)")


def confusion_sample(
    gold_N: Sequence[Hashable],
    predicted_N: Sequence[Hashable],
    score: Callable[[Floats], Floats],
    cluster_N: Clusters = None,
) -> Sample:
    """A sample of a metric of the confusion matrix, whose cells (gold, predicted), row by row, are the sums.

    Classes are in the order of their names. Raises ValueError for no items and for sides of different length.
    """
    if len(gold_N) != len(predicted_N):
        raise ValueError(f"{len(predicted_N)} answers to {len(gold_N)} items")
    names = sorted(dict.fromkeys([*gold_N, *predicted_N]), key=str)
    index = {name: position for position, name in enumerate(names)}
    sums_NK = np.zeros((len(gold_N), len(names) ** 2))
    cell_N = [index[gold] * len(names) + index[answer] for gold, answer in zip(gold_N, predicted_N, strict=True)]
    sums_NK[np.arange(len(gold_N)), cell_N] = 1
    return sample_of_sums(sums_NK, score, cluster_N)


def mcc(cells_RK: Floats) -> Floats:
    """Matthews' correlation coefficient of any number of classes (Gorodkin 2004); 0 where a side is constant."""
    classes = round(cells_RK.shape[1] ** 0.5)
    matrix_RCC = cells_RK.reshape(-1, classes, classes)
    gold_RC, predicted_RC = matrix_RCC.sum(axis=2), matrix_RCC.sum(axis=1)
    items_R = gold_RC.sum(axis=1)
    shared_R = np.trace(matrix_RCC, axis1=1, axis2=2) * items_R - (gold_RC * predicted_RC).sum(axis=1)
    spread_R = (items_R**2 - (gold_RC**2).sum(axis=1)) * (items_R**2 - (predicted_RC**2).sum(axis=1))
    return _quotient(shared_R, np.sqrt(spread_R))


def bleu(sums_RK: Floats) -> Floats:
    """BLEU of 4-grams with exponential smoothing, as sacrebleu computes it (Papineni et al. 2002; Post 2018).

    sums_RK: length of predictions, of references, matches of each order, n-grams of each order.
    """
    length_R, reference_R = sums_RK[:, 0], sums_RK[:, 1]
    match_RN, total_RN = sums_RK[:, 2 : 2 + NGRAMS], sums_RK[:, 2 + NGRAMS :]
    unmatched_RN = match_RN == 0
    # An order without a match counts as half a match, the next such as a quarter (smoothing of mteval-v13a).
    smoothed_RN = np.where(unmatched_RN, 0.5 ** np.cumsum(unmatched_RN, axis=1), match_RN)
    defined_R = (total_RN > 0).all(axis=1) & ~unmatched_RN.all(axis=1)
    precision_RN = 100 * smoothed_RN / np.where(total_RN > 0, total_RN, 1)
    shortage_R = np.minimum(0, 1 - reference_R / np.where(length_R > 0, length_R, 1))
    return np.where(defined_R, np.exp(shortage_R) * np.exp(np.log(precision_RN).sum(axis=1) / NGRAMS), 0.0)


def ter(sums_RK: Floats) -> Floats:
    """Edits over words of the references, in per cent (Snover et al. 2006); 100 for words against no reference."""
    edits_R, words_R = sums_RK[:, 0], sums_RK[:, 1]
    return 100 * np.where(words_R > 0, _quotient(edits_R, words_R), edits_R > 0)


def chrf(sums_RK: Floats) -> Floats:
    """F of mean precision and recall of n-grams, recall weighing twice (Popovic 2015), of orders that both sides have.

    sums_RK: for each order n-grams of predictions, of references, matches.
    """
    found_RN, wanted_RN, match_RN = sums_RK[:, 0::3], sums_RK[:, 1::3], sums_RK[:, 2::3]
    both_RN = (found_RN > 0) & (wanted_RN > 0)
    orders_R = np.maximum(both_RN.sum(axis=1), 1)
    precision_R = np.where(both_RN, match_RN / np.maximum(found_RN, 1), 0).sum(axis=1) / orders_R
    recall_R = np.where(both_RN, match_RN / np.maximum(wanted_RN, 1), 0).sum(axis=1) / orders_R
    weighted_R = CHRF_BETA**2 * precision_R + recall_R
    product_R = (1 + CHRF_BETA**2) * precision_R * recall_R
    return 100 * _quotient(product_R, weighted_R)


def _sampler(metric: str, values: Sequence[Any]) -> Callable[[Sequence[Any], Clusters], Sample] | None:
    if metric in OF_SUMS:
        return OF_SUMS[metric]
    if all(isinstance(value, bool | int | float) for value in values):
        return mean_sample
    return OF_PAIRS.get(metric) if all(isinstance(value, list) and len(value) == 2 for value in values) else None


def _texts(pairs: Sequence[Any]) -> _Texts:
    """Pairs of reference(s) and prediction, in lm-eval's order."""
    references = [[gold] if isinstance(gold, str) else list(gold) for gold, _ in pairs]
    predictions = [answer if isinstance(answer, str) else answer[0] for _, answer in pairs]
    if not all(references):
        raise ValueError("an item has no reference to compare with")
    # Where items differ in the number of references, lm-eval takes as many of each as the item with fewest has.
    return _Texts(predictions, list(zip(*references, strict=False)))


def _translation_sample(
    name: str, options: Mapping[str, Any], score: Callable[[Floats], Floats], pairs: Sequence[Any], cluster_N: Clusters
) -> Sample:
    import sacrebleu.metrics

    texts = _texts(pairs)
    measure = getattr(sacrebleu.metrics, name)(**options)
    # Private, and what sacrebleu's own paired tests resample: its public methods give only scores, which do not add up.
    sums = measure._extract_corpus_statistics(texts.predictions_N, texts.references)
    return sample_of_sums(np.array(sums, dtype=np.float64), score, cluster_N)


def _rouge1_sample(pairs: Sequence[Any], cluster_N: Clusters) -> Sample:
    from rouge_score.rouge_scorer import RougeScorer

    # Its tokenizer keeps a to z and digits alone, accented letters not: so published figures were computed.
    scorer = RougeScorer(["rouge1"])
    texts = _texts(pairs)
    several = zip(*texts.references, strict=True)
    scores = [
        scorer.score_multi(references, answer)["rouge1"].fmeasure
        for references, answer in zip(several, texts.predictions_N, strict=True)
    ]
    return mean_sample(scores, cluster_N)


def _mcc_sample(pairs: Sequence[Any], cluster_N: Clusters) -> Sample:
    return confusion_sample([gold for gold, _ in pairs], [answer for _, answer in pairs], mcc, cluster_N)


def _f1_sample(pairs: Sequence[Any], cluster_N: Clusters) -> Sample:
    """F1 of class 1 of two: twice its hits over twice its hits and all misses."""
    if any(label not in (0, 1) for pair in pairs for label in pair):
        raise ValueError("F1 of a class needs the classes 0 and 1")
    sums = [(gold == answer == 1, gold != answer) for gold, answer in pairs]
    return sample_of_sums(np.array(sums, dtype=np.float64), _f1, cluster_N)


def _f1(sums_RK: Floats) -> Floats:
    hits_R, misses_R = 2 * sums_RK[:, 0], sums_RK[:, 1]
    return _quotient(hits_R, hits_R + misses_R)


def _likelihood_sample(score: Callable[[Floats], Floats], values: Sequence[Any], cluster_N: Clusters) -> Sample:
    """Of log-likelihoods in nats, each with the words or bytes it is of where it is a pair."""
    sums = [value if isinstance(value, list) else (value, 1) for value in values]
    return sample_of_sums(np.array(sums, dtype=np.float64), score, cluster_N)


def _bias_sample(values: Sequence[Any], cluster_N: Clusters) -> Sample:
    """2 |p - 1/2| of pairs in which a stereotype is the likelier (1) or not (0): see acord.evaluate.rows."""
    return replace(mean_sample(values, cluster_N), score=lambda sums_RK: 2 * np.abs(mean_of_items(sums_RK) - 0.5))


def _quotient(over_R: Floats, under_R: Floats) -> Floats:
    """0 where nothing is to divide by."""
    return np.asarray(np.divide(over_R, under_R, out=np.zeros_like(over_R), where=under_R > 0))


def _perplexity(sums_RK: Floats) -> Floats:
    return np.asarray(np.exp(-sums_RK[:, 0] / sums_RK[:, 1]))


def _bits(sums_RK: Floats) -> Floats:
    return np.asarray(-sums_RK[:, 0] / sums_RK[:, 1] / np.log(2))


# Metrics that are no mean of numbers, even where lm-eval keeps one number an item.
OF_SUMS: Mapping[str, Callable[[Sequence[Any], Clusters], Sample]] = {
    "perplexity": partial(_likelihood_sample, _perplexity),
    "word_perplexity": partial(_likelihood_sample, _perplexity),
    "byte_perplexity": partial(_likelihood_sample, _perplexity),
    "bits_per_byte": partial(_likelihood_sample, _bits),
    "bias": _bias_sample,
}

# Metrics of which lm-eval keeps a pair an item: gold and predicted class, or reference(s) and prediction.
OF_PAIRS: Mapping[str, Callable[[Sequence[Any], Clusters], Sample]] = {
    "mcc": _mcc_sample,
    "f1": _f1_sample,
    "rouge1": _rouge1_sample,
    # force silences a warning about text that looks tokenised; it changes no value.
    "bleu": partial(_translation_sample, "BLEU", {"tokenize": "13a", "force": True}, bleu),
    "ter": partial(_translation_sample, "TER", {}, ter),
    "chrf": partial(_translation_sample, "CHRF", {}, chrf),
    "chrf++": partial(_translation_sample, "CHRF", {"word_order": 2}, chrf),
}
