"""The engine over a managed vLLM server: here a process that speaks its protocol, started by the same command line."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from acord.bundled import bundled_path
from acord.chat import ChatFormat
from acord.errors import InputError
from acord.models import load_tokenizer
from acord.serve.lives import Patience
from acord.serve.protocol import Ask, EngineGone, ReplyFailed, TooManyWaiting
from acord.serve.vllm import Vllm, vllm_command
from tests.serve.like_vllm import ABORTED, BROKEN, CHANGED, ENGINE_DEAD, REFUSED, STOPPED
from tests.serve.processes import LONG, ROOT, alive, until, wait_for

LIKE_VLLM = Path(__file__).with_name("like_vllm.py")
MODEL = bundled_path("model")
QUICK = Patience(pause=0.1, silent=1.0)


@pytest.fixture(scope="module", autouse=True)
def _path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A program called vllm where programs are looked for."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "vllm"
    program.write_text(f"#!{sys.executable}\nimport runpy\nrunpy.run_path({str(LIKE_VLLM)!r}, run_name='__main__')\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        patch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy is not asked for this machine
        yield


@pytest.fixture(scope="module")
def chat() -> ChatFormat:
    return ChatFormat.build(load_tokenizer(MODEL))


@pytest.fixture(scope="module")
def engine(chat: ChatFormat) -> Iterator[Vllm]:
    engine = open_one(chat)
    wait_for(engine, "ready")
    yield engine
    engine.close()


def open_one(chat: ChatFormat, model: Path = MODEL, patience: Patience = QUICK) -> Vllm:
    return Vllm(vllm_command(model), chat, slots=2, waiting=2, patience=patience)


def server_of(engine: Vllm) -> int:
    """The process id of the server that the guard runs."""
    guard = engine.process_id()
    (server,) = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
    return int(server)


def command_line(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")


def test_ids_come_back_as_the_text_that_the_chat_format_reads_in_them(engine: Vllm, chat: ChatFormat) -> None:
    said = chat.encode_reply("Bon dia, València! ¿Qué tal? 😀 <|im_end|>")
    pieces = list(engine.ask(Ask((*said, 5, 6), 100)))
    assert tuple(number for piece in pieces for number in piece.ids) == said
    assert (
        "".join(piece.text for piece in pieces)
        == chat.decode_reply(said)
        == "Bon dia, València! ¿Qué tal? 😀 <|im_end|>"
    )
    assert [piece.finish for piece in pieces] == [None] * (len(said) - 1) + ["stop"]
    assert pieces[-1].cached == 7


def test_a_reply_that_the_limit_cuts_in_a_character_says_what_the_chat_format_reads(
    engine: Vllm, chat: ChatFormat
) -> None:
    said = chat.encode_reply("Bon dia 😀")
    for limit in range(1, len(said)):
        pieces = list(engine.ask(Ask(said, limit)))
        assert "".join(piece.text for piece in pieces) == chat.decode_reply(said[:limit])
        assert [piece.finish for piece in pieces] == [None] * (limit - 1) + ["length"]


def test_a_stop_string_ends_the_reply_here_and_there(engine: Vllm, chat: ChatFormat) -> None:
    ids = (*chat.encode_reply("u dos tres STOP quatre")[:-1], *LONG.ids)
    pieces = list(engine.ask(Ask(ids, 1000, stop=("STOP",), temperature=0.001)))
    assert "".join(piece.text for piece in pieces) == "u dos tres "
    assert pieces[-1].finish == "stop"
    until(lambda: running(engine) == 0)


def test_a_cancelled_reply_is_given_up_by_the_server(engine: Vllm) -> None:
    spoken = engine.ask(LONG)
    next(iter(spoken))
    assert running(engine) == 1
    spoken.cancel()
    assert list(spoken)[-1].finish == "cancelled"
    until(lambda: running(engine) == 0)
    assert engine.load() == (0, 0, 2)


def running(engine: Vllm) -> int:
    line = command_line(server_of(engine))
    port = line[line.index("--port") + 1]
    return int(httpx2.get(f"http://127.0.0.1:{port}/running", trust_env=False).json()["running"])


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ((REFUSED,), "vLLM refuses the request: This model's maximum context length is 7 tokens"),
        ((70, BROKEN), "vLLM broke the reply off: EngineCore encountered an issue."),
        ((70, ABORTED), "vLLM broke the reply off: abort"),
        ((CHANGED,), "vLLM read another prompt than it was given"),
    ],
)
def test_what_the_server_says_against_a_reply_is_told(engine: Vllm, ids: tuple[int, ...], told: str) -> None:
    with pytest.raises(ReplyFailed) as caught:
        list(engine.ask(Ask(ids, 5)))
    assert str(caught.value) == told
    assert engine.state() == "ready"


def test_slots_and_queue_are_counted(engine: Vllm) -> None:
    under_way = [engine.ask(LONG) for _ in range(4)]
    assert engine.load() == (2, 2, 2)
    with pytest.raises(TooManyWaiting):
        engine.ask(LONG)
    for spoken in under_way:
        spoken.cancel()
    assert [list(spoken)[-1].finish for spoken in under_way] == ["cancelled"] * 4


def test_the_key_is_on_no_command_line_and_others_are_turned_away(engine: Vllm) -> None:
    server = server_of(engine)
    line = command_line(server)
    environment = Path(f"/proc/{server}/environ").read_bytes().decode().split("\0")
    (key,) = [entry.split("=", 1)[1] for entry in environment if entry.startswith("VLLM_API_KEY=")]
    assert len(key) >= 32
    assert not any(key in word for word in [*line, *command_line(engine.process_id() or 0)])
    port = line[line.index("--port") + 1]
    assert httpx2.post(f"http://127.0.0.1:{port}/v1/completions", json={}, trust_env=False).status_code == 401


def test_kill_9_under_load_fails_the_replies_at_once_and_the_server_comes_back(engine: Vllm) -> None:
    under_way = [engine.ask(LONG) for _ in range(3)]
    next(iter(under_way[0]))
    guard = engine.process_id()
    killed = time.monotonic()
    os.kill(server_of(engine), signal.SIGKILL)
    for spoken in under_way:
        with pytest.raises(EngineGone, match=r"^vllm ended by signal 9$"):
            list(spoken)
    assert time.monotonic() - killed < 1.0
    assert engine.state() != "ready"
    wait_for(engine, "ready")
    assert engine.process_id() != guard
    assert list(engine.ask(Ask((70,), 1)))[-1].finish == "length"


@pytest.mark.parametrize(
    ("ids", "told"),
    [((STOPPED,), "vllm gave no sign of life"), ((ENGINE_DEAD,), "vllm says that its engine has ended")],
)
def test_a_server_that_is_of_no_use_is_ended_and_started_again(
    chat: ChatFormat, ids: tuple[int, ...], told: str
) -> None:
    engine = open_one(chat)
    wait_for(engine, "ready")
    with pytest.raises(EngineGone, match=told):
        list(engine.ask(Ask(ids, 1)))
    wait_for(engine, "ready")
    engine.close()


def test_a_model_that_cannot_be_loaded_is_told_in_the_servers_last_words(chat: ChatFormat, tmp_path: Path) -> None:
    engine = open_one(chat, tmp_path / "none", Patience(restarts=0))
    wait_for(engine, "dead")  # not tried again, or the number of times would be told
    assert engine.why() == "vllm ended with exit code 1: OSError: the model's folder is not there"
    engine.close()


def test_closing_ends_replies_and_the_server(chat: ChatFormat) -> None:
    engine = open_one(chat)
    wait_for(engine, "ready")
    spoken = engine.ask(LONG)
    server = server_of(engine)
    engine.close()
    engine.close()
    assert list(spoken)[-1].finish == "cancelled"
    assert engine.state() == "closed"
    assert not alive(server)
    spoken.cancel()


PARENT = """
import sys, time
from pathlib import Path
from tests.serve.test_vllm_engine import MODEL, Vllm, server_of, vllm_command, wait_for
engine = Vllm(vllm_command(MODEL), None)
wait_for(engine, "ready")
print(server_of(engine), flush=True)
time.sleep(60)
"""


def test_the_server_does_not_outlive_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    assert alive(server)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not alive(server), 2.0)


def test_without_vllm_the_fix_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="pip install vllm"):
        vllm_command(MODEL)
