"""What the bundled model can do, on what it never saw."""

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from acord.chat import ChatFormat
from acord.console import say
from acord.models import load_model, load_tokenizer
from scripts.bundled.corpus import Corpus, Parallel
from scripts.bundled.dialogue import draw_dialogue
from scripts.bundled.draft import Draft
from scripts.bundled.scores import Interval, share_of, translation_scores
from scripts.bundled.speak import replies
from scripts.bundled.translation import TO_ADAPT, TO_SPANISH, TO_VALENCIAN, complete, has_central, to_central
from scripts.bundled.words import LANGUAGES

Figures = dict[str, Any]
COMPLETED = 250  # sentences of each language
EACH = 50  # exchanges of each task and language
MOST_DRAWS = 20_000
CALCULATED = ("language", "sum")  # tasks in which replies can be right but for a figure


def measure(folder: Path, corpus: Corpus, *, items: int, seed: int) -> Figures:
    """All figures of the model in a folder, each with its 95% interval; items: of every task at most."""
    model, tokenizer = load_model(folder), load_tokenizer(folder)
    chat = ChatFormat.build(tokenizer)

    def speak(drafts: Sequence[Draft]) -> list[str]:
        return replies(model, tokenizer, chat, drafts)

    test = corpus.test[:items]
    figures = {"es-va": _translation(speak, test), "va-es": _back(speak, test), "ca-va": _adapted(speak, test)}
    say("translation is measured")
    return figures | {
        "complete": _completed(speak, test[:COMPLETED], _numbers(seed)),
        "dialogue": _dialogue(speak, min(EACH, items // 4), _numbers(seed)),
    }


def _numbers(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  nothing is kept secret


def spanish_to_valencian(pairs: Sequence[Parallel], start: str = TO_VALENCIAN[0]) -> list[Draft]:
    """es -> va, each under the same instruction."""
    return [Draft("es-va", "", "va", start + pair.es, pair.va) for pair in pairs]


def _translation(speak: Callable[[Sequence[Draft]], list[str]], pairs: Sequence[Parallel]) -> Figures:
    """es -> va, beside what copying the Spanish gives."""
    wanted = [pair.va for pair in pairs]
    found = speak(spanish_to_valencian(pairs))
    exact = share_of([one == other for one, other in zip(found, wanted, strict=True)])
    copied = translation_scores([pair.es for pair in pairs], wanted)
    return translation_scores(found, wanted) | {"exact": exact, "copied": copied}


def _back(speak: Callable[[Sequence[Draft]], list[str]], pairs: Sequence[Parallel]) -> dict[str, Interval]:
    start = TO_SPANISH[2]
    found = speak([Draft("va-es", "", "es", start + pair.va, pair.es) for pair in pairs])
    return translation_scores(found, [pair.es for pair in pairs])


def _adapted(speak: Callable[[Sequence[Draft]], list[str]], pairs: Sequence[Parallel]) -> Figures:
    """Catalan -> Valencian, on sentences with a form that differs, beside what copying the Catalan gives."""
    wanted = [pair.va for pair in pairs if has_central(pair.va)]
    if not wanted:
        return {}
    catalan = [to_central(text) for text in wanted]
    found = speak([Draft("ca-va", "", "va", TO_ADAPT[0] + text, "") for text in catalan])
    exact = share_of([one == other for one, other in zip(found, wanted, strict=True)])
    return translation_scores(found, wanted) | {"exact": exact, "copied": translation_scores(catalan, wanted)}


def _completed(speak: Callable[[Sequence[Draft]], list[str]], pairs: Sequence[Parallel], rng: random.Random) -> Figures:
    """The first word of the completion, and chrF of all of it, in Valencian and Spanish."""
    figures = {}
    for language in ("va", "es"):
        texts = [text for pair in pairs if len((text := getattr(pair, language)).split(" ")) >= 8]
        drafts = [complete(language, text, rng) for text in texts]
        if drafts:
            found = speak(drafts)
            first = [one.split(" ")[0] == draft.reply.split(" ")[0] for one, draft in zip(found, drafts, strict=True)]
            chrf = translation_scores(found, [draft.reply for draft in drafts])["chrf"]
            figures[language] = {"first_word": share_of(first), "chrf": chrf}
    return figures


def _dialogue(speak: Callable[[Sequence[Draft]], list[str]], each: int, rng: random.Random) -> Figures:
    """Exact matches by task and language, on exchanges that training left out; `fact` was trained on, and says so."""
    drafts: dict[tuple[str, str], dict[Draft, None]] = {}
    for _ in range(MOST_DRAWS):
        draft = draw_dialogue(rng, held_out=True)
        kept = drafts.setdefault((draft.task, draft.language), {})
        if len(kept) < each:
            kept[draft] = None
    figures: Figures = {}
    for task in sorted({task for task, _ in drafts}):
        name = "fact (trained on)" if task == "fact" else task
        for language in LANGUAGES:
            mine = list(drafts.get((task, language), {}))
            if mine:
                found = speak(mine)
                hits = [one == draft.reply for one, draft in zip(found, mine, strict=True)]
                figures.setdefault(name, {})[language] = share_of(hits)
                if task in CALCULATED:
                    form = [_form(one) == _form(draft.reply) for one, draft in zip(found, mine, strict=True)]
                    figures.setdefault(f"{name}, figures aside", {})[language] = share_of(form)
    return figures


def _form(text: str) -> str:
    return re.sub(r"\d+", "0", text)
