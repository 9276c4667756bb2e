"""What the stage `pairs` needs from other rooms: the base model's tokenizer, and the texts of a suite."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from acord.console import say
from acord.errors import InputError
from acord.languages import text
from acord.recipe import Data, Model, Recipe

if TYPE_CHECKING:
    from acord.data.build import Surroundings
    from acord.data.decontaminate import EvaluationText
    from acord.data.translate import Translator

TRANSLATIONS = "translations"


def surroundings(recipe: Recipe, runs: Path) -> "Surroundings":
    """What `build_pairs` is given besides the data section. runs: the folder of all runs, which share translations.

    Raises InputError where the recipe asks for what cannot be had.
    """
    from acord.data.build import Surroundings, cores

    cache = runs / TRANSLATIONS
    texts, unread = _evaluation_texts(recipe.data, cache) if recipe.data.decontaminate else ((), ())
    return Surroundings(
        cache=cache,
        variety=recipe.variety,
        count_tokens=None if recipe.data.filters.max_tokens is None else token_counter(recipe.model),
        evaluation=texts,
        unread=unread,
        processes=cores(),
    )


def token_counter(model: Model) -> Callable[[Sequence[str]], list[int]]:
    """Counts the base model's tokens in texts. Raises InputError for a base whose tokenizer is yet to be learnt."""
    if model.tokenizer == "train":
        raise InputError(
            "data.filters.max_tokens counts the base model's tokens, and this base learns its tokenizer from the pairs",
            where="data.filters.max_tokens",
            fix="Use max_characters, or name a base model.",
        )
    from acord.models import find_model, load_tokenizer

    tokenizer = load_tokenizer(find_model(model.base, model.revision))

    def count(texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    return count


def _evaluation_texts(data: Data, cache: Path) -> tuple[list["EvaluationText"], list[tuple[str, str]]]:
    """The suite's texts, with translations where the recipe translates; and the rows that cannot be read."""
    from acord.data.build import cores
    from acord.data.decontaminate import with_translations
    from acord.data.translate import translator
    from acord.evaluate.suite import load_suite
    from acord.evaluate.texts import suite_texts

    assert data.decontaminate is not None  # noqa: S101  the caller's choice
    found = suite_texts(load_suite(data.decontaminate.suite))
    texts, missing = found.texts, [(one.row, one.reason) for one in found.missing]
    say(text("decontaminate_texts", texts=len(texts), suite=data.decontaminate.suite, missing=len(missing)))
    ways = {(one.language, one.to): one for source in data.sources if (one := source.translate) is not None}
    for (language, to), settings in ways.items():
        if settings.through == "apertium":
            with translator(settings, variety="any", cache=cache, processes=cores()) as made:
                texts = with_translations(texts, partial(_translated, made), language, to)
    return texts, missing


def _translated(translator: "Translator", originals: Sequence[str]) -> list[str | None]:
    return [one if isinstance(one, str) else None for one in translator.translate(originals)]
