"""Write tests/golden/stages.json: what every stage makes of a tiny recipe, by stage and version.

    make golden

Refuses to overwrite an output that has changed while its stage's version has not: raise it in acord/run/stages.py,
since keys that stay the same would let old artefacts pass for new ones. Outputs are chosen to be the same on every
machine: hashes of contents where arithmetic is exact, figures compared within a tolerance where it is not.
"""

import hashlib
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from acord.align.encoded import read_encoded
from acord.align.plan import read_steps
from acord.align.reference import read_scores
from acord.console import configure
from acord.data.pairs import DROPPED_FILE, PAIRS_FILE
from acord.models import load_tokenizer
from acord.recipe import load_recipe
from acord.run.run_recipe import run_recipe
from acord.run.stages import STAGES

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "stages.json"
TOLERANCE = 1e-4


def current_outputs() -> dict[str, dict[str, Any]]:
    """Run the tiny recipe in an empty store: stage -> {version, output}. The working directory must be the root."""
    with tempfile.TemporaryDirectory() as folder:
        recipe = load_recipe(ROOT / "tests" / "golden" / "recipe.yaml")
        result = run_recipe(recipe, Path(folder))
        read = {"pairs": _pairs, "base": _base, "plan": _plan, "reference": _reference, "align": _align}
        return {
            stage.name: {"version": stage.version, "output": read[stage.name](result.stage(stage.name).folder)}
            for stage in STAGES
            if stage.applies(recipe)
        }


def unversioned_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Stages whose output has changed while their version has not, each as one line with the first difference."""
    lines = []
    for name, stage in new.items():
        before = old.get(name)
        if before is None or before["version"] != stage["version"]:
            continue
        place = first_difference(before["output"], stage["output"])
        if place is not None:
            what = f"stage {name} changed its output ({place})"
            lines.append(f"{what}; raise its version in acord/run/stages.py and run make golden")
    return lines


def first_difference(old: Any, new: Any, place: str = "") -> str | None:
    """Where two JSON values differ, floats by more than the tolerance; None where they do not."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        found = (first_difference(old[key], new[key], f"{place}.{key}".lstrip(".")) for key in old)
        return next((difference for difference in found if difference is not None), None)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        found = (first_difference(one, other, f"{place}[{number}]") for number, (one, other) in pairs)
        return next((difference for difference in found if difference is not None), None)
    if isinstance(old, float) and isinstance(new, float):
        return None if math.isclose(old, new, rel_tol=0, abs_tol=TOLERANCE) else f"{place}: {old} became {new}"
    return None if old == new else f"{place}: {old!r} became {new!r}"


def _pairs(folder: Path) -> dict[str, Any]:
    rows = pq.read_table(folder / PAIRS_FILE).to_pylist()
    for row in rows:
        for step in row["lineage"]:
            del step["version"]
    dropped = pq.read_table(folder / DROPPED_FILE).to_pylist()
    return {"pairs": len(rows), "dropped": len(dropped), "rows_sha256": _sha256([rows, dropped])}


def _base(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load_file

    tokenizer = load_tokenizer(folder / "model")
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    weights = load_file(folder / "model" / "model.safetensors")
    first = {name: weights[name].ravel()[:2].astype(float).round(6).tolist() for name in sorted(weights)}
    return {"vocabulary_sha256": _sha256(vocabulary), "first_weights": first}


def _plan(folder: Path) -> dict[str, Any]:
    encoded = [
        [example.id, example.split, example.prompt_ids, example.replies, example.ranks]
        for example in read_encoded(folder / "encoded.parquet")
    ]
    steps = [[[pair.id for pair in pack] for pack in step] for step in read_steps(folder)]
    return {"steps": len(steps), "token_ids_sha256": _sha256(encoded), "steps_sha256": _sha256(steps)}


def _reference(folder: Path) -> dict[str, Any]:
    scores = read_scores(folder / "reference.parquet")
    return {name[:8]: [round(logp, 6) for logp in score] for name, score in sorted(scores.items())}


def _align(folder: Path) -> dict[str, Any]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    held_out = pq.read_table(folder / "held_out.parquet").to_pylist()
    return {
        "loss": [round(record["loss"], 6) for record in records],
        "margin": [round(record["margin"], 6) for record in records],
        "logp_after": [[round(logp, 6) for logp in row["logp_after"]] for row in held_out],
    }


def _sha256(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    os.chdir(ROOT)
    configure(quiet=True)
    new = current_outputs()
    old = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    faults = unversioned_changes(old, new)
    if faults:
        sys.exit("\n".join(faults))
    changed = [name for name in new if old.get(name) != new[name]]
    GOLDEN.write_text(json.dumps(new, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{GOLDEN.relative_to(ROOT)}: {', '.join(changed) if changed else 'nothing'} changed")


if __name__ == "__main__":
    main()
