"""Text of a reply piece by piece: joined, it is what decoding the whole reply gives."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.chat import CHATML, ChatFormat, Refused
from acord.generate.replies import cut
from acord.serve.streaming import Streaming
from tests.chat.chat_tokenizers import KINDS, LLAMA2, LLAMA3, NO_END, QWEN3, tokenizer

# QWEN3 and LLAMA2 write text around a reply.
TEMPLATES = {"chatml": CHATML, "llama3": LLAMA3, "qwen3": QWEN3, "no end": NO_END, "llama2": LLAMA2}
FORMATS = [(kind, name) for kind in KINDS for name in TEMPLATES if (kind, name) != ("llama-legacy", "qwen3")]
TEXTS = ["Què tal, l'any? ☀️👩‍🌾 «són» 中文", "  two  spaces\n\n and <|im_end|> typed ", "", " ", "\u2581a", "a <think>"]


@cache
def chat_format(kind: str, template: str) -> ChatFormat:
    return ChatFormat.build(tokenizer(kind, TEMPLATES[template]))


@cache
def byte_ids(kind: str) -> list[int]:
    """Ids of tokens that are parts of characters."""
    vocabulary = tokenizer(kind).get_vocab()
    found = [number for text, number in vocabulary.items() if text.startswith("<0x") or (len(text) == 1 and text > "~")]
    return sorted(found)


def pieces(chat: ChatFormat, ids: Sequence[int], stop: Sequence[str] = ()) -> list[str]:
    """What is said at each id, and at the end."""
    streaming = Streaming(chat, stop)
    said = []
    for number in ids:
        said.append(streaming.push(number))
        if streaming.stopped:
            break
    return [*said, streaming.finish()]


@pytest.mark.parametrize(("kind", "template"), FORMATS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_joined_pieces_are_the_decoded_reply(kind: str, template: str, data: st.DataObject) -> None:
    chat = chat_format(kind, template)
    # Some ids beyond the vocabulary, as models with padded embeddings have them; many bytes; ids that end a turn.
    size = len(tokenizer(kind))
    parts = byte_ids(kind) or [0]
    one = st.integers(0, size + 3) | st.sampled_from(parts) | st.sampled_from(chat.stop_ids)
    ids = data.draw(st.lists(one, max_size=40))
    assert "".join(pieces(chat, ids)) == chat.decode_reply(ids)


@pytest.mark.parametrize(("kind", "template"), FORMATS)
def test_written_replies_come_back(kind: str, template: str) -> None:
    chat = chat_format(kind, template)
    written = [text for text in TEXTS if kind != "unigram" or text.isascii()]
    checked = 0
    for text in written:
        try:
            ids = chat.encode_reply(text)
        except Refused:
            continue
        said = pieces(chat, ids)
        assert "".join(said) == chat.decode_reply(ids)
        assert all("\ufffd" not in piece for piece in said)
        checked += 1
    assert checked > 1


def test_text_is_not_held_back_for_nothing() -> None:
    chat = chat_format("bytelevel", "chatml")
    ids = chat.encode_reply("Bon dia, què tal?")
    said = pieces(chat, ids)
    # All is out before the end of turn, and a two-byte letter waits for its second byte alone.
    assert "".join(said[: len(ids) - 1]) == "Bon dia, què tal?"
    assert said.count("") <= 3


def test_an_unreadable_byte_spoils_its_run_and_no_text_before_it() -> None:
    chat = chat_format("metaspace-first", "chatml")
    vocabulary = tokenizer("metaspace-first").get_vocab()
    ids = [vocabulary["a"], *(vocabulary[f"<0x{byte:02X}>"] for byte in (0xC3, 0xA9, 0xFF)), vocabulary["a"]]
    assert pieces(chat, ids) == ["a", "", "", "", "\ufffd\ufffd\ufffda", ""]
    assert pieces(chat, ids[:3]) == ["a", "", "", "é"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_stop_strings_cut_wherever_tokens_part_them(kind: str, data: st.DataObject) -> None:
    chat = chat_format(kind, "chatml")
    ids = data.draw(st.lists(st.integers(0, len(tokenizer(kind)) - 1), min_size=1, max_size=30))
    whole = chat.decode_reply(ids)
    start = data.draw(st.integers(0, max(0, len(whole) - 1)))
    stop = [whole[start : start + data.draw(st.integers(1, 6))], "never in it", ""]
    assert "".join(pieces(chat, ids, stop)) == cut(whole, stop)


def test_what_may_begin_a_stop_string_is_held_back_until_it_is_certain() -> None:
    chat = chat_format("bytelevel", "chatml")
    letter = {character: chat.encode_reply(character)[0] for character in "abc"}

    def said(text: str, *stop: str) -> list[str]:
        return pieces(chat, [letter[character] for character in text], stop)

    assert said("abab", "abc") == ["", "", "ab", "", "ab"]
    assert said("aabc", "abc") == ["", "a", "", "", ""]
    # The first that is complete ends the reply.
    assert said("abc", "abc", "b") == ["", "a", ""]
    # Where one token completes two, the reply ends before the earlier.
    vocabulary = tokenizer("bytelevel").get_vocab()
    text = next(text for text in sorted(vocabulary) if text.isalpha() and text.isascii() and len(text) > 2)
    assert pieces(chat, [vocabulary[text]], (text[2:], text[1])) == [text[0], ""]
