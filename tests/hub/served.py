"""What the stand-in hub holds for a whole run, and the recipe that asks for it: a model, preferences, questions."""

import json
import random
from pathlib import Path

import yaml

from acord.bundled import bundled_path
from tests.hub.stand_in import StandIn

MODEL, PREFERENCES, QUESTIONS = "owner/tiny", "owner/preferences", "owner/Questions-Asked"
README = """---
configs:
- config_name: default
  data_files: [{split: test, path: en/test.jsonl}]
- config_name: va
  data_files: [{split: test, path: va/test.jsonl}]
---
"""
# A script of the `evaluate` library, as it fetches them from spaces.
METRIC = b"""
import datasets
import evaluate


class Mine(evaluate.Metric):
    def _info(self):
        numbers = {"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}
        return evaluate.MetricInfo(description="", citation="", features=datasets.Features(numbers))

    def _compute(self, predictions, references):
        return {"mine": sum(predictions) - sum(references)}
"""
TASK = {
    "output_type": "multiple_choice",
    "dataset_path": QUESTIONS,
    "test_split": "test",
    "doc_to_text": "{{question}}",
    "doc_to_choice": ["yes", "no"],
    "doc_to_target": "label",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
}


def fill(hub: StandIn) -> None:
    """Put the model of the package on the hub, some pairs, and two configurations of questions."""
    model = bundled_path("model")
    hub.add("model", MODEL, {file.name: file.read_bytes() for file in model.iterdir() if file.suffix != ".md"})
    hub.add("space", "evaluate-metric/mine", {"mine.py": METRIC})
    chance = random.Random(1)
    pairs = [
        {
            "prompt": [{"role": "user", "content": f"What is {chance.randrange(99)} plus {number}?"}],
            "chosen": f"It is {number}, as far as I know.",
            "rejected": f"No idea {number}.",
        }
        for number in range(24)
    ]
    hub.add("dataset", PREFERENCES, {"data/train.jsonl": _lines(pairs), "README.md": b"# Pairs\n"})
    asked = [{"question": f"Is {number} even?", "label": number % 2} for number in range(6)]
    files = {"README.md": README.encode(), "en/test.jsonl": _lines(asked), "va/test.jsonl": _lines(asked[:5])}
    hub.add("dataset", QUESTIONS, files)


def write_recipe(folder: Path, **changed: object) -> Path:
    """A recipe, its suite and the suite's tasks."""
    tasks = folder / "tasks"
    tasks.mkdir(parents=True, exist_ok=True)
    for name, configuration in (("asked", None), ("asked_va", "va")):
        task = {"task": name, **TASK} | ({"dataset_name": configuration} if configuration else {})
        (tasks / f"{name}.yaml").write_text(yaml.safe_dump(task))
    row = {"kind": "Questions", "metric": "acc", "chance": 0.5}
    rows = [
        {"id": "asked", "label": "Asked", "language": "en", "task": "asked", **row},
        {"id": "asked_va", "label": "Asked", "language": "va", "task": "asked_va", "offline": ["mine"], **row},
    ]
    suite = {"name": "mine", "title": "Mine", "include": ["tasks"], "rows": rows}
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite))
    recipe = {
        "name": "closed",
        "model": {"base": MODEL},
        "data": {
            "sources": [{"name": "hub", "format": "pairs", "path": f"hf://{PREFERENCES}", "language": "en"}],
            "held_out": 0.2,
            "filters": {"language": False},
        },
        "chat": {"max_length": 64},
        "align": {"batch_pairs": 8, "threads": 1, "precision": "float32", "token_budget": 512},
        "evaluate": {"suite": str(folder / "suite.yaml"), "precision": "float32"},
        **changed,
    }
    file = folder / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe, sort_keys=False))
    return file


def _lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
