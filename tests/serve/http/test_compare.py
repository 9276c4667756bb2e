"""Who is asked what in a comparison, with two engines that note it."""

import asyncio
import json

import httpx2
import pytest

from acord.bundled import bundled_path
from acord.serve.engine import open_chat
from acord.serve.http.app import build_app
from acord.serve.http.door import door
from acord.serve.http.figures import Figures
from acord.serve.http.keys import Keys
from acord.serve.http.limits import Limits
from acord.serve.http.opinions import Opinions
from acord.serve.http.served import Served, ServedModel
from acord.serve.http.traffic import Traffic
from acord.serve.protocol import EngineGone, Load, Piece
from acord.serve.stream import Stream

MESSAGES = [{"role": "user", "content": "Bon dia"}]


class Noting:
    """Says its name and the number of the ask. gone: whether it breaks off."""

    def __init__(self, name, gone=False):
        self.name, self.gone, self.asks, self.cancelled = name, gone, [], []

    def state(self):
        return "ready"

    def why(self):
        return ""

    def load(self):
        return Load(0, 0, 2)

    def ask(self, ask):
        number = len(self.asks)
        self.asks.append(ask)
        stream = Stream(lambda: self.cancelled.append(number))
        stream.put(Piece(f"{self.name} {number}", (5,), None))
        if self.gone:
            stream.put(EngineGone("the engine was killed"))
        elif not self.name.startswith("slow"):
            stream.put(Piece("", (6,), "stop"))
        return stream


@pytest.fixture(scope="module")
def opened():
    return open_chat(bundled_path("model"))


def compare(opened, engine, other=None, **asked):
    """The events, and the comparison that is kept for a choice."""

    def model(name, engine):
        return ServedModel(name, engine, opened.chat, opened.defaults, (), len(opened.tokenizer))

    second = None if other is None else model("second", other)
    opinions = Opinions()
    served = Served(model("first", engine), Limits(), Figures({}), Traffic(), False, second)
    app = build_app(served, door("127.0.0.1", Keys([]), ()), opinions, lambda _: None)

    async def ask():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
            return await client.post("/acord/compare", json={"messages": MESSAGES, **asked})

    answer = asyncio.run(ask())
    assert answer.status_code == 200, answer.text
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    events = [json.loads(line) for line in lines]
    return events, opinions.comparisons.take(events[-1]["id"]) if "id" in events[-1] else None


def test_one_model_answers_twice_the_second_time_sampled(opened):
    engine = Noting("one")
    _, kept = compare(opened, engine)
    assert sorted(kept.models) == ["first", "first (2)"]
    assert sorted(ask.temperature for ask in engine.asks) == [0.0, 0.8]
    warm = Noting("one")
    compare(opened, warm, temperature=1.2, top_p=0.9, seed=5)
    assert [(ask.temperature, ask.top_p) for ask in warm.asks] == [(1.2, 0.9)] * 2
    assert sorted(ask.seed for ask in warm.asks) == [5, 6]


def test_two_models_answer_the_same_ask_in_an_order_that_is_drawn(opened):
    orders = set()
    for _ in range(40):
        one, other = Noting("one"), Noting("other")
        _, kept = compare(opened, one, other)
        assert [ask.ids for ask in one.asks] == [ask.ids for ask in other.asks]
        said = {"first": "one 0", "second": "other 0"}
        assert kept.replies == tuple(said[name] for name in kept.models)
        orders.add(kept.models)
        if len(orders) == 2:
            break
    assert orders == {("first", "second"), ("second", "first")}


def test_where_one_side_breaks_off_there_is_an_error_and_nothing_to_choose(opened):
    slow = Noting("slow")
    events, kept = compare(opened, slow, Noting("other", gone=True))
    assert events[-1]["error"]["code"] == "engine_unavailable"
    assert kept is None
    assert slow.cancelled == [0]
