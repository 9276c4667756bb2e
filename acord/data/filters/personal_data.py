"""The filter `personal_data`: flags it in a pair's lineage, masks it, or drops the pair. The data is never repeated."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from acord import __version__
from acord.data.filters.equal import REASON as SAME_REPLIES
from acord.data.filters.fault import Fault
from acord.data.filters.personal import find, masked
from acord.data.pairs import LineageStep, Pair, with_texts

REASON = "personal data"
STEP = "personal_data"

Counts = Mapping[str, Counter[str]]


def flag_personal_data(pair: Pair) -> Pair:
    """The pair, with a lineage step that counts what its texts hold, where they hold any."""
    counts = _counted(pair)
    if not counts:
        return pair
    return replace(pair, lineage=(*pair.lineage, _step("flagged", counts)))


def drop_personal_data(pair: Pair) -> Fault | None:
    """A fault where prompt or replies hold personal data."""
    counts = _counted(pair)
    return Fault(REASON, _shown(counts)) if counts else None


def mask_personal_data(pair: Pair) -> Pair | Fault:
    """The pair with placeholders in prompt and replies alike, its new id, and a lineage step with the counts.

    A fault where the replies differed in masked data only.
    """
    turns = [masked(turn["content"]) for turn in pair.prompt]
    chosen, rejected = masked(pair.chosen), masked(pair.rejected)
    in_prompt: Counter[str] = sum((turn.counts for turn in turns), Counter())
    counts = _without_empty({"prompt": in_prompt, "chosen": chosen.counts, "rejected": rejected.counts})
    if not counts:
        return pair
    if chosen.text == rejected.text:
        return Fault(SAME_REPLIES, "after masking")
    prompt = [{**turn, "content": mask.text} for turn, mask in zip(pair.prompt, turns, strict=True)]
    return with_texts(pair, prompt, chosen.text, rejected.text, _step("masked", counts))


def _counted(pair: Pair) -> Counts:
    in_prompt = Counter(found.kind for turn in pair.prompt for found in find(turn["content"]))
    replies = {name: Counter(found.kind for found in find(text)) for name, text in _replies(pair)}
    return _without_empty({"prompt": in_prompt, **replies})


def _replies(pair: Pair) -> list[tuple[str, str]]:
    return [("chosen", pair.chosen), ("rejected", pair.rejected)]


def _without_empty(counts: Counts) -> Counts:
    return {name: count for name, count in counts.items() if count}


def _step(done: str, counts: Counts) -> LineageStep:
    return LineageStep(STEP, "acord", __version__, f"{done}: {_shown(counts)}")


def _shown(counts: Counts) -> str:
    """`prompt 1 email; chosen 2 telephone, 1 dni`: counts by field and kind."""
    fields = (
        f"{name} " + ", ".join(f"{n} {kind}" for kind, n in sorted(count.items())) for name, count in counts.items()
    )
    return "; ".join(fields)
