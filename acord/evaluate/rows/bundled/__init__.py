"""The sample suite's own rows: short enough for a model of a few million parameters, and unlike the preferences.

Tasks of lm-evaluation-harness (tasks/*.yaml) over texts written for the project (data/*.jsonl).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TASKS = Path(__file__).parent / "tasks"
DATA = Path(__file__).parent / "data"
SPLIT = "test"


def dataset(*, file: str, **_: Any) -> dict[str, Any]:
    """The split of one file of data/, as a task's `custom_dataset` returns it. file: its name without .jsonl."""
    from datasets import Dataset

    return {SPLIT: Dataset.from_list(read_documents(file))}


def read_documents(file: str) -> list[dict[str, Any]]:
    """The documents of data/<file>.jsonl, in its order."""
    lines = (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def good_first(_: Mapping[str, Any]) -> int:
    """The index of the well-formed sentence among `forms`."""
    return 0


def forms(document: Mapping[str, Any]) -> Sequence[str]:
    """A well-formed sentence and one with a fault, which are scored alone."""
    return [document["good"], document["bad"]]
