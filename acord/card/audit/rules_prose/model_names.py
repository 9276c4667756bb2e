"""Names of models: which one is the card's own, and which ones a text mentions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from acord.card.audit.document import Card
from acord.card.audit.names import words_of

REMARK = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
OURS = re.compile(r"\b(ours|this model|this work)\b", re.IGNORECASE)
BUILT_ON = re.compile(
    r"\b(?:built (?:on|upon)|based on|start(?:s|ed)? from|fine-?tuned (?:from|version of)|derived from|initiali[sz]ed"
    r" from|base model(?: is)?:?|construïda? sobre|construid[ao] sobre|basad[ao] en|basada? en|part(?:ix|eix|e) de)\s",
    re.IGNORECASE,
)
BEFORE = frozenset({"base", "base model", "before", "before alignment", "model base", "modelo base", "abans", "antes"})
SHORTEST_FAMILY = 4
MOST_MODELS = 100
LONGEST = 300


class Mention(NamedTuple):
    """A model named in a text, from `start` to `end`."""

    model: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def key_of(name: str) -> tuple[str, ...]:
    """A model's name made comparable: its words, without the owner and without remarks such as `(v0.1)`."""
    bare = REMARK.sub("", name[:LONGEST]).strip().rsplit("/", 1)[-1]
    return tuple(words_of(bare))


def models_of(card: Card) -> tuple[str, ...]:
    """The models that the card's tables hold scores of, one spelling each."""
    spellings: dict[tuple[str, ...], str] = {}
    for table in card.tables:
        for model in table.models:
            spellings.setdefault(key_of(model), model)
    return tuple(spellings.values())[:MOST_MODELS]


def own_model(card: Card) -> str | None:
    """The model among those of the tables that the card is about.

    Told by the title, by the metadata, or by a column called "ours"; None where none of them names one.
    """
    models = models_of(card)
    metadata = card.metadata or {}
    titles = [card.title, _indexed_name(metadata), str(metadata.get("model_name", ""))]
    for title in titles:
        equal = [model for model in models if key_of(model) and key_of(model) == key_of(title)]
        named = equal or [mention.model for mention in mentions(title[:LONGEST], models, families=False)]
        if named:
            return named[0]
    return next((model for model in models if OURS.search(model)), None)


def _indexed_name(metadata: Mapping[str, Any]) -> str:
    index = metadata.get("model-index")
    first = index[0] if isinstance(index, list) and index else None
    return str(first.get("name", "")) if isinstance(first, dict) else ""


def base_models(card: Card) -> list[str]:
    """The models that this one was made from: of the metadata, else of a table of properties, else of the prose."""
    stated = (card.metadata or {}).get("base_model")
    if isinstance(stated, str) and stated.strip():
        return [stated.strip()]
    if isinstance(stated, list) and stated:
        return [str(one) for one in stated]
    for table in card.tables:
        for row in table.rows:
            texts = [cell.text for cell in row.cells]
            if len(texts) > 1 and " ".join(words_of(texts[0])) in ("base model", "model base", "modelo base"):
                # Such as "a model; in the tables: its-name".
                return [part.strip() for part in re.split(r"[;:]\s", texts[1]) if part.strip()]
    for paragraph in card.paragraphs:
        found = BUILT_ON.search(paragraph.text) if paragraph.kind != "code" else None
        rest = paragraph.text[found.end() :].removeprefix("the ") if found else ""
        for link in paragraph.links if rest else ():
            if link.text and rest.startswith(link.text) and len(words_of(link.text)) > 1:
                return [link.text]
    return []


def among(name: str, models: Iterable[str]) -> str | None:
    """The one of `models` that is the model called `name`."""
    key = key_of(name)
    return next((model for model in models if key and key_of(model) == key), None)


def base_column(bases: Iterable[str], models: Sequence[str]) -> str | None:
    """The model of the tables that is the one before training: one of `bases`, or a column called so."""
    for base in bases:
        if found := among(base, models):
            return found
    return next((model for model in models if " ".join(key_of(model)) in BEFORE), None)


def mentions(text: str, models: Sequence[str], *, families: bool = True) -> list[Mention]:
    """The models that a text names, in its order. families: also by a family's name where one model alone has it."""
    found: list[Mention] = []
    keys = sorted({key_of(model): model for model in models if key_of(model)}.items(), key=lambda one: -len(one[0]))
    for key, model in keys:
        found += _occurrences(text, r"[\W_]{0,2}".join(map(re.escape, key)), model, found)
    if families:
        for family, model in _families(models).items():
            found += _occurrences(text, re.escape(family), model, found)
    return sorted(found, key=lambda mention: mention.start)


def _occurrences(text: str, pattern: str, model: str, taken: Sequence[Mention]) -> list[Mention]:
    """Where a name stands on its own: not within a longer one, nor where a longer one was found."""
    exact = re.compile(rf"(?<![\w-])(?:{pattern})(?![\w]|-\w|\.\d)", re.IGNORECASE)
    return [
        Mention(model, match.start(), match.end())
        for match in exact.finditer(text)
        if not any(one.start < match.end() and match.start() < one.end for one in taken)
    ]


def _families(models: Sequence[str]) -> dict[str, str]:
    """First words that one model alone has."""
    owners: dict[str, list[str]] = {}
    for model in models:
        key = key_of(model)
        if len(key) > 1 and len(key[0]) >= SHORTEST_FAMILY and key[0].isalpha():
            owners.setdefault(key[0], []).append(model)
    return {family: those[0] for family, those in owners.items() if len(those) == 1}
