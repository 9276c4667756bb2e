"""From the artefacts of a run to `evidence/`: what the card stands on, small enough to be published beside the weights.

Every artefact is held against its manifest first, and every figure is computed again at the end: what was edited after
the run does not become a card. Manifests and measured files are copied as they are; left out are the texts of the
pairs, and the places of this machine.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from acord.card.chain import input_faults
from acord.card.counting import write_dropped, write_index
from acord.card.evidence import (
    ANSWERS,
    COMPARISON,
    HELD_OUT,
    INDEX,
    METRICS,
    RECIPE,
    REPLIES,
    STAGES,
    Evidence,
    load_evidence,
    model_folder,
)
from acord.card.places import model_place, public_recipe
from acord.card.recompute import recompute
from acord.errors import CheckFailed, InputError
from acord.judge.judgement import FILE as JUDGEMENT
from acord.judge.judgement import PARTS
from acord.manifest import NAME, Manifest, edited_files, list_files, read_manifest
from acord.recipe import Recipe

RUN_AGAIN = "Remove the artefact and run the recipe again."
REPLIES_SCHEMA = pa.schema(
    [("id", pa.string()), ("ranks", pa.list_(pa.int32())), ("tokens", pa.list_(pa.int32()))]
)  # fmt: skip


def gather(inputs: Mapping[str, Path], recipe: Recipe, folder: Path) -> Evidence:
    """Write folder/evidence from the artefacts' folders, by stage; what was written, read again.

    Raises InputError for an artefact that is not what its manifest says, CheckFailed where a figure of a manifest is
    not what its files give.
    """
    evidence = folder / "evidence"
    if evidence.exists():
        raise InputError(
            "there is evidence already", where=str(evidence), fix="Remove it, or build the card elsewhere."
        )
    manifests = {stage: checked(inputs[stage]) for stage in STAGES if stage in inputs}
    for stage, manifest in manifests.items():
        _check_inputs(stage, manifest, manifests)
        (evidence / stage).mkdir(parents=True)
        shutil.copyfile(inputs[stage] / NAME, evidence / stage / NAME)
    _write_recipe(recipe, evidence)
    if "pairs" in inputs:
        write_index(inputs["pairs"], evidence / "pairs")
        write_dropped(inputs["pairs"], evidence / "pairs")
    if "align" in inputs:
        _copy_training(inputs, evidence)
    if "evaluate" in inputs:
        _copy_evaluation(inputs["evaluate"], manifests["evaluate"], evidence)
    if "judge" in inputs:
        for name in (JUDGEMENT, *(f"{part}.jsonl" for part in PARTS)):
            _copy(inputs["judge"] / name, evidence / "judge" / name)
    if "answers" in inputs:
        _copy(inputs["answers"] / Path(ANSWERS).name, evidence / ANSWERS)
    write_index_of(evidence)
    return _recomputed(evidence)


def write_index_of(evidence: Path) -> None:
    """index.json: sha256 and bytes of every other file of the folder."""
    (evidence / INDEX).unlink(missing_ok=True)
    # list_files leaves out a manifest of the folder's own, which there is none of.
    content = json.dumps(list_files(evidence), ensure_ascii=False, indent=2)
    (evidence / INDEX).write_text(content + "\n", encoding="utf-8")


def _recomputed(folder: Path) -> Evidence:
    evidence = load_evidence(folder)
    faults = recompute(evidence)
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise CheckFailed(f"{faults[0].shown()}{more}", where="the artefacts of the run", fix=RUN_AGAIN)
    return evidence


def checked(folder: Path) -> Manifest:
    """The manifest of an artefact. Raises InputError where a file is not as it says."""
    try:
        manifest = read_manifest(folder)
    except ValueError as error:
        raise InputError(str(error), where=str(folder), fix=RUN_AGAIN) from None
    # Checkpoints are models of their own, of which the card says nothing.
    files = {name: file for name, file in manifest.files.items() if not name.startswith("steps/")}
    for name, missing in edited_files(folder, files):
        what = "the file is missing" if missing else "the file was changed after the run"
        raise InputError(what, where=str(folder / name), fix=RUN_AGAIN)
    return manifest


def _check_inputs(stage: str, manifest: Manifest, others: Mapping[str, Manifest]) -> None:
    for fault in input_faults(stage, manifest, others):
        raise InputError(fault.what, where=f"the artefact of {stage}", fix=RUN_AGAIN)


def _write_recipe(recipe: Recipe, evidence: Path) -> None:
    content = public_recipe(recipe).model_dump(mode="json", by_alias=True)
    written = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    evidence.mkdir(parents=True, exist_ok=True)
    (evidence / RECIPE).write_text(written, encoding="utf-8")


def _copy_training(inputs: Mapping[str, Path], evidence: Path) -> None:
    _copy(inputs["align"] / Path(METRICS).name, evidence / METRICS)
    held_out = inputs["align"] / Path(HELD_OUT).name
    if not held_out.is_file():
        return
    _copy(held_out, evidence / HELD_OUT)
    if "plan" in inputs:
        _write_replies(inputs["plan"] / "encoded.parquet", evidence / REPLIES)


def _write_replies(encoded: Path, target: Path) -> None:
    """Of the held-out examples' replies, ranks and lengths in tokens: what figures need of them besides."""
    rows: list[dict[str, Any]] = []
    with pq.ParquetFile(encoded) as table:
        for batch in table.iter_batches(columns=["id", "split", "replies", "ranks"]):
            rows += [
                {"id": row["id"], "ranks": row["ranks"], "tokens": [len(reply) for reply in row["replies"]]}
                for row in batch.to_pylist()
                if row["split"] == "held_out"
            ]
    pq.write_table(pa.Table.from_pylist(rows, REPLIES_SCHEMA), target, compression="zstd")


def _copy_evaluation(folder: Path, manifest: Manifest, evidence: Path) -> None:
    comparisons = [name for name in manifest.files if name.endswith("/comparison.json")]
    if len(comparisons) != 1:
        raise InputError(f"it holds {len(comparisons)} comparisons", where=str(folder), fix=RUN_AGAIN)
    _copy(folder / comparisons[0], evidence / COMPARISON)
    for name in manifest.files:
        path = folder / name
        if path.name != "results.json":
            continue
        content = json.loads(path.read_text(encoding="utf-8"))
        model = content["model"]
        target = evidence / "evaluate" / model_folder(model["name"])
        for row in content["rows"]:
            if row["items"] is not None:
                _copy(path.parent / row["items"], target / row["items"])
        # A hub name stands for itself; of a folder, only its own name is anybody's business.
        model["path"] = model_place(model["path"])
        written = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (target / "results.json").write_text(written, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except FileNotFoundError:
        raise InputError("the file is missing", where=str(source), fix=RUN_AGAIN) from None
