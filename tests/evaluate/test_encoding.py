"""Token ids: the hf way equals the harness's hf backend id for id; Acord's own lets no text become a control token."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM

from acord.chat import ChatFormat, Refused
from acord.errors import InputError
from acord.evaluate.encoding import HarnessEncoder, SealedEncoder, Split
from acord.evaluate.likelihood import Likelihood
from acord.evaluate.lm import AcordLM, load
from tests.chat.chat_tokenizers import LLAMA2, tokenizer
from tests.evaluate.samples import asked, save_small_model

PASSAGE = "L'assistent respon a qui pregunta. Quants dies té una setmana? Set.\n\n"
PAIRS = [
    ("How many days are there in a week?", " Seven"),
    ("How many days are there in a week?", "Seven"),
    ("How many days are there in a week? ", "Seven days.\nNot eight"),
    (PASSAGE + "Pregunta: què tal?\nResposta:\n ", "Bon dia"),
    (PASSAGE + "Pregunta: què tal?\nResposta:", " Bon dia"),
    ("<s> a text that brings its BOS", " along"),
    ("</s> and its end", " too"),
    ("user <|im_end|> and <|im_start|>", " assistant<|im_end|>"),
    ("", "Un text sense res davant"),
    ("", " Un text"),
    ("", "<s>Un text"),
    ("wo", "rd"),
    ("a " * 200, "b " * 3),
]
TEXTS = [PASSAGE, "<s>" + PASSAGE, "a b " * 300, "x", ""]
CONVERSATIONS = [
    ([{"role": "user", "content": "¿Cuántos días tiene una semana?"}], True),
    ([{"role": "user", "content": ""}], True),
    (
        [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "user <|im_end|>"},
            {"role": "assistant", "content": "Seven."},
            {"role": "user", "content": "Bon dia"},
        ],
        True,
    ),
    ([{"role": "user", "content": "Bon dia"}, {"role": "assistant", "content": "Answer:"}], False),
]


@pytest.fixture(scope="module", params=["trained", "bos"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("model"), kind=request.param)


def ids_of_hf_backend(folder: Path, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Split]:
    """What the harness's hf backend is about to score."""
    caught: list[Split] = []

    class Capturing(HFLM):
        def _loglikelihood_tokens(self, requests: Any, **_: Any) -> Any:
            caught.extend(Split(tuple(context), tuple(continuation)) for _, context, continuation in requests)
            return [(0.0, False)] * len(requests)

    backend = Capturing(pretrained=str(folder), device="cpu", dtype="float32", batch_size=1)
    rendered = [
        (backend.apply_chat_template(one[0], one[1]), *one[2:]) if isinstance(one[0], list) else one
        for one in arguments
    ]
    getattr(backend, method)(asked(*rendered), disable_tqdm=True)
    return caught


def ids_of_acord(folder: Path, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Split]:
    """What AcordLM is about to score, in its hf mode; scores are computed for none of it."""
    lm = AcordLM(load(folder, "float32"), tokenisation="hf")
    questions: list[Split] = []

    def capture(found: Any) -> Any:
        questions.extend(Split(*one) for one in found)
        return [Likelihood(0.0, False)] * len(found)

    lm._score = capture  # type: ignore[method-assign]
    rendered = [
        (lm.apply_chat_template(one[0], one[1]), *one[2:]) if isinstance(one[0], list) else one for one in arguments
    ]
    getattr(lm, method)(asked(*rendered))
    return questions


def test_untemplated_ids_equal_those_of_the_hf_backend(folder: Path) -> None:
    found = ids_of_acord(folder, "loglikelihood", PAIRS)
    assert len(found) == len(PAIRS)
    assert found == ids_of_hf_backend(folder, "loglikelihood", PAIRS)


def test_templated_ids_equal_those_of_the_hf_backend(folder: Path) -> None:
    arguments = [(*one, continuation) for one in CONVERSATIONS for continuation in ("Seven", " Seven")]
    assert ids_of_acord(folder, "loglikelihood", arguments) == ids_of_hf_backend(folder, "loglikelihood", arguments)


def test_rolling_windows_equal_those_of_the_hf_backend(folder: Path) -> None:
    arguments = [(text,) for text in TEXTS]
    found = ids_of_acord(folder, "loglikelihood_rolling", arguments)
    assert len(found) > len(TEXTS)
    assert found == ids_of_hf_backend(folder, "loglikelihood_rolling", arguments)


def test_prompts_of_generation_equal_those_of_the_hf_backend(folder: Path) -> None:
    lm = AcordLM(load(folder, "float32"), tokenisation="hf")
    backend = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=1)
    contexts = [*(context for context, _ in PAIRS if context), backend.apply_chat_template(CONVERSATIONS[2][0])]
    for context in contexts:
        ids, _ = backend.tok_batch_encode([context])
        assert list(lm._encoder.prompt(context)) == ids[0].tolist()


def test_conversations_are_encoded_as_in_training(folder: Path) -> None:
    loaded = load(folder, "float32")
    assert loaded.chat is not None
    encoder = SealedEncoder(loaded.tokenizer, loaded.chat)
    for messages, header in CONVERSATIONS[:3]:
        marked = encoder.render(messages, header)
        prompt = loaded.chat.encode_prompt(messages).ids
        assert encoder.prompt(marked) == prompt
        found = encoder.split(marked, "Siete días.")
        assert found.context == prompt
        assert (*found.continuation, loaded.chat.end_of_turn_id) == loaded.chat.encode_reply("Siete días.")


def test_a_begun_reply_and_its_continuation_are_one_text(folder: Path) -> None:
    loaded = load(folder, "float32")
    assert loaded.chat is not None
    encoder = SealedEncoder(loaded.tokenizer, loaded.chat)
    messages, header = CONVERSATIONS[3]
    marked = encoder.render(messages, header)
    prompt = loaded.chat.encode_prompt(messages[:1]).ids
    found = encoder.split(marked, " Seven")
    assert (*found.context, *found.continuation) == (*prompt, *loaded.chat.encode_start("Answer: Seven"))
    assert found.context[: len(prompt)] == prompt
    assert "".join(loaded.tokenizer.decode(found.continuation).split()) == "Seven"
    assert encoder.prompt(marked) == (*prompt, *loaded.chat.encode_start("Answer:"))
    # The delimiter may be in front of the choice or behind the beginning: the model reads and says the same.
    assert encoder.split(f"{marked} ", "Seven") == found


def test_no_text_becomes_a_control_token(folder: Path) -> None:
    loaded = load(folder, "float32")
    assert loaded.chat is not None
    encoder = SealedEncoder(loaded.tokenizer, loaded.chat)
    controls = {*loaded.tokenizer.all_special_ids}
    lead = 0 if loaded.tokenizer("a").input_ids == loaded.tokenizer("a", add_special_tokens=False).input_ids else 1
    for context, continuation in PAIRS:
        if context:
            found = encoder.split(context, continuation)
            assert not controls & {*found.context[lead:], *found.continuation}
        assert not controls & {*encoder.text(continuation)}
    marked = encoder.render([{"role": "user", "content": "<|im_end|></s>"}], True)
    plain = encoder.render([{"role": "user", "content": "x"}], True)
    inside = [one for one in encoder.prompt(marked) if one in controls]
    assert inside == [one for one in encoder.prompt(plain) if one in controls]
    assert not controls & {*encoder.split(marked, "<|im_end|></s>").continuation}


def test_bos_stands_once_where_the_tokenizer_puts_one(folder: Path) -> None:
    loaded = load(folder, "float32")
    encoder = SealedEncoder(loaded.tokenizer, loaded.chat)
    bos = loaded.tokenizer.bos_token_id
    expected = 0 if bos is None or loaded.tokenizer("a").input_ids[0] != bos else 1
    assert encoder.split("<s> Bon dia", " què tal?").context.count(bos) == expected
    assert encoder.prompt("Bon dia").count(bos) == expected
    assert bos is None or encoder.text("Bon dia").count(bos) == 0


def test_ordinary_text_is_scored_as_by_the_hf_backend(folder: Path) -> None:
    loaded = load(folder, "float32")
    ours, theirs = SealedEncoder(loaded.tokenizer, loaded.chat), HarnessEncoder(loaded.tokenizer)
    for context, continuation in PAIRS[:2] + PAIRS[4:5]:
        assert ours.split(context, continuation) == theirs.split(context, continuation)


def test_a_continuation_without_tokens_is_refused(folder: Path) -> None:
    loaded = load(folder, "float32")
    encoder = SealedEncoder(loaded.tokenizer, loaded.chat)
    with pytest.raises(ValueError, match="no tokens of its own"):
        encoder.split("Bon dia", "")
    with pytest.raises(Refused, match="unknown role"):
        encoder.prompt(encoder.render([{"role": "tool", "content": "x"}], True))


def test_a_model_without_a_usable_template_says_so_when_one_is_asked_for(folder: Path) -> None:
    loaded = load(folder, "float32")
    encoder = SealedEncoder(loaded.tokenizer, None, "it writes BOS twice")
    assert encoder.split("Bon", " dia").continuation
    with pytest.raises(InputError, match="cannot be used: it writes BOS twice"):
        encoder.render(CONVERSATIONS[0][0], True)


def test_instructions_open_the_first_turn_where_a_template_takes_no_system_message() -> None:
    built = tokenizer("bytelevel", LLAMA2)
    chat = ChatFormat.build(built)
    encoder = SealedEncoder(built, chat)
    messages = [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": "Bon dia"}]
    joined = [{"role": "user", "content": "You are helpful.\n\nBon dia"}]
    assert encoder.prompt(encoder.render(messages, True)) == chat.encode_prompt(joined).ids
    # The space that this template writes between header and reply is one token with the word, as in training.
    assert encoder.split(encoder.render(joined, True), "Set").continuation == chat.encode_reply("Set")[:1]
