"""`acord chat` on a real terminal with the bundled model, and in pipes."""

import json
import subprocess
import sys

import pytest

from acord.bundled import bundled_path
from acord.cli import main_with
from acord.feedback.store import FeedbackStore
from tests.serve.talk.terminal import END, INTERRUPT, ROOT, Terminal

MODEL = str(bundled_path("model"))
PROMPT = "> \x1b[0m"
QUESTION = "Traduïx al valencià: «El niño juega en la calle.»"

pytestmark = pytest.mark.slow


@pytest.fixture
def terminal(tmp_path):
    """Makes terminals, and closes what a failed test leaves open."""
    opened = []

    def start(*arguments, **environment):
        opened.append(Terminal("chat", MODEL, *arguments, cwd=tmp_path, **{"LC_ALL": "C.UTF-8"} | environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_a_conversation_in_valencian(terminal, tmp_path):
    talk = terminal(LC_ALL="", LANG="ca_ES.UTF-8@valencia")
    greeting = talk.until(PROMPT)
    assert "Esteu parlant amb un model d'IA" in greeting.splitlines()[0]
    assert "4.096 tokens" in greeting
    answer = talk.line(QUESTION)
    assert answer.splitlines()[0].strip()
    talk.line("/set max_new_tokens 4000")
    # Under this penalty the model goes on and on.
    talk.line("/set temperature 5")
    talk.type("Conta'm un conte.\r")
    talk.until("\n")
    talk.until(" ")
    talk.type(INTERRUPT)
    assert "el que s'ha dit fins ara es queda en la conversa" in talk.until(PROMPT)
    status = talk.line("/status")
    assert "preguntes: 2" in status
    assert "temperature 5 (el propi del model: 0)" in status
    cached = int(status.split("el primer als")[1].split("; ")[1].split()[0])
    assert cached > 20, status
    talk.line("/undo")
    assert "serà la mateixa" in talk.line("/set temperature -") + talk.line("/retry")
    assert "s'ha guardat" in talk.line("/save conversa.jsonl")
    talk.type("mig")
    talk.until("mig")
    assert "Per a eixir" in talk.press_until(INTERRUPT, PROMPT)
    talk.type(END)
    assert talk.ended() == 0
    messages = json.loads((tmp_path / "conversa.jsonl").read_text(encoding="utf-8"))["messages"]
    assert [message["content"] for message in messages] == [QUESTION, answer.split("\r\n" + "\x1b")[0]]


def test_two_samples_are_compared_and_the_choice_is_read_back(terminal, tmp_path):
    talk = terminal(
        "--compare",
        MODEL,
        "--feedback",
        "mine.jsonl",
        "--language",
        "es",
        "--max-new-tokens",
        "30",
        "--temperature",
        "3",
    )
    assert str(tmp_path / "mine.jsonl") in talk.until(PROMPT)
    shown = talk.line("¿Cuál es la capital de Francia?")
    assert "Respuesta 1" in shown
    assert "¿Cuál es mejor?" in shown
    revealed = talk.line("/prefer 2")
    talk.type("/quit\r")
    assert talk.ended() == 0
    (row,) = FeedbackStore(tmp_path / "mine.jsonl").read()
    assert row.id in revealed
    assert sorted(row.models) == ["bundled", "bundled (2)"]
    assert f"la 1 era de {row.models[0]}, la 2 de {row.models[1]};" in revealed
    assert (row.choice, row.language) == ("2", "es")
    assert all(reply and reply.splitlines()[0] in shown for reply in row.replies)


def acord(*arguments, given: bytes = b""):
    command = [sys.executable, "-c", "from acord.cli import main; main()", "chat", *arguments]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, check=False, timeout=120)


def test_pipes_and_one_answer_on_a_terminal(terminal, capsys):
    done = acord(MODEL, "--json", given=QUESTION.encode() + b"\n")
    assert done.returncode == 0
    answered = json.loads(done.stdout)
    assert answered["finished"] is True
    assert main_with(["chat", MODEL, "--prompt", QUESTION]) == 0
    assert capsys.readouterr().out == answered["answer"] + "\n"
    shown = terminal("--prompt", QUESTION)
    assert shown.until("\n").strip() == answered["answer"]
    assert shown.ended() == 0


@pytest.mark.parametrize(
    ("arguments", "given", "part"),
    [
        (["folder"], b" \n", "stdin: the prompt is empty"),
        (["folder", "--prompt", "-"], b"\xff", "stdin: the prompt is not UTF-8"),
        (["folder", "--prompt", "x", "--compare", "other"], b"", "--compare: two models are compared in a session"),
    ],
)
def test_what_cannot_be_asked_is_one_line(arguments, given, part):
    done = acord(*arguments, given=given)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert part in done.stderr.decode()
