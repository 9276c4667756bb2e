"""What the model is for, what it is not for, and how it is used, with code that runs as it stands."""

import json
from collections.abc import Mapping, Sequence

from acord.card.evidence import Evidence
from acord.card.writing.markdown import blocks, bullets, fenced, md
from acord.card.writing.names import languages_of, model_id
from acord.card.writing.wording import Wording, in_order
from acord.recipe.card import Words, words_in

# Asked of a model whose card has no prompts of its own, by language.
QUESTIONS: Mapping[str, str] = {
    "en": "Explain in two sentences what a town council does.",
    "es": "Explica en dos frases qué hace un ayuntamiento.",
    "va": "Explica en dos frases què fa un ajuntament.",
    "ca": "Explica en dues frases què fa un ajuntament.",
}
# Beginnings of texts that a model without turns can go on with.
BEGINNINGS: Mapping[str, str] = {
    "en": "The town council decided yesterday that",
    "es": "El ayuntamiento decidió ayer que",
    "va": "L'ajuntament va decidir ahir que",
    "ca": "L'ajuntament va decidir ahir que",
}
CHAT = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

model_id = {model}
tokenizer = AutoTokenizer.from_pretrained(model_id)
model = AutoModelForCausalLM.from_pretrained(model_id, dtype="auto", device_map="auto")

prompts = [
{prompts}
]
for prompt in prompts:
    messages = [{{"role": "user", "content": prompt}}]
    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"
    ).to(model.device)
    output = model.generate(**inputs, max_new_tokens=200)
    reply = output[0, inputs["input_ids"].shape[1]:]
    print(tokenizer.decode(reply, skip_special_tokens=True))
"""
RAW = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

model_id = {model}
tokenizer = AutoTokenizer.from_pretrained(model_id)
model = AutoModelForCausalLM.from_pretrained(model_id, dtype="auto", device_map="auto")

beginnings = [
{prompts}
]
for beginning in beginnings:
    inputs = tokenizer(beginning, return_tensors="pt").to(model.device)
    output = model.generate(
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=100
    )
    print(tokenizer.decode(output[0], skip_special_tokens=True))
"""


def uses(evidence: Evidence, words: Wording) -> str:
    """Intended and excluded uses: what the owners say, and what the figures allow."""
    card, recipe = evidence.recipe.card, evidence.recipe
    languages = words.names(languages_of(evidence)) or words.say("unknown")
    return blocks(
        f"## {words.say('h_uses')}",
        *_own_list("uses", card.intended if card else [], words),
        words.say("uses_note", languages=languages),
        f"### {words.say('h_excluded')}",
        *_own_list("excluded", card.excluded if card else [], words),
        words.say("excluded_note", tokens=recipe.chat.max_length),
    )


def _own_list(key: str, own: Sequence[Words], words: Wording) -> tuple[str, ...]:
    if not own:
        return (words.say(f"{key}_none"),)
    return words.say(f"{key}_about"), bullets(md(words_in(one, words.language.tag)) for one in own)


def usage(evidence: Evidence, words: Wording) -> str:
    """Two pieces of code: with the chat template, and without."""
    align = evidence.manifests.get("align")
    versions = align.versions if align else {}
    if {"transformers", "torch"} <= set(versions):
        about = words.say(
            "usage_about", transformers=md(versions["transformers"]), torch=md(versions["torch"].partition("+")[0])
        )
    else:
        about = words.say("usage_about_unknown")
    return blocks(
        f"## {words.say('h_usage')}",
        about,
        f"### {words.say('h_usage_chat')}",
        words.say("usage_chat"),
        fenced(chat_snippet(evidence, words), "python"),
        f"### {words.say('h_usage_raw')}",
        words.say("usage_raw"),
        fenced(raw_snippet(evidence, words), "python"),
    )


def chat_snippet(evidence: Evidence, words: Wording) -> str:
    """Python that asks the model one prompt in each of its languages, through its chat template."""
    asked = {one.language: one.prompt for one in reversed(evidence.answers)}
    return _snippet(CHAT, evidence, {**QUESTIONS, **asked}, words)


def raw_snippet(evidence: Evidence, words: Wording) -> str:
    """Python that lets the model go on with one text in each of its languages."""
    return _snippet(RAW, evidence, BEGINNINGS, words)


def _snippet(form: str, evidence: Evidence, texts: Mapping[str, str], words: Wording) -> str:
    languages = [one for one in in_order(languages_of(evidence)) if one in texts] or ["en"]
    prompts = [f"    {_literal(texts[one])},  # {words.title(one)}" for one in languages]
    return form.format(model=_literal(model_id(evidence.recipe)), prompts="\n".join(prompts))


def _literal(text: str) -> str:
    """A text as Python writes it in double quotes; JSON's strings are Python's, but for halves of surrogate pairs."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
