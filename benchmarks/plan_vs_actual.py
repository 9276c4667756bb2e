"""What `acord plan --measure` foretells against what the run then takes: peak memory and seconds of training.

The demo, OASST1's validation pairs, and two shapes that the estimate's constants were not chosen on: a narrow model
with another budget and vocabulary, and a wide shallow one in which several queries share keys and values.

Each case: pairs, base, plan and reference are built; then plan and run alternate, so that both see the same machine.
Run: python benchmarks/plan_vs_actual.py [--runs 1] [--pairs 256]   (minutes a case, on two cores)
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import records
from goals import Goal, goals_table

RESULT = Path(__file__).parent / "results" / "plan_vs_actual.json"
ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "preferences" / "oasst1_validation_en.messages.jsonl.gz"
MEMORY, TIME = 0.15, 0.30
SOURCE = {"name": "oasst1", "format": "oasst", "path": str(DATA)}


class Case(NamedTuple):
    """recipe: a file, or the content of one. tuned: whether constants of the estimate were chosen on its shape."""

    name: str
    recipe: str | dict[str, Any]
    tuned: bool


CASES = (
    Case("demo", "acord/bundled/demo.yaml", tuned=True),
    Case("oasst1", "recipes/oasst1-small.yaml", tuned=True),
    Case(
        "narrow",
        {
            "model": {"base": "random:llama-3x192", "tokenizer": "train", "vocabulary": 3_000},
            "align": {"batch_pairs": 32, "token_budget": 2_500, "precision": "float32"},
        },
        tuned=False,
    ),
    Case(
        "wide, grouped queries",
        {"model": {"base": "qwen"}, "align": {"batch_pairs": 32, "precision": "float32"}},
        tuned=False,
    ),
)


def grouped_base(folder: Path) -> None:
    """A Qwen2 of two layers, 640 wide, ten query heads on two of keys, with the bundled tokenizer."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from acord.bundled import bundled_path
    from acord.models import load_tokenizer, save_model

    tokenizer = load_tokenizer(bundled_path("model"))
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=640, intermediate_size=1_792, num_hidden_layers=2,
        num_attention_heads=10, num_key_value_heads=2, max_position_embeddings=4_096, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    save_model(Qwen2ForCausalLM(config), tokenizer, folder)


def recipe_of(case: Case, folder: Path, pairs: int) -> Path:
    """The case's recipe as a file, with so many pairs where it is not one that exists."""
    if isinstance(case.recipe, str):
        return ROOT / case.recipe
    content = json.loads(json.dumps(case.recipe))
    if content["model"]["base"] == "qwen":
        content["model"]["base"] = str(folder / "qwen")
        grouped_base(folder / "qwen")
    content |= {"name": "case", "data": {"sources": [SOURCE], "quotas": {"en": pairs}}}
    file = folder / "case.yaml"
    file.write_text(json.dumps(content))
    return file


def acord(*arguments: str, runs: Path) -> str:
    """Run a verb in a process of its own; its stdout."""
    command = [str(Path(sys.executable).with_name("acord")), *arguments, "--runs", str(runs), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ})
    if done.returncode:
        raise SystemExit(f"acord {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def measure(case: Case, runs_of_each: int, pairs: int) -> dict[str, Any]:
    """Plan and run alternating; the medians of what was foretold and of what it took."""
    told, took = [], []
    for _ in range(runs_of_each):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            recipe = str(recipe_of(case, folder, pairs))
            # The foretelling that counts is made before anything is built, but for the machine's speed.
            before = json.loads(acord("plan", recipe, "--count", runs=folder / "runs"))["estimate"]
            acord("run", recipe, "--until", "plan", runs=folder / "runs")
            told.append(json.loads(acord("plan", recipe, "--measure", runs=folder / "runs"))["estimate"])
            told[-1]["before"] = before
            result = json.loads(acord("run", recipe, "--until", "align", runs=folder / "runs"))
            align = next(stage for stage in result["stages"] if stage["stage"] == "align")
            took.append(align["figures"])
            print(f"{case.name}: {told[-1]['seconds']['training']:.0f} s and {told[-1]['memory_peak'] / 1e9:.2f} GB "
                  f"foretold, {took[-1]['actual']['seconds']['training']:.0f} s and "
                  f"{took[-1]['actual']['memory_peak'] / 1e9:.2f} GB taken", flush=True)  # fmt: skip
    memory = median(one["memory_peak"] for one in told), median(one["actual"]["memory_peak"] for one in took)
    seconds = (median(one["seconds"]["training"] for one in told),
               median(one["actual"]["seconds"]["training"] for one in took))  # fmt: skip
    return {
        "case": case.name,
        "tuned": case.tuned,
        "runs": runs_of_each,
        "precision": told[0]["precision"],
        "tokens": [told[0]["before"]["tokens_distinct"], told[0]["tokens_distinct"], took[0]["tokens_distinct"]],
        "memory_gb": [round(value / 1e9, 3) for value in memory],
        "memory_off": memory[0] / memory[1] - 1,
        "seconds": [round(value, 1) for value in seconds],
        "seconds_off": seconds[0] / seconds[1] - 1,
        "memory_parts": told[0]["memory"],
    }


def goals() -> list[Goal]:
    """Memory and time of every case."""
    shown = []
    for case in CASES:
        shape = "" if case.tuned else ", never tuned for"
        for what, key, within in (("peak memory", "memory_off", MEMORY), ("time of training", "seconds_off", TIME)):
            shown.append(
                Goal(f"{case.name}{shape}: {what}", case.name, key, f"+-{within:.0%}", "{:+.0%}".format,
                     lambda value, within=within: abs(value) <= within)
            )  # fmt: skip
    return shown


def table(path: Path) -> str:
    """The newest figures: plan against run."""
    entries = records.newest(path)
    rows = [
        [name, entry["precision"], *(f"{value:,.2f}" for value in entry["memory_gb"]), f"{entry['memory_off']:+.0%}",
         *(f"{value:,.0f}" for value in entry["seconds"]), f"{entry['seconds_off']:+.0%}",
         *(f"{value:,}" for value in entry["tokens"])]
        for name, entry in entries.items()
    ]  # fmt: skip
    header = ("case", "precision", "GB foretold", "GB taken", "off", "s foretold", "s taken", "off",
              "tokens foretold before any stage", "after the plan", "taken")  # fmt: skip
    return f"{records.markdown(header, rows)}\n\n{goals_table('plan against run', goals(), path)}\n"


def main() -> None:
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=names, default=names)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=256, help="pairs of the shapes never tuned for")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument("--results", type=Path, default=RESULT)
    options = parser.parse_args()
    if not options.table:
        if not DATA.exists():
            records.stop(f"{DATA}: OASST1 is not here")
        for case in (case for case in CASES if case.name in options.cases):
            records.append_record(options.results, measure(case, options.runs, options.pairs))
    print(table(options.results))


if __name__ == "__main__":
    main()
