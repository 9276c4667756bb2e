"""The in-process engine: replies beside others are those of generate; where they end; what is kept; what fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
import torch

from acord.bundled import bundled_path
from acord.chat import ChatFormat
from acord.errors import InputError
from acord.generate.replies import Request
from acord.models import load_model
from acord.serve.engine import Loaded, engine_of, open_chat, open_engine
from acord.serve.kept import Kept
from acord.serve.memory import ENOUGH_TOKENS, Room, room_for
from acord.serve.protocol import Ask, Engine, EngineGone, Load, Piece, ReplyFailed, Spoken, TooManyWaiting
from acord.serve.reply import Reply
from acord.serve.side_by_side import SideBySide
from tests.generate.test_in_transformers import EOS, LENGTHS, SIZE, TOKENIZER, build, own_generate

CHAT = ChatFormat.build(TOKENIZER)


def prompt(length: int, first: int = 3) -> tuple[int, ...]:
    """Ids of which no two starts agree for different `first`, and none is a control token."""
    return tuple(3 + (first * 31 + number * 7) % (SIZE - 3) for number in range(length))


@contextmanager
def engine(model: Any, *, slots: int = 3, waiting: int | None = None) -> Iterator[Engine]:
    made = engine_of(model, CHAT, 0, slots=slots, waiting=waiting)
    try:
        yield made.engine
    finally:
        made.engine.close()


def ids_of(spoken: Spoken) -> list[int]:
    return [number for piece in spoken for number in piece.ids]


def text_of(spoken: Spoken) -> str:
    return "".join(piece.text for piece in spoken)


def tokens_of(args: Any, kwargs: Any) -> int:
    """Of a sequence in one pass, however the model passes them on."""
    (ids_BT,) = args or (kwargs["input_ids"],)
    return int(ids_BT.shape[1])


@contextmanager
def held(model: Any) -> Iterator[Event]:
    """Every pass of the model waits for the event."""
    go = Event()
    hook = model.register_forward_pre_hook(lambda *_: go.wait(10) and None)
    inner = model.base_model.register_forward_pre_hook(lambda *_: go.wait(10) and None)
    try:
        yield go
    finally:
        go.set()
        hook.remove()
        inner.remove()


@pytest.mark.parametrize("kind", ["llama", "mistral", "gemma3", "gpt2", "bloom", "gemma2"])
def test_replies_beside_others_are_those_of_generate(kind: str) -> None:
    asks = [Ask(prompt(length, number), 5 + 3 * number) for number, length in enumerate(LENGTHS)]
    plain = build(kind)
    expected = [own_generate(plain, Request(ask.ids, ask.max_new_tokens)) for ask in asks]
    with engine(build(kind)) as served:
        under_way = [served.ask(ask) for ask in asks]
        replies = [list(spoken) for spoken in under_way]
    assert [[number for piece in pieces for number in piece.ids] for pieces in replies] == expected
    for pieces, ids in zip(replies, expected, strict=True):
        assert "".join(piece.text for piece in pieces) == CHAT.decode_reply(ids)
        assert [piece.finish for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
        assert pieces[-1].finish == ("stop" if ids[-1] == EOS else "length")


@pytest.fixture(scope="module")
def llama() -> Iterator[Engine]:
    with engine(build("llama"), slots=4) as served:
        yield served


def test_equal_asks_give_equal_replies_beside_any_others(llama: Engine) -> None:
    ask = Ask(prompt(40), 30, temperature=0.9, top_p=0.9, top_k=40, repetition_penalty=1.1, seed=7)
    alone = ids_of(llama.ask(ask))
    others = [Ask(prompt(10 + number, number), 40, temperature=1.2, seed=number) for number in range(9)]
    under_way = [llama.ask(one) for one in (*others[:5], ask, *others[5:])]
    replies = [ids_of(spoken) for spoken in under_way]
    assert replies[5] == alone
    assert ids_of(llama.ask(Ask(ask.ids, 30, temperature=0.9, top_p=0.9, top_k=40, seed=8))) != alone
    assert ids_of(llama.ask(Ask(ask.ids, 30, temperature=0.9, top_k=1, seed=8))) == ids_of(llama.ask(Ask(ask.ids, 30)))


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_the_repetition_penalty_is_that_of_generate(kind: str) -> None:
    model = build(kind)
    model.generation_config.repetition_penalty = 1.7
    expected = own_generate(model, Request(prompt(20), 25))
    with engine(build(kind)) as served:
        assert ids_of(served.ask(Ask(prompt(20), 25, repetition_penalty=1.7))) == expected
        plain = ids_of(served.ask(Ask(prompt(20), 25)))
    assert plain != expected
    # What the ask says holds, not what the model's settings say.
    with engine(model) as served:
        assert ids_of(served.ask(Ask(prompt(20), 25))) == plain


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_draws_do_not_depend_on_how_a_model_is_run(kind: str) -> None:
    asks = [Ask(prompt(9, number), 12, temperature=0.8, seed=number) for number in range(3)]
    with engine(build(kind)) as served:
        together = [ids_of(spoken) for spoken in [served.ask(ask) for ask in asks]]
        assert together == [ids_of(served.ask(ask)) for ask in asks]
    greedy = own_generate(build(kind), Request(asks[0].ids, 12))
    assert together[0] != greedy


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_a_stop_string_ends_a_reply_and_is_no_part_of_it(kind: str) -> None:
    ask = Ask(prompt(30), 60)
    with engine(build(kind)) as served:
        whole = text_of(served.ask(ask))
        stop = whole[10:13]
        pieces = list(served.ask(Ask(ask.ids, 60, stop=("never in it", stop))))
    assert "".join(piece.text for piece in pieces) == whole[: whole.index(stop)]
    assert pieces[-1].finish == "stop"
    assert sum(len(piece.ids) for piece in pieces) < 60


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_the_second_turn_reads_what_is_new_alone(kind: str) -> None:
    first = Ask(prompt(70), 20)
    with engine(build(kind)) as served:
        pieces = list(served.ask(first))
        assert pieces[0].cached == 0
        reply = tuple(number for piece in pieces for number in piece.ids)
        second = Ask((*first.ids, *reply, *prompt(15, 8)), 20)
        pieces = list(served.ask(second))
    # The last token of the reply was said and never read.
    assert [piece.cached for piece in pieces[:2]] == [len(first.ids) + len(reply) - 1, 0]
    found = [number for piece in pieces for number in piece.ids]
    assert found == own_generate(build(kind), Request(second.ids, 20))


def test_prompts_with_a_common_beginning_read_it_once(llama: Engine) -> None:
    system = prompt(60, 5)
    asks = [Ask((*system, *prompt(9, 20 + number)), 12) for number in range(4)]
    under_way = [list(spoken) for spoken in [llama.ask(ask) for ask in asks]]
    assert [pieces[0].cached for pieces in under_way[1:]] == [60, 60, 60]
    model = build("llama")
    for ask, pieces in zip(asks, under_way, strict=True):
        expected = own_generate(model, Request(ask.ids, 12))
        assert [number for piece in pieces for number in piece.ids] == expected


def test_a_new_conversation_leaves_the_others_as_they_are() -> None:
    copied: list[tuple[int, int, int]] = []
    kept = Kept(3, lambda *copy: copied.append(copy))

    def say(ids: list[int]) -> int:
        slot, cached = kept.take(ids)
        kept.add(slot, ids[cached:])
        kept.free(slot)
        return slot

    system = [1] * 10
    assert say([*system, *[2] * 30]) == 0
    # The common beginning goes into an empty slot; the conversation in slot 0 is still whole.
    assert say([*system, *[3] * 30]) == 1
    assert copied == [(0, 1, 10)]
    assert say([*system, *[2] * 30, 9, 9]) == 0
    assert copied == [(0, 1, 10)]
    assert say([4] * 5) == 2
    # No slot is empty: the one that was used longest ago.
    assert say([5] * 5) == 1
    # A busy slot lends what it has.
    assert kept.take([*system, *[2] * 30, 7, 7]) == (0, 40)
    assert kept.take([*system, *[2] * 30, 8, 8]) == (2, 40)
    assert kept.take([6, 6]) == (1, 0)
    with pytest.raises(ValueError, match="no slot"):
        kept.take([1])


def test_a_long_prompt_does_not_stall_a_reply() -> None:
    way = SideBySide(build("llama"), 2, 16, 256)
    short, long = (Reply(Ask(prompt(length), 60), CHAT, None, lambda _: None) for length in (5, 150))
    with way.running():
        way.begin(short)
        way.turn()
        way.begin(long)
        said = []
        while not long.ids:
            before = len(short.ids)
            way.turn()
            said.append(len(short.ids) - before)
    assert said == [1] * 10


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_a_cancelled_reply_ends_within_a_step(kind: str) -> None:
    with engine(build(kind)) as served:
        heard: list[Piece | EngineGone] = []
        over = Event()
        spoken = served.ask(Ask(prompt(20), 200))

        def tell(piece: Piece | EngineGone) -> None:
            heard.append(piece)
            if len(heard) == 4:
                spoken.cancel()
                spoken.cancel()
            if isinstance(piece, EngineGone) or piece.finish:
                over.set()

        spoken.listen(tell)
        assert over.wait(10)
        pieces = [piece for piece in heard if isinstance(piece, Piece)]
        ids = [number for piece in pieces for number in piece.ids]
        assert pieces[-1].finish == "cancelled"
        assert len(ids) <= 5
        assert "".join(piece.text for piece in pieces) == CHAT.decode_reply(ids)
        # What it had read serves the next one.
        pieces = list(served.ask(Ask(prompt(20), 3)))
        assert (pieces[0].cached, pieces[-1].finish) == (19, "length")
        assert served.load() == Load(0, 0, 3 if kind == "llama" else 1)


def test_the_queue_has_a_limit_and_who_leaves_it_makes_room() -> None:
    model = build("llama")
    with engine(model, slots=1, waiting=1) as served, held(model) as go:
        running, waits = served.ask(Ask(prompt(4), 3)), served.ask(Ask(prompt(5), 3))
        with pytest.raises(TooManyWaiting):
            served.ask(Ask(prompt(6), 3))
        waits.cancel()
        assert [piece.finish for piece in waits] == ["cancelled"]
        third = served.ask(Ask(prompt(7), 3))
        go.set()
        assert [len(ids_of(spoken)) for spoken in (running, third)] == [3, 3]


def test_closing_cancels_what_is_under_way() -> None:
    model = build("llama")
    with engine(model, slots=1) as served, held(model) as go:
        under_way = [served.ask(Ask(prompt(4 + number), 200)) for number in range(3)]
        pieces = iter(under_way[0])
        go.set()
        next(pieces)
        served.close()
        assert [list(spoken)[-1].finish for spoken in (pieces, *under_way[1:])] == ["cancelled"] * 3  # type: ignore[call-overload]  # what is left of the first
        assert served.state() == "closed"
        with pytest.raises(EngineGone):
            served.ask(Ask(prompt(4), 3))
    assert model.config._attn_implementation != "acord_slots"


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_an_error_in_the_loop_is_the_end_of_the_engine(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = build(kind)
    with engine(model, slots=1) as served:

        def fails(_module: Any, args: Any, kwargs: Any) -> None:
            if tokens_of(args, kwargs) == 9:
                raise ValueError("a broken layer\nand more")

        model.base_model.register_forward_pre_hook(fails, with_kwargs=True)
        with held(model) as go:
            under_way = [served.ask(Ask(prompt(9), 3)), served.ask(Ask(prompt(5), 3))]
            go.set()
            for spoken in under_way:
                with pytest.raises(EngineGone, match=r"ValueError: a broken layer$"):
                    list(spoken)
        assert (served.state(), served.why()) == ("dead", "the engine ended: ValueError: a broken layer")
        with pytest.raises(EngineGone, match="broken layer"):
            served.ask(Ask(prompt(5), 3))
    assert served.state() == "dead"
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["llama", "bloom"])
def test_where_memory_ends_one_reply_ends(kind: str) -> None:
    model = build(kind)
    with engine(model) as served:

        def fails(_module: Any, args: Any, kwargs: Any) -> None:
            if tokens_of(args, kwargs) == 9:
                raise torch.OutOfMemoryError("CUDA out of memory")

        model.base_model.register_forward_pre_hook(fails, with_kwargs=True)
        good, bad = served.ask(Ask(prompt(5), 30)), served.ask(Ask(prompt(9, 4), 3))
        with pytest.raises(ReplyFailed, match="not enough memory for a reply to 9 tokens"):
            list(bad)
        assert ids_of(good) == own_generate(build(kind), Request(prompt(5), 30))
        assert served.state() == "ready"
        assert served.load().running == 0


def test_what_the_model_does_not_read_fails_alone(llama: Engine) -> None:
    with pytest.raises(ReplyFailed, match="256 tokens"):
        list(llama.ask(Ask(prompt(256), 3)))
    pieces = list(llama.ask(Ask(prompt(250), 100)))
    assert (len([number for piece in pieces for number in piece.ids]), pieces[-1].finish) == (6, "length")


def test_a_listener_that_fails_is_nobody_and_the_others_go_on(llama: Engine) -> None:
    def fails(_piece: Piece | EngineGone) -> None:
        raise RuntimeError("the event loop is closed")

    llama.ask(Ask(prompt(30), 100)).listen(fails)
    assert len(ids_of(llama.ask(Ask(prompt(4), 5)))) == 5
    assert llama.state() == "ready"


def test_little_memory_means_shorter_conversations_and_then_fewer_slots() -> None:
    wanted = Room(16, 4 * ENOUGH_TOKENS)
    assert room_for(wanted, None) == wanted
    assert room_for(wanted, 16 * 4 * ENOUGH_TOKENS) == wanted
    assert room_for(wanted, 16 * 2 * ENOUGH_TOKENS) == Room(16, 2 * ENOUGH_TOKENS)
    assert room_for(wanted, 4 * ENOUGH_TOKENS) == Room(4, ENOUGH_TOKENS)
    assert room_for(wanted, 1_000) == Room(1, 1_000)
    assert room_for(Room(16, 256), 1_000) == Room(3, 256)
    assert room_for(wanted, 0) == Room(1, 2)


@pytest.fixture(scope="module")
def bundled() -> Iterator[Loaded]:
    loaded = open_engine(bundled_path("model"), slots=2)
    yield loaded
    loaded.engine.close()


def test_the_bundled_model_answers_as_generate_does(bundled: Loaded) -> None:
    opened = open_chat(bundled_path("model"))
    assert (opened.name, opened.folder, opened.defaults) == (bundled.name, bundled.folder, bundled.defaults)
    assert (bundled.reasons, bundled.engine.load()) == ([], Load(0, 0, 2))
    ids = opened.chat.encode_prompt([{"role": "user", "content": "Bon dia, què és l'Albufera?"}]).ids
    model = load_model(opened.folder, "float32")
    expected = own_generate(model, Request(ids, 40), opened.chat.stop_ids)
    assert ids_of(bundled.engine.ask(bundled.defaults.ask(ids, max_new_tokens=40))) == expected
    assert text_of(bundled.engine.ask(bundled.defaults.ask(ids, max_new_tokens=40))) == opened.chat.decode_reply(
        expected
    )


def test_what_is_no_model_is_refused_in_one_line(tmp_path: Any) -> None:
    for opens in (open_chat, open_engine):
        with pytest.raises(InputError, match=r"no config\.json"):
            opens(tmp_path)
