"""What the server counts, for Prometheus. The registry is its own: no other library adds to it."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from acord.serve.protocol import Engine

# Seconds. A first token comes after some milliseconds or, from a queue, after minutes.
FIRST_TOKEN = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
WHOLE = (0.005, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
STATES = ("loading", "ready", "dead", "closed")


class Figures:
    """engines: by the name that they have in the figures."""

    def __init__(self, engines: dict[str, Engine]) -> None:
        self._registry = registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter("acord_requests", "Requests answered.", ("route", "status"), registry=registry)
        self.prompt_tokens = Counter("acord_prompt_tokens", "Tokens of prompts.", registry=registry)
        self.cached_tokens = Counter("acord_cached_tokens", "Tokens of prompts computed before.", registry=registry)
        self.reply_tokens = Counter("acord_reply_tokens", "Tokens of replies.", registry=registry)
        self.first_token = Histogram(
            "acord_first_token_seconds", "From a request to its first token.", buckets=FIRST_TOKEN, registry=registry
        )
        self.seconds = Histogram(
            "acord_request_seconds", "From a request to its end.", ("route",), buckets=WHOLE, registry=registry
        )
        registry.register(_Engines(engines))

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)


class _Engines(Collector):
    """Asked when somebody looks."""

    def __init__(self, engines: dict[str, Engine]) -> None:
        self._engines = engines

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        running, waiting, slots = (
            GaugeMetricFamily(f"acord_{name}", what, labels=("engine",))
            for name, what in (
                ("replies_running", "Replies that are being made."),
                ("replies_waiting", "Replies that wait for a slot."),
                ("slots", "Replies that can be made side by side."),
            )
        )
        states = GaugeMetricFamily("acord_engine_state", "1 for the state it is in.", labels=("engine", "state"))
        for name, engine in self._engines.items():
            load, now = engine.load(), engine.state()
            for gauge, value in ((running, load.running), (waiting, load.waiting), (slots, load.slots)):
                gauge.add_metric((name,), value)
            for state in STATES:
                states.add_metric((name, state), float(state == now))
        yield from (running, waiting, slots, states)
