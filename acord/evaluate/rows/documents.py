"""The documents of the project's tasks, read from the package, wherever it is installed."""

import json
from typing import Any

from acord.evaluate.rows import DATA

SPLIT = "test"


def dataset(*, file: str, **_: Any) -> dict[str, Any]:
    """The split of one file of data/, as a task's `custom_dataset` returns it.

    file: its name without .jsonl, from the task's dataset_kwargs. The harness also hands over the task's metadata.
    """
    from datasets import Dataset

    return {SPLIT: Dataset.from_list(read_documents(file))}


def read_documents(file: str) -> list[dict[str, str]]:
    """The documents of data/<file>.jsonl, in its order."""
    lines = (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
