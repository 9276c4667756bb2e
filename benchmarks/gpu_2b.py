"""The 2.25B reference shape on one CUDA GPU: full fine-tuning by DPO, bf16 with fp32 master weights, random weights.

Pairs have the trees and lengths of real ones (benchmarks/lengths.json: OASST1's validation split and HH) and random
tokens. Every step runs once before the clock starts, which is where kernels are compiled. Utilisation counts the FLOPs
on distinct tokens (benchmarks/work.py; policy and reference) against the GPU's dense bf16 rate. Saving is timed apart.

Run: python benchmarks/gpu_2b.py [--steps 8] [--trl]     without a CUDA GPU it ends with status 2
     python benchmarks/gpu_2b.py --device cpu --layers 2 --hidden 64 --vocabulary 2000 --steps 1     a rehearsal
"""

import argparse
import shutil
import tempfile
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import records
import torch
from lengths import examples_of, read_lengths
from measurement import AcordJob, Failed, Job, Setting, TrlJob, run_apart
from random_model import random_llama, shape_of
from real_pairs import sequence_lengths
from work import Shape

from acord.align.checkpoints.folder import Checkpoints, seal_of
from acord.align.checkpoints.writer import Moment, Writer
from acord.align.encoded import Example, items_of, write_encoded
from acord.align.machine import choose_threads
from acord.align.order import steps_of_examples
from acord.align.policy import Policy
from acord.processes import ALONE
from acord.recipe import Align
from acord.tree.pack import build_packs
from acord.tree.scoring import ScoringModel

RESULT = records.RESULTS / "gpu_2b.json"
SHAPE = Shape(layers=24, hidden=2_048, inner=5_440, heads=16, vocabulary=256_000)
WHOLE_RUN = 146_180
# Dense bf16 FLOP/s as the vendor states them, by a part of the device's name; the first that fits counts.
PEAKS = {"H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12}
TRL_BATCHES = (1, 2, 4, 8)


def draw(options: argparse.Namespace, vocabulary: int) -> list[Example]:
    """The pairs of the first steps, drawn from both sets by conversation as a recipe would."""
    examples = [e for name, trees in read_lengths().items() for e in examples_of(trees, vocabulary, name)]
    if options.longest:
        examples = [example for example in examples if max(sequence_lengths(example)) <= options.longest]
    align = Align(batch_pairs=options.step_pairs, shuffle="conversation")
    return [example for step in steps_of_examples(examples, align, seed=0)[: options.steps] for example in step]


def published(examples: list[Example], options: argparse.Namespace) -> dict[str, Any]:
    """What a reader must know of the pairs drawn: counts, tokens a pair, and the spread of their lengths."""
    lengths = sorted(size for example in examples for size in sequence_lengths(example))
    starts = range(0, len(examples), options.step_pairs)
    steps = [examples[start : start + options.step_pairs] for start in starts]
    packs = [pack for step in steps for pack in build_packs(items_of(step), options.token_budget)]
    return {
        "pairs": len(examples),
        "distinct_a_pair": sum(pack.forest.tokens for pack in packs) / len(examples),
        "unshared_a_pair": sum(lengths) / len(examples),
        "sequence_length_deciles": [lengths[(len(lengths) - 1) * tenth // 10] for tenth in range(11)],
        "packs": len(packs),
    }


def peak_rate(options: argparse.Namespace) -> float | None:
    """FLOP/s of the device, as stated on the command line or by its vendor; None where it is unknown."""
    if options.peak_tflops:
        return float(options.peak_tflops) * 1e12
    name = torch.cuda.get_device_name() if options.device == "cuda" else ""
    return next((rate for part, rate in PEAKS.items() if part in name), None)


def measure_saving(shape: Shape, device: str) -> dict[str, Any]:
    """Seconds to save the weights in bf16, and a checkpoint with optimizer state where the disk has room for two."""
    model = random_llama(shape, device)
    policy = Policy(ScoringModel(model), Align())
    policy.compute_in(torch.bfloat16)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        model.save_pretrained(folder)
        figures["model_seconds"] = time.perf_counter() - started
        figures["model_bytes"] = sum(file.stat().st_size for file in Path(folder).glob("*.safetensors"))
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < 2 * 12 * shape.parameters:
            return {**figures, "checkpoint_seconds": None}
        for master in policy.masters.values():
            master.grad = torch.zeros_like(master)
        policy.update(1e-6)
        policy.begin_gradient()
        started = time.perf_counter()
        lines = Path(folder) / "metrics.jsonl"
        lines.touch()
        checkpoints = Checkpoints(Path(folder) / "checkpoints")
        writer = Writer(checkpoints, ALONE)
        writer.begin(policy.state(), Moment(1, {}, seal_of(b""), lines))
        writer.wait()
        path = checkpoints.place(1)
        figures["checkpoint_seconds"] = time.perf_counter() - started
        figures["checkpoint_bytes"] = sum(file.stat().st_size for file in path.iterdir())
    return figures


def acord_figures(row: dict[str, Any], peak: float | None) -> dict[str, Any]:
    """Rates and the extrapolation to the reference run's pairs."""
    seconds = row["seconds"]
    rate = sum(row["rates"]) / 2
    return {
        **row,
        "tokens_per_second": row["tokens"] / seconds,
        "pairs_per_second": row["pairs"] / seconds,
        "compile_seconds": row["warm_up_seconds"] - seconds,
        "utilisation": row["flops"] / seconds / peak if peak else None,
        "share_of_matrix_rate": row["flops"] / seconds / rate,
        "whole_run_minutes": WHOLE_RUN * seconds / row["pairs"] / 60,
    }


def measure_trl(job: Job) -> dict[str, Any]:
    """TRL at its best on the job's pairs: every batch size that fits, with and without what may help it.

    The reference comes before training, which leaves its memory to larger batches and takes the same FLOPs; the best
    setting is also tried with length grouping and with the reference beside the policy.
    """
    tried: list[dict[str, Any]] = []
    for checkpointing in (False, True):
        for batch in (batch for batch in TRL_BATCHES if job.step_pairs % batch == 0):
            tried.append(_try_trl(job, Setting(batch, checkpointing, precompute=True)))
            if "failed" in tried[-1]:
                break  # what fails is memory, and a larger batch needs more of it
    done = [row for row in tried if "seconds" in row]
    if not done:
        return {"tried": tried}
    first = Setting(**min(done, key=lambda row: row["seconds"])["asked"])
    others = [replace(first, grouped=True), replace(first, precompute=False)]
    tried += [_try_trl(job, setting) for setting in others]
    best = min((row for row in tried if "seconds" in row), key=lambda row: row["seconds"])
    return {
        "tried": tried,
        "best": best["setting"],
        "pairs_per_second": best["pairs"] / best["seconds"],
        "peak_memory_gb": best["peak_memory_gb"],
        "whole_run_minutes": WHOLE_RUN * best["seconds"] / best["pairs"] / 60,
    }


def _try_trl(job: Job, setting: Setting) -> dict[str, Any]:
    try:
        row = dict(run_apart("trl_side", TrlJob(job, [setting]))[0])
    except Failed as failure:
        row = {"setting": str(setting), "failed": str(failure).splitlines()[-1]}
    print(row["setting"], row.get("seconds", row.get("failed")), flush=True)
    return row


def parse() -> argparse.Namespace:
    """The command line; ends with one line where there is no GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu rehearses on a small shape")
    parser.add_argument("--layers", type=int, help="with --hidden: another shape than the reference model's")
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--vocabulary", type=int, default=SHAPE.vocabulary)
    parser.add_argument("--steps", type=int, default=8, help="optimizer steps to time")
    parser.add_argument("--step-pairs", type=int, default=64)
    parser.add_argument("--longest", type=int, help="leave out pairs with a longer sequence")
    parser.add_argument("--token-budget", type=int, default=16_384, help="tokens a pack")
    parser.add_argument("--activation-checkpointing", action="store_true")
    parser.add_argument("--peak-tflops", type=float, help="the device's dense bf16 rate, where it is not known here")
    parser.add_argument("--trl", action="store_true", help="also find TRL's best setting on the same pairs")
    parser.add_argument("--trl-steps", type=int, default=2, help="optimizer steps to time TRL on")
    parser.add_argument("--results", type=Path, help="where to append; benchmarks/results/gpu_2b.json on a GPU")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        records.stop("needs a CUDA GPU")
    if (options.layers is None) != (options.hidden is None):
        records.stop("give --layers and --hidden together")
    if options.trl and find_spec("trl") is None:
        records.stop("TRL is not installed: pip install -e '.[bench]'")
    if options.results is None and options.device == "cuda":
        options.results = RESULT
    return options


def main() -> None:
    options = parse()
    shape = Shape(SHAPE.layers, SHAPE.hidden, SHAPE.inner, SHAPE.heads, options.vocabulary)
    if options.layers:
        shape = shape_of(options.layers, options.hidden, options.vocabulary)
    examples = draw(options, shape.vocabulary)
    peak = peak_rate(options)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.parquet"
        write_encoded(examples, file)
        job = Job(
            shape=shape,
            examples=str(file),
            warm_up=[],
            timed=[example.id for example in examples],
            step_pairs=options.step_pairs,
            precision="bfloat16",
            threads=1 if options.device == "cpu" else choose_threads(Align()),
            device=options.device,
        )
        how = AcordJob(job, options.token_budget, options.activation_checkpointing, rehearse=True)
        acord = acord_figures(run_apart("acord_side", how), peak)
        entry: dict[str, Any] = {
            "case": f"{shape.layers}x{shape.hidden}/{options.device}",
            "shape": vars(shape),
            "parameters": shape.parameters,
            "step_pairs": options.step_pairs,
            "token_budget": options.token_budget,
            "activation_checkpointing": options.activation_checkpointing,
            "peak_flops": peak,
            "lengths": published(examples, options),
            "acord": acord,
        }
        if options.trl:
            # TRL has no rehearsal; its first step is the warm-up, on the pairs of the first timed one.
            timed = job.timed[: options.trl_steps * options.step_pairs]
            entry["trl"] = measure_trl(replace(job, warm_up=job.timed[: options.step_pairs], timed=timed))
            if "pairs_per_second" in entry["trl"]:
                entry["ratio_best"] = acord["pairs_per_second"] / entry["trl"]["pairs_per_second"]
    # Last, because this process then holds the GPU's memory.
    entry["saving"] = measure_saving(shape, options.device)
    path = options.results or Path(tempfile.mkdtemp()) / "rehearsal.json"
    records.append_record(path, entry)
    print(table(path))


def table(path: Path) -> str:
    """The newest entry of each shape, Acord beside TRL."""
    header = ("shape", "GPU", "trainer", "tokens/s (distinct)", "pairs/s", "utilisation", "peak GB",
              "146,180 pairs, minutes", "compilation, s", "saving weights, s")  # fmt: skip
    rows = [row for entry in records.newest(path).values() for row in _rows(entry)]
    return records.markdown(header, rows or [["24x2048/cuda", records.NOT_YET]])


def _rows(entry: dict[str, Any]) -> list[list[object]]:
    acord, trl = entry["acord"], entry.get("trl", {})
    names = [entry["case"], entry["machine"]["accelerator"] or "none"]
    rows: list[list[object]] = [
        [*names, "Acord", f"{acord['tokens_per_second']:,.0f}", f"{acord['pairs_per_second']:.2f}",
         "unknown peak" if acord["utilisation"] is None else f"{acord['utilisation']:.1%}",
         f"{acord['peak_memory_gb']:.1f}", f"{acord['whole_run_minutes']:.1f}", f"{acord['compile_seconds']:.1f}",
         f"{entry['saving']['model_seconds']:.1f}"],
    ]  # fmt: skip
    if "best" in trl:
        rows.append(
            [*names, f"TRL, {trl['best']}", "", f"{trl['pairs_per_second']:.2f}", "", f"{trl['peak_memory_gb']:.1f}",
             f"{trl['whole_run_minutes']:.1f}"]
        )  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
