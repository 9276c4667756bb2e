"""The beginning of a card: title, what the model is, where this card is in other languages, its properties."""

from acord.card.evidence import Evidence
from acord.card.writing.markdown import blocks, code, link, md, slug, table
from acord.card.writing.names import base_shown, is_random, languages_of, licence_shown, method_shown, title_of
from acord.card.writing.wording import Wording
from acord.languages import INTERFACE_TAGS, LANGUAGES
from acord.manifest import Manifest

WEIGHTS = "model/"


def card_file(tag: str) -> str:
    """The file name of the card in a language."""
    return "README.md" if tag == "en" else f"README.{tag}.md"


def beginning(evidence: Evidence, words: Wording) -> str:
    """Title and the first paragraphs."""
    recipe = evidence.recipe
    key = "intro_sft" if recipe.align.method == "sft" else "intro"
    values: dict[str, str | int | float] = {
        "title": md(title_of(recipe)),
        "base": base_shown(recipe, words),
        "pairs": evidence.counts.by_split.get("train", 0),
        "languages": words.names(languages_of(evidence)),
    }
    if recipe.align.method != "sft":
        values["method"] = method_shown(recipe.align, words)
    own = recipe.card.description if recipe.card else None
    return blocks(
        f"# {md(title_of(recipe))}",
        words.say(key, **values),
        words.own(own) if own else None,
        words.say("intro_card", anchor=slug(words.say("h_checking"))),
        _versions(words),
    )


def _versions(words: Wording) -> str:
    names = {tag: LANGUAGES[tag].names[tag] for tag in INTERFACE_TAGS}
    cards = [link(name, card_file(tag)) for tag, name in names.items() if tag != words.language.tag]
    reports = [link(name, f"report/report.{tag}.html") for tag, name in names.items()]
    return words.say("intro_versions", cards=", ".join(cards), reports=", ".join(reports))


def description(evidence: Evidence, words: Wording) -> str:
    """Properties of the model."""
    recipe, base, align = evidence.recipe, evidence.figures("base"), evidence.manifests.get("align")
    counts = evidence.counts
    shown = base_shown(recipe, words)
    if evidence.comparison is not None and evidence.comparison.before is not None:
        shown = words.say("p_base_named", base=shown, name=md(evidence.comparison.before))
    rows = [
        ("p_base", shown),
        ("p_architecture", code(base.get("architecture", "")) or words.say("unknown")),
        ("p_parameters", _count(base.get("parameters"), words)),
        ("p_vocabulary", _count(base.get("vocabulary"), words)),
        ("p_length", words.say("p_length_value", tokens=recipe.chat.max_length)),
        ("p_languages", words.names(languages_of(evidence)) or words.say("unknown")),
        ("p_method", method_shown(recipe.align, words)),
        ("p_pairs", _count(counts.by_split.get("train"), words)),
        ("p_licence", licence_shown(recipe.card.licence if recipe.card else None, words)),
        ("p_date", align.finished[:10] if align else words.say("unknown")),
        ("p_weights", _weights(align) or words.say("unknown")),
    ]
    if is_random(recipe):
        rows.append(("p_base", words.say("lim_random")))
    return blocks(
        f"## {words.say('h_description')}",
        table(words.heads("description_heads"), [(f"**{words.say(key)}**", value) for key, value in rows]),
    )


def _count(value: int | None, words: Wording) -> str:
    return words.say("unknown") if value is None else words.number(value)


def weight_files(align: Manifest) -> dict[str, str]:
    """sha256 of the files of the model's weights, by name."""
    return {
        name.removeprefix(WEIGHTS): str(file["sha256"])
        for name, file in sorted(align.files.items())
        if name.startswith(WEIGHTS) and name.endswith(".safetensors")
    }


def _weights(align: Manifest | None) -> str:
    files = weight_files(align) if align else {}
    return "<br>".join(f"{code(name)}: {code(sha256)}" for name, sha256 in files.items())
