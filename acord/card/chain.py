"""How the parts of the evidence hold together: manifests name each other, their files, the recipe, and the weights."""

import hashlib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from acord.card.checks import Checks
from acord.card.evidence import ANSWERS, COMPARISON, HELD_OUT, METRICS, Evidence
from acord.card.fault import Fault
from acord.hashing import hash_file
from acord.judge.judgement import FILE as JUDGEMENT
from acord.judge.judgement import PARTS
from acord.manifest import Manifest, files_digest

# Of these a model's identity in results.json is the hash (acord.evaluate.loading).
WEIGHTS = ("*.safetensors", "config.json")
# Copied as they are: file of the evidence -> stage and file of its artefact.
COPIED = {
    METRICS: ("align", "metrics.jsonl"),
    HELD_OUT: ("align", "held_out.parquet"),
    ANSWERS: ("answers", "answers.jsonl"),
    **{f"judge/{name}": ("judge", name) for name in (JUDGEMENT, *(f"{part}.jsonl" for part in PARTS))},
}
# The plan takes only from these keys of a recipe whether they are there.
OTHERWISE = {("plan", "align", "adapter"), ("plan", "align", "rankings"), ("plan", "chat", "template")}


def check_chain(evidence: Evidence, checks: Checks) -> None:
    """Manifests name the very manifests beside them, the recipe's values, and the hashes of the files copied here."""
    for stage, manifest in evidence.manifests.items():
        checks.checked += 2 * len(manifest.inputs)
        checks.faults += input_faults(stage, manifest, evidence.manifests)
    recipe = evidence.recipe.model_dump(mode="json", by_alias=True)
    for stage, manifest in evidence.manifests.items():
        _check_recipe(stage, manifest.recipe, recipe, checks, ())
    _check_copies(evidence, checks)
    _check_weights(evidence, checks)


def input_faults(stage: str, manifest: Manifest, others: Mapping[str, Manifest]) -> list[Fault]:
    """Where a manifest is of another stage, or was made from other artefacts than those of `others`."""
    file = f"{stage}/manifest.json"
    faults = []
    if manifest.stage != stage:
        faults.append(Fault(file, None, "the manifest is of another stage", stage, manifest.stage))
    for name, read in manifest.inputs.items():
        if name not in others:
            continue
        for key, now in (("key", others[name].key), ("files_sha256", files_digest(others[name]))):
            if read.get(key) != now:
                faults.append(Fault(file, None, f"inputs.{name}.{key} is not that of {name}", now, str(read.get(key))))
    return faults


def _check_recipe(stage: str, part: Mapping[str, Any], whole: Mapping[str, Any], checks: Checks, keys: Any) -> None:
    """Every value that a manifest says it took from the recipe is the value that recipe.yaml has."""
    for key, told in part.items():
        if key not in whole or (stage, *keys, key) in OTHERWISE:
            continue
        now = whole[key]
        if isinstance(told, Mapping) and isinstance(now, Mapping):
            _check_recipe(stage, told, now, checks, (*keys, key))
        elif _of_mappings(told) and _of_mappings(now) and len(told) == len(now):
            for number, (one, other) in enumerate(zip(told, now, strict=True)):
                _check_recipe(stage, one, other, checks, (*keys, key, str(number)))
        else:
            checks.holds(
                told == now, f"{stage}/manifest.json", ("recipe", *keys, key), "is not what recipe.yaml says", now, told
            )


def _of_mappings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _check_copies(evidence: Evidence, checks: Checks) -> None:
    for file, (stage, name) in COPIED.items():
        path = evidence.folder / file
        if stage in evidence.manifests:
            _check_copy(path, file, evidence.manifests[stage].files.get(name), checks)
    if "evaluate" not in evidence.manifests:
        return
    files = evidence.manifests["evaluate"].files
    compared = [entry for name, entry in files.items() if fnmatchcase(name, "*/comparison.json")]
    _check_copy(evidence.folder / COMPARISON, COMPARISON, compared[0] if compared else None, checks)
    for results in evidence.results:
        measured = {entry["sha256"] for name, entry in files.items() if name.startswith(f"{results.model.name}-")}
        for row in results.rows:
            file = _file(evidence, results.folder, row.items)
            if row.items is not None:
                checks.holds(row.items_sha256 in measured, file, (), "evaluate/manifest.json does not name these items")


def _check_copy(path: Path, file: str, entry: Mapping[str, Any] | None, checks: Checks) -> None:
    if not path.is_file():
        checks.holds(entry is None, file, (), "the file is missing, but the manifest of its stage names it")
        return
    found = hash_file(path)
    told = "" if entry is None else str(entry.get("sha256"))
    checks.holds(found == told, file, (), "the file is not what its stage wrote", told, found)


def _check_weights(evidence: Evidence, checks: Checks) -> None:
    """What was evaluated and judged is what the stages base and align named or wrote."""
    known: dict[str, str] = {}
    if "align" in evidence.manifests:
        files = evidence.manifests["align"].files
        of_model = {name[6:]: entry["sha256"] for name, entry in files.items() if name.startswith("model/")}
        known[evidence.model_name] = identity_of(of_model)
    if "base" in evidence.manifests:
        base = evidence.manifests["base"]
        of_base = base.outside.get("files") or {
            name[6:]: entry["sha256"] for name, entry in base.files.items() if name.startswith("model/")
        }
        known[evidence.base_name] = identity_of(of_base)
    for results in evidence.results:
        _check_identity(results.model.name, results.model.sha256, known, checks,
                        _file(evidence, results.folder, "results.json"), ("model", "sha256"))  # fmt: skip
    judged = [] if evidence.judgement is None else evidence.judgement.about.get("models", [])
    for number, model in enumerate(judged):
        keys = ("models", str(number), "identity")
        _check_identity(model["name"], model["identity"], known, checks, "judge/judgement.json", keys)


def _check_identity(
    name: str, told: str | None, known: Mapping[str, str], checks: Checks, file: str, keys: tuple[str, ...]
) -> None:
    if name in known and told is not None:
        checks.holds(told == known[name], file, keys, "is of other weights", known[name], told)


def identity_of(files: Mapping[str, str]) -> str:
    """A model's identity from its files' names and sha256, as results.json and judgement.json have it."""
    names = sorted(name for name in files if any(fnmatchcase(name, pattern) for pattern in WEIGHTS))
    return hashlib.sha256("".join(f"{name} {files[name]}\n" for name in names).encode()).hexdigest()


def _file(evidence: Evidence, folder: Path | None, name: str | None) -> str:
    return (folder or evidence.folder).relative_to(evidence.folder).joinpath(name or "").as_posix()
