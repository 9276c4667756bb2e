"""What a run's artefacts say of it, gathered from their manifests and tables: for lists and for setting runs side by
side. An artefact that is gone or damaged says nothing.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from acord.manifest import Manifest, read_manifest

# Section -> what it says, as JSON takes it.
Facts = dict[str, Any]

PAIRS = ("pairs", "rows_in", "rows_used", "rows_dropped", "by_language", "by_source", "by_split", "dropped_by_reason")
PLAN = (
    "steps", "packs", "pairs_train", "pairs_held_out", "tokens_distinct", "tokens_unshared", "refused_by_reason",
    "device", "precision", "token_budget", "activation_checkpointing", "threads",
)  # fmt: skip
TRAINING = ("steps", "skipped_updates", "loss_first", "loss_last")
HELD_OUT = ("pairs", "nll", "accuracy", "margin", "chosen_shift", "rejected_shift", "likelier", "longer")
OVERALL = "overall"
# What reading a file of another making can raise.
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def facts_of(folders: Mapping[str, Path]) -> Facts:
    """By stage, the folder of its artefact -> all that is known.

    sources, base: identities of what came from outside. pairs, plan, training, held_out, evaluation, judge: figures.
    versions, machine: where the model was trained, or as far as the run came. seconds: of each stage.
    """
    manifests = {name: manifest for name, folder in folders.items() if (manifest := _manifest(folder)) is not None}
    facts: Facts = {}
    for section, (stage, tell) in SECTIONS.items():
        if stage in manifests:
            with suppress(*MALFORMED):
                facts[section] = tell(manifests[stage], folders[stage])
    if manifests:
        reached = manifests.get("align") or list(manifests.values())[-1]
        facts |= {"versions": reached.versions, "machine": reached.machine}
        facts["seconds"] = {name: _seconds(manifest) for name, manifest in manifests.items()}
    return facts


def part(facts: Facts, *names: str) -> Any:
    """What stands under some keys, None where one is missing or holds something else."""
    value: Any = facts
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def mapping(facts: Facts, *names: str) -> dict[str, Any]:
    """The same where a mapping is meant; empty where it is none."""
    found = part(facts, *names)
    return found if isinstance(found, dict) else {}


def is_number(value: Any) -> bool:
    """Whether a value is a figure, and not yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except (ValueError, OSError):
        return None


def _only(names: tuple[str, ...], content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in names if name in content}


def _by_file(value: Any) -> Any:
    """Lists of [file, sha256] as maps, so that what changed is one file and not the list."""
    if isinstance(value, dict):
        return {key: _by_file(one) for key, one in value.items()}
    if isinstance(value, list) and value and all(isinstance(one, list) and len(one) == 2 for one in value):
        return {str(file): sha256 for file, sha256 in value}
    return value


def _held_out(figures: Any) -> dict[str, Any]:
    if not isinstance(figures, dict):
        return {}
    languages = {tag: _only(HELD_OUT, part) for tag, part in mapping(figures, "languages").items()}
    return {OVERALL: _only(HELD_OUT, figures), **languages}


def _evaluation(manifest: Manifest, folder: Path) -> dict[str, Any]:
    """The aligned model's rows, and its mean by language where its rows were compared with others'."""
    model = (manifest.figures.get("models") or [""])[-1]
    rows: dict[str, Any] = {}
    means: dict[str, float] = {}
    place = None
    for file in sorted(folder.glob("*/results.json")):
        content = _json(file)
        if mapping(content, "model").get("name") == model:
            place = str(file.parent)
            rows = {str(row["row"]): row["value"] for row in content.get("rows", []) if isinstance(row, dict)}
    for file in folder.glob("comparison-*/comparison.json"):
        for mean in _json(file).get("means", []):
            value = mean["models"].get(model)
            if value is not None:
                means[str(mean["language"])] = value["value"]
    return {"suite": manifest.figures.get("suite"), "means": means, "rows": rows, "place": place}


def _judge(manifest: Manifest, folder: Path) -> dict[str, Any]:
    """The aligned model's mean scores by language and category, over all judges."""
    figures = manifest.figures
    model = (figures.get("models") or [""])[-1]
    means: dict[str, dict[str, float]] = {}
    for row in _json(folder / "scores.json").get("rows", []):
        cell = row["models"].get(model)
        if row["judge"] is None and cell is not None:
            means.setdefault(row["language"] or OVERALL, {})[row["category"] or OVERALL] = cell["mean"]
    return {**_only(("suite", "judges", "ratings", "missing", "validated"), figures), "means": means}


def _all_held_out(manifest: Manifest, _: Path) -> dict[str, Any]:
    return {when: _held_out(part) for when, part in mapping(manifest.figures, "held_out").items()}


# Section of the facts -> the stage that knows it, and how it is told.
SECTIONS: Mapping[str, tuple[str, Callable[[Manifest, Path], dict[str, Any]]]] = {
    "sources": ("pairs", lambda manifest, _: _by_file(manifest.outside.get("sources", {}))),
    "pairs": ("pairs", lambda manifest, _: _only(PAIRS, manifest.figures)),
    "base": ("base", lambda manifest, _: {**_by_file(manifest.outside), **manifest.figures}),
    "plan": ("plan", lambda manifest, _: _only(PLAN, manifest.figures)),
    "training": ("align", lambda manifest, _: _only(TRAINING, manifest.figures)),
    "held_out": ("align", _all_held_out),
    "evaluation": ("evaluate", _evaluation),
    "judge": ("judge", _judge),
}


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(manifest: Manifest) -> float | None:
    try:
        passed = datetime.fromisoformat(manifest.finished) - datetime.fromisoformat(manifest.started)
    except (ValueError, TypeError):
        return None
    return passed.total_seconds()
