"""A run whose pairs were written by hand: tables, manifest, recipe and a base's tokenizer, without a build."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acord.manifest import Manifest, list_files, write_manifest
from acord.models import train_tokenizer
from tests.data.tables import write_tables

RECIPE = """
name: {name}
model: {{base: "random:llama-1x64", tokenizer: train, vocabulary: 400}}
data:
  sources: [{{name: one, format: pairs, path: rows.jsonl}}]
chat: {{max_length: {max_length}}}
"""
PART = {"data": {"sources": [{"name": "one", "format": "pairs"}], "filters": {"personal_data": "flag"}}, "seed": 0}
FIGURES = {"rows_in": 5, "rows_used": 3, "rows_dropped": 2, "dropped_by_reason": {"duplicate": 2}, "pairs": 3}


def write_run(
    runs: Path,
    pairs: Sequence[dict[str, Any]],
    dropped: Sequence[dict[str, str]] = (),
    *,
    name: str = "made",
    part: dict[str, Any] = PART,
    figures: dict[str, Any] = FIGURES,
    max_length: int = 256,
    base: bool = False,
) -> Path:
    """runs/NAME as a run leaves it. base: with a base whose tokenizer is learnt from the pairs."""
    run = runs / name
    folder = write_tables(run / "pairs", pairs, dropped)
    manifest = Manifest(
        stage="pairs",
        stage_version=1,
        key="0" * 64,
        inputs={},
        recipe=part,
        outside={},
        versions={"acord": "0.1.0", "python": "3.11"},
        machine={},
        started="",
        finished="",
        files=list_files(folder),
        figures=figures,
    )
    write_manifest(manifest, folder)
    (run / "run.json").write_text("{}")
    (run / "recipe.yaml").write_text(RECIPE.format(name=name, max_length=max_length))
    if base:
        (run / "base").mkdir()
        (run / "base" / "base.json").write_text(json.dumps({"model": "model"}))
        texts = [text for pair in pairs for text in (pair["prompt"][0]["content"], pair["chosen"], pair["rejected"])]
        train_tokenizer(texts, 300).save_pretrained(run / "base" / "model")
    return run
