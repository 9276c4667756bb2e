"""The recipe's variety of Valencian, in the texts of pairs."""

from collections import Counter

from acord import __version__
from acord.data.pairs import LineageStep, Pair, with_texts
from acord.languages.profiles import convert
from acord.recipe import Variety

VALENCIAN = "va"


def in_variety(pair: Pair, variety: Variety) -> Pair:
    """A Valencian pair in the forms of a variety, with a lineage step that counts what was changed.

    `any` and other languages change nothing: every form that the AVL admits is right.
    """
    if variety == "any" or pair.language != VALENCIAN:
        return pair
    changes: Counter[str] = Counter()

    def converted(text: str) -> str:
        result = convert(text, variety)
        changes.update(result.changes)
        return result.text

    prompt = [{**turn, "content": converted(turn["content"])} for turn in pair.prompt]
    chosen, rejected = converted(pair.chosen), converted(pair.rejected)
    if not changes:
        return pair
    counted = ", ".join(f"{rule} {number}" for rule, number in sorted(changes.items()))
    return with_texts(
        pair, prompt, chosen, rejected, LineageStep("variety", "acord", __version__, f"{variety}: {counted}")
    )
