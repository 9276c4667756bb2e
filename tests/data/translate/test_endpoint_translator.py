"""The second translator, through a stand-in server: what the model is shown, and what is made of its answer."""

import re
from pathlib import Path
from typing import Any

import pytest

from acord.data.translate import CHECK, LOST, Untranslated, translator
from acord.errors import InputError
from tests.data.chat_server import Reply, completion, last_message, serving
from tests.data.translate.samples import settings

TEXT = "# La **casa**\n\n- usa `y = 1` en [el enlace](http://a.es/y)\n- y {nombre}: 3,5 %.\n\n```\nla casa\n```\n"


def loud(text: str) -> str:
    """A model that leaves addresses alone."""
    return "".join(part if part.startswith("](") else part.upper() for part in re.split(r"(\]\([^)]*\))", text))


def test_the_model_sees_markdown_and_tokens_for_nouns(tmp_path: Path) -> None:
    with serving(lambda body, _: completion(loud(last_message(body)))) as server:
        through = server.endpoint().model_dump()
        with translator(settings(language="en", through=through), variety="any", cache=tmp_path, processes=1) as made:
            assert made.identity == ("endpoint m", "")
            assert made.translate([TEXT]) == [
                "# LA **CASA**\n\n- USA `y = 1` EN [EL ENLACE](http://a.es/y)\n- Y {nombre}: 3,5 %.\n\n"
                "```\nla casa\n```\n"
            ]
            assert made.translate([TEXT, "12"])[1] == "12"
    assert len(server.bodies) == 1
    system, user = (message["content"] for message in server.bodies[0]["messages"])
    assert "from English into Valencian" in system
    assert user == ("# La **casa**\n\n- usa ⟦2⟧ en [el enlace](http://a.es/y)\n- y ⟦5⟧: ⟦6⟧.\n\n⟦7⟧")
    assert server.bodies[0]["temperature"] == 0


def test_the_recipes_system_message_takes_the_place_of_ours(tmp_path: Path) -> None:
    with serving(lambda body, _: completion(loud(last_message(body)))) as server:
        through = server.endpoint(system="Translate.").model_dump()
        with translator(settings(through=through), variety="any", cache=tmp_path, processes=1) as made:
            assert made.translate(["hola"]) == ["HOLA"]
    assert server.bodies[0]["messages"] == [
        {"role": "system", "content": "Translate."},
        {"role": "user", "content": "hola"},
    ]


def test_an_answer_that_breaks_the_text_is_asked_for_in_parts(tmp_path: Path) -> None:
    def one_line(body: dict[str, Any], _: int) -> Reply:
        return completion(loud(last_message(body)).replace("\n", " "))

    with serving(one_line) as server:
        through = server.endpoint().model_dump()
        with translator(settings(through=through), variety="any", cache=tmp_path, processes=1) as made:
            assert made.translate(["uno `y`\n\ndos"]) == ["UNO `y`\n\nDOS"]
    assert sorted(map(last_message, server.bodies)) == ["dos", "uno ⟦0⟧", "uno ⟦0⟧\n\ndos"]


@pytest.mark.parametrize(
    ("answer", "reason", "says"),
    [
        ("UNO.", CHECK, "final punctuation"), ("UNO ⟦0⟧ ⟦0⟧", CHECK, "placeholders"),
        ("UNO ⟦7⟧", CHECK, "placeholders"),
        ("**UNO**", CHECK, "marks"), ("UNO \U000f0000", CHECK, "private"),
        ("Here it is: UNO ⟦0⟧.", CHECK, "placeholders"),
        (None, LOST, "no answer"),
    ],
)  # fmt: skip
def test_an_answer_that_is_wrong_in_every_part_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, reason: str, says: str
) -> None:
    monkeypatch.setattr("acord.data.endpoint.TRIES", 1)
    with serving(lambda _, __: completion(answer)) as server:
        through = server.endpoint().model_dump()
        with translator(settings(through=through), variety="any", cache=tmp_path, processes=1) as made:
            (refused,) = made.translate(["uno `y`"])
    assert isinstance(refused, Untranslated)
    assert refused.reason == reason
    assert says in refused.detail


def test_a_key_that_is_missing_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRANSLATION_KEY", raising=False)
    through = {"url": "http://127.0.0.1:9/v1", "model": "m", "key_variable": "TRANSLATION_KEY"}
    with pytest.raises(InputError, match="TRANSLATION_KEY"):
        translator(settings(through=through), variety="any", cache=tmp_path, processes=1)
