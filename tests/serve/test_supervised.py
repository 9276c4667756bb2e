"""An engine in its own process: what it says, and what happens when it dies, hangs or cannot start."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from acord.bundled import bundled_path
from acord.serve.engine import open_engine
from acord.serve.lives import Patience
from acord.serve.protocol import Ask, Engine, EngineGone, Piece, ReplyFailed, TooManyWaiting
from acord.serve.supervised import Supervised, supervised
from tests.serve.processes import LONG, ROOT, alive, scripted, until, wait_for
from tests.serve.scripted_worker import FAILED, STOPPED


@pytest.fixture(scope="module")
def engine() -> Iterator[Supervised]:
    engine = scripted()
    wait_for(engine, "ready")
    yield engine
    engine.close()


def test_a_reply_comes_piece_by_piece_and_whole(engine: Supervised) -> None:
    pieces = list(engine.ask(Ask((5, 6, 7), 3, stop=("é\ud800",))))
    assert [piece.ids for piece in pieces] == [(5,), (6,), (7,)]
    assert [piece.finish for piece in pieces] == [None, None, "length"]
    assert [piece.cached for piece in pieces] == [7, 0, 0]
    assert (engine.longest, engine.reasons) == (900, ["it is a script"])


def test_a_listener_hears_each_piece_once_and_in_order(engine: Supervised) -> None:
    heard: list[Piece | EngineGone] = []
    done = Event()

    def tell(piece: Piece | EngineGone) -> None:
        heard.append(piece)
        if isinstance(piece, EngineGone) or piece.finish is not None:
            done.set()

    spoken = engine.ask(Ask(tuple(range(1, 301)), 300, temperature=0.0005))
    time.sleep(0.05)  # some pieces are there before anybody listens
    spoken.listen(tell)
    assert done.wait(10)
    assert [piece.ids[0] for piece in heard if isinstance(piece, Piece)] == list(range(1, 301))


def test_a_listener_that_fails_costs_its_own_reply_alone(engine: Supervised) -> None:
    def fail(_: Piece | EngineGone) -> None:
        raise RuntimeError("the loop is closed")

    engine.ask(LONG).listen(fail)
    assert list(engine.ask(Ask((5,), 1)))[-1].finish == "length"
    until(lambda: engine.load().running == 0)


def test_a_cancelled_reply_ends_and_leaves_its_slot(engine: Supervised) -> None:
    spoken = engine.ask(LONG)
    pieces = iter(spoken)
    next(pieces)
    spoken.cancel()
    spoken.cancel()
    assert list(pieces)[-1].finish == "cancelled"
    assert engine.load() == (0, 0, 2)


def test_more_than_slots_and_queue_hold_is_refused_at_once(engine: Supervised) -> None:
    under_way = [engine.ask(LONG) for _ in range(4)]
    assert engine.load() == (2, 2, 2)
    with pytest.raises(TooManyWaiting):
        engine.ask(LONG)
    for spoken in under_way:
        spoken.cancel()
    assert [list(spoken)[-1].finish for spoken in under_way] == ["cancelled"] * 4
    assert list(engine.ask(Ask((5,), 1)))[-1].finish == "length"


@pytest.mark.parametrize(
    ("ids", "told"),
    [((FAILED,), "there is not enough memory for a reply to 1 tokens"), ((), "a prompt has no tokens")],
)
def test_a_reply_that_fails_is_told_so_and_no_other(engine: Supervised, ids: tuple[int, ...], told: str) -> None:
    process = engine.process_id()
    with pytest.raises(ReplyFailed) as caught:
        list(engine.ask(Ask(ids, 1)))
    assert str(caught.value) == told
    assert list(engine.ask(Ask((5,), 1)))[-1].finish == "length"
    assert engine.process_id() == process
    assert engine.load() == (0, 0, 2)


def test_kill_9_under_load_fails_the_replies_at_once_and_the_engine_comes_back(engine: Supervised) -> None:
    under_way = [engine.ask(LONG) for _ in range(4)]
    heard: list[Piece | EngineGone] = []
    under_way[3].listen(heard.append)
    next(iter(under_way[0]))
    process = engine.process_id()
    assert process is not None
    killed = time.monotonic()
    os.kill(process, signal.SIGKILL)
    for spoken in under_way[:3]:
        with pytest.raises(EngineGone, match=r"^the engine ended by signal 9$"):
            list(spoken)
    assert time.monotonic() - killed < 1.0
    until(lambda: isinstance(heard[-1], EngineGone))
    assert engine.state() != "ready"
    assert "signal 9" in engine.why()
    with pytest.raises(EngineGone, match="signal 9"):
        engine.ask(LONG)
    wait_for(engine, "ready")
    assert engine.why() == ""
    assert engine.load() == (0, 0, 2)
    assert list(engine.ask(Ask((5,), 1)))[-1].ids == (5,)


@pytest.mark.slow
def test_a_process_that_says_nothing_any_more_is_ended_and_started_again() -> None:
    engine = scripted()
    wait_for(engine, "ready")
    with pytest.raises(EngineGone, match="no sign of life"):
        list(engine.ask(Ask((STOPPED,), 1)))
    wait_for(engine, "ready")
    engine.close()


def test_an_engine_that_dies_in_loading_is_started_again(tmp_path: Path) -> None:
    engine = scripted(str(tmp_path / "deaths"), "1")
    until(lambda: "it is being started again (1 of 3)" in engine.why())
    wait_for(engine, "ready")
    engine.close()


def test_an_engine_that_dies_again_and_again_stays_dead(tmp_path: Path) -> None:
    deaths = tmp_path / "deaths"
    engine = scripted(str(deaths), "9", patience=Patience(restarts=2, pause=0.01))
    until(lambda: engine.why().endswith("2 restarts in 10 minutes were of no use"))
    assert engine.state() == "dead"
    assert engine.why().startswith("the engine ended by signal 6")
    assert deaths.read_text() == "xxx"
    engine.close()


def test_closing_ends_replies_and_the_process() -> None:
    engine = scripted()
    wait_for(engine, "ready")
    spoken = engine.ask(LONG)
    process = engine.process_id()
    assert process is not None
    engine.close()
    engine.close()
    assert list(spoken)[-1].finish == "cancelled"
    assert engine.state() == "closed"
    assert not alive(process)
    with pytest.raises(EngineGone, match="closed"):
        engine.ask(LONG)


def test_a_process_that_will_not_close_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acord.serve.supervised.ENDING", 0.2)
    engine = scripted(patience=Patience())
    wait_for(engine, "ready")
    engine.ask(Ask((STOPPED,), 1))
    process = engine.process_id()
    assert process is not None
    until(lambda: Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] == "T")
    engine.close()
    assert engine.state() == "closed"
    assert not alive(process)


PARENT = """
import sys, time
from tests.serve.processes import scripted, wait_for
engine = scripted()
wait_for(engine, "ready")
print(engine.process_id(), flush=True)
time.sleep(60)
"""


def test_the_process_does_not_outlive_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    process = int(parent.stdout.readline())
    assert alive(process)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not alive(process), 0.3)


@pytest.mark.slow
def test_a_model_says_the_same_in_its_own_process_and_again_after_a_kill() -> None:
    model = bundled_path("model")
    loaded = open_engine(model, slots=4)
    engine = supervised(model, slots=4)
    questions = ["Bon dia! Com estàs?", "Count to ten.", "¿Qué es la paella?", "Què és l'Albufera?"]
    prompts = [loaded.chat.encode_prompt([{"role": "user", "content": question}]).ids for question in questions]
    asks = [loaded.defaults.ask(ids, temperature=heat, max_new_tokens=40) for ids in prompts for heat in (0.0, 0.9)]
    expected = [list(spoken) for spoken in [loaded.engine.ask(ask) for ask in asks]]
    loaded.engine.close()
    wait_for(engine, "ready", 60)
    assert said(engine, asks) == [[piece[:3] for piece in pieces] for pieces in expected]
    under_way = [engine.ask(ask) for ask in asks]
    next(iter(under_way[0]))
    killed = time.monotonic()
    os.kill(engine.process_id() or 0, signal.SIGKILL)
    for spoken in under_way[4:]:
        with pytest.raises(EngineGone, match="signal 9"):
            list(spoken)
    assert time.monotonic() - killed < 2
    wait_for(engine, "ready", 60)
    assert said(engine, asks) == [[piece[:3] for piece in pieces] for pieces in expected]
    engine.close()


def said(engine: Engine, asks: Sequence[Ask]) -> list[list[tuple[object, ...]]]:
    """Text, ids and finish of each piece, of replies made side by side."""
    return [[piece[:3] for piece in spoken] for spoken in [engine.ask(ask) for ask in asks]]


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_dead_with_what_is_wrong_and_not_tried_again(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(bundled_path("model"), model)
    (model / "model.safetensors").write_bytes(b"no weights")
    engine = supervised(model, patience=Patience(restarts=0))
    wait_for(engine, "dead", 60)  # tried again, the number of times would be told
    assert engine.why().startswith(f"{model}: transformers cannot load this model: ")
    assert engine.why().endswith("Give a causal language model that it knows, undamaged.")
    assert "\n" not in engine.why()
    with pytest.raises(EngineGone, match="cannot load this model"):
        engine.ask(Ask((5,), 1))
    engine.close()
