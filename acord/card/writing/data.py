"""What the model was aligned on: pairs by language, source and origin, whose they are, what was left out and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from acord.card.counting import PairCounts
from acord.card.evidence import Evidence
from acord.card.writing.markdown import blocks, bullets, code, md, table
from acord.card.writing.names import data_set_link, data_set_of, is_bundled, is_local, licence_shown
from acord.card.writing.wording import Wording, in_order
from acord.languages.reasons import reason_text
from acord.recipe import Recipe, Source

TRAIN, HELD_OUT = "train", "held_out"
VALENCIAN = "va"


def data(evidence: Evidence, words: Wording) -> str:
    """Everything about the pairs."""
    counts = evidence.counts
    heading = f"## {words.say('h_data')}"
    if not counts.total:
        return blocks(heading, words.say("data_none"))
    about = words.say(
        "data_about",
        total=counts.total,
        train=counts.by_split.get(TRAIN, 0),
        held_out=counts.by_split.get(HELD_OUT, 0),
    )
    quotas = evidence.figures("pairs").get("quotas")
    return blocks(
        heading,
        about,
        f"### {words.say('h_data_languages')}",
        _by_language(counts, words),
        f"### {words.say('h_data_sources')}",
        _by_source(evidence, words),
        f"### {words.say('h_data_origins')}",
        _by_origin(counts, words),
        words.say("origin_bundled") if any(map(is_bundled, evidence.recipe.data.sources)) else None,
        f"### {words.say('h_data_attributions')}",
        bullets(attribution(source, evidence, words) for source in evidence.recipe.data.sources),
        f"### {words.say('h_data_quotas')}" if quotas else None,
        _quotas(quotas, words) if quotas else None,
        f"### {words.say('h_data_dropped')}",
        _dropped(evidence, words),
        words.say("filters_about"),
        bullets(_looked_for(evidence, words)),
    )


def _by_language(counts: PairCounts, words: Wording) -> str:
    def numbers(language: str) -> list[int]:
        split = [counts.by_language_and_split.get((language, one), 0) for one in (TRAIN, HELD_OUT)]
        return [*split, counts.by_language[language]]

    rows = [[words.title(one), *map(words.number, numbers(one))] for one in in_order(counts.by_language)]
    whole = (counts.by_split.get(TRAIN, 0), counts.by_split.get(HELD_OUT, 0), counts.total)
    rows.append([words.say("all"), *map(words.number, whole)])
    return table(words.heads("data_language_heads"), rows, numbers=(1, 2, 3))


def _by_source(evidence: Evidence, words: Wording) -> str:
    counts, languages = evidence.counts, in_order(evidence.counts.by_language)
    sources = {source.name: source for source in evidence.recipe.data.sources}
    rows = []
    for name, total in counts.by_source.items():
        cells = [words.number(counts.by_source_and_language.get((name, one), 0)) for one in languages]
        places = _places(sources[name], words) if name in sources else words.say("unknown")
        rows.append([md(name), *cells, words.number(total), _licences(name, counts, words), places])
    heads = words.heads("data_source_heads", languages="|".join(map(words.title, languages)))
    return table(heads, rows, numbers=range(1, len(languages) + 2))


def _places(source: Source, words: Wording) -> str:
    """Where a source's rows come from, in the cell of a table or within a sentence."""
    if source.translate is not None:
        return words.say("data_translation", source=md(source.translate.from_))
    places = [data_set_link(name) for name in data_set_of(source)]
    if is_local(source):
        places.append(words.say("data_local"))
    if is_bundled(source):
        places.append(words.say("data_bundled"))
    if source.rejected_from is not None:
        places.append(words.say("data_rejected_from", model=md(source.rejected_from.model)))
    return ", ".join(places)


def _licences(source: str, counts: PairCounts, words: Wording) -> str:
    found = {licence: n for (one, licence), n in counts.by_source_and_licence.items() if one == source}
    if len(found) < 2:
        return ", ".join(licence_shown(licence, words) for licence in found) or words.say("unknown")
    return ", ".join(
        words.say("licence_pairs", licence=licence_shown(licence, words), pairs=n) for licence, n in found.items()
    )


def _by_origin(counts: PairCounts, words: Wording) -> str:
    rows = [
        [
            origin_shown(origin, words),
            words.number(n),
            words.number(n / counts.total, ".1%"),
            words.words.get(f"origin_about_{origin}", ""),
        ]
        for origin, n in counts.by_origin.items()
    ]
    return table(words.heads("data_origin_heads"), rows, numbers=(1, 2))


def origin_shown(origin: str, words: Wording) -> str:
    """Whose a preference is, in a word."""
    return words.words.get(f"origin_{origin}") or md(origin)


def attribution(source: Source, evidence: Evidence, words: Wording) -> str:
    """One source: where it is from, its licence, what its makers ask for or what should be known of it."""
    if source.translate is not None:
        place = _translated(source, words)
    else:
        local = words.say("attribution_local", format=code(source.format)) if is_local(source) else ""
        samples = words.say("attribution_bundled", format=code(source.format)) if is_bundled(source) else ""
        sets = [data_set_link(name) for name in data_set_of(source)]
        made = source.rejected_from
        written = words.say("data_rejected_from", model=md(made.model)) if made is not None else ""
        place = "; ".join(part for part in (*sets, local, samples, written) if part)
    licences = words.say("licence_of", licences=_licences(source.name, evidence.counts, words))
    notes = [words.words.get(f"attribution_{name}", "") for name in data_set_of(source)]
    line = words.say("attribution_data", source=md(source.name), places=place, licences=licences)
    return " ".join(part for part in (line, *dict.fromkeys(notes)) if part)


def _translated(source: Source, words: Wording) -> str:
    way = source.translate
    if way is None:
        raise ValueError(f"{source.name} is no translation")
    tool = words.say("tool_apertium") if way.through == "apertium" else md(way.through.model)
    return words.say(
        "attribution_translated",
        source=md(way.from_),
        from_=words.name(way.language),
        to=words.name(way.to),
        tool=tool,
    )


def _quotas(quotas: Mapping[str, Mapping[str, int]], words: Wording) -> str:
    columns = ("asked", "taken", "held_out", "supply")
    rows = [
        [words.title(language), *(words.number(quotas[language][one]) for one in columns)]
        for language in in_order(quotas)
    ]
    return table(words.heads("data_quota_heads"), rows, numbers=(1, 2, 3, 4))


def _dropped(evidence: Evidence, words: Wording) -> str:
    figures, dropped = evidence.figures("pairs"), evidence.counts.dropped
    if not dropped:
        return words.say("dropped_nothing")
    rows = [
        [md(source), md(reason_text(reason)), words.number(n)]
        for source, reasons in dropped.items()
        for reason, n in reasons.items()
    ]
    about = None
    if figures:
        rows_in, used = figures["rows_in"], figures["rows_used"]
        about = words.say("dropped_about", rows=rows_in, used=used, dropped=figures["rows_dropped"])
    return blocks(about, table(words.heads("dropped_heads"), rows, numbers=(2,)))


def _looked_for(evidence: Evidence, words: Wording) -> Iterable[str]:
    recipe, settings = evidence.recipe, evidence.recipe.data
    yield words.say(f"personal_{settings.filters.personal_data}")
    yield _contamination(recipe, evidence.figures("pairs").get("decontaminated"), words)
    near = settings.duplicates.near
    yield words.say("near_off") if near is None else words.say("near_on", share=near)
    yield words.say("language_on" if settings.filters.language else "language_off")
    if VALENCIAN in evidence.counts.by_language:
        yield words.say(f"central_{settings.filters.central_catalan}")
        yield words.say(f"variety_{recipe.variety}")


def _contamination(recipe: Recipe, found: Mapping[str, Any] | None, words: Wording) -> str:
    held = recipe.data.decontaminate
    if held is None or found is None:
        return words.say("contamination_off")
    return words.say("contamination_on", words=held.words, suite=code(held.suite), texts=found["texts"])
