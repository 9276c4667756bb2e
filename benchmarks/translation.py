"""Spanish to Valencian through Apertium with masking and checks: quality, speed beside bare Apertium, structure kept.

quality: BLEU and chrF on the test part of the official gazette (DOGV). speed: the same lines, in CPU seconds of this
process and of all programs that it started, in turn with one call of the apertium command in the same mode; all on one
core. structure: generated markdown messages.

Run: python benchmarks/translation.py [--cases ...] [--runs 5]   (about four minutes on one core)
     python benchmarks/translation.py --table
"""

import argparse
import gzip
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import records
from goals import Goal, goals_table
from markdown_messages import keeps, message, text_of

RESULT = records.RESULTS / "translation.json"
DATA = Path(__file__).parents[2] / "shared" / "data" / "text"
CASES = ("quality", "speed", "structure")
MODE = "spa-cat_valencia"
SIGNS = ".,;:!?…)»\"'"


GOALS = (
    Goal("BLEU on dogv_test, masking on", "quality", "bleu", ">= 86.0", "{:.2f}".format, lambda v: v >= 86.0),
    Goal("chrF on dogv_test", "quality", "chrf", "", "{:.2f}".format, lambda _: True),
    Goal("lines that came back, of 1,539", "quality", "lines_back", "1,539", "{:,}".format, lambda v: v == 1_539),
    Goal(
        "lines that end in the sign of their source", "quality", "ends_kept", "100%", "{:.2%}".format, lambda v: v == 1
    ),
    Goal("speed a core, against bare Apertium", "speed", "ratio", ">= 80%", "{:.0%}".format, lambda v: v >= 0.8),
    Goal("words a CPU second", "speed", "words_per_second", "", "{:,.0f}".format, lambda _: True),
    Goal("words a CPU second, bare Apertium", "speed", "bare_words_per_second", "", "{:,.0f}".format, lambda _: True),
    Goal("messages whose structure is identical", "structure", "identical", "100%", "{:.2%}".format, lambda v: v == 1),
    Goal("messages refused", "structure", "refused", "", "{:,}".format, lambda _: True),
)


def lines_of(folder: Path, language: str, count: int | None) -> list[str]:
    """The test part, one sentence a line."""
    text = gzip.decompress((folder / f"dogv_test.{language}.txt.gz").read_bytes()).decode()
    return text.rstrip("\n").split("\n")[:count]


@contextmanager
def fresh_translator() -> Iterator[Any]:
    """A translator with an empty cache and one pipe."""
    from acord.data.translate import translator
    from acord.recipe.data import Translate

    asked = Translate.model_validate({"from": "benchmark", "language": "es", "to": "va"})
    with (
        tempfile.TemporaryDirectory() as folder,
        translator(asked, variety="any", cache=Path(folder), processes=1) as made,
    ):
        yield made


def quality(options: argparse.Namespace) -> dict[str, Any]:
    """BLEU and chrF; lines and final signs."""
    import sacrebleu

    spanish, valencian = (lines_of(options.data, language, options.lines) for language in ("es", "va"))
    with fresh_translator() as made:
        results = made.translate(spanish)
        tool = made.identity
    back = [result for result in results if isinstance(result, str)]
    hypotheses = [result if isinstance(result, str) else "" for result in results]
    ends = [(was.rstrip()[-1:], is_.rstrip()[-1:]) for was, is_ in zip(spanish, hypotheses, strict=True)]
    signed = [(was, is_) for was, is_ in ends if was in SIGNS]
    return {
        "tool": tool.tool,
        "tool_version": tool.version,
        "lines": len(spanish),
        "lines_back": len(back),
        "bleu": sacrebleu.corpus_bleu(hypotheses, [valencian]).score,
        "chrf": sacrebleu.corpus_chrf(hypotheses, [valencian]).score,
        "lines_with_final_sign": len(signed),
        "ends_kept": sum(was == is_ for was, is_ in signed) / len(signed),
    }


def speed(options: argparse.Namespace) -> dict[str, Any]:
    """Acord and bare Apertium in turn, both on one core."""
    spanish = lines_of(options.data, "es", options.lines)
    words = sum(len(line.split()) for line in spanish)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    ours, bare = [], []
    try:
        for number in range(options.runs):
            bare.append(_seconds(lambda: _run_bare(spanish)))
            ours.append(_seconds(lambda: _run_ours(spanish)))
            print(f"run {number + 1}: Acord {ours[-1][0]:.2f} s of CPU, bare {bare[-1][0]:.2f} s", flush=True)
    finally:
        os.sched_setaffinity(0, cores)
    our_median, bare_median = (median(cpu for cpu, _ in runs) for runs in (ours, bare))
    return {
        "words": words,
        "cpu_seconds": [cpu for cpu, _ in ours],
        "bare_cpu_seconds": [cpu for cpu, _ in bare],
        "wall_seconds": [wall for _, wall in ours],
        "bare_wall_seconds": [wall for _, wall in bare],
        "words_per_second": words / our_median,
        "bare_words_per_second": words / bare_median,
        "ratio": bare_median / our_median,
    }


def _seconds(work: Callable[[], None]) -> tuple[float, float]:
    before, started = _cpu(), time.perf_counter()
    work()
    return _cpu() - before, time.perf_counter() - started


def _cpu() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _run_ours(lines: Sequence[str]) -> None:
    with fresh_translator() as made:
        results = made.translate(lines)
    if not all(isinstance(result, str) for result in results):
        records.stop("a line was refused: the two sides did not do the same work")


def _run_bare(lines: Sequence[str]) -> None:
    command = ["apertium", "-u", MODE]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    if done.stdout.count("\n") != len(lines):
        records.stop("bare apertium lost lines: is it installed whole?")


def structure(options: argparse.Namespace) -> dict[str, Any]:
    """Messages of which everything that must be kept is identical."""
    messages = [message(seed) for seed in range(options.messages)]
    with fresh_translator() as made:
        results = made.translate([text_of(one) for one in messages])
        counts = made.counts
    refused = sum(not isinstance(result, str) for result in results)
    identical = sum(
        isinstance(result, str) and keeps(one, result) for one, result in zip(messages, results, strict=True)
    )
    return {
        "messages": len(messages),
        "words": sum(len(text_of(one).split()) for one in messages),
        "segments": counts.translated,
        "translated_in_parts": counts.parted,
        "refused": refused,
        "identical": identical / len(messages),
    }


def table(path: Path) -> str:
    """The newest figure of each goal."""
    return goals_table("Spanish to Valencian", GOALS, path)


def parse() -> argparse.Namespace:
    """The command line; ends with one line where the data is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES, metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of dogv_test.{es,va}.txt.gz")
    parser.add_argument("--results", type=Path, help=f"where to append; {RESULT.name} otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument("--quick", action="store_true", help="a rehearsal on little, recorded with --results only")
    options = parser.parse_args()
    options.lines = None
    if options.quick:
        options.lines, options.messages, options.runs = 40, 20, 1
    elif options.results is None:
        options.results = RESULT
    if not options.table and not options.data.is_dir():
        records.stop(f"{options.data}: the gazette is not here; give its folder with --data")
    return options


def main() -> None:
    options = parse()
    measures = {"quality": quality, "speed": speed, "structure": structure}
    if not options.table:
        from acord.errors import InputError

        for case in options.cases:
            try:
                entry = {"case": case, **measures[case](options)}
            except InputError as error:
                records.stop(str(error))
            print(
                ", ".join(f"{key} {value}" for key, value in entry.items() if not isinstance(value, list)), flush=True
            )
            if options.results:
                records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
