"""Sixteen clients at `acord serve` for ten minutes, many of whom leave in the middle.

They chat, compare, send what is wrong, and go away before, while and after a reply comes. At the end nothing may have
failed but with 429 where the queue was full, memory must be where it was after the warm-up (within 5%), and every slot
must still give replies.

Run: python scripts/soak.py [--seconds 600] [--clients 16] [--model FOLDER]
Exit codes: 0 all held, 1 something did not.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

SLOTS, QUEUE = 4, 8
LONGEST_PROMPT, LONGEST_REPLY = 1_500, 64
LEAVES = 0.35  # of all requests
WITHIN = 0.05
# Of the time: until the first is warm-up, until the second the memory is measured that the last part must not exceed.
WARM, MEASURED, LAST = 0.2, 0.4, 0.8
WORDS = ("una", "frase", "sobre", "el", "temps", "que", "fa", "hui", "prop", "de", "la", "mar", "amb", "els", "amics")


@dataclass
class Soak:
    """counts: of outcomes. faults: what should not have happened, the first ones. memory: seconds since the start ->
    resident bytes of server and engine."""

    address: str
    process: asyncio.subprocess.Process
    clients: int
    seconds: float
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    memory: list[tuple[float, int, int]] = field(default_factory=list)

    def fault(self, what: str) -> None:
        self.counts["fault"] += 1
        if len(self.faults) < 20:
            self.faults.append(what)


def messages(draw: random.Random, words: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": " ".join(draw.choices(WORDS, k=words))}]


async def chat(soak: Soak, client: httpx2.AsyncClient, draw: random.Random, *, streamed: bool) -> None:
    body = {
        "messages": messages(draw, int(draw.expovariate(1 / 30)) + 1),
        "max_tokens": draw.randint(1, LONGEST_REPLY),
        "temperature": draw.choice((0, 1, 2)),
        "stream": streamed,
    }
    await ask(soak, client, "/v1/chat/completions", body, 200)


async def compare(soak: Soak, client: httpx2.AsyncClient, draw: random.Random) -> None:
    await ask(soak, client, "/acord/compare", {"messages": messages(draw, 5), "max_tokens": 12}, 200)


async def mistake(soak: Soak, client: httpx2.AsyncClient, draw: random.Random) -> None:
    wrong: dict[str, Any] = draw.choice(
        [{"messages": []}, {"messages": messages(draw, 2), "max_tokens": 10**6}, {"messages": [{"role": "x"}]}]
    )
    await ask(soak, client, "/v1/chat/completions", wrong, 400)


async def half(soak: Soak, draw: random.Random) -> None:
    """A request that its client does not finish to send."""
    host, port = soak.address.removeprefix("http://").split(":")
    body = json.dumps({"messages": messages(draw, 20)}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(whole[: draw.randrange(len(whole))])
    await writer.drain()
    await asyncio.sleep(draw.random() / 10)
    writer.close()
    soak.counts["half a request"] += 1


async def ask(soak: Soak, client: httpx2.AsyncClient, route: str, body: dict[str, Any], wanted: int) -> None:
    async with client.stream("POST", route, json=body) as answer:
        text = (await answer.aread()).decode()
    if answer.status_code == 429:
        soak.counts["429"] += 1
        if "retry-after" not in answer.headers:
            soak.fault("a 429 without Retry-After")
        await asyncio.sleep(0.05)
    elif answer.status_code != wanted:
        soak.fault(f"{route}: {answer.status_code} in place of {wanted}: {text[:200]}")
    elif answer.headers["content-type"].startswith("text/event-stream"):
        whole = text.endswith("data: [DONE]\n\n") and '{"error"' not in text
        soak.counts["stream"] += whole
        if not whole:
            soak.fault(f"{route}: a stream ended with {text[-200:]!r}")
    else:
        soak.counts["answer" if wanted == 200 else "refusal"] += 1


async def one_client(soak: Soak, number: int, until: float) -> None:
    draw = random.Random(number)  # noqa: S311  what to ask, nothing secret
    async with httpx2.AsyncClient(base_url=soak.address, timeout=60) as client:
        kinds: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (0.45, lambda: chat(soak, client, draw, streamed=True)),
            (0.35, lambda: chat(soak, client, draw, streamed=False)),
            (0.05, lambda: compare(soak, client, draw)),
            (0.10, lambda: mistake(soak, client, draw)),
            (0.05, lambda: half(soak, draw)),
        ]
        weights, work = zip(*kinds, strict=True)
        while time.monotonic() < until:
            leave = draw.expovariate(1 / 0.15) if draw.random() < LEAVES else 60.0
            try:
                async with asyncio.timeout(leave):
                    await draw.choices(work, weights)[0]()
            except TimeoutError:
                soak.counts["left"] += 1
                if leave >= 60.0:
                    soak.fault("no answer within 60 s")
            except httpx2.HTTPError as error:
                soak.fault(f"{type(error).__name__}: {error}")


async def load(client: httpx2.AsyncClient) -> dict[str, int]:
    """Replies that run and wait, and slots, as the server counts them."""
    figures = (await client.get("/metrics")).text
    names = {"running": "replies_running", "waiting": "replies_waiting", "slots": "slots"}
    found = {name: re.search(rf'^acord_{key}{{engine="model"}} (\S+)', figures, re.M) for name, key in names.items()}
    return {name: int(float(match[1])) if match else -1 for name, match in found.items()}


def resident(number: int) -> int:
    status = Path(f"/proc/{number}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) * 1_024


def engine_of(number: int) -> int | None:
    """The process that the server has its engine in."""
    tasks = Path(f"/proc/{number}/task").glob("*/children")
    return next((int(child) for task in tasks for child in task.read_text().split()), None)


async def watch(soak: Soak, began: float) -> None:
    first = engine_of(soak.process.pid)
    while True:
        engine = engine_of(soak.process.pid)
        if engine is None or engine != first:
            soak.fault("the engine's process ended")
            return
        soak.memory.append((time.monotonic() - began, resident(soak.process.pid), resident(engine)))
        await asyncio.sleep(min(1.0, soak.seconds / 100))


async def warm_up(client: httpx2.AsyncClient) -> None:
    """The most memory that the clients will ever ask for: every slot with the longest prompt."""
    body = {"max_tokens": LONGEST_REPLY, "temperature": 2}
    prompts = [[5 + number] * LONGEST_PROMPT for number in range(SLOTS)]
    for answer in await asyncio.gather(
        *(client.post("/v1/completions", json={"prompt": prompt, **body}) for prompt in prompts)
    ):
        answer.raise_for_status()


async def settle(soak: Soak, client: httpx2.AsyncClient) -> None:
    """Every slot is free within a second, and gives a reply beside the others."""
    for _ in range(50):
        now = await load(client)
        if now == {"running": 0, "waiting": 0, "slots": SLOTS}:
            break
        await asyncio.sleep(0.1)
    else:
        soak.fault(f"slots are lost: {now}")
    most = max([await side_by_side(client, seed) for seed in range(5)])
    if most < SLOTS:
        soak.fault(f"{most} replies side by side of {SLOTS}")


async def side_by_side(client: httpx2.AsyncClient, seed: int) -> int:
    """Ask for as many replies as there are slots -> how many were seen to be made at once; -1 where one failed."""
    body = {"prompt": [5, 6, 7], "max_tokens": 200, "temperature": 2}
    asked = (client.post("/v1/completions", json={**body, "seed": SLOTS * seed + number}) for number in range(SLOTS))
    replies = asyncio.gather(*asked)
    most = 0
    while not replies.done():
        most = max(most, (await load(client))["running"])
    return most if all(reply.status_code == 200 for reply in await replies) else -1


def growth(soak: Soak) -> dict[str, float]:
    """How much more memory the last part takes than the part after the warm-up, at most; of server and of engine."""

    def most(column: int, begin: float, end: float) -> int:
        part = [row[column] for row in soak.memory if begin <= row[0] / soak.seconds < end]
        return max(part, default=0)

    grown = {}
    for column, name in ((1, "server"), (2, "engine")):
        before = most(column, WARM, MEASURED)
        grown[name] = most(column, LAST, 2.0) / before - 1 if before else 1.0
        if grown[name] > WITHIN:
            soak.fault(f"the {name}'s memory has grown by {grown[name]:.1%}")
    return grown


async def run(options: argparse.Namespace) -> int:
    command = [sys.executable, "-c", "from acord.cli import main; main()", "serve", options.model, "--port", "0"]
    command += ["--slots", str(SLOTS), "--queue", str(QUEUE)]
    errors = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=errors)
    assert process.stdout is not None  # noqa: S101  asked for above
    address = (await process.stdout.readline()).decode().strip()
    soak = Soak(address, process, options.clients, options.seconds)
    async with httpx2.AsyncClient(base_url=address, timeout=60) as client:
        while (await client.get("/health")).status_code != 200:
            await asyncio.sleep(0.1)
        await warm_up(client)
        began = time.monotonic()
        watching = asyncio.create_task(watch(soak, began))
        await asyncio.gather(*(one_client(soak, number, began + soak.seconds) for number in range(soak.clients)))
        watching.cancel()
        await settle(soak, client)
    grown = growth(soak)
    process.send_signal(signal.SIGTERM)
    code = await asyncio.wait_for(process.wait(), 60)
    if code != 0:
        soak.fault(f"the server ended with {code}")
    last = soak.memory[-1]
    print(json.dumps({"seconds": soak.seconds, "clients": soak.clients, "outcomes": dict(soak.counts)}))
    print(json.dumps({"memory_grown": grown, "server_mb": last[1] >> 20, "engine_mb": last[2] >> 20}))
    for fault in soak.faults:
        print(f"fault: {fault}")
    return 1 if soak.faults else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--model", help="a model's folder; the bundled one otherwise")
    options = parser.parse_args()
    if options.model is None:
        from acord.bundled import bundled_path

        options.model = str(bundled_path("model"))
    os.environ.setdefault("LC_ALL", "C")
    sys.exit(asyncio.run(run(options)))


if __name__ == "__main__":
    main()
