"""Messages pass through strings unharmed, whatever they say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.evaluate.prompts import CLOSE, OPEN, Prompt, decode, encode_messages

# Text that looks like marks is as likely as any other.
TEXT = st.lists(st.one_of(st.text(max_size=8), st.sampled_from([OPEN, CLOSE, f"{OPEN}0:", "]]", '"', ":", "12:"]))).map(
    "".join
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXT}), max_size=5
)
QUESTION = [{"role": "user", "content": "Què és l'Albufera?"}]


@given(MESSAGES, TEXT)
def test_what_goes_in_comes_out_with_the_text_behind_it(messages: list[dict[str, str]], behind: str) -> None:
    assert decode(encode_messages(messages) + behind) == Prompt(tuple(messages), behind)


@given(MESSAGES, TEXT, TEXT)
def test_a_begun_reply_is_what_further_text_is_put_behind(
    messages: list[dict[str, str]], begun: str, behind: str
) -> None:
    marked = encode_messages([*messages, {"role": "assistant", "content": begun}], add_generation_prompt=False)
    assert decode(marked + behind) == Prompt(tuple(messages), begun + behind)


@given(MESSAGES)
def test_a_mark_inside_a_message_stays_inside(messages: list[dict[str, str]]) -> None:
    forged = encode_messages(messages)
    outer = [{"role": "user", "content": forged}]
    assert decode(encode_messages(outer)) == Prompt(tuple(outer), "")
    assert decode(f" {forged}") is None


def test_the_harness_can_write_it_as_json() -> None:
    marked = encode_messages([{"role": "user", "content": "¿Y \ud800?"}])
    assert decode(json.loads(json.dumps([marked, " Sí"]))[0]) == decode(marked)


def test_it_is_the_same_in_every_process() -> None:
    assert encode_messages([{"role": "user", "content": "a"}]) == f'{OPEN}593757134f0028f9:14:[["user","a"]]{CLOSE}'


def test_plain_text_is_not_marked() -> None:
    assert decode("") is None
    assert decode("Pregunta: per què?\nResposta:") is None
    assert decode(f"{OPEN}12: a text of its own") is None


@pytest.mark.parametrize("change", [lambda text: text[:-3], lambda text: text.replace("Albufera", "albufera")])
def test_a_mark_that_was_changed_is_noticed(change: object) -> None:
    marked = encode_messages(QUESTION)
    with pytest.raises(ValueError, match="changed on its way"):
        decode(change(marked))  # type: ignore[operator]


def test_only_an_assistant_begins_a_reply() -> None:
    with pytest.raises(ValueError, match="not by the user"):
        encode_messages(QUESTION, add_generation_prompt=False)
