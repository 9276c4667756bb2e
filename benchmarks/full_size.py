"""The preference mix at full size: as many rows as the public sets have, generated to their schemas, built once.

The sets are invented (text that nobody wrote), deterministic by seed, and have known shares of duplicates, near
duplicates, boilerplate, e-mail addresses and texts in another language, which truth.json states.

Run: python benchmarks/full_size.py --generate FOLDER [--scale 2]   (about 4 GB and a few minutes at scale 1)
     python benchmarks/full_size.py --measure FOLDER
     python benchmarks/full_size.py --table
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import records

RESULT = records.RESULTS / "full_size.json"
TRUTH = "truth.json"
QUOTAS = {"en": 80_308, "es": 30_072}
HELD_OUT = 0.05
# Of the pairs that there are before filters, what a quota can count on after them.
FEASIBLE = 0.65
POLL_SECONDS = 0.25
CASES = ("scale 1", "scale 2")
RECIPE = """\
name: full-size
model: {{base: "random:llama-1x64", tokenizer: train, vocabulary: 400}}
data:
  held_out: {held_out}
  quotas: {quotas}
  sources:
    - {{name: helpsteer3, format: helpsteer3, path: "{folder}/helpsteer3/preference", languages: [en, es]}}
    - {{name: oasst1, format: oasst, path: "{folder}/oasst1/data", languages: [en, es]}}
    - {{name: oasst2, format: oasst, path: "{folder}/oasst2/data", languages: [en, es]}}
    - name: openorca
      format: openorca
      path: "{folder}/openorca/{chosen}"
      against: "{folder}/openorca/{rejected}"
      language: en
"""


class Peak(NamedTuple):
    """Memory of a process and its children at its highest, in bytes. resident: every page counted in each process that
    holds it; shared_once: each page counted once."""

    resident: int
    shared_once: int


def generate(folder: Path, *, scale: float, seed: int) -> dict[str, Any]:
    """Write all sets and truth.json into an empty folder; two processes at once. Returns the truth."""
    from full_size_orca import write_orca
    from full_size_people import write_helpsteer3, write_oasst

    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        records.stop(f"{folder} is not empty; give another folder")
    with ProcessPoolExecutor(2) as pool:
        jobs = {
            "openorca_gpt35": pool.submit(write_orca, folder / "openorca", "gpt35", scale=scale, seed=seed),
            "openorca_gpt4": pool.submit(write_orca, folder / "openorca", "gpt4", scale=scale, seed=seed),
            "oasst": pool.submit(write_oasst, folder, scale=scale, seed=seed),
            "helpsteer3": pool.submit(write_helpsteer3, folder / "helpsteer3", scale=scale, seed=seed),
        }
        done = {name: job.result() for name, job in jobs.items()}
    truth = {"scale": scale, "seed": seed, **done.pop("oasst"), **done}
    truth["rows"] = sum(one["rows"] for one in truth.values() if isinstance(one, dict))
    (folder / TRUTH).write_text(json.dumps(truth, indent=1) + "\n")
    return truth


def quotas(truth: dict[str, Any]) -> dict[str, int]:
    """The card's quotas, as far as the sets can fill them with the held-out pairs on top.

    More rows than the public sets have are no reason to ask for more pairs.
    """
    supply = {
        language: truth["helpsteer3"]["pairs"].get(language, 0) + truth["oasst2"]["pairs"].get(language, 0)
        for language in QUOTAS
    }
    supply["en"] += truth["openorca_gpt4"]["shared"]
    feasible = {language: int(FEASIBLE * (1 - HELD_OUT) * count) for language, count in supply.items()}
    part = min(1.0, truth["scale"])
    return {language: min(round(asked * part), feasible[language]) for language, asked in QUOTAS.items()}


def write_recipe(folder: Path, truth: dict[str, Any], suite: str | None, place: Path) -> Path:
    """The recipe over the generated sets. suite: what the data is held against, if anything."""
    from full_size_orca import GPT4_FILE, GPT35_FILE

    text = RECIPE.format(
        folder=folder.resolve(),
        chosen=GPT4_FILE,
        rejected=GPT35_FILE,
        held_out=HELD_OUT,
        quotas=json.dumps(quotas(truth)),
    )
    recipe = place / "recipe.yaml"
    recipe.write_text(text + (f"  decontaminate: {suite}\n" if suite else ""))
    return recipe


def measure(folder: Path, suite: str | None) -> dict[str, Any]:
    """Build the pairs in a process of its own; time from start to end, memory of it and its children."""
    truth = json.loads((folder / TRUTH).read_text())
    with tempfile.TemporaryDirectory(dir=folder) as place:
        recipe = write_recipe(folder, truth, suite, Path(place))
        command = [sys.executable, "-c", "from acord.cli import main; main()", "data", "build", str(recipe)]
        started = time.perf_counter()
        with (Path(place) / "out.json").open("w+") as out, (Path(place) / "errors").open("w+") as errors:
            runs = ["--runs", f"{place}/runs", "--json"]
            process = subprocess.Popen([*command, *runs], stdout=out, stderr=errors)
            peak = watch(process)
            seconds = time.perf_counter() - started
            for file in (out, errors):
                file.seek(0)
            if process.returncode:
                records.stop(f"the build ended with {process.returncode}: {errors.read()[-2_000:]}")
            stage = json.load(out)["stages"][0]
        written = sum(file.stat().st_size for file in Path(stage["folder"]).glob("*.parquet"))
    figures = stage["figures"]
    return {
        "case": f"scale {truth['scale']:g}",
        "cores": len(os.sched_getaffinity(0)),
        "input_gb": round(_bytes_of(folder) / 1e9, 2),
        "output_gb": round(written / 1e9, 3),
        "decontaminate": suite,
        "seconds": round(seconds, 1),
        "peak_rss_gb": round(peak.resident / 1e9, 3),
        "peak_pss_gb": round(peak.shared_once / 1e9, 3),
        **{name: figures[name] for name in ("rows_in", "rows_used", "rows_dropped", "pairs", "dropped_by_reason")},
        "quotas": figures.get("quotas"),
    }


def _bytes_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def watch(process: "subprocess.Popen[Any]") -> Peak:
    """Wait for a process, looking at it and its children four times a second."""
    resident = shared_once = 0
    while process.poll() is None:
        tree = _tree(process.pid)
        resident = max(resident, sum(_kilobytes(pid, "status", "VmRSS:") for pid in tree))
        shared_once = max(shared_once, sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in tree))
        time.sleep(POLL_SECONDS)
    return Peak(resident * 1_024, shared_once * 1_024)


def _tree(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting += map(int, _read(task).split())
    return found


def _kilobytes(pid: int, file: str, key: str) -> int:
    lines = _read(Path(f"/proc/{pid}/{file}")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)


def _read(path: Path) -> str:
    """A file of /proc; empty where the process has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""


def table(path: Path) -> str:
    """The newest entry of each case, and how time and memory grow with the rows."""
    header = (
        "case", "rows in", "used", "dropped", "pairs", "quotas met", "seconds", "times",
        "peak GB", "times", "shared pages in each process, GB", "times",
    )  # fmt: skip
    entries = records.newest(path)
    return records.markdown(header, records.rows_of(CASES, path, lambda entry: _row(entry, entries.get(CASES[0]))))


def _row(entry: dict[str, Any], one: dict[str, Any] | None) -> list[object]:
    met = [f"{name} {quota['taken']:,} of {quota['asked']:,}" for name, quota in (entry["quotas"] or {}).items()]
    measured = ("seconds", "peak_pss_gb", "peak_rss_gb")
    grown = ["", "", ""] if one is None else [f"{entry[name] / one[name]:.2f}" for name in measured]
    counts = [f"{entry[name]:,}" for name in ("rows_in", "rows_used", "rows_dropped", "pairs")]
    times = [f"{entry['seconds']:.0f}", grown[0]]
    memory = [f"{entry['peak_pss_gb']:.2f}", grown[1], f"{entry['peak_rss_gb']:.2f}", grown[2]]
    return [entry["case"], *counts, ", ".join(met), *times, *memory]


def parse() -> argparse.Namespace:
    """The command line; ends with one line where there is nothing to measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generate", type=Path, metavar="FOLDER", help="write the sets there")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="build the pairs of the sets there")
    parser.add_argument("--scale", type=float, default=1.0, help="times the rows of the public sets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--decontaminate", metavar="SUITE", help="also hold the data against a suite")
    parser.add_argument("--results", type=Path, default=RESULT, help=f"where to append; {RESULT.name} otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    options = parser.parse_args()
    if not (options.generate or options.measure or options.table):
        parser.error("give --generate, --measure or --table")
    if options.measure and not options.generate and not (options.measure / TRUTH).is_file():
        records.stop(f"{options.measure}: no {TRUTH} there; make the sets with --generate")
    return options


def main() -> None:
    options = parse()
    if options.generate:
        started = time.perf_counter()
        truth = generate(options.generate, scale=options.scale, seed=options.seed)
        size = _bytes_of(options.generate) / 1e9
        print(f"{truth['rows']:,} rows, {size:.2f} GB, {time.perf_counter() - started:.0f} s", flush=True)
    if options.measure:
        entry = measure(options.measure, options.decontaminate)
        print(json.dumps(entry, indent=1), flush=True)
        records.append_record(options.results, entry)
    if options.table:
        print(table(options.results))


if __name__ == "__main__":
    main()
