"""Replies from slots against the model's own generate; where they end; draws."""

import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    OPTConfig,
    OPTForCausalLM,
)

from acord.generate import Generator, Request, in_transformers, transformers_generator
from acord.generate.draws import Draws
from acord.generate.in_transformers import InSlots, OneByOne
from acord.generate.replies import Reply, cut, draw_seed
from acord.generate.slots import SlotModel
from acord.models import train_tokenizer
from acord.tree.admission import admit
from tests.chat.chat_tokenizers import LINES

TOKENIZER = train_tokenizer(LINES, 500)
EOS = TOKENIZER.eos_token_id
SIZE = len(TOKENIZER)
# Lengths around the 64 tokens of a block.
LENGTHS = (1, 2, 5, 17, 63, 64, 65, 100, 128, 129)
COMMON: dict[str, Any] = {
    "vocab_size": SIZE,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "eos_token_id": EOS,
    "pad_token_id": 0,
    "bos_token_id": None,
}
GEMMA = {**COMMON, "head_dim": 8, "sliding_window": 16, "layer_types": ["sliding_attention", "full_attention"]}


def build(kind: str) -> Any:
    """A tiny random model whose logits are far from uniform."""
    torch.manual_seed(0)
    model: Any
    if kind == "llama":
        model = LlamaForCausalLM(LlamaConfig(**COMMON))
    elif kind == "mistral":
        model = MistralForCausalLM(MistralConfig(**COMMON, sliding_window=9))
    elif kind == "gemma2":
        model = Gemma2ForCausalLM(Gemma2Config(**GEMMA))
    elif kind == "gemma3":
        model = Gemma3ForCausalLM(Gemma3TextConfig(**GEMMA))
    elif kind == "gpt2":
        model = GPT2LMHeadModel(
            GPT2Config(vocab_size=SIZE, n_positions=256, n_embd=32, n_layer=2, n_head=4, eos_token_id=EOS)
        )
    elif kind == "bloom":
        model = BloomForCausalLM(
            BloomConfig(vocab_size=SIZE, hidden_size=32, n_layer=2, n_head=4, eos_token_id=EOS, pad_token_id=0)
        )
    else:
        model = OPTForCausalLM(
            OPTConfig(
                vocab_size=SIZE,
                hidden_size=32,
                ffn_dim=48,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=256,
                word_embed_proj_dim=32,
                eos_token_id=EOS,
                pad_token_id=0,
                bos_token_id=None,
            )
        )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(8)
    return model.eval()


def some_requests(count: int = 24, **settings: Any) -> list[Request]:
    draws = random.Random(1)
    return [
        Request(
            tuple(draws.randrange(3, SIZE) for _ in range(draws.choice(LENGTHS))),
            max_new_tokens=draws.randrange(1, 40),
            **settings,
        )
        for _ in range(count)
    ]


def answers(generator: Generator, requests: Sequence[Request]) -> list[str]:
    found: dict[int, str] = {}

    def done(number: int, text: str) -> None:
        assert number not in found
        found[number] = text

    generator.generate(requests, done)
    return [found[number] for number in range(len(requests))]


def in_slots(model: Any, slots: int = 3, stop_ids: tuple[int, ...] = (EOS,)) -> InSlots:
    generator = transformers_generator(model, TOKENIZER, stop_ids, 0, slots=slots)
    assert isinstance(generator, InSlots)
    return generator


def own_generate(model: Any, request: Request, stop_ids: Sequence[int] = (EOS,)) -> list[int]:
    """The reply's ids by the model's own generate, without Acord."""
    prompt = torch.tensor([request.ids])
    with torch.inference_mode():
        output = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=request.max_new_tokens,
            do_sample=False,
            eos_token_id=list(stop_ids),
            pad_token_id=0,
        )
    ids: list[int] = output[0, len(request.ids) :].tolist()
    return ids


def text_of(ids: Sequence[int], stop: Sequence[str] = ()) -> str:
    return cut(TOKENIZER.decode(list(ids), skip_special_tokens=True), stop)


@pytest.mark.parametrize("kind", ["llama", "mistral", "gemma3", "gpt2", "opt"])
def test_replies_from_slots_are_those_of_generate(kind: str) -> None:
    model = build(kind)
    requests = some_requests()
    assert answers(in_slots(model), requests) == [text_of(own_generate(model, one)) for one in requests]


@pytest.mark.parametrize("kind", ["bloom", "gemma2"])
def test_other_models_answer_one_by_one_and_say_why(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = build(kind)
    generator = transformers_generator(model, TOKENIZER, (EOS,), 0)
    assert isinstance(generator, OneByOne)
    told = capsys.readouterr().err
    assert told.startswith("replies are generated one by one: ")
    assert type(model).__name__ in told
    requests = some_requests(6)
    assert answers(generator, requests) == [text_of(own_generate(model, one)) for one in requests]


def test_layers_that_carry_a_state_are_not_put_in_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build("llama")
    monkeypatch.setattr(model.config, "layer_types", ["linear_attention", "full_attention"], raising=False)
    assert isinstance(transformers_generator(model, TOKENIZER, (EOS,), 0), OneByOne)


@pytest.mark.slow
def test_generation_settings_of_the_model_hold() -> None:
    model = build("llama")
    model.generation_config.repetition_penalty = 1.7
    requests = some_requests(8)
    plain = [text_of(own_generate(build("llama"), one)) for one in requests]
    expected = [text_of(own_generate(model, one)) for one in requests]
    assert expected != plain
    assert answers(in_slots(model), requests) == expected
    model.generation_config.no_repeat_ngram_size = 2
    generator = transformers_generator(model, TOKENIZER, (EOS,), 0)
    assert isinstance(generator, OneByOne)
    assert answers(generator, requests) == [text_of(own_generate(model, one)) for one in requests]


@pytest.mark.parametrize("way", [InSlots, OneByOne])
def test_a_stop_string_ends_the_reply_also_across_tokens(way: type) -> None:
    model = build("llama")
    plain = Request(tuple(range(10, 30)), max_new_tokens=60)
    ids = own_generate(model, plain, ())
    whole = text_of(ids)
    pieces = [text_of([token]) for token in ids]
    # The end of one token and the beginning of the next, first seen where they meet.
    place = next(
        place
        for place in range(4, 50)
        if len(pieces[place]) > 1
        and len(pieces[place + 1]) > 1
        and whole.find(pieces[place][-1] + pieces[place + 1][0]) == len(text_of(ids[: place + 1])) - 1
    )
    stop = pieces[place][-1] + pieces[place + 1][0]
    request = Request(plain.ids, 60, stop=("never in it", stop))
    generator = in_slots(model, stop_ids=()) if way is InSlots else OneByOne(model, TOKENIZER, (), 0)
    assert answers(generator, [request]) == [whole[: whole.index(stop)]]
    reply = Reply(request, TOKENIZER, (), None)
    ended = next(number for number, token in enumerate(ids) if reply.push(token))
    assert ended == place + 1


def test_the_earliest_of_several_stop_strings_cuts() -> None:
    assert cut("u dos tres", ("tres", "dos", "")) == "u "
    assert cut("u dos", ()) == "u dos"


@pytest.mark.parametrize("way", [InSlots, OneByOne])
def test_a_stop_id_and_the_text_of_a_control_token_end_the_reply(way: type) -> None:
    model = build("llama")
    plain = Request(tuple(range(40, 60)), max_new_tokens=40)
    ids = own_generate(model, plain, ())
    generator = in_slots(model, stop_ids=(ids[7],)) if way is InSlots else OneByOne(model, TOKENIZER, (ids[7],), 0)
    assert answers(generator, [plain]) == [text_of(ids[: ids.index(ids[7])])]
    reply = Reply(Request((5,), 9, stop=(TOKENIZER.eos_token,)), TOKENIZER, (), None)
    assert [reply.push(token) for token in (40, 41, EOS)] == [False, False, True]
    assert reply.text() == text_of([40, 41])


def test_the_context_ends_a_reply_and_a_prompt_that_fills_it_is_refused() -> None:
    model = build("gpt2")
    prompt = tuple(3 + number % 400 for number in range(250))
    (text,) = answers(in_slots(model, stop_ids=()), [Request(prompt, 100)])
    assert text == text_of(own_generate(model, Request(prompt, 6), ()))
    with pytest.raises(ValueError, match="256 tokens and the model reads 256"):
        answers(in_slots(model), [Request(prompt + prompt[:6], 1)])
    with pytest.raises(ValueError, match="no tokens"):
        answers(in_slots(model), [Request((), 1)])
    assert answers(in_slots(model), [Request((5, 6), 0)]) == [""]


def test_no_reply_waits_for_the_longest() -> None:
    model = build("llama")
    prompts = [(number,) for number in range(10, 22)]
    requests = [Request(prompt, 200 if number == 0 else 3) for number, prompt in enumerate(prompts)]
    order: list[int] = []
    steps: list[int] = []
    taken = model.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        steps.append(len(order))
        return taken(*args, **kwargs)

    generator = in_slots(model, slots=2, stop_ids=())
    model.forward = counted
    generator.generate(requests, lambda number, _: order.append(number))
    assert order == [*range(1, 12), 0]
    # Each is handed over at its last token: after the second pass over the slots the first is out.
    assert steps.count(0) == 4


@pytest.mark.slow
def test_a_reply_does_not_depend_on_its_neighbours() -> None:
    model = build("llama")
    requests = some_requests(12, temperature=0.9, top_p=0.8, seed=3)
    together = answers(in_slots(model), requests)
    assert together[::-1] == answers(in_slots(model), requests[::-1])
    assert together == [answers(in_slots(model), [one])[0] for one in requests]
    others = answers(in_slots(model), [Request(one.ids, one.max_new_tokens, (), 0.9, 0.8, 4) for one in requests])
    assert sum(a != b for a, b in zip(together, others, strict=True)) > 6


def test_logits_of_a_sequence_are_the_same_bits_beside_others() -> None:
    model = build("llama")
    prompts = [one.ids for one in some_requests(5)]
    alone, beside = SlotModel(model, 4, block=16), SlotModel(model, 4, block=16)
    ids = tuple(range(20, 90))
    with alone.attention():
        first = alone.read(0, ids)
        after = alone.step({0: 7}, {0: len(ids)})[0]
    with beside.attention():
        for slot in (0, 1, 3):
            beside.read(slot, ids[:40] + prompts[slot])
        # Its first two blocks are another prompt's.
        assert torch.equal(beside.read(2, ids), first)
        lengths = {slot: 40 + len(prompts[slot]) for slot in (0, 1, 3)} | {2: len(ids)}
        assert torch.equal(beside.step({0: 5, 1: 6, 2: 7, 3: 8}, lengths)[2], after)


def test_a_common_beginning_is_read_once() -> None:
    model = build("llama")
    beginning = tuple(3 + number % 400 for number in range(130))
    requests = [Request((*beginning, 50 + number), 4) for number in range(5)]
    read: list[int] = []
    handle = model.base_model.register_forward_pre_hook(
        lambda _module, _args, kwargs: read.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    texts = answers(InSlots(model, TOKENIZER, (EOS,), 2, 64), requests)
    handle.remove()
    assert texts == [text_of(own_generate(model, one)) for one in requests]
    assert read.count(64) == 2


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]])
    draws = Draws(SimpleNamespace(generation_config=SimpleNamespace(repetition_penalty=None)))

    def shares(top_p: float | None) -> list[float]:
        replies = [Reply(Request((5,), 1, (), 0.5, top_p, seed), TOKENIZER, (), None) for seed in range(2000)]
        drawn = [draws.choose([reply], logits)[0] for reply in replies]
        return [drawn.count(token) / 2000 for token in range(4)]

    expected = (logits[0] / 0.5).softmax(-1).tolist()
    assert shares(None) == pytest.approx(expected, abs=0.025)
    # 0.866 and 0.117: two tokens reach 0.9 together.
    kept = [0.0, expected[1], expected[2], 0.0]
    assert shares(0.9) == pytest.approx([one / sum(kept) for one in kept], abs=0.025)


def test_equal_seeds_draw_differently_for_other_prompts() -> None:
    assert draw_seed(Request((1, 2), 5, seed=1)) != draw_seed(Request((12,), 5, seed=1))
    assert draw_seed(Request((1, 2), 5, seed=1)) == draw_seed(Request((1, 2), 9, seed=1))


def test_one_by_one_draws_are_its_own_and_leave_the_rest_alone() -> None:
    model = build("llama")
    requests = some_requests(4, temperature=0.9, top_p=0.9, seed=2)
    generator = OneByOne(model, TOKENIZER, (EOS,), 0)
    torch.manual_seed(5)
    expected_next = torch.rand(3)
    torch.manual_seed(5)
    together = answers(generator, requests)
    assert torch.equal(torch.rand(3), expected_next)
    assert together == answers(generator, requests[::-1])[::-1]


def test_the_attention_is_given_back_also_after_an_error() -> None:
    model = build("llama")
    found = model.config._attn_implementation
    scorer = admit(model).scorer
    assert scorer.shared

    def fails(_number: int, _text: str) -> None:
        raise RuntimeError("full disk")

    generator = in_slots(model)
    with pytest.raises(RuntimeError, match="full disk"):
        generator.generate(some_requests(2), fails)
    assert model.config._attn_implementation == found
    assert model.model.config._attn_implementation == found


def test_little_memory_means_fewer_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build("llama")
    generator = in_slots(model, slots=8)
    # 2 layers x 2 heads x 8 wide, keys and values, fp32: 256 bytes a token.
    monkeypatch.setattr(in_transformers, "free_bytes", lambda _device: 2 * 256 * 100 * 5)
    assert generator._slots_that_fit(100) == 5
    monkeypatch.setattr(in_transformers, "free_bytes", lambda _device: 0)
    assert generator._slots_that_fit(100) == 1
    monkeypatch.setattr(in_transformers, "free_bytes", lambda _device: None)
    assert generator._slots_that_fit(100) == 8
