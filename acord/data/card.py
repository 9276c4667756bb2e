"""The card of an exported data set: what it is, whose it is, how it was built. English, as cards are read by machines.

Metadata as the Hugging Face hub reads them: Valencian is `language: ca` with `language_bcp47: ca-valencia`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from acord.data.export import SourceTally, Tally
from acord.data.export_forms import bcp47
from acord.data.pairs import HELD_OUT, HUMAN, MODEL, TRAIN, TRANSLATED, UNKNOWN
from acord.languages import LANGUAGES

SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))
LARGEST = "10M<n<100M"
# Licences that the hub has an identifier for, among those that preference data carry.
HUB_LICENCES = frozenset(
    {"apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "odc-by", "odbl"}
)
ORIGIN_NAMES = {
    HUMAN: "people compared the replies",
    MODEL: "a model made or chose them, or the stronger model's reply is taken to be the better one",
    TRANSLATED: "the replies are translations of replies that were compared in another language",
    UNKNOWN: "the source does not say",
}
HUB = "https://huggingface.co/datasets/"
# What the data sets that formats are named after ask for, or what should be known of them. By their names on the hub.
ATTRIBUTIONS = {
    "nvidia/HelpSteer3": "by NVIDIA, [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). Part of its prompts "
    "were typed into public chat services, and may name people.",
    "OpenAssistant/oasst1": "by the contributors of Open Assistant, Apache 2.0. Their ids are left out.",
    "OpenAssistant/oasst2": "by the contributors of Open Assistant, Apache 2.0. Their ids are left out.",
    "Open-Orca/OpenOrca": "by OpenOrca. The label MIT is that of its authors; the texts are outputs of GPT-4 and "
    "GPT-3.5, and whether their terms allow training other models is disputed. Nobody compared the replies: this is no "
    "human preference.",
    "Anthropic/hh-rlhf": "by Anthropic, MIT.",
}
NAMED_AFTER = {
    "helpsteer3": ("nvidia/HelpSteer3",),
    "oasst": ("OpenAssistant/oasst1", "OpenAssistant/oasst2"),
    "openorca": ("Open-Orca/OpenOrca",),
    "hh": ("Anthropic/hh-rlhf",),
}
TOOLS = ("acord", "python", "pyarrow", "numpy")
PERSONAL = {
    "keep": "Personal data (e-mail addresses, telephone numbers, DNI, NIE, IBAN) was not looked for.",
    "flag": "E-mail addresses, telephone numbers, DNI, NIE and IBAN were looked for and left as they are; {count} "
    "with some in them carry the lineage step `personal_data`.",
    "mask": "E-mail addresses, telephone numbers, DNI, NIE and IBAN were looked for and masked in {count}. "
    "Such a search does not find all; names are not looked for.",
    "drop": "Rows in which e-mail addresses, telephone numbers, DNI, NIE or IBAN were found are left out. Such a "
    "search does not find all; names are not looked for.",
}


@dataclass(frozen=True)
class Built:
    """What the manifest of the pairs says. recipe: its part. figures, versions: as there. name: of the data set."""

    name: str
    recipe: Mapping[str, Any]
    figures: Mapping[str, Any]
    versions: Mapping[str, str]


def data_set_card(tally: Tally, built: Built) -> str:
    """README.md of a data set that holds what `tally` counted."""
    from huggingface_hub import DatasetCardData

    languages = _sum(source.languages for source in tally.by_source.values())
    tags = [bcp47(language) for language in sorted(languages)]
    data = DatasetCardData(
        language=_codes(tags) or None,
        language_bcp47=[tag for tag in tags if "-" in tag] or None,
        license=_licences(tally),
        size_categories=[_size(tally.pairs)],
        task_categories=["text-generation"],
        pretty_name=built.name,
        tags=["preference", "dpo", *(["translation"] if _sum(s.translators for s in tally.by_source.values()) else [])],
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"data/{split}.parquet"} for split in tally.by_split],
            }
        ],
    )
    sections = [
        f"# {_text(built.name)}",
        _summary(tally, languages),
        "## Sources and licences",
        *(_source(name, source, _recipe_of(name, built.recipe)) for name, source in tally.by_source.items()),
        "## Whose preference",
        _origins(tally),
        "## Personal data",
        _personal(tally, built.recipe),
        "## How it was built",
        _how(built),
        "## Columns",
        COLUMNS,
    ]
    # Its own line breaks would fold long values and hide keys; the hub reads either.
    return f"---\n{data.to_yaml(line_break=None).strip()}\n---\n\n" + "\n\n".join(sections) + "\n"


COLUMNS = """`prompt`, `chosen` and `rejected` are lists of messages {role, content}: one prompt, and two replies to it.
`id` is a hash of these texts. `source` and `source_id` say which row of which source a pair was made of; `group` is its
conversation, which no split runs through. `chosen_rank` and `rejected_rank` are those of the source, 0 the best;
`margin` is how much better the chosen reply is on the source's scale, and `weight` how much the pair counts. `origin`
is whose the preference is, and `lineage` all that was done to the pair, with tool and version."""


def _summary(tally: Tally, languages: Counter[str]) -> str:
    named = ", ".join(f"{count:,} in {_language(tag)}" for tag, count in _ordered(languages))
    train, held_out = (tally.by_split.get(split, 0) for split in (TRAIN, HELD_OUT))
    parts = f"{train:,} to train on and {held_out:,} held out for measuring, divided by conversation"
    return (
        f"{tally.pairs:,} preference pairs: {named}. {parts}. A pair is a prompt, a reply that was preferred "
        "(`chosen`) and one that was not (`rejected`)."
    )


def _source(name: str, source: SourceTally, recipe: Mapping[str, Any]) -> str:
    licences = ", ".join(f"{_text(licence)} ({_pairs(count)})" for licence, count in _ordered(source.licences))
    translated = recipe.get("translate") or {}
    lines = [f"### {_text(name)}", "", f"{_pairs(source.pairs)}. Licence: {licences}.", ""]
    lines.append("\n".join(_attributions(source, str(recipe.get("format")))))
    if source.translators:
        tools = ", ".join(_text(tool) for tool, _ in _ordered(source.translators))
        pair = (translated.get("language"), translated.get("to"))
        way = f" from {_language(pair[0])} to {_language(pair[1])}" if all(pair) else ""
        lines += [
            "",
            f"**Changed:** prompt and replies of {_pairs(source.steps['translate'])} were translated by machine{way} "
            f"({tools}). The people who compared the replies read the originals.",
        ]
    return "\n".join(lines)


def _attributions(source: SourceTally, form: str) -> list[str]:
    """Where rows are from. Of local files only the form is known, which may be anyone's."""
    lines = [f"- From {_linked(name)}" for name in sorted(source.read_from) if name]
    if "" in source.read_from:
        named = [_linked(name) for name in NAMED_AFTER.get(form, ())]
        lines.append("- From local files; whose they are, whoever publishes this set has to say.")
        lines += [f"- Their rows have the form of {one} Where they are a copy, this holds for them." for one in named]
    return lines


def _linked(name: str) -> str:
    link = f"[{_text(name)}]({HUB}{name})"
    return f"{link} {ATTRIBUTIONS[name]}" if name in ATTRIBUTIONS else f"{link}."


def _recipe_of(name: str, recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the recipe says of a source; of a translation also its origin's format."""
    sources = {one["name"]: one for one in (recipe.get("data") or {}).get("sources", [])}
    found: dict[str, Any] = dict(sources.get(name, {}))
    translate = found.get("translate") or {}
    origin = sources.get(translate.get("from"), {})
    return {**found, "format": found.get("format") or origin.get("format")}


def _origins(tally: Tally) -> str:
    counts = _sum(source.origins for source in tally.by_source.values())
    return "\n".join(
        f"- {count / tally.pairs:.1%} ({_pairs(count)}) **{_text(origin)}**: {ORIGIN_NAMES.get(origin, '')}"
        for origin, count in _ordered(counts)
    )


def _personal(tally: Tally, recipe: Mapping[str, Any]) -> str:
    return PERSONAL[personal_setting(recipe)].format(count=_pairs(tally.flagged))


def personal_setting(recipe: Mapping[str, Any]) -> str:
    """What a recipe's part says is done about personal data; nothing was where it says nothing."""
    return str(((recipe.get("data") or {}).get("filters") or {}).get("personal_data", "keep"))


def _how(built: Built) -> str:
    figures = built.figures
    versions = ", ".join(f"{name} {_text(built.versions[name])}" for name in TOOLS if name in built.versions)
    parts = [
        f"With Acord; versions: {versions}.",
        f"Of {figures.get('rows_in', 0):,} rows of all sources, {figures.get('rows_used', 0):,} were used and "
        f"{figures.get('rows_dropped', 0):,} dropped (pairs that were not exported are counted among them):",
        "\n".join(
            ["| dropped because | rows |", "|---|---:|"]
            + [f"| {_text(reason)} | {count:,} |" for reason, count in figures.get("dropped_by_reason", {}).items()]
        ),
    ]
    if figures.get("quotas"):
        parts.append(_quotas(figures["quotas"]))
    content = yaml.safe_dump(_stated(built.recipe), allow_unicode=True, sort_keys=False, width=100)
    return "\n\n".join([*parts, f"The part of the recipe that it depends on:\n\n```yaml\n{content}```"])


def _quotas(quotas: Mapping[str, Mapping[str, int]]) -> str:
    rows = [
        f"| {_language(language)} | "
        + " | ".join(f"{quota.get(name, 0):,}" for name in ("asked", "taken", "supply"))
        + " |"
        for language, quota in quotas.items()
    ]
    return "\n".join(["| language | pairs asked | taken | supply |", "|---|---:|---:|---:|", *rows])


def _stated(value: Any) -> Any:
    """A recipe without the keys that say nothing."""
    if isinstance(value, Mapping):
        return {key: _stated(inner) for key, inner in value.items() if inner is not None}
    return [_stated(inner) for inner in value] if isinstance(value, list) else value


def _codes(tags: Iterable[str]) -> list[str]:
    """ISO 639 codes of BCP 47 tags, without those that no such code begins."""
    codes = (tag.split("-")[0].lower() for tag in tags)
    return sorted({code for code in codes if re.fullmatch("[a-z]{2,3}", code) and code != "und"})


def _licences(tally: Tally) -> str | list[str]:
    named = {licence.lower() for source in tally.by_source.values() for licence in source.licences}
    known = sorted(named & HUB_LICENCES) + (["other"] if named - HUB_LICENCES else [])
    return known[0] if len(known) == 1 else known


def _pairs(count: int) -> str:
    return "1 pair" if count == 1 else f"{count:,} pairs"


def _size(pairs: int) -> str:
    return next((name for limit, name in SIZES if pairs < limit), LARGEST)


def _language(tag: Any) -> str:
    return LANGUAGES[tag].names["en"] if tag in LANGUAGES else _text(str(tag))


def _text(value: str) -> str:
    """Text of others in Markdown: one line, which means nothing but itself."""
    for sign in "\\`*[]<>|#":
        value = value.replace(sign, f"\\{sign}")
    return " ".join(value.split())


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for one in counters:
        whole.update(one)
    return whole


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
