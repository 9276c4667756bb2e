"""The real HTTP application around an engine that says what a test wants: what no real model says when asked to."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import uvicorn

from acord.bundled import bundled_path
from acord.feedback.session import FeedbackSession, load_session
from acord.feedback.store import FeedbackStore
from acord.serve.engine import open_chat
from acord.serve.http.app import build_app
from acord.serve.http.door import door
from acord.serve.http.figures import Figures
from acord.serve.http.keys import Keys
from acord.serve.http.limits import Limits
from acord.serve.http.opinions import Opinions
from acord.serve.http.served import Served, ServedModel, lead_of
from acord.serve.http.traffic import Traffic
from acord.serve.protocol import Ask, EngineGone, Load, Piece, State, TooManyWaiting
from acord.serve.stream import Stream

SECONDS = 10


@dataclass
class Script:
    """An engine.

    replies: what the next ones say, piece by piece; the last one is said again. pause: seconds between pieces. fault:
    TooManyWaiting is raised instead; with anything else the engine dies where the reply would have ended. asked,
    cancelled: what came of it.
    """

    replies: list[Sequence[str]] = field(default_factory=lambda: [["D'acord."]])
    pause: float = 0.0
    fault: Exception | None = None
    now: State = "ready"
    asked: list[Ask] = field(default_factory=list)
    cancelled: int = 0

    def state(self) -> State:
        return self.now

    def why(self) -> str:
        return "" if self.now == "ready" else "the script says so"

    def load(self) -> Load:
        return Load(0, 0, 2)

    def close(self) -> None:
        pass

    def ask(self, ask: Ask) -> Stream:
        if self.now != "ready":
            raise EngineGone(self.why())
        if isinstance(self.fault, TooManyWaiting):
            raise self.fault
        self.asked.append(ask)
        said = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        stop = threading.Event()
        stream = Stream(stop.set)
        threading.Thread(target=self._say, args=(said, stream, stop), daemon=True).start()
        return stream

    def _say(self, said: Sequence[str], stream: Stream, stop: threading.Event) -> None:
        for text in said:
            if stop.wait(self.pause):
                self.cancelled += 1
                stream.put(Piece("", (), "cancelled"))
                return
            stream.put(Piece(text, (5,)))
        if self.fault is not None:
            self.now = "dead"
            stream.put(EngineGone(str(self.fault)))
        else:
            stream.put(Piece("", (2,), "stop"))


@dataclass(frozen=True)
class Scripted:
    """address: a URL. store: of preferences, where there is one."""

    address: str
    script: Script
    store: FeedbackStore | None


@contextmanager
def scripted(
    folder: Path | None = None, *, session: str | None = None, key: str | None = None, port: int = 0
) -> Iterator[Scripted]:
    """Serve a script until the block ends. folder: keep preferences there. session: YAML of one."""
    script = Script()
    opened = open_chat(str(bundled_path("model")))
    lead, size = lead_of(opened.tokenizer), len(opened.tokenizer)
    model = ServedModel("aitana", script, opened.chat, opened.defaults, lead, size)
    store = None if folder is None else FeedbackStore(folder / "kept.jsonl")
    keys = Keys([key] if key else [])
    served = Served(model, Limits(), Figures({"model": script}), Traffic(), key is not None)
    front = build_app(served, door("127.0.0.1", keys, ()), _opinions(folder, store, session), lambda _: None)
    with socket.create_server(("127.0.0.1", port)) as listener:
        config = uvicorn.Config(front, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        for _ in count():
            if server.started:
                break
            time.sleep(0.01)
        yield Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}", script, store)
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


def _opinions(folder: Path | None, store: FeedbackStore | None, session: str | None) -> Opinions:
    if folder is None or session is None:
        return Opinions(store)
    assert store is not None
    (folder / "session.yaml").write_text(session)
    return Opinions(store, FeedbackSession(load_session(folder / "session.yaml"), store))
