"""Ids, masks and fitting: what training, evaluation, chat and the server rely on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from acord.chat import CHATML, ChatFormat, EncodedPair, PairText, Refused
from tests.chat.chat_tokenizers import KINDS, LLAMA2, LLAMA3, NO_END, QWEN3, SALAMANDRA, tokenizer

TALK = [
    {"role": "user", "content": "How many days are there in a week?"},
    {"role": "assistant", "content": "Seven."},
    {"role": "user", "content": "¿Y en català?\n\n  Gràcies"},
]
TEMPLATES = {
    "chatml": CHATML,
    "bos": "{{ bos_token }}" + CHATML,
    "llama3": LLAMA3,
    "salamandra": SALAMANDRA,
    "qwen3": QWEN3,
    "no end": NO_END,
    "llama2": LLAMA2,
}


def build(kind: str, template: str, **options: Any) -> ChatFormat:
    if template == "salamandra":
        options["arguments"] = {"date_string": "2024-01-01"}
    return ChatFormat.build(tokenizer(kind, TEMPLATES[template]), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_prompts_are_encoded_as_transformers_encodes_them(kind: str, template: str) -> None:
    if (kind, template) == ("llama-legacy", "qwen3"):
        pytest.skip("such a tokenizer cannot encode <think> inside its own template; it is refused at build")
    built = tokenizer(kind, TEMPLATES[template])
    for messages in (TALK[:1], TALK):
        expected = built.apply_chat_template(messages, add_generation_prompt=True, date_string="2024-01-01")[
            "input_ids"
        ]
        assert list(build(kind, template).encode_prompt(messages).ids) == expected


@pytest.mark.parametrize("kind", ["bytelevel", "metaspace-first"])
@pytest.mark.parametrize("template", ["chatml", "bos", "salamandra"])
def test_replies_are_what_joint_encoding_gives_where_nothing_merges(kind: str, template: str) -> None:
    built = tokenizer(kind, TEMPLATES[template])
    pair = build(kind, template).encode_pair(TALK, "Seven days.", "Siete.", max_length=500)
    whole = [*TALK, {"role": "assistant", "content": "Seven days."}]
    expected = built.apply_chat_template(whole, date_string="2024-01-01")["input_ids"]
    joint = [*pair.prompt_ids, *pair.chosen_ids]
    assert joint == expected[: len(joint)]
    assert built.backend_tokenizer.decode(expected[len(joint) :]) == "\n" or template == "llama3"
    assert pair.boundary_merges == 0


def test_one_bos_and_one_end_of_turn() -> None:
    built = tokenizer("metaspace-first", TEMPLATES["bos"])
    pair = build("metaspace-first", "bos").encode_pair(TALK, "Seven.", "", max_length=500)
    bos, end = built.bos_token_id, built.convert_tokens_to_ids("<|im_end|>")
    for ids in (pair.chosen_ids, pair.rejected_ids):
        assert [*pair.prompt_ids, *ids].count(bos) == 1
        assert pair.prompt_ids[0] == bos
        assert list(ids).count(end) == 1
        assert ids[-1] == end
    assert pair.rejected_ids == (end,)
    assert list(pair.prompt_ids).count(end) == len(TALK)


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_without_end_of_turn_takes_the_tokenizers_eos(kind: str) -> None:
    built = tokenizer(kind)
    chat = build(kind, "no end")
    assert chat.end_of_turn_id == built.eos_token_id
    assert chat.stop_ids == (built.eos_token_id,)
    assert chat.encode_reply("Seven.")[-1] == built.eos_token_id
    conversation = chat.encode_conversation([*TALK[:2], *TALK[:2]], max_length=500)
    assert list(conversation.ids).count(built.eos_token_id) == 1
    scored = [number for number, mark in zip(conversation.ids, conversation.scored, strict=True) if mark]
    assert built.backend_tokenizer.decode(scored[:-1]).strip() == "Seven.Seven."


def test_stop_ids_hold_the_end_of_turn_and_eos() -> None:
    built = tokenizer("bytelevel")
    chat = build("bytelevel", "chatml")
    assert chat.stop_ids == (built.convert_tokens_to_ids("<|im_end|>"), built.eos_token_id)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", ["chatml", "llama3", "llama2", "no end"])
def test_decode_reply_undoes_encode_reply(kind: str, template: str) -> None:
    chat = build(kind, template)
    for text in ("Seven.", "Bon dia\n\n  a", "<|im_end|> x", "é", ""):
        assert chat.decode_reply(chat.encode_reply(text)) == text
    assert chat.decode_reply(chat.encode_reply("Seven.")[:-1]) == "Seven."


def test_a_merge_across_the_boundary_is_counted_and_the_reply_kept_apart() -> None:
    chat = build("bytelevel", "no end")
    pair = chat.encode_pair(TALK[:1], "answers", "7", max_length=500)
    assert pair.boundary_merges == 1
    assert pair.chosen_ids == chat.encode_reply("answers")
    assert chat.encode_pair(TALK[:1], "answers", "asks", max_length=500).boundary_merges == 2
    assert build("bytelevel", "chatml").encode_pair(TALK, "Seven", "Siete", max_length=500).boundary_merges == 0
    assert build("bytelevel", "chatml").encode_pair(TALK, "\nSeven", "Siete", max_length=500).boundary_merges <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_mask_marks_replies_and_their_ends(kind: str) -> None:
    chat = build(kind, "chatml")
    talk = [*TALK, {"role": "assistant", "content": "Set <|im_end|>"}]
    encoded = chat.encode_conversation(talk, max_length=500)
    scored = tuple(number for number, mark in zip(encoded.ids, encoded.scored, strict=True) if mark)
    assert scored == chat.encode_reply("Seven.") + chat.encode_reply("Set <|im_end|>")
    assert encoded.ids == chat.encode_prompt(TALK).ids + chat.encode_reply("Set <|im_end|>")
    assert encoded.turns_dropped == 0


@pytest.mark.parametrize("template", ["chatml", "bos", "llama3", "salamandra", "no end", "llama2"])
def test_stable_templates_are_called_stable(template: str) -> None:
    assert build("bytelevel", template).prefix_stable is True


def test_a_template_that_rewrites_its_history_scores_pairs_and_refuses_conversations() -> None:
    chat = build("bytelevel", "qwen3")
    assert chat.prefix_stable is False
    pair = chat.encode_pair(TALK, "Seven.", "Siete.", max_length=500)
    built = tokenizer("bytelevel", QWEN3)
    whole = built.apply_chat_template([*TALK, {"role": "assistant", "content": "Seven."}], tokenize=False)
    assert (
        built.backend_tokenizer.decode([*pair.prompt_ids, *pair.chosen_ids], skip_special_tokens=False) + "\n" == whole
    )
    with pytest.raises(Refused) as caught:
        chat.encode_conversation([*TALK, TALK[1]], max_length=500)
    assert caught.value.reason == "template history is not prefix-stable"


def test_a_template_that_drops_a_part_of_the_text_refuses_that_row_only() -> None:
    chat = build("bytelevel", "qwen3")
    thinking = [TALK[0], {"role": "assistant", "content": "<think>hm</think>Seven."}, TALK[2]]
    first, second = chat.encode_pairs([PairText(thinking, "a", "b"), PairText(TALK, "a", "b")], max_length=500)
    assert isinstance(first, Refused)
    assert first.reason == "template rewrites the text"
    assert isinstance(second, EncodedPair)


def test_trimming_templates_score_the_trimmed_reply() -> None:
    chat = build("bytelevel", "llama3")
    assert chat.encode_reply("  Seven.\n") == chat.encode_reply("Seven.")


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "tool", "content": "a"}], "unknown role"),
        ([{"role": "User", "content": "a"}], "unknown role"),
        ([{"role": "user"}], "content is not text"),
        ([{"role": "user", "content": ["a"]}], "content is not text"),
        ([{"role": "user", "content": "half \ud83d"}], "content is not text"),
        ([], "no user turn to answer"),
        (TALK[:2], "no user turn to answer"),
        ([{"role": "system", "content": "a"}], "no user turn to answer"),
    ],
)
def test_what_is_no_prompt_is_refused(messages: list[dict[str, Any]], reason: str) -> None:
    chat = build("bytelevel", "chatml")
    with pytest.raises(Refused) as caught:
        chat.encode_prompt(messages)
    assert caught.value.reason == reason
    with pytest.raises(Refused) as caught:
        chat.encode_pair(messages, "a", "b", max_length=99)
    assert caught.value.reason == reason


@pytest.mark.parametrize("reply", [None, 3, "\ud83d"])
def test_a_reply_that_is_no_text_is_refused(reply: Any) -> None:
    with pytest.raises(Refused) as caught:
        build("bytelevel", "chatml").encode_pair(TALK, reply, "b", max_length=99)
    assert caught.value.reason == "content is not text"


def test_an_unknown_letter_is_refused_where_the_vocabulary_has_no_bytes() -> None:
    vocabulary = {piece: place for place, piece in enumerate(["<unk>", "</s>", *sorted(set("user\nasitnbcd: "))])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    backend.add_special_tokens(["<unk>", "</s>"])
    backend.decoder = decoders.Fuse()
    built = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>", unk_token="<unk>")
    built.chat_template = NO_END
    chat = ChatFormat.build(built)
    assert chat.encode_reply("bcd") == (*(vocabulary[letter] for letter in "bcd"), vocabulary["</s>"])
    with pytest.raises(Refused) as caught:
        chat.encode_reply("b<unk>z")
    assert caught.value.reason == "text does not survive encoding"


TURNS = st.lists(st.text("ab \n", min_size=1, max_size=12), min_size=1, max_size=7)


@settings(max_examples=60, deadline=None)
@given(turns=TURNS, limit=st.integers(10, 120), system=st.booleans(), reply=st.text("ab ", max_size=20))
def test_fitting_drops_whole_oldest_exchanges_and_no_more_than_it_must(
    turns: list[str], limit: int, system: bool, reply: str
) -> None:
    turns = turns if len(turns) % 2 else turns[1:]
    history = [{"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(turns)]
    head = [{"role": "system", "content": "Be kind."}] if system else []
    if not history:
        return
    chat = FITTING
    sizes = {}
    for dropped in range(0, len(history), 2):
        full = chat.encode_pair([*head, *history[dropped:]], reply, "b", max_length=10_000)
        sizes[dropped] = len(full.prompt_ids) + max(len(full.chosen_ids), len(full.rejected_ids)), full
    fitting = [dropped for dropped, (size, _) in sizes.items() if size <= limit]
    (pair,) = chat.encode_pairs([PairText([*head, *history], reply, "b")], max_length=limit)
    if isinstance(pair, Refused):
        assert pair.reason == "too long"
        assert not fitting
        return
    assert pair.turns_dropped == fitting[0]
    expected = sizes[fitting[0]][1]
    assert (pair.prompt_ids, pair.chosen_ids, pair.rejected_ids) == (
        expected.prompt_ids,
        expected.chosen_ids,
        expected.rejected_ids,
    )
    room = limit - max(len(pair.chosen_ids), len(pair.rejected_ids))
    assert chat.encode_prompt([*head, *history], max_tokens=room).ids == pair.prompt_ids


FITTING = build("bytelevel", "chatml")


def test_fitting_a_conversation_keeps_its_last_exchange() -> None:
    chat = build("bytelevel", "chatml")
    talk = [*TALK, {"role": "assistant", "content": "Set."}]
    last = chat.encode_conversation(talk[2:], max_length=500)
    fitted = chat.encode_conversation(talk, max_length=len(last.ids) + 1)
    assert (fitted.ids, fitted.scored, fitted.turns_dropped) == (last.ids, last.scored, 2)
    with pytest.raises(Refused) as caught:
        chat.encode_conversation(talk, max_length=len(last.ids) - 1)
    assert caught.value.reason == "too long"


def test_many_pairs_at_once_give_what_each_gives_alone() -> None:
    chat = build("metaspace-first", "chatml")
    pairs = [
        PairText([*TALK[: 1 + 2 * (index % 2)]], f"a{index}" * index, "\u2581" * (index % 3)) for index in range(300)
    ]
    outcomes = {"encoded": 0, "too long": 0, "text does not survive encoding": 0}
    for pair, encoded in zip(pairs, chat.encode_pairs(pairs, max_length=300), strict=True):
        if isinstance(encoded, EncodedPair):
            outcomes["encoded"] += 1
            assert encoded == chat.encode_pair(*pair, max_length=300)
            continue
        outcomes[encoded.reason] += 1
        with pytest.raises(Refused) as caught:
            chat.encode_pair(*pair, max_length=300)
        assert (encoded.reason, encoded.detail) == (caught.value.reason, caught.value.detail)
    assert min(outcomes.values()) > 10


def test_golden_ids() -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["</s>", "<|im_start|>", "<|im_end|>", *alphabet, "us", "er", "user", "Ho", "la"]
    backend = Tokenizer(
        models.BPE(
            vocab={piece: place for place, piece in enumerate(pieces)},
            merges=[("u", "s"), ("e", "r"), ("us", "er"), ("H", "o"), ("l", "a")],
        )
    )
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(pieces[:3])
    chat = ChatFormat.build(PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>"))
    pair = chat.encode_pair([{"role": "user", "content": "Hola</s>"}], "Hola", "", max_length=99)
    names = ["<|im_start|>", "user", "Ċ", "Ho", "la", *"</s>", "<|im_end|>", "Ċ", "<|im_start|>", *"assistant", "Ċ"]
    assert pair.prompt_ids == tuple(pieces.index(name) for name in names)
    assert pair.prompt_ids == (
        (1, 261, 201, 262, 263, 30, 17, 85, 32, 2, 201, 1, 67, 85, 85, 75, 85, 86, 67, 80, 86, 201)
    )
    assert pair.chosen_ids == (262, 263, 2)
    assert pair.rejected_ids == (2,)
