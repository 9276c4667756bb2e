"""How the model does on a suite of tasks: before and after, beside others, what to read with care, and all rows."""

from collections.abc import Iterable
from dataclasses import replace

from acord.card.evidence import Evidence
from acord.card.writing.facts import (
    CONDUCT,
    FEW_ITEMS,
    SAFETY,
    VARIETY,
    Standing,
    care,
    changes_shown,
    rows_shown,
    standing,
)
from acord.card.writing.markdown import blocks, bullets, code, digest_shown, md, md_lines, table, tables
from acord.card.writing.wording import Wording, in_order
from acord.evaluate.compare import Column, Comparison, RowComparison
from acord.evaluate.grid import Entry, Grid, Line, Tables, tables_of

# Columns of Acord's tables before those of the models, and behind the effect of alignment.
FIXED_COLUMNS, LAST_COLUMNS = 8, 1


def evaluation(evidence: Evidence, words: Wording) -> str:
    """The section, from how it was measured to the last row."""
    comparison = evidence.comparison
    heading = f"## {words.say('h_evaluation')}"
    if comparison is None:
        return blocks(heading, words.say("eval_none"), _answers(evidence, words))
    whole = tables_of(comparison)
    return blocks(
        heading,
        _about(evidence, comparison, words),
        f"### {words.say('h_effect')}",
        _effect(comparison, words),
        *_others(evidence, comparison, words),
        f"### {words.say('h_caution')}",
        bullets(_caution(comparison, evidence.model_name, words)),
        f"### {words.say('h_conduct')}",
        _conduct(comparison, words),
        f"### {words.say('h_means')}",
        words.say("means_about"),
        _means(comparison, whole, words),
        f"### {words.say('h_tables')}",
        tables(replace(whole, grids=tuple(_grids(comparison, whole, words))), 4),
        _answers(evidence, words),
    )


def _about(evidence: Evidence, comparison: Comparison, words: Wording) -> str:
    about = words.say("eval_about", title=md(comparison.title), suite=code(comparison.suite), rows=len(comparison.rows))
    limits = {int(limit) for model in comparison.models if (limit := model.settings.get("limit")) is not None}
    rows = [_model_row(model, evidence, words) for model in comparison.models]
    versions = dict.fromkeys((model.settings.get("versions") or {}).get("lm_eval") for model in comparison.models)
    harness = words.say("eval_harness", versions=", ".join(md(one) for one in versions if one))
    return blocks(
        f"{about} {harness}",
        " ".join(words.say("eval_limit", limit=limit) for limit in sorted(limits)),
        table(words.heads("eval_models_heads"), rows),
    )


def _model_row(model: Column, evidence: Evidence, words: Wording) -> list[str]:
    before = evidence.comparison.before if evidence.comparison else None
    if not model.verified:
        what = "imported"
    elif model.name == evidence.model_name:
        what = "after"
    else:
        what = "before" if model.name == before else "other"
    settings = model.settings
    told = [settings.get(key) for key in ("precision", "engine", "seed")]
    return [
        md(model.name),
        words.say(f"eval_model_{what}"),
        digest_shown(model.sha256) if model.sha256 else words.say("unknown"),
        *(words.say("unknown") if one is None else md(one) for one in told),
    ]


def _effect(comparison: Comparison, words: Wording) -> str:
    if comparison.before is None or comparison.after is None:
        return words.say("effect_missing")
    found = standing(comparison, comparison.after, comparison.before)
    counts = words.say(
        "effect_counts",
        model=md(comparison.after),
        base=md(comparison.before),
        tests=comparison.tests,
        **_numbers(found),
    )
    return blocks(counts, bullets(_told(found, words)) or words.say("effect_nothing"))


def _numbers(found: Standing) -> dict[str, int]:
    return {key: len(rows) for key, rows in found._asdict().items()}


def _told(found: Standing, words: Wording) -> Iterable[str]:
    if found.better:
        yield words.say("effect_better", rows=changes_shown(found.better, words))
    if found.worse:
        yield words.say("effect_worse", rows=changes_shown(found.worse, words))


def _others(evidence: Evidence, comparison: Comparison, words: Wording) -> tuple[str, ...]:
    names = [one.name for one in comparison.models if one.name not in (evidence.model_name, comparison.before)]
    lines = []
    for name in names:
        found = standing(comparison, comparison.focus, name)
        line = words.say("others_counts", model=md(comparison.focus), other=md(name), **_numbers(found))
        lines.append(" ".join([line, *_told(found, words)]))
    return (f"### {words.say('h_others')}", bullets(lines)) if lines else ()


def _caution(comparison: Comparison, model: str, words: Wording) -> list[str]:
    found = care(comparison, model)
    lines = []
    for key, rows in (("degenerate", found.degenerate), ("constant", found.constant), ("missing", found.missing)):
        if rows:
            lines.append(words.say(f"caution_{key}", model=md(model), rows=rows_shown(rows, words)))
    if found.small:
        lines.append(words.say("caution_small", least=FEW_ITEMS, n=len(found.small), rows=len(comparison.rows)))
    return lines or [words.say("caution_nothing", least=FEW_ITEMS)]


def _conduct(comparison: Comparison, words: Wording) -> str:
    metrics = list(dict.fromkeys(row.row.metric for row in comparison.rows if row.row.metric in CONDUCT))
    lines = [words.say(f"conduct_{metric}") for metric in CONDUCT if metric in metrics]
    if not set(SAFETY) & set(metrics):
        lines.append(words.say("conduct_safety_none"))
    if not set(VARIETY) & set(metrics):
        lines.append(words.say("conduct_variety_none"))
    return bullets(lines)


def _means(comparison: Comparison, whole: Tables, words: Wording) -> str:
    """One line a language, its figures those of the last lines of the tables."""
    lines = []
    for mean, grid in zip(comparison.means, whole.grids, strict=True):
        if mean.rows:
            line = grid.lines[-1].entries
            count = Entry(str(len(mean.rows)), len(mean.rows), 0, note=line[0].note)
            lines.append(Line((Entry(grid.language), count, *line[FIXED_COLUMNS:-LAST_COLUMNS])))
    if not lines:
        return words.say("nothing")
    heads = (*words.heads("means_heads"), *whole.grids[0].headings[FIXED_COLUMNS:-LAST_COLUMNS])
    # The grid's own heading is left out: the section has one.
    content = tables(Tables("", (Grid(" ", "", heads, tuple(lines)),), (), ()), 4)
    return content.partition("\n\n")[2]


def _grids(comparison: Comparison, whole: Tables, words: Wording) -> Iterable[Grid]:
    """Each language's table parted into choices, generated text, and safety with the language of replies."""
    for mean, grid in zip(comparison.means, whole.grids, strict=True):
        rows = [row for row in comparison.rows if row.row.language == mean.language]
        groups: dict[str, list[Line]] = {"choices": [], "generated": [], "conduct": []}
        for row, line in zip(rows, grid.lines, strict=False):
            groups[_group(row)].append(line)
        for name, lines in groups.items():
            if lines:
                heading = words.say(f"group_{name}", language=grid.language)
                yield replace(grid, language=heading, lines=tuple(lines))


def _group(row: RowComparison) -> str:
    if row.row.metric in CONDUCT:
        return "conduct"
    # What a guess scores is stated for choices alone.
    return "generated" if row.row.chance is None else "choices"


def _answers(evidence: Evidence, words: Wording) -> str:
    if not evidence.answers:
        return ""
    heads = words.heads("answers_heads", base=md(evidence.base_name), model=md(evidence.model_name))
    parts = [f"### {words.say('h_answers')}", _about_answers(evidence, words)]
    for language in in_order(one.language for one in evidence.answers):
        rows = [
            [md_lines(one.prompt), _reply(one.before, words), _reply(one.after, words)]
            for one in evidence.answers
            if one.language == language
        ]
        parts += [f"#### {words.title(language)}", table(heads, rows)]
    return blocks(*parts)


def _about_answers(evidence: Evidence, words: Wording) -> str:
    about = words.say("answers_about", n=len(evidence.answers))
    limit = evidence.figures("answers").get("new_tokens")
    return about if limit is None else f"{about} {words.say('answers_cut', tokens=limit)}"


def _reply(text: str, words: Wording) -> str:
    return md_lines(text) or words.say("answers_empty")
