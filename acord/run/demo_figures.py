"""What the demo measures on held-out pairs and prompts: preferences, the language of replies, translation."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from acord.data.pairs import HELD_OUT, Pair, read_pairs
from acord.run.demo_records import DemoFigures, InLanguage, Preferences, Score, Share, Translation
from acord.run.demo_replies import likeliest_replies

# Prompts of each language that both models answer: enough to tell 95% from 80%, few enough to take seconds.
PROMPTS_A_LANGUAGE = 40
# Of a reply: the longest chosen reply of the samples has about 50. A model that does not end its turn is cut here.
NEW_TOKENS = 64
TRANSLATION = "translate_es_va"
# The detector's tags for what it calls otherwise: it knows Valencian as Catalan.
DETECTED = {"va": "ca"}
# Standard errors on each side of a 95% interval.
Z = 1.959963984540054

# Whether a text is in a language.
Detector = Callable[[str, str], bool]


def measure(run: Path, base: Path, name: str) -> DemoFigures:
    """Figures of the run in a folder. base: the model before. name: of the recipe, and so of its models in the suite.

    Raises InputError where a model or a file of the run cannot be read.
    """
    held_out = [pair for pair in read_pairs(run / "pairs") if pair.split == HELD_OUT]
    detects = detector()
    return DemoFigures(
        tuple(_preferences(run, held_out, detects)),
        tuple(_replies(base, run / "align" / "model", held_out, detects)),
        _translation(run / "evaluate", name) if (run / "evaluate").is_dir() else None,
    )


def detector() -> Detector:
    """py3langid alone, among all its languages: none of ours, and no rule of ours.

    A text without letters it calls Afrikaans, so that an empty reply is in none of the demo's languages.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]  # it ships no types

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    return lambda text, language: model.classify(text)[0] == DETECTED.get(language, language)


def share_of(score_N: Sequence[float], cluster_N: Sequence[str]) -> Share:
    """Mean of scores within 0 and 1, with Wilson's interval (1927) for as many items as they are worth.

    Items of one cluster depend on each other, so the n of the interval is that which gives the clustered standard error
    (Kish 1965), at most the items; where all scores are equal, the clusters.
    """
    from acord.evaluate.statistics import mean_estimate

    found = mean_estimate(score_N, cluster_N)
    p, variance = found.value, found.stderr**2
    n = min(p * (1 - p) / variance, found.n) if variance > 0 else found.clusters
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return Share(p, max(0.0, float(centre - half)), min(1.0, float(centre + half)), found.n)


def _preferences(run: Path, held_out: Sequence[Pair], detects: Detector) -> Iterator[Preferences]:
    from acord.align.encoded import read_encoded

    logp = {row["id"]: row for row in pq.read_table(run / "align" / "held_out.parquet").to_pylist()}
    tokens = {one.id: [len(reply) for reply in one.replies] for one in read_encoded(run / "plan" / "encoded.parquet")}
    for language, pairs in _by_language(pair for pair in held_out if pair.id in logp):
        clusters = [pair.group for pair in pairs]
        before, after = (np.array([logp[pair.id][f"logp_{when}"] for pair in pairs]) for when in ("before", "after"))
        lengths = np.array([tokens[pair.id] for pair in pairs])
        characters = np.array([(len(pair.chosen), len(pair.rejected)) for pair in pairs])
        found = np.array([(detects(pair.chosen, language), detects(pair.rejected, language)) for pair in pairs])
        yield Preferences(
            language=language,
            after=share_of(_first_wins(after - before), clusters),
            likelier_before=share_of(_first_wins(before / lengths), clusters),
            likelier_after=share_of(_first_wins(after / lengths), clusters),
            length=share_of(_first_wins(characters), clusters),
            detector=share_of(_first_wins(found.astype(int)), clusters),
        )


def _first_wins(score_N2: np.ndarray) -> list[float]:
    """1 where the first of two is greater, 0 where the second is, a half for a tie."""
    found: list[float] = (0.5 + 0.5 * np.sign(score_N2[:, 0] - score_N2[:, 1])).tolist()
    return found


def _replies(base: Path, aligned: Path, held_out: Sequence[Pair], detects: Detector) -> Iterator[InLanguage]:
    asked = {language: some_prompts(pairs) for language, pairs in _by_language(held_out)}
    everything = [pair for pairs in asked.values() for pair in pairs]
    said = [
        dict(zip([pair.id for pair in everything], _answers(model, everything), strict=True))
        for model in (base, aligned)
    ]
    for language, pairs in asked.items():
        clusters = [pair.group for pair in pairs]
        replies = [[one[pair.id] for pair in pairs] for one in said] + [[pair.chosen for pair in pairs]]
        shares = [share_of([float(detects(text, language)) for text in texts], clusters) for texts in replies]
        yield InLanguage(language, *shares)


def _answers(model: Path, pairs: Sequence[Pair]) -> list[str]:
    return likeliest_replies(model, [pair.prompt for pair in pairs], new_tokens=NEW_TOKENS)


def some_prompts(pairs: Iterable[Pair]) -> list[Pair]:
    """A pair of each prompt, up to PROMPTS_A_LANGUAGE; drawn by their ids, which are hashes."""
    first = {pair.prompt_id: pair for pair in sorted(pairs, key=lambda pair: pair.id)}
    return [first[prompt] for prompt in sorted(first)][:PROMPTS_A_LANGUAGE]


def _by_language(pairs: Iterable[Pair]) -> list[tuple[str, list[Pair]]]:
    languages: dict[str, list[Pair]] = {}
    for pair in pairs:
        languages.setdefault(pair.language, []).append(pair)
    return sorted(languages.items())


def _translation(folder: Path, name: str) -> Translation | None:
    """From the items that the evaluation kept; None where the suite has no such row, or it could not be measured."""
    from acord.evaluate.metrics import difference_of, estimate_of
    from acord.evaluate.results import read_results

    found = {results.model.name: results for results in map(read_results, sorted(folder.glob("*/results.json")))}
    before, after = (found[model].items(TRANSLATION) for model in (f"{name}-base", name))
    if before is None or after is None:
        return None
    scores = [estimate_of("chrf", items) for items in (before, after)]
    if None in scores:
        return None
    change = difference_of("chrf", after, before)
    return Translation(*(Score(one.value, one.low, one.high, one.n) for one in (*scores, change) if one is not None))
