"""What the bundled model can do, on what it never saw: translation with bootstrap intervals, tasks by exact match."""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from acord.chat import ChatFormat
from scripts.bundled.corpus import Parallel
from scripts.bundled.draft import Draft
from scripts.bundled.training import messages_of
from scripts.bundled.translation import TO_VALENCIAN

SAMPLES = 1_000
BATCH = 48


class Interval(NamedTuple):
    """A figure and the 2.5th and 97.5th percentiles of its bootstrap over items."""

    value: float
    low: float
    high: float


def replies(model: Any, tokenizer: Any, chat: ChatFormat, drafts: Sequence[Draft], longest: int = 160) -> list[str]:
    """Greedy replies, in order: by transformers' own generate, prompts padded on the left, like lengths together."""
    prompts = [list(chat.encode_prompt(messages_of(draft)).ids) for draft in drafts]
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    texts = [""] * len(prompts)
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        width = max(len(prompts[index]) for index in batch)
        ids = torch.full((len(batch), width), tokenizer.pad_token_id)
        for row, index in enumerate(batch):
            ids[row, width - len(prompts[index]) :] = torch.tensor(prompts[index])
        with torch.no_grad():
            made = model.generate(
                input_ids=ids,
                attention_mask=(ids != tokenizer.pad_token_id).long(),
                max_new_tokens=min(longest, 2 * width + 10),
                do_sample=False,
            )
        for row, index in enumerate(batch):
            kept = [token for token in made[row, width:].tolist() if token != tokenizer.pad_token_id]
            texts[index] = chat.decode_reply(kept)
    return texts


def translations_of(pairs: Sequence[Parallel]) -> list[Draft]:
    """es -> va, each under the first Valencian instruction."""
    return [Draft("es-va", "", "va", TO_VALENCIAN[0] + pair.es, pair.va) for pair in pairs]


def translation_scores(found: Sequence[str], wanted: Sequence[str], *, samples: int = SAMPLES) -> dict[str, Interval]:
    """BLEU and chrF (sacrebleu's defaults) over the corpus, with bootstrap intervals over sentences."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    scores = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        statistics = metric._extract_corpus_statistics(list(found), [list(wanted)])
        scores[name] = _bootstrap(
            statistics, lambda rows, metric=metric: metric._aggregate_and_compute(rows).score, samples
        )
    return scores


def rate(hits: Sequence[bool], *, samples: int = SAMPLES) -> Interval:
    """The share of hits in percent, with its bootstrap interval."""
    return _bootstrap(list(hits), lambda rows: 100.0 * sum(rows) / len(rows), samples)


def _bootstrap(rows: list[Any], score: Callable[[list[Any]], float], samples: int) -> Interval:
    rng = random.Random(0)  # noqa: S311  nothing is kept secret
    drawn = sorted(score(rng.choices(rows, k=len(rows))) for _ in range(samples))
    return Interval(score(rows), drawn[int(0.025 * samples)], drawn[min(samples - 1, int(0.975 * samples))])
