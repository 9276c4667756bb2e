"""The in-process engine of chat and server against transformers' own `generate`, the same model in the same process.

Three figures, each a ratio measured side by side, alternated, the median over rounds:
  one stream       tokens/s of one reply after the other, the engine's over generate's (prompt included, greedy, the
                   same ids; prompts of 200 tokens, replies of 128 at most);
  eight streams    tokens/s of eight replies at once over the same eight in sequence, both by the engine;
  second turn      time to the first token of the second turn of a conversation that began with a prompt of 1,000 tokens
                   over that of the first; between them a reply of 64 tokens and a question of 40.

Prompts are random ids, new ones in every round, so that no figure lives from what an earlier round left behind.

Run: python benchmarks/serve_engine.py [--cases ...] [--rounds 7]   (about five minutes on two cores)
     python benchmarks/serve_engine.py --table
"""

import argparse
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

# As acord's command line sets it, before torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import records
import torch
from random_model import random_llama, shape_of

from acord.bundled import bundled_path
from acord.models import load_model
from acord.serve.engine import engine_of, open_chat
from acord.serve.protocol import Ask, Engine, Spoken

RESULT = records.RESULTS / "serve_engine.json"
GOALS = {"one_stream": 1.0, "eight_streams": 2.5, "second_turn": 0.2}
# Heads of 64 and a vocabulary of 32,000: 106 M weights.
LAYERS, HIDDEN, VOCABULARY = 8, 768, 32_000
CASES = ("bundled", "llama-106M")
PROMPT, REPLY, STREAMS = 200, 128, 8
FIRST_TURN, FIRST_REPLY, QUESTION = 1_000, 64, 40


class Bench:
    """A model, once behind the engine and once behind `generate`: the engine changes the model's attention."""

    def __init__(self, case: str, *, quick: bool) -> None:
        opened = open_chat(bundled_path("model"))
        self.chat = opened.chat
        self._random = random.Random(0)  # noqa: S311  ids to be read, nothing secret
        if case == "bundled":
            self._model, served = (load_model(opened.folder, "float32") for _ in range(2))
        else:
            shape = shape_of(2, 64, VOCABULARY) if quick else shape_of(LAYERS, HIDDEN, VOCABULARY)
            self._model, served = (random_llama(shape) for _ in range(2))
        self.parameters = sum(weight.numel() for weight in served.parameters())
        self.engine: Engine = engine_of(served, self.chat, 0).engine

    def prompt(self, tokens: int) -> tuple[int, ...]:
        """Random ids without a control token."""
        return tuple(self._random.choices(range(100, 4_000), k=tokens))

    def generate(self, ids: Sequence[int], reply: int) -> list[int]:
        """Greedy, by transformers alone."""
        prompt = torch.tensor([ids])
        with torch.inference_mode():
            output = self._model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=reply,
                do_sample=False,
                eos_token_id=list(self.chat.stop_ids),
                pad_token_id=0,
            )
        ids_after: list[int] = output[0, len(ids) :].tolist()
        return ids_after

    def ask(self, ids: Sequence[int], reply: int) -> Spoken:
        return self.engine.ask(Ask(tuple(ids), reply))


def said(spoken: Spoken) -> list[int]:
    """The ids of a reply, when it is complete."""
    return [number for piece in spoken for number in piece.ids]


class Watch:
    """Seconds that something took."""

    seconds = 0.0


@contextmanager
def watch() -> Iterator[Watch]:
    taken, started = Watch(), time.perf_counter()
    yield taken
    taken.seconds = time.perf_counter() - started


def one_stream(bench: Bench, tokens: int) -> dict[str, float]:
    """tokens/s of both, over three prompts each of which both answer."""
    rates = {"generate": [0, 0.0], "engine": [0, 0.0]}
    equal = 0
    for number in range(3):
        ids = bench.prompt(PROMPT)
        answers: dict[str, list[int]] = {}
        for way in (("generate", "engine"), ("engine", "generate"))[number % 2]:
            with watch() as taken:
                answers[way] = bench.generate(ids, tokens) if way == "generate" else said(bench.ask(ids, tokens))
            rates[way][0] += len(answers[way])
            rates[way][1] += taken.seconds
        equal += answers["generate"] == answers["engine"]
    generate, engine = (count / seconds for count, seconds in rates.values())
    return {"generate": generate, "engine": engine, "ratio": engine / generate, "equal": equal / 3}


def eight_streams(bench: Bench, tokens: int) -> dict[str, float]:
    """tokens/s of eight replies in sequence and at once, each way with prompts of its own."""
    with watch() as sequence:
        alone = sum(len(said(bench.ask(bench.prompt(PROMPT), tokens))) for _ in range(STREAMS))
    with watch() as at_once:
        together = sum(map(len, map(said, [bench.ask(bench.prompt(PROMPT), tokens) for _ in range(STREAMS)])))
    rates = alone / sequence.seconds, together / at_once.seconds
    return {"sequence": rates[0], "at_once": rates[1], "ratio": rates[1] / rates[0]}


def second_turn(bench: Bench, first: int) -> dict[str, float]:
    """Seconds to the first token of two turns of a conversation."""
    ids = bench.prompt(first)
    started = time.perf_counter()
    pieces = iter(bench.ask(ids, FIRST_REPLY))
    reply = list(next(pieces).ids)
    first_seconds = time.perf_counter() - started
    reply += [number for piece in pieces for number in piece.ids]
    started = time.perf_counter()
    pieces = iter(bench.ask((*ids, *reply, *bench.prompt(QUESTION)), 1))
    piece = next(pieces)
    second_seconds = time.perf_counter() - started
    return {
        "first": first_seconds,
        "second": second_seconds,
        "cached": piece.cached,
        "ratio": second_seconds / first_seconds,
    }


def measure(case: str, options: argparse.Namespace) -> dict[str, Any]:
    """Every figure of a model, in alternating rounds after one that is not counted."""
    bench = Bench(case, quick=options.quick)
    tokens, first = (8, 100) if options.quick else (REPLY, FIRST_TURN)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in GOALS}
    for _ in range(options.rounds + 1):
        figures["one_stream"].append(one_stream(bench, tokens))
        figures["eight_streams"].append(eight_streams(bench, tokens))
        figures["second_turn"].append(second_turn(bench, first))
    bench.engine.close()
    counted = {name: rounds[1:] for name, rounds in figures.items()}
    return {
        "case": case,
        "parameters": bench.parameters,
        "prompt": PROMPT,
        "reply": tokens,
        "first_turn": first,
        "ratios": {name: median(one["ratio"] for one in rounds) for name, rounds in counted.items()},
        "rounds": counted,
    }


def table(path: Path) -> str:
    """The newest entry of each case."""
    header = ("model", "generate, tokens/s", "engine, tokens/s", "ratio", "eight in sequence, tokens/s",
              "eight at once, tokens/s", "ratio", "first turn, s", "second turn, s", "ratio")  # fmt: skip
    return records.markdown(header, records.rows_of(CASES, path, _row))


def _row(entry: dict[str, Any]) -> list[object]:
    def middle(figure: str, name: str) -> float:
        return median(one[name] for one in entry["rounds"][figure])

    return [
        entry["case"],
        *(f"{middle('one_stream', name):.0f}" for name in ("generate", "engine")),
        f"{entry['ratios']['one_stream']:.2f}",
        *(f"{middle('eight_streams', name):.0f}" for name in ("sequence", "at_once")),
        f"{entry['ratios']['eight_streams']:.2f}",
        *(f"{middle('second_turn', name):.3f}" for name in ("first", "second")),
        f"{entry['ratios']['second_turn']:.3f}",
    ]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES, metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, help="where to append; benchmarks/results/serve_engine.json otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument(
        "--quick", action="store_true", help="a rehearsal on short replies, recorded with --results only"
    )
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    elif options.results is None:
        options.results = RESULT
    return options


def main() -> None:
    options = parse()
    if not options.table:
        for case in options.cases:
            entry = measure(case, options)
            print(case, *(f"{name} {ratio:.3f}" for name, ratio in entry["ratios"].items()), sep="  ", flush=True)
            if options.results:
                records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
