"""Which shuffling to take: pairs one by one, or conversations together so that their tokens are shared.

Held-out accuracy after one epoch over 5 seeds on OASST1's English validation split, both ways, everything else equal;
beside it what each way computes. The default is `conversation` only if it is not worse by 0.5 points or its interval.
Run: python benchmarks/shuffling.py [--seeds 5]   (about ten minutes on two cores)
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from machine import describe_machine
from scipy.stats import t as student

from acord.recipe import load_recipe, parse_recipe
from acord.run.run_recipe import run_recipe

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "shuffling.json"
CHANGES = {"learning_rate": 3e-4, "epochs": 1, "batch_pairs": 64}


def one_run(seed: int, shuffle: str, store: Path) -> dict[str, Any]:
    """Train once; held-out accuracy and tokens. The split, the base and the order all follow the seed."""
    content = load_recipe(ROOT / "recipes" / "oasst1-small.yaml").model_dump(mode="json")
    content["name"] = f"shuffling-{shuffle}-{seed}"
    content["seed"] = seed
    content["model"] |= {"base": "random:llama-2x128", "vocabulary": 4096}
    content["data"]["held_out"] = 0.2
    content["align"] |= {**CHANGES, "shuffle": shuffle}
    content["inferred"] = {}
    result = run_recipe(parse_recipe(content, where="benchmark"), store)
    plan, align = result.stage("plan").figures, result.stage("align").figures
    return {
        "seed": seed,
        "accuracy": align["held_out"]["after"]["accuracy"],
        "held_out": align["held_out"]["after"]["pairs"],
        "tokens_computed": plan["tokens_distinct"],
        "tokens_unshared": plan["tokens_unshared"],
        "seconds": align["seconds"],
    }


def summary(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Mean accuracies, and the paired difference by seed with its 95 % interval (Student)."""
    differences = [c["accuracy"] - p["accuracy"] for p, c in zip(runs["pair"], runs["conversation"], strict=True)]
    half = float(student.ppf(0.975, len(differences) - 1)) * stdev(differences) / len(differences) ** 0.5
    return {
        "accuracy": {name: mean(run["accuracy"] for run in rows) for name, rows in runs.items()},
        "tokens_computed": {name: mean(run["tokens_computed"] for run in rows) for name, rows in runs.items()},
        "difference": mean(differences),
        "interval": [mean(differences) - half, mean(differences) + half],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    with tempfile.TemporaryDirectory() as store:
        runs = {
            shuffle: [one_run(seed, shuffle, Path(store)) for seed in seeds] for shuffle in ("pair", "conversation")
        }
    content = {"machine": describe_machine(), "settings": CHANGES, "runs": runs, "summary": summary(runs)}
    RESULT.write_text(json.dumps(content, indent=2) + "\n")
    print(json.dumps(content["summary"], indent=2))


if __name__ == "__main__":
    main()
