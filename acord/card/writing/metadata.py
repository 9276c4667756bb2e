"""What programs read of a card: the hub's metadata at its head, and results in files of the hub's own form."""

import re
from collections.abc import Iterable
from typing import Any

import yaml
from huggingface_hub import EvalResult, EvalResultEntry, ModelCardData, eval_result_entries_to_yaml

from acord.card.evidence import Evidence
from acord.card.writing.benchmarks import BENCHMARKS
from acord.card.writing.facts import cell_of
from acord.card.writing.names import HUB, LICENCES, base_on_hub, data_set_of, languages_of, title_of
from acord.card.writing.wording import in_order
from acord.evaluate.compare import RowComparison
from acord.evaluate.grid import DECIMALS
from acord.languages import LANGUAGES
from acord.visible import visible_line

TASK = "text-generation"
RESULTS_FOLDER = ".eval_results"
_CODE = re.compile("[a-z]{2,3}")


def metadata(evidence: Evidence) -> str:
    """The YAML between the two rules at the head of the card."""
    recipe, card = evidence.recipe, evidence.recipe.card
    tags = [LANGUAGES[one].bcp47 if one in LANGUAGES else one for one in in_order(languages_of(evidence))]
    codes = [code for code in dict.fromkeys(tag.split("-")[0].lower() for tag in tags) if _CODE.fullmatch(code)]
    base = base_on_hub(recipe)
    results = list(_results(evidence))
    data = ModelCardData(
        language=sorted(codes) or None,
        language_bcp47=[tag for tag in tags if "-" in tag] or None,
        base_model=base,
        base_model_relation="finetune" if base else None,
        datasets=list(_data_sets(evidence)) or None,
        tags=list(dict.fromkeys([*_tags(evidence), *map(visible_line, card.tags if card else [])])),
        library_name="transformers",
        pipeline_tag=TASK,
        model_name=visible_line(title_of(recipe)),
        eval_results=results or None,
        **_licence(card.licence if card else None),
    )
    if not results:
        # Its only use is in the index of results.
        data.pop("model_name")
    # Its own line breaks would fold long values and hide keys; the hub reads either.
    return str(data.to_yaml(line_break=None))


def _licence(licence: str | None) -> dict[str, str]:
    if licence is None:
        return {}
    known = LICENCES.get(licence.lower())
    return {"license": known.id} if known else {"license": "other", "license_name": _slug(licence)}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-") or "other"


def _data_sets(evidence: Evidence) -> Iterable[str]:
    names = (name for source in evidence.recipe.data.sources for name in data_set_of(source))
    return dict.fromkeys(names)


def _tags(evidence: Evidence) -> Iterable[str]:
    align = evidence.recipe.align
    for language in in_order(languages_of(evidence)):
        if language in LANGUAGES:
            yield LANGUAGES[language].names["en"].lower()
    yield "alignment"
    yield align.method if align.method == "sft" else align.loss.replace("_", "-")
    yield from ("conversational", "acord")


def _measured(evidence: Evidence) -> Iterable[tuple[RowComparison, float, int]]:
    """Rows on which this run measured the aligned model: value, items."""
    comparison = evidence.comparison
    if comparison is None or evidence.model_name not in [model.name for model in comparison.models]:
        return
    for row in comparison.rows:
        cell = cell_of(comparison, row, evidence.model_name)
        if cell.value is not None and cell.verified:
            yield row, round(cell.value, DECIMALS), cell.n


def _results(evidence: Evidence) -> Iterable[EvalResult]:
    """What the metadata's index of results holds: every row that was measured."""
    repository = evidence.recipe.card.repository if evidence.recipe.card else None
    for compared, value, items in _measured(evidence):
        row = compared.row
        place = BENCHMARKS.get(row.task)
        yield EvalResult(
            task_type=TASK,
            task_name=visible_line(row.kind),
            dataset_type=place.data_set if place else row.task,
            dataset_name=f"{visible_line(row.label)} ({LANGUAGES[row.language].bcp47})",
            dataset_config=place.config if place else None,
            dataset_split=place.split if place else None,
            dataset_args={"num_few_shot": row.shots, "items": items, "task": row.task},
            metric_type=row.metric,
            metric_name=row.metric,
            metric_value=value,
            source_name="evidence" if repository else None,
            source_url=f"{HUB}{repository}/tree/main/evidence/evaluate" if repository else None,
        )


def result_files(evidence: Evidence) -> dict[str, bytes]:
    """`.eval_results/*.yaml`, one for each of the hub's data sets that was measured in full.

    A task has one figure there: the first of its rows. Of a part of its items, or of tasks of one's own, there is none.
    """
    evaluated = evidence.manifests.get("evaluate")
    entries: dict[str, list[EvalResultEntry]] = {}
    seen = set()
    for compared, value, items in _measured(evidence):
        row, place = compared.row, BENCHMARKS.get(compared.row.task)
        if place is None or row.task in seen or _is_limited(evidence):
            continue
        seen.add(row.task)
        notes = f"{row.task} of lm-evaluation-harness, {row.metric}, filter {row.filter}, {row.shots}-shot, "
        notes += f"template {row.template}, split {place.split}, {items} items"
        entry = EvalResultEntry(
            dataset_id=place.data_set,
            task_id=place.config or row.task,
            value=value,
            date=evaluated.finished if evaluated else None,
            notes=notes,
        )
        entries.setdefault(place.data_set, []).append(entry)
    return {
        f"{RESULTS_FOLDER}/{name.replace('/', '--')}.yaml": _yaml(eval_result_entries_to_yaml(found))
        for name, found in sorted(entries.items())
    }


def _is_limited(evidence: Evidence) -> bool:
    return any(one.settings.get("limit") is not None for one in evidence.results)


def _yaml(content: Any) -> bytes:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000).encode()
