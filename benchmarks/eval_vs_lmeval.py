"""Acord's evaluation beside lm-evaluation-harness's hf backend: same model, items, tokens and precision.

Multiple choice: TruthfulQA mc1 in Catalan, Spanish and English. Questions over one passage: XQuAD, the likelihood of
the answer. One fresh process a measurement, alternating; the hf backend at the fastest of its batch sizes.

Run: python benchmarks/eval_vs_lmeval.py [--cases ...] [--runs 3]   (about fifteen minutes on two cores)
     python benchmarks/eval_vs_lmeval.py --table
"""

import argparse
import gzip
import json
import tempfile
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any

import records
from measurement import run_apart
from random_model import random_llama, shape_of

RESULT = records.RESULTS / "eval_vs_lmeval.json"
DATA = Path(__file__).parents[2] / "shared" / "data" / "evaluation"
LANGUAGES = ("ca", "es", "en")
BATCHES = (1, 4, 15, 64)
LARGE_BATCH = 15
TOKENIZER = 25_000


@dataclass(frozen=True)
class Case:
    """items: of each language (TruthfulQA), or passages of each language (XQuAD). screened: to find the best batch."""

    name: str
    data: str
    vocabulary: int
    items: int
    screened: int


CASES = (
    Case("truthfulqa/32k", "truthfulqa", 32_000, 40, 8),
    Case("truthfulqa/256k", "truthfulqa", 256_000, 16, 4),
    Case("xquad/32k", "xquad", 32_000, 8, 2),
)
SETTINGS = {
    "truthfulqa": {
        "output_type": "multiple_choice",
        "doc_to_text": "Q: {{question}}\nA:",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "gold",
        "metric_list": [{"metric": "acc"}],
    },
    "xquad": {
        "output_type": "loglikelihood",
        "doc_to_text": "{{context}}\n\n{{question}}\n",
        "doc_to_target": " {{answer}}",
        "metric_list": [{"metric": "acc"}],
    },
}


def read(data: str, language: str, folder: Path) -> list[list[dict[str, Any]]]:
    """Groups of items: each question by itself, or the questions of a passage."""
    content = json.loads(gzip.decompress((folder / f"{data}.{language}.json.gz").read_bytes()))
    if data == "truthfulqa":
        return [
            [{"question": row["question"], "choices": mc1["choices"], "gold": mc1["labels"].index(1)}]
            for row in content
            for mc1 in [row["mc1_targets"]]
        ]
    return [
        [
            {"context": paragraph["context"], "question": one["question"], "answer": one["answers"][0]["text"]}
            for one in paragraph["qas"]
        ]
        for article in content["data"]
        for paragraph in article["paragraphs"]
    ]


def write_task(case: Case, groups: int, source: Path, folder: Path) -> int:
    """The first groups of each language, in turn, as a local task of the harness; how many items."""
    columns = [read(case.data, language, source)[:groups] for language in LANGUAGES]
    items = [item for row in zip_longest(*columns) for group in row if group for item in group]
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "items.jsonl"
    data.write_text("".join(json.dumps(item) + "\n" for item in items))
    task = {
        "task": "task",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        **SETTINGS[case.data],
    }
    (folder / "task.yaml").write_text(json.dumps(task))
    return len(items)


def save_model(case: Case, options: argparse.Namespace, source: Path, folder: Path) -> Path:
    """A random Llama with a tokenizer learnt on the sets; its head has the stated vocabulary, whatever was learnt."""
    from acord.models import save_model as save
    from acord.models import train_tokenizer

    texts = [
        text
        for data in ("truthfulqa", "xquad")
        for language in LANGUAGES
        for group in read(data, language, source)
        for item in group
        for text in (item.get("context", ""), item["question"], *item.get("choices", []))
    ]
    vocabulary = 2_000 if options.quick else case.vocabulary
    shape = shape_of(options.layers, options.hidden, vocabulary)
    save(random_llama(shape), train_tokenizer(texts, min(TOKENIZER, vocabulary)), folder)
    return folder


def measure(case: Case, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The best batch size of the hf backend on few items, then both sides in turn on all of them."""
    model = save_model(case, options, options.data, folder / "model")
    few, all_items = folder / "few", folder / "all"
    write_task(case, case.screened, options.data, few)
    count = write_task(case, 2 if options.quick else case.items, options.data, all_items)

    def run(side: str, tasks: Path, batch: int = 1) -> dict[str, Any]:
        job = {
            "side": side, "batch": batch, "model": str(model), "tasks": str(tasks), "precision": "float32",
            "threads": options.threads,
        }  # fmt: skip
        return dict(run_apart("eval_side", job))

    screened = {batch: run("hf", few, batch)["seconds"] for batch in options.batches}
    best = min(screened, key=screened.__getitem__)
    print(f"{case.name}: the hf backend is fastest at batch {best}", flush=True)
    hf, acord = [], []
    for number in range(options.runs):
        hf.append(run("hf", all_items, best))
        acord.append(run("acord", all_items))
        print(f"{case.name} run {number + 1}: {hf[-1]['seconds']:.1f} s, {acord[-1]['seconds']:.1f} s", flush=True)
    large = hf[0] if best == LARGE_BATCH else run("hf", all_items, LARGE_BATCH)
    theirs, ours = hf[0]["logp"], acord[0]["logp"]
    same = [_argmax(a) == _argmax(b) for a, b in zip(theirs, ours, strict=True)]
    return {
        "case": case.name,
        "items": count,
        "threads": options.threads,
        "precision": "float32",
        "screened_seconds": screened,
        "batch": best,
        "hf_seconds": [one["seconds"] for one in hf],
        "acord_seconds": [one["seconds"] for one in acord],
        "ratio": median(one["seconds"] for one in hf) / median(one["seconds"] for one in acord),
        "same_argmax": sum(same) / len(same),
        "largest_difference": max(
            abs(x - y) for a, b in zip(theirs, ours, strict=True) for x, y in zip(a, b, strict=True)
        ),
        "hf_memory_gb": large["memory_gb"],
        "acord_memory_gb": median(one["memory_gb"] for one in acord),
    }


def _argmax(values: list[float]) -> int:
    return max(range(len(values)), key=values.__getitem__)


def table(path: Path) -> str:
    """The newest entry of each case."""
    header = ("case", "items", "hf backend, s", "at batch", "Acord, s", "ratio", "same argmax",
              "largest difference", f"peak GB beyond the model: hf at batch {LARGE_BATCH}, Acord")  # fmt: skip
    return records.markdown(header, records.rows_of([case.name for case in CASES], path, _row))


def _row(entry: dict[str, Any]) -> list[object]:
    return [
        entry["case"],
        entry["items"],
        f"{median(entry['hf_seconds']):.1f}",
        entry["batch"],
        f"{median(entry['acord_seconds']):.1f}",
        f"{entry['ratio']:.2f}",
        f"{entry['same_argmax']:.0%}",
        f"{entry['largest_difference']:.1e}",
        f"{entry['hf_memory_gb']:.2f}, {entry['acord_memory_gb']:.2f}",
    ]


def parse() -> argparse.Namespace:
    """The command line; ends with one line where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [case.name for case in CASES]
    parser.add_argument("--cases", nargs="+", choices=names, default=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the two sets")
    parser.add_argument("--results", type=Path, help=f"where to append; {RESULT.name} otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument(
        "--quick", action="store_true", help="a rehearsal on a tiny model, recorded with --results only"
    )
    options = parser.parse_args()
    options.batches = BATCHES
    if options.quick:
        options.layers, options.hidden, options.runs, options.threads, options.batches = 2, 64, 1, 1, (LARGE_BATCH,)
    elif options.results is None:
        options.results = RESULT
    if not options.table and not options.data.is_dir():
        records.stop(f"{options.data}: the evaluation sets are not here; give their folder with --data")
    return options


def main() -> None:
    options = parse()
    if not options.table:
        for case in (case for case in CASES if case.name in options.cases):
            with tempfile.TemporaryDirectory() as folder:
                entry = measure(case, options, Path(folder))
            print(f"{case.name}: {entry['ratio']:.2f} times as fast", flush=True)
            if options.results:
                records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
