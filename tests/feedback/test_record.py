"""One preference as a line: what can be one, and what a line that is none is told."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from acord.data.read import MOST_BYTES as READ
from acord.errors import InputError
from acord.feedback.record import MOST_BYTES, line_of, parsed

from ..data.samples import FORGERY
from .samples import prefer


def changed(**more: Any) -> bytes:
    return json.dumps({**asdict(prefer()), **more}).encode()


@pytest.mark.parametrize("text", [FORGERY, "two\nlines\u2028three", "ç·l 😀", '"}{'])
def test_texts_come_back_as_they_were_on_one_line(text: str) -> None:
    given = prefer(text, "tie", replies=(text, ""), models=("a", "a (2)"), annotator="Anna", session="s", prompt_id="1")
    line = line_of(given)
    assert parsed(line, "here") == given
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert given.time.endswith("Z")


def test_ids_differ() -> None:
    assert len({prefer().id for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Podries explicar-me com es demana el certificat d'empadronament?", "va"),
        ("¿Me puede explicar cómo se pide el certificado de empadronamiento?", "es"),
        ("Could you tell me how to ask for a certificate of residence?", "en"),
        ("Können Sie mir erklären, wie man eine Bescheinigung beantragt?", None),
        ("2 + 2?", None),
    ],
)
def test_a_language_that_nobody_states_is_identified(prompt: str, language: str | None) -> None:
    assert prefer(prompt).language == language
    assert prefer(prompt, language="ca").language == "ca"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (changed(choise="1"), "unknown key choise. Did you mean choice?"),
        (changed(choice="3"), "choice: input should be '1', '2' or 'tie' (it is '3')"),
        (changed(choice=1), "choice:"),
        (changed(id="pref_1"), "id: should be pref_ and 16 hex digits"),
        (changed(time="yesterday"), "time: should be a time in UTC"),
        (changed(time="2026-13-09T10:00:00Z"), "time: should be a time in UTC"),
        (changed(replies=["one"]), "replies: should be two"),
        (changed(models=["a", "b\u202e"]), "models.1: should be 1 to 200 printable characters"),
        (changed(prompt=[]), "prompt: should end with a message of the user"),
        (changed(prompt=[{"role": "tool", "content": "x"}]), "prompt.0.role:"),
        (b'{"id": "pref_00', "no valid JSON"),
        (b'{"id": "\xff"}', "no valid JSON"),
        (b"[1]", "should be a mapping of keys"),
    ],
)
def test_a_line_that_is_no_preference_is_told_where_and_why(line: bytes, said: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(line, "mine.jsonl:7")
    assert str(error.value).startswith("mine.jsonl:7: ")
    assert said in str(error.value)
    assert error.value.fix


def test_what_the_build_could_not_read_is_not_written() -> None:
    assert MOST_BYTES == READ
    with pytest.raises(InputError, match="bytes"):
        line_of(prefer(replies=("x" * MOST_BYTES, "y")))
    with pytest.raises(InputError, match="Unicode"):
        line_of(prefer(replies=("\ud800", "y")))
