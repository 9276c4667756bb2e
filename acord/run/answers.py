"""The stage `answers`: nine prompts, answered by the base and by the aligned model, for people to read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acord.card.prompt_answers import PromptAnswer

# The same three in each language; in no template of the samples, nor of what the bundled model was trained on.
PROMPTS = {
    "en": (
        "The town hall of Alzira opens at 9:00 and closes at 14:00. Until when can I hand in a form?",
        "A film ticket costs 6 euros and popcorn costs 3 euros. What is the total?",
        "Write a note for the neighbours: on Tuesday there will be no water.",
    ),
    "es": (
        "El ayuntamiento de Alzira abre a las 9 y cierra a las 14. ¿Hasta cuándo puedo entregar un impreso?",
        "La entrada del cine cuesta 6 euros y las palomitas cuestan 3 euros. ¿Cuál es el total?",
        "Escribe una nota para los vecinos: el martes no habrá agua.",
    ),
    "va": (
        "L'ajuntament d'Alzira obri a les 9 i tanca a les 14. Fins quan puc entregar un imprés?",
        "L'entrada del cine costa 6 euros i les rosetes costen 3 euros. Quin és el total?",
        "Escriu una nota per als veïns: dimarts no hi haurà aigua.",
    ),
}
FILE = "answers.jsonl"
# Of a reply. A model that does not end its turn is cut here.
NEW_TOKENS = 128


def build_answers(*, base_folder: Path, align_folder: Path, folder: Path) -> dict[str, Any]:
    """The likeliest replies of both models to the nine prompts, into folder/answers.jsonl. Figures: how many."""
    from acord.models import model_path
    from acord.run.demo_replies import likeliest_replies

    asked = [(language, prompt) for language, prompts in PROMPTS.items() for prompt in prompts]
    conversations: list[list[Mapping[str, str]]] = [[{"role": "user", "content": prompt}] for _, prompt in asked]
    before, after = (
        likeliest_replies(model, conversations, new_tokens=NEW_TOKENS)
        for model in (model_path(base_folder), align_folder / "model")
    )
    answers = [PromptAnswer(*one, *said) for one, *said in zip(asked, before, after, strict=True)]
    lines = [json.dumps(answer._asdict(), ensure_ascii=False) + "\n" for answer in answers]
    (folder / FILE).write_text("".join(lines), encoding="utf-8")
    return {"prompts": len(answers), "new_tokens": NEW_TOKENS}
