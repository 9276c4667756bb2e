"""Acord against the machine itself: the time of DPO steps, and the time that their FLOPs take at the matrix rate.

The formula is in benchmarks/work.py; the rate is that of a product of 2,048 x 2,048 matrices in the same precision,
measured in the same process right before and right after. The steps run twice before the clock starts. Also: the memory
that training takes beyond weights, gradients and optimizer state, at a vocabulary of 256,000 and packs of 4,096 tokens.

Run: python benchmarks/engine_limits.py [--cases ...] [--runs 3]   (about ten minutes on two cores)
     python benchmarks/engine_limits.py --table
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import records
from measurement import AcordJob, Job, run_apart
from random_model import shape_of
from real_pairs import DATA, pair_sets, read_examples, select

from acord.align.encoded import items_of, write_encoded
from acord.align.machine import choose_threads
from acord.tree.pack import build_packs

RESULT = records.RESULTS / "engine_limits.json"
TOKEN_BUDGET = 4_096
QUICK_LONGEST, QUICK_VOCABULARY = 120, 2_000


@dataclass(frozen=True)
class Case:
    """pairs: timed in each run, step_pairs of them in an optimizer step."""

    name: str
    data: str
    precision: str
    vocabulary: int
    pairs: int
    step_pairs: int


# One step of 24 HH pairs fills a pack of 4,096 tokens and begins another.
CASES = (
    Case("hh/fp32/32k", "hh", "float32", 32_000, 24, 24),
    Case("hh/bf16/32k", "hh", "bfloat16", 32_000, 24, 24),
    Case("hh/fp32/256k", "hh", "float32", 256_000, 24, 24),
    Case("hh/bf16/256k", "hh", "bfloat16", 256_000, 24, 24),
    Case("oasst1/fp32/32k", "oasst1", "float32", 32_000, 16, 16),
    Case("oasst1/bf16/32k", "oasst1", "bfloat16", 32_000, 16, 16),
)


def measure(case: Case, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run the case in fresh processes; the medians of time, ideal time and memory."""
    pairs = pair_sets(options.data)[case.data]
    vocabulary = QUICK_VOCABULARY if options.quick else case.vocabulary
    examples = read_examples(pairs, vocabulary)
    if options.quick:
        examples = [e for e in examples if len(e.prompt_ids) + max(map(len, e.replies)) <= QUICK_LONGEST]
    file = folder / f"{case.data}.parquet"
    write_encoded(examples, file)
    chosen = select(examples, pairs.shuffle, case.pairs, case.step_pairs)
    shape = shape_of(options.layers, options.hidden, vocabulary)
    job = Job(
        shape=shape,
        examples=str(file),
        warm_up=[],
        timed=[example.id for example in chosen.timed],
        step_pairs=case.step_pairs,
        precision=case.precision,
        threads=1 if options.quick else choose_threads(pairs.align),
    )
    runs = [run_apart("acord_side", AcordJob(job, TOKEN_BUDGET, rehearse=True)) for _ in range(options.runs)]
    seconds = [row["seconds"] for row in runs]
    ideal = [row["flops"] / (sum(row["rates"]) / 2) for row in runs]
    packs = build_packs(items_of(chosen.timed[: case.step_pairs]), TOKEN_BUDGET)
    return {
        "case": case.name,
        "shape": vars(shape),
        "precision": case.precision,
        "pairs": case.pairs,
        "step_pairs": case.step_pairs,
        "threads": job.threads,
        "token_budget": TOKEN_BUDGET,
        "largest_pack": max(pack.forest.tokens for pack in packs),
        "likeness": chosen.likeness,
        "seconds": seconds,
        "ideal_seconds": ideal,
        "reference_seconds": [row["reference_seconds"] for row in runs],
        "rates": [row["rates"] for row in runs],
        "flops": runs[0]["flops"],
        "tokens": runs[0]["tokens"],
        "time_over_ideal": median(took / least for took, least in zip(seconds, ideal, strict=True)),
        "memory_beyond_state_gb": median(row["memory_beyond_state_gb"] for row in runs),
        "peak_memory_gb": median(row["peak_memory_gb"] for row in runs),
    }


def table(path: Path) -> str:
    """The newest entry of each case."""
    header = ("case", "seconds", "ideal seconds", "time / ideal", "matrix GFLOP/s", "tokens/s",
              "GB beyond weights, gradients and optimizer", "largest pack")  # fmt: skip
    return records.markdown(header, records.rows_of([case.name for case in CASES], path, _row))


def _row(entry: dict[str, Any]) -> list[object]:
    seconds = median(entry["seconds"])
    return [
        entry["case"],
        f"{seconds:.1f}",
        f"{median(entry['ideal_seconds']):.1f}",
        f"{entry['time_over_ideal']:.2f}",
        f"{entry['flops'] / median(entry['ideal_seconds']) / 1e9:.0f}",
        f"{entry['tokens'] / seconds:.0f}",
        f"{entry['memory_beyond_state_gb']:.2f}",
        entry["largest_pack"],
    ]


def parse() -> argparse.Namespace:
    """The command line; ends with one line where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [case.name for case in CASES]
    parser.add_argument("--cases", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the two sets")
    parser.add_argument("--results", type=Path, help="where to append; benchmarks/results/engine_limits.json otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument(
        "--quick", action="store_true", help="a rehearsal on a tiny model, recorded with --results only"
    )
    options = parser.parse_args()
    if options.quick:
        options.layers, options.hidden, options.runs = 2, 64, 1
    elif options.results is None:
        options.results = RESULT
    if not options.table and not options.data.is_dir():
        records.stop(f"{options.data}: the preference sets are not here; give their folder with --data")
    return options


def main() -> None:
    options = parse()
    if not options.table:
        with tempfile.TemporaryDirectory() as folder:
            for case in (case for case in CASES if case.name in options.cases):
                entry = measure(case, options, Path(folder))
                print(f"{case.name}: {entry['time_over_ideal']:.2f} times the ideal", flush=True)
                if options.results:
                    records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
