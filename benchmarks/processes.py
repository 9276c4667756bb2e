"""Two processes with one thread each against one process with two threads: the same DPO steps on the same two cores.

The two hold the weights in parts (FSDP2 over gloo) and share each step's packs out. Timed are the optimizer steps,
after one that is not; the sides alternate.

Run: python benchmarks/processes.py [--runs 3]   (about eight minutes on two cores that nobody else uses)
     python benchmarks/processes.py --table
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict
from math import isclose
from pathlib import Path
from statistics import median
from typing import Any

import records
from goals import Goal, goals_table
from measurement import AcordJob, Failed, Job
from random_model import shape_of
from real_pairs import DATA, pair_sets, read_examples, select

from acord.align.encoded import write_encoded

RESULT = records.RESULTS / "processes.json"
TOKEN_BUDGET = 2_048
VOCABULARY = 32_000
QUICK_LONGEST, QUICK_VOCABULARY = 120, 2_000
CASES = {"hh/fp32/32k": "float32", "hh/bf16/32k": "bfloat16"}
GOALS = tuple(
    Goal(
        f"pairs/s of two processes over those of one, {case}",
        case,
        "ratio",
        ">= 0.85" if case == "hh/fp32/32k" else "",
        lambda value: f"{value:.2f}",
        lambda value: value >= 0.85,
    )
    for case in CASES
)


def run_processes(job: AcordJob, count: int) -> dict[str, Any]:
    """Measure a job in that many processes; what rank 0 measured. Raises Failed."""
    with tempfile.TemporaryDirectory() as folder:
        asked, result = Path(folder) / "job.json", Path(folder) / "result.json"
        asked.write_text(json.dumps(asdict(job)))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        common = {"GOMP_SPINCOUNT": "1000", **os.environ, "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
        common |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        command = [sys.executable, str(Path(__file__).parent / "processes_side.py"), str(asked), str(result)]
        places = [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
        running = [subprocess.Popen(command, env=place) for place in places]
        codes = [process.wait() for process in running]
        if any(codes) or not result.exists():
            raise Failed(f"processes ended with {codes}")
        return dict(json.loads(result.read_text()))


def measure(case: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Alternate the sides; medians, and their ratio. Raises ValueError where they did not train alike."""
    pairs = pair_sets(options.data)["hh"]
    examples = read_examples(pairs, options.vocabulary)
    if options.quick:
        examples = [e for e in examples if len(e.prompt_ids) + max(map(len, e.replies)) <= QUICK_LONGEST]
    file = folder / "hh.parquet"
    write_encoded(examples, file)
    chosen = select(examples, pairs.shuffle, options.pairs, options.step_pairs)
    timed = [example.id for example in chosen.timed]
    shape = shape_of(options.layers, options.hidden, options.vocabulary)
    sides: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    for run in range(options.runs):
        for count, done in sides.items():
            job = Job(shape, str(file), [], timed, options.step_pairs, CASES[case], threads=2 // count)
            done.append(run_processes(AcordJob(job, TOKEN_BUDGET), count))
            print(f"{case} run {run + 1}: {count} processes {done[-1]['seconds']:.1f} s", flush=True)
    losses = [side[0]["losses"] for side in sides.values()]
    tolerance = 1e-5 if CASES[case] == "float32" else 1e-2
    if not all(isclose(one, other, rel_tol=tolerance) for one, other in zip(*losses, strict=True)):
        raise ValueError(f"the sides had different losses: {losses}")
    seconds = {count: [round(row["seconds"], 3) for row in rows] for count, rows in sides.items()}
    return {
        "case": case,
        "shape": vars(shape),
        "pairs": len(timed),
        "step_pairs": options.step_pairs,
        "token_budget": TOKEN_BUDGET,
        "tokens": sides[1][0]["tokens"],
        "one_seconds": seconds[1],
        "two_seconds": seconds[2],
        "whole": sides[2][0]["whole"],
        "ratio": median(seconds[1]) / median(seconds[2]),
    }


def table(path: Path) -> str:
    """The goal and what was measured last."""
    return goals_table("Two processes", GOALS, path)


def parse() -> argparse.Namespace:
    """The command line; ends with one line where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=[*CASES], default=[*CASES], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--runs", type=int, default=3, help="measurements a side, alternating")
    parser.add_argument("--pairs", type=int, default=48)
    parser.add_argument("--step-pairs", type=int, default=24)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the two sets")
    parser.add_argument("--results", type=Path, help="where to append; benchmarks/results/processes.json otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument("--quick", action="store_true", help="a tiny model, recorded with --results only")
    options = parser.parse_args()
    options.vocabulary = QUICK_VOCABULARY if options.quick else VOCABULARY
    if options.quick:
        options.layers, options.hidden, options.runs, options.pairs, options.step_pairs = 2, 64, 1, 8, 8
    elif options.results is None:
        options.results = RESULT
    if not options.table and not options.data.is_dir():
        records.stop(f"{options.data}: the preference sets are not here; give their folder with --data")
    return options


def main() -> None:
    options = parse()
    if not options.table:
        with tempfile.TemporaryDirectory() as folder:
            for case in options.cases:
                entry = measure(case, options, Path(folder))
                print(f"{case}: {entry['ratio']:.2f} of one process's rate", flush=True)
                if options.results:
                    records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
