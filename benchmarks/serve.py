"""What HTTP adds: the same replies of the bundled model from an engine in this process, and from `acord serve`.

request: one token, asked for on a connection that stays open, prompt encoded on both sides. token: seconds between the
first and the last token of a stream. Both sides take turns, so that whatever else the machine does meets both; medians.

Run: python benchmarks/serve.py [--requests 300] [--streams 30]   (about a minute)
     python benchmarks/serve.py --table
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from math import isnan, nan
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

# As acord's command line sets it, before torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import records
from goals import Goal, goals_table

RESULT = records.RESULTS / "serve.json"
CASES = ("request", "token")
MESSAGES = [{"role": "user", "content": "Escriu una frase sobre el temps que fa hui a la vora de la mar."}]
TOKENS, QUICK_TOKENS = 300, 40
# Few tokens are likely at this temperature, the end of a turn among them: some seed gives a reply of so many.
TEMPERATURE = 2.0
SEEDS = 1_000
WARM_UP = 5


GOALS = (
    Goal(
        "HTTP against in-process, added a request",
        "request",
        "added_ms",
        "<= 5 ms",
        "{:.1f} ms".format,
        lambda v: v <= 5,
    ),
    Goal("one request in-process", "request", "in_process_ms", "", "{:.1f} ms".format, lambda _: True),
    Goal("HTTP against in-process, added a token", "token", "added", "<= 2%", "{:+.1%}".format, lambda v: v <= 0.02),
    Goal("one token in-process", "token", "in_process_ms", "", "{:.2f} ms".format, lambda _: True),
)


class Side(NamedTuple):
    """Seconds. request: from asking for one token to having it. token: a token of the stream that a seed draws."""

    request: Callable[[], float]
    token: Callable[[int], float]


@contextmanager
def in_process(model: str, tokens: int) -> Iterator[Side]:
    """The engine in this process. tokens: of a stream."""
    from acord.serve.engine import open_engine

    loaded = open_engine(model, slots=2)

    def begin(most: int, **more: Any) -> Any:
        ids = loaded.chat.encode_prompt(MESSAGES).ids
        return loaded.engine.ask(loaded.defaults.ask(ids, max_new_tokens=most, **more))

    def request() -> float:
        began = time.perf_counter()
        list(begin(1))
        return time.perf_counter() - began

    def token(seed: int) -> float:
        times, ids = [], 0
        for piece in begin(tokens, temperature=TEMPERATURE, seed=seed):
            times.append(time.perf_counter())
            ids += len(piece.ids)
        return (times[-1] - times[0]) / (tokens - 1) if ids == tokens else nan

    try:
        yield Side(request, token)
    finally:
        loaded.engine.close()


@contextmanager
def over_http(model: str, tokens: int) -> Iterator[Side]:
    """The engine behind `acord serve`, in processes of their own. tokens: of a stream."""
    command = [
        sys.executable,
        "-c",
        "from acord.cli import main; main()",
        "serve",
        model,
        "--port",
        "0",
        "--slots",
        "2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = (process.stdout.readline() if process.stdout else "").strip().removeprefix("http://")
        if not address:
            records.stop("acord serve did not start")
        link = HTTPConnection(address, timeout=60)
        _until_ready(link)

        def begin(most: int, **more: Any) -> HTTPResponse:
            body = json.dumps({"messages": MESSAGES, "max_tokens": most, **more})
            link.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            return link.getresponse()

        def request() -> float:
            began = time.perf_counter()
            reply = json.loads(begin(1).read())
            seconds = time.perf_counter() - began
            if reply["usage"]["completion_tokens"] != 1:
                records.stop("the server did not do what was asked")
            return seconds

        def token(seed: int) -> float:
            times = []
            options = {"stream": True, "stream_options": {"include_usage": True}}
            for line in begin(tokens, temperature=TEMPERATURE, seed=seed, **options):
                if line.startswith(b'data: {"id"'):
                    times.append(time.perf_counter())
                    last = line
            usage = json.loads(last.removeprefix(b"data: "))["usage"]
            # The last event is of the usage, and comes with the one before it.
            if usage["completion_tokens"] != tokens:
                records.stop("the server draws other tokens than the engine in this process")
            return (times[-2] - times[0]) / (tokens - 1)

        yield Side(request, token)
    finally:
        process.terminate()
        process.wait(30)


def _until_ready(link: HTTPConnection) -> None:
    for _ in range(600):
        link.request("GET", "/health")
        answer = link.getresponse()
        answer.read()
        if answer.status == 200:
            return
        time.sleep(0.1)
    records.stop("the server did not load its model")


def long_seed(side: Side) -> int:
    """A seed that draws as many tokens as are wanted."""
    found = next((seed for seed in range(SEEDS) if not isnan(side.token(seed))), None)
    if found is None:
        records.stop(f"no seed below {SEEDS} draws as many tokens")
    return int(found or 0)


def measure(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> dict[str, Any]:
    """Seconds of the engine in this process and of the server, in turns."""
    for _ in range(min(WARM_UP, runs)):
        ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(runs)]
    sides = {"in_process": [one for one, _ in pairs], "http": [other for _, other in pairs]}
    middle = {name: median(seconds) for name, seconds in sides.items()}
    return {
        "runs": runs,
        "in_process_ms": middle["in_process"] * 1e3,
        "http_ms": middle["http"] * 1e3,
        "added_ms": (middle["http"] - middle["in_process"]) * 1e3,
        "added": middle["http"] / middle["in_process"] - 1,
        "quartiles_ms": {name: [one * 1e3 for one in quantiles(seconds, n=4)] for name, seconds in sides.items()},
    }


def table(path: Path) -> str:
    """The newest figure of each goal."""
    return goals_table("serving over HTTP", GOALS, path)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model's folder; the bundled one otherwise")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES, metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--streams", type=int, default=30)
    parser.add_argument("--results", type=Path, help=f"where to append; {RESULT.name} otherwise")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured last, and end")
    parser.add_argument("--quick", action="store_true", help="a rehearsal on little, recorded with --results only")
    options = parser.parse_args()
    if options.quick:
        options.requests, options.streams = 8, 3
    elif options.results is None:
        options.results = RESULT
    return options


def measure_cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """An entry for each case."""
    from acord.bundled import bundled_path

    model = options.model or str(bundled_path("model"))
    name = "bundled" if options.model is None else Path(model).name
    tokens = QUICK_TOKENS if options.quick else TOKENS
    with in_process(model, tokens) as ours:
        seed = long_seed(ours)
        # The server last: a connection on which nothing is asked for a while is closed.
        with over_http(model, tokens) as http:
            for case in options.cases:
                if case == "request":
                    measured = measure(ours.request, http.request, options.requests)
                else:
                    measured = measure(partial(ours.token, seed), partial(http.token, seed), options.streams)
                yield {"case": case, "model": name, **measured}


def main() -> None:
    options = parse()
    if not options.table:
        for entry in list(measure_cases(options)):
            print(", ".join(f"{key} {value}" for key, value in entry.items() if key != "quartiles_ms"), flush=True)
            if options.results:
                records.append_record(options.results, entry)
    if options.results:
        print(table(options.results))


if __name__ == "__main__":
    main()
