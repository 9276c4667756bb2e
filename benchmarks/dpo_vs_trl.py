"""Acord beside TRL: DPO on the same weights, pairs, optimizer-step size and precision. Method: docs/performance.md.

Run: python benchmarks/dpo_vs_trl.py [--cases hh/fp32/32k ...] [--runs 3] [--pairs N]   (about 35 minutes on two cores)
     python benchmarks/dpo_vs_trl.py --table     the table of what was measured last
     python benchmarks/dpo_vs_trl.py --quick     a rehearsal on a tiny model, recorded only with --results
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from statistics import median
from typing import Any

import records
from measurement import AcordJob, Job, Setting, TrlJob, run_apart
from random_model import shape_of
from real_pairs import DATA, Selection, middle_pairs, pair_sets, read_examples, select, token_counts
from work import Shape

from acord.align.encoded import Example, write_encoded
from acord.align.machine import choose_threads

RESULT = records.RESULTS / "dpo_vs_trl.json"
USUAL = Setting(8)
BATCHES = (1, 2, 4, 8)
TOKEN_BUDGET = 4_096
WITHIN = 1.15
LONG_RUN = 60.0
QUICK_LONGEST, QUICK_VOCABULARY = 120, 2_000


@dataclass(frozen=True)
class Case:
    """pairs: timed in each run. screened: of them, for finding TRL's best setting."""

    name: str
    data: str
    precision: str
    vocabulary: int
    pairs: int
    screened: int


CASES = (
    Case("hh/fp32/32k", "hh", "float32", 32_000, pairs=16, screened=16),
    Case("hh/bf16/32k", "hh", "bfloat16", 32_000, pairs=16, screened=16),
    Case("hh/bf16/256k", "hh", "bfloat16", 256_000, pairs=8, screened=4),
    Case("oasst1/fp32/32k", "oasst1", "float32", 32_000, pairs=16, screened=8),
    Case("oasst1/bf16/32k", "oasst1", "bfloat16", 32_000, pairs=16, screened=8),
)


@dataclass(frozen=True)
class Material:
    """What a case is measured on: the set's examples and their file, the pairs selected, the model's shape.

    step_pairs: of an optimizer step: the set's own number, or all pairs selected where these are fewer.
    """

    examples: list[Example]
    file: str
    selection: Selection
    step_pairs: int
    shape: Shape
    threads: int

    def job(self, case: Case, timed: Sequence[Example], step_pairs: int) -> Job:
        """The same job for both sides."""
        ids = [example.id for example in self.selection.warm_up[:step_pairs]]
        timed_ids = [example.id for example in timed]
        return Job(self.shape, self.file, ids, timed_ids, step_pairs, case.precision, self.threads)


def prepare(case: Case, options: argparse.Namespace, folder: Path) -> Material:
    """Tokenise the case's pairs and choose those to time."""
    pairs = pair_sets(options.data)[case.data]
    vocabulary = QUICK_VOCABULARY if options.quick else case.vocabulary
    examples = read_examples(pairs, vocabulary)
    if options.quick:
        examples = [e for e in examples if len(e.prompt_ids) + max(map(len, e.replies)) <= QUICK_LONGEST]
    file = folder / f"{case.data}.parquet"
    write_encoded(examples, file)
    step_pairs = min(pairs.step_pairs, case.pairs)
    selection = select(examples, pairs.shuffle, case.pairs, step_pairs)
    shape = shape_of(options.layers, options.hidden, vocabulary)
    # A tiny model's second thread only waits for the first.
    threads = 1 if options.quick else choose_threads(pairs.align)
    return Material(examples, str(file), selection, step_pairs, shape, threads)


def settings_to_screen(pairs: int, step_pairs: int) -> list[Setting]:
    """Every batch size that divides the step, with and without length grouping where it changes anything.

    The usual setting is not among them: it is measured anyway.
    """
    batches = [batch for batch in BATCHES if step_pairs % batch == 0]
    plain = [Setting(batch) for batch in batches]
    grouped = [Setting(batch, grouped=True) for batch in batches if 1 < batch < pairs]
    return [setting for setting in (*plain, *grouped) if setting != USUAL]


def screen(case: Case, material: Material) -> tuple[Setting, list[dict[str, Any]]]:
    """TRL's fastest setting on a few of the pairs, and all that was tried."""
    timed = middle_pairs(material.selection.timed, case.screened)
    step_pairs = min(material.step_pairs, case.screened)
    job = material.job(case, timed, step_pairs)
    tried = run_apart("trl_side", TrlJob(job, settings_to_screen(len(timed), step_pairs), within=WITHIN))
    fastest = min((row for row in tried if "seconds" in row), key=lambda row: row["seconds"])
    kept = [{name: row[name] for name in ("setting", "seconds", "stopped") if name in row} for row in tried]
    return Setting(**fastest["asked"]), kept


def measure(case: Case, material: Material, runs: int) -> dict[str, Any]:
    """Screen, then alternate: TRL as usual, TRL at its best, Acord."""
    best, screening = screen(case, material)
    print(f"{case.name}: TRL's best of {len(screening)} settings is {best}", flush=True)
    job = material.job(case, material.selection.timed, material.step_pairs)
    sides: dict[str, list[dict[str, Any]]] = {"trl_usual": [], "trl_best": [], "acord": []}
    for run in range(runs):
        for side, done in sides.items():
            if side == "trl_usual" and done and done[0]["seconds"] > LONG_RUN:
                continue
            if side == "acord":
                done.append(run_apart("acord_side", AcordJob(job, TOKEN_BUDGET)))
            else:
                done.extend(run_apart("trl_side", TrlJob(job, [USUAL if side == "trl_usual" else best])))
            print(f"{case.name} run {run + 1}: {side} {done[-1]['seconds']:.1f} s", flush=True)
    return {
        "case": case.name,
        "shape": vars(material.shape),
        "precision": case.precision,
        "pairs": len(job.timed),
        "step_pairs": job.step_pairs,
        "threads": job.threads,
        "token_budget": TOKEN_BUDGET,
        "likeness": material.selection.likeness,
        "tokens": token_counts(material.examples, pair_sets()[case.data].step_pairs, TOKEN_BUDGET),
        "screening": screening,
        **summarise(sides),
    }


def summarise(sides: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians of each side and how they compare. Raises ValueError where the sides did not hold the same weights."""
    weights = [row["weights"] for rows in sides.values() for row in rows]
    if not all(isclose(weight, weights[0], rel_tol=1e-9) for weight in weights):
        raise ValueError(f"the processes held different weights: {weights}")
    summary: dict[str, Any] = {side: _medians(rows) for side, rows in sides.items()}
    # Where batch 8 turns out the fastest after all, it is TRL's best.
    if summary["trl_usual"]["pairs_per_second"] > summary["trl_best"]["pairs_per_second"]:
        summary["trl_best"] = summary["trl_usual"]
    acord = summary["acord"]
    for peer in ("usual", "best"):
        other = summary[f"trl_{peer}"]
        summary[f"ratio_{peer}"] = acord["pairs_per_second"] / other["pairs_per_second"]
        summary[f"flop_ratio_{peer}"] = (other["flops"] / other["pairs"]) / (acord["flops"] / acord["pairs"])
    summary["share_of_flops"] = summary["ratio_best"] / summary["flop_ratio_best"]
    return summary


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = median(row["seconds"] for row in rows)
    rate = median(sum(row["rates"]) / 2 for row in rows)
    first = rows[0]
    return {
        "setting": first.get("setting"),
        "seconds": [round(row["seconds"], 3) for row in rows],
        "reference_seconds": [round(row["reference_seconds"], 3) for row in rows],
        "pairs": first["pairs"],
        "pairs_per_second": first["pairs"] / seconds,
        "tokens": first["tokens"],
        "flops": first["flops"],
        "matrix_gflops": round(rate / 1e9, 1),
        "share_of_machine": first["flops"] / seconds / rate,
        "peak_memory_gb": median(row["peak_memory_gb"] for row in rows),
    }


def table(path: Path) -> str:
    """Two tables of the newest entries: speed and memory, and tokens."""
    entries = records.newest(path)
    speed = records.markdown(
        ("case", "TRL, batch 8", "TRL at its best", "Acord", "x usual", "x best", "FLOPs allow", "share of that",
         "share of matrix rate", "peak GB: usual, best, Acord", "TRL's best setting"),
        records.rows_of([case.name for case in CASES], path, _speed_row),
    )  # fmt: skip
    by_set = {case.data: entries[case.name]["tokens"] for case in CASES if case.name in entries}
    tokens = records.markdown(
        ("set", "pairs", "shuffle", "computed", "distinct in a step", "computed / distinct", "distinct in the set",
         "unshared", "padded, batch 1", "padded, batch 8", "padded, batch 8 grouped"),
        [_token_row(name, tokens, shuffle) for name, tokens in by_set.items()
         for shuffle in ("pair", "conversation")],
    )  # fmt: skip
    return f"Pairs a second:\n\n{speed}\n\nTokens of the whole set, in steps of its size:\n\n{tokens}\n"


def _speed_row(entry: dict[str, Any]) -> list[object]:
    usual, best, acord = (entry[side] for side in ("trl_usual", "trl_best", "acord"))
    return [
        entry["case"],
        *(f"{side['pairs_per_second']:.3f}" for side in (usual, best, acord)),
        f"{entry['ratio_usual']:.1f}",
        f"{entry['ratio_best']:.2f}",
        f"{entry['flop_ratio_best']:.2f}",
        f"{entry['share_of_flops']:.2f}",
        f"{acord['share_of_machine']:.2f}",
        ", ".join(f"{side['peak_memory_gb']:.1f}" for side in (usual, best, acord)),
        best["setting"],
    ]


def _token_row(name: str, tokens: dict[str, Any], shuffle: str) -> list[object]:
    way = tokens[shuffle]
    counts = [tokens[key] for key in ("distinct", "unshared", "padded_1", "padded_8", "padded_8_grouped")]
    share = way["computed"] / way["distinct_in_step"]
    return [
        name, tokens["pairs"], shuffle, f"{way['computed']:,}", f"{way['distinct_in_step']:,}", f"{share:.3f}",
        *(f"{count:,}" for count in counts),
    ]  # fmt: skip


def parse() -> argparse.Namespace:
    """The command line; ends with one line where something that is needed is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [case.name for case in CASES]
    parser.add_argument("--cases", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=3, help="measurements a side, alternating")
    parser.add_argument("--pairs", type=int, help="pairs to time, a multiple of 8; the case's own number otherwise")
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the two sets")
    parser.add_argument("--results", type=Path, help="where to append; benchmarks/results/dpo_vs_trl.json otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument("--quick", action="store_true", help="a tiny model and short pairs")
    options = parser.parse_args()
    if options.quick:
        options.layers, options.hidden, options.runs = 2, 64, 1
    elif options.results is None:
        options.results = RESULT
    if options.pairs and options.pairs % 8:
        records.stop("--pairs: give a multiple of 8, so that every batch size divides a step")
    if not options.table and not options.data.is_dir():
        records.stop(f"{options.data}: the preference sets are not here; give their folder with --data")
    if not options.table and find_spec("trl") is None:
        records.stop("TRL is not installed: pip install -e '.[bench]'")
    return options


def main() -> None:
    options = parse()
    if not options.table:
        with tempfile.TemporaryDirectory() as folder:
            for case in (case for case in CASES if case.name in options.cases):
                pairs = options.pairs or case.pairs
                case = replace(case, pairs=pairs, screened=min(pairs, case.screened))
                entry = measure(case, prepare(case, options, Path(folder)), options.runs)
                if options.results:
                    records.append_record(options.results, entry)
                else:
                    print(_speed_row(entry))
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
