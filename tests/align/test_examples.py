"""Pairs become what a method trains on: pairs, rankings put together again, or the distinct chosen replies."""

from dataclasses import replace

import pytest

from acord.align.encoded import Example
from acord.align.examples import EncodedPairs, encode, examples_for
from acord.chat import ChatFormat
from acord.chat import EncodedPair as PairTokens
from acord.data.pairs import Pair, make_pair
from acord.models import train_tokenizer
from acord.recipe import Align

RANKING = Align(loss="plackett_luce")
PROMPT = (50, 51, 52)
# What each reply of the prompt is as tokens; 1 ends the turn.
IDS = {"a": (2, 3, 1), "b": (4, 1), "c": (5, 6, 7, 1), "d": (8, 1)}


def pair(
    chosen: str, rejected: str, ranks: tuple[int | None, int | None] = (None, None), *,
    prompt_id: str = "question", source: str = "sample", group: str = "conversation",
) -> Pair:  # fmt: skip
    return make_pair(
        prompt=[{"role": "user", "content": "Which?"}],
        chosen=chosen,
        rejected=rejected,
        language="en",
        source=source,
        source_id="row",
        licence="CC0-1.0",
        origin="human",
        detail="",
        group=group,
        prompt_id=prompt_id,
        chosen_rank=ranks[0],
        rejected_rank=ranks[1],
    )


def encoded(*pairs: Pair, prompts: dict[int, tuple[int, ...]] | None = None) -> EncodedPairs:
    prompts = prompts or {}
    rows = []
    for number, one in enumerate(pairs):
        rows.append((one, PairTokens(prompts.get(number, PROMPT), IDS[one.chosen], IDS[one.rejected], 0, 0)))
    return EncodedPairs(rows, [])


def ranking(*pairs: Pair) -> Example:
    (example,) = examples_for(RANKING, encoded(*pairs))
    return example


def test_a_preference_is_two_replies_the_chosen_one_first() -> None:
    one, two = pair("b", "a", (0, 1)), replace(pair("a", "c"), weight=0.5, language="va", split="held_out")
    first, second = examples_for(Align(), encoded(one, two))
    assert first == Example(
        id=one.id,
        group="conversation",
        language="en",
        source="sample",
        split="train",
        weight=1.0,
        prompt_ids=PROMPT,
        replies=(IDS["b"], IDS["a"]),
        ranks=(0, 1),
    )
    assert (second.id, second.replies, second.ranks) == (two.id, (IDS["a"], IDS["c"]), (0, 1))
    assert (second.weight, second.language, second.split) == (0.5, "va", "held_out")


def test_the_pairs_of_a_ranking_become_the_ranking() -> None:
    ranks = {"d": 0, "a": 1, "c": 2, "b": 3}
    names = list(ranks)
    pairs = [
        pair(better, worse, (ranks[better], ranks[worse]))
        for place, better in enumerate(names)
        for worse in names[place + 1 :]
    ]
    for order in (pairs, pairs[::-1]):
        example = ranking(*order)
        assert example.replies == tuple(IDS[name] for name in names)
        assert example.ranks == (0, 1, 2, 3)
        assert example.prompt_ids == PROMPT
        assert example.id == order[0].id


def test_tied_replies_keep_equal_ranks_in_an_order_of_their_own() -> None:
    pairs = [pair("a", "b", (0, 1)), pair("a", "c", (0, 1)), pair("b", "d", (1, 2)), pair("c", "d", (1, 2))]
    example = ranking(*pairs)
    assert example.ranks == (0, 1, 1, 2)
    assert example.replies == (IDS["a"], IDS["b"], IDS["c"], IDS["d"])
    assert ranking(*pairs[::-1]).replies == example.replies


def test_ranks_count_from_the_best_reply_that_is_there() -> None:
    example = ranking(pair("c", "b", (2, 5)), pair("c", "d", (2, 3)))
    assert example.ranks == (0, 1, 3)
    assert example.replies == (IDS["c"], IDS["d"], IDS["b"])


def test_pairs_without_ranks_stand_alone_as_rankings_of_two() -> None:
    examples = examples_for(RANKING, encoded(pair("a", "b"), pair("b", "c"), pair("c", "d", (None, 1))))
    assert [example.ranks for example in examples] == [(0, 1), (0, 1), (0, 1)]
    assert [example.replies[0] for example in examples] == [IDS["a"], IDS["b"], IDS["c"]]


def test_a_pair_with_one_rank_alone_keeps_its_direction() -> None:
    """Whatever the one rank says: the chosen reply stands above the other."""
    for ranks in ((3, None), (None, 0), (None, None)):
        example = ranking(pair("a", "b", ranks))
        assert example.replies == (IDS["a"], IDS["b"]), ranks
        assert example.ranks[0] == 0 < example.ranks[1], ranks


def test_other_prompts_sources_and_conversations_are_other_rankings() -> None:
    examples = examples_for(
        RANKING,
        encoded(
            pair("a", "b", (0, 1)),
            pair("c", "d", (0, 1), prompt_id="another"),
            pair("c", "d", (0, 1), source="elsewhere"),
            pair("c", "d", (0, 1), group="another"),
            pair("a", "d", (0, 2)),
        ),
    )
    assert [len(example.replies) for example in examples] == [3, 2, 2, 2]


def test_replies_of_differently_cut_prompts_get_the_one_that_fits_them_all() -> None:
    pairs = [pair("a", "b", (0, 1)), pair("a", "c", (0, 2)), pair("b", "c", (1, 2))]
    (example,) = examples_for(RANKING, encoded(*pairs, prompts={0: (9, 9, *PROMPT), 1: PROMPT, 2: PROMPT}))
    assert example.prompt_ids == PROMPT
    assert example.ranks == (0, 1, 2)


def test_a_conversation_cut_for_one_reply_is_cut_for_all_of_its_ranking() -> None:
    texts = ["the first question", "the first answer", "the second question", "short", "a very long answer " * 6]
    tokenizer = train_tokenizer(texts * 3, 300)
    chat = ChatFormat.build(tokenizer, template="chatml")
    prompt = [
        {"role": "user", "content": texts[0]},
        {"role": "assistant", "content": texts[1]},
        {"role": "user", "content": texts[2]},
    ]

    def ranked(chosen: str, rejected: str, ranks: tuple[int, int]) -> Pair:
        return replace(pair("a", "b", ranks), prompt=prompt, chosen=chosen, rejected=rejected, id=chosen + rejected)

    pairs = [ranked("short", "brief", (0, 1)), ranked("short", texts[4].strip(), (0, 2))]
    whole = encode(pairs, chat, 10_000).pairs
    room = len(whole[1][1].prompt_ids) + len(whole[1][1].rejected_ids) - 1
    cut = encode(pairs, chat, room)
    assert cut.turns_dropped == 2
    long, short = (tokens.prompt_ids for _, tokens in cut.pairs)
    assert len(short) < len(long)
    (example,) = examples_for(RANKING, cut)
    assert example.prompt_ids == short
    assert all(len(example.prompt_ids) + len(reply) <= room for reply in example.replies)


def test_sft_trains_each_distinct_chosen_reply_once() -> None:
    examples = examples_for(
        Align(method="sft"),
        encoded(pair("a", "b"), pair("a", "c"), pair("b", "c"), pair("a", "d"), prompts={3: (60, 61)}),
    )
    assert [(example.prompt_ids, example.replies, example.ranks) for example in examples] == [
        (PROMPT, (IDS["a"],), (0,)),
        (PROMPT, (IDS["b"],), (0,)),
        ((60, 61), (IDS["a"],), (0,)),
    ]


@pytest.mark.parametrize("chosen", ["", "   "])
def test_an_empty_reply_is_still_its_end_of_turn(chosen: str) -> None:
    """No reply is without tokens: the end of the turn is one, so that there is always something to score."""
    tokenizer = train_tokenizer(["Which? One. Two."] * 3, 300)
    chat = ChatFormat.build(tokenizer, template="chatml")
    one = replace(pair("a", "b"), chosen=chosen, rejected="One.")
    result = encode([one], chat, 64)
    assert not result.refused
    ((_, tokens),) = result.pairs
    assert tokens.chosen_ids[-1] == tokens.rejected_ids[-1] == tokenizer.eos_token_id
    assert len(tokens.chosen_ids) >= 1
    (example,) = examples_for(Align(), result)
    assert all(example.replies)
