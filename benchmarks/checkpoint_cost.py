"""What checkpoints every 50 steps cost a training: the same steps with them and without, by turns, in one process.

The bundled model on the demo's pairs, in steps of 64 pairs as recipes have by default, and of 8 as the demo has. Every
run trains the same steps from the same weights; what is compared is the seconds from the first step to the last, the
waiting for the last checkpoint's end included. Checkpoints and training share the cores here; beside a GPU the writing
has them to itself.
Run: python benchmarks/checkpoint_cost.py [--cases "batch 64"] [--rounds 5]   (about half an hour on two cores)
     python benchmarks/checkpoint_cost.py --table     the table of what was measured last
     python benchmarks/checkpoint_cost.py --quick     a rehearsal on a few steps, recorded with --results only
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

# As acord's command line sets it; before torch starts its threads.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import records
from goals import Goal, goals_table

from acord.align.checkpoints.writer import Writer
from acord.align.encoded import Example, items_of, read_encoded
from acord.align.loop import Training, run_steps
from acord.align.plan import Plan, read_plan
from acord.align.policy import load_policy
from acord.align.reference import ReplyScores, read_scores
from acord.bundled import bundled_path
from acord.console import configure
from acord.models import model_path
from acord.recipe import Align, parse_recipe
from acord.run.run_recipe import run_recipe
from acord.sections import read_mapping
from acord.tree.pack import build_packs

RESULT = records.RESULTS / "checkpoint_cost.json"
EVERY, NEVER = 50, 1_000_000
# Checkpoints after steps 50 and 100, and steps enough behind the second for its writing to go on beside them.
STEPS = 125
CASES = {"batch 64": 64, "batch 8": 8}
MOST = 0.02


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _holds(share: float) -> bool:
    return share <= MOST


GOALS = (
    Goal("training time lost, 64 pairs a step", "batch 64", "lost", "<= 2 %", _percent, _holds),
    Goal("training time lost, 8 pairs a step", "batch 8", "lost", "", _percent, _holds),
)


class Material(NamedTuple):
    """What every run trains on."""

    plan: Plan
    base: Path
    reference: dict[str, ReplyScores]
    steps: list[list[list[Example]]]


def prepare(batch: int, steps: int, store: Path) -> Material:
    """The demo's pairs, drawn in order and again from the start, in steps of `batch` pairs."""
    content = read_mapping(bundled_path("demo.yaml"), what="recipe", start="name:")
    recipe = parse_recipe({**content, "evaluate": None, "card": None}, where="the demo")
    made = run_recipe(recipe, store, until="reference")
    plan_folder = made.stage("plan").folder
    plan = read_plan(plan_folder)
    examples = [example for example in read_encoded(plan_folder / "encoded.parquet") if example.split == "train"]
    drawn = [examples[number % len(examples)] for number in range(batch * steps)]
    batches = [drawn[start : start + batch] for start in range(0, len(drawn), batch)]
    packs = [build_packs(items_of(one), plan.token_budget) for one in batches]
    packed = [[[one[i] for i in pack.items] for pack in mine] for one, mine in zip(batches, packs, strict=True)]
    reference = read_scores(made.stage("reference").folder / "reference.parquet")
    return Material(plan, model_path(made.stage("base").folder), reference, packed)


def seconds_of(material: Material, every: int) -> dict[str, float]:
    """Train once; seconds in all, of all processors, and those in which training stood still for a checkpoint."""
    align = Align(learning_rate=1e-4, chosen_nll=0.2, checkpoint_steps=every, checkpoint_minutes=None)
    policy = load_policy(material.base, material.plan, align)
    stood = 0.0
    begin = Writer.begin

    def timed_begin(self: Writer, tensors: Any, moment: Any) -> None:
        nonlocal stood
        started = time.perf_counter()
        begin(self, tensors, moment)
        stood += time.perf_counter() - started

    with tempfile.TemporaryDirectory(dir=".") as folder:
        Writer.begin = timed_begin  # type: ignore[method-assign]
        try:
            started, worked = time.perf_counter(), time.process_time()
            run_steps(policy, Training(material.steps, material.reference, align, Path(folder)))
            total, work = time.perf_counter() - started, time.process_time() - worked
        finally:
            Writer.begin = begin  # type: ignore[method-assign]
        size = sum(file.stat().st_size for file in Path(folder).glob("checkpoints/step-*/*"))
        count = len(list(Path(folder).glob("checkpoints/step-*")))
    return {
        "seconds": total,
        "cpu_seconds": work,
        "stood_seconds": stood,
        "checkpoint_bytes": size / count if count else 0.0,
    }


def measure(case: str, rounds: int, steps: int) -> dict[str, Any]:
    """Rounds of one run with checkpoints and one without, in turns that change places."""
    with tempfile.TemporaryDirectory(dir=".") as store:
        material = prepare(CASES[case], steps, Path(store))
        seconds_of(material._replace(steps=material.steps[:5]), NEVER)  # kernels and pages, before the clock counts
        runs: dict[int, list[dict[str, float]]] = {EVERY: [], NEVER: []}
        for number in range(rounds):
            for every in (EVERY, NEVER) if number % 2 else (NEVER, EVERY):
                runs[every].append(seconds_of(material, every))
                print(case, "every 50 steps" if every == EVERY else "never", f"{runs[every][-1]['seconds']:.2f} s")
    with_them, without = (_middle(runs[every], "seconds") for every in (EVERY, NEVER))
    return {
        "case": case,
        "steps": steps,
        "rounds": rounds,
        "load_average": os.getloadavg()[0],
        "with_seconds": with_them,
        "without_seconds": without,
        "lost": with_them / without - 1,
        "cpu_lost": _middle(runs[EVERY], "cpu_seconds") / _middle(runs[NEVER], "cpu_seconds") - 1,
        "stood_seconds": _middle(runs[EVERY], "stood_seconds"),
        "checkpoint_bytes": _middle(runs[EVERY], "checkpoint_bytes"),
        "runs": {"with": runs[EVERY], "without": runs[NEVER]},
    }


def _middle(runs: Sequence[dict[str, float]], figure: str) -> float:
    return median(one[figure] for one in runs)


def table(path: Path) -> str:
    """The newest entry of each case."""
    header = (
        "pairs a step",
        "steps",
        "without, s",
        "with, s",
        "lost",
        "more processor time",
        "of it standing still, s",
        "a checkpoint, MB",
    )
    rows = records.rows_of(list(CASES), path, _row)
    return records.markdown(header, rows) + "\n\n" + goals_table("goal of checkpoints", GOALS, path)


def _row(entry: dict[str, Any]) -> list[object]:
    return [
        CASES[entry["case"]],
        entry["steps"],
        f"{entry['without_seconds']:.1f}",
        f"{entry['with_seconds']:.1f}",
        f"{entry['lost']:.1%}",
        f"{entry['cpu_lost']:.1%}",
        f"{entry['stood_seconds']:.2f}",
        f"{entry['checkpoint_bytes'] / 1e6:.0f}",
    ]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument(
        "--results", type=Path, help="where to append; benchmarks/results/checkpoint_cost.json otherwise"
    )
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument("--quick", action="store_true", help="a rehearsal on few steps, recorded with --results only")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.steps = 1, EVERY + 2
    elif options.results is None:
        options.results = RESULT
    return options


def main() -> None:
    options = parse()
    configure(quiet=True)
    if not options.table:
        for case in options.cases:
            entry = measure(case, options.rounds, options.steps)
            if options.results:
                records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
