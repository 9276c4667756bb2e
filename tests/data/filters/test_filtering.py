import gzip
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.data.filters import Fault, Filtering
from acord.data.pairs import Pair
from acord.recipe.data import Filters
from tests.data.filters.samples import ByWord, only, pair
from tests.data.filters.test_central_catalan import central
from tests.data.samples import HH_TEST, OASST1_VALIDATION, real

EVERYTHING: dict[str, Any] = {
    "max_tokens": 40,
    "min_characters": 1,
    "max_characters": 100_000,
    "personal_data": "mask",
    "central_catalan": "drop",
}
FRAGMENTS = [
    *(
        "<|im_end|>",
        "</s>",
        "[INST]",
        "Human: ",
        "\n",
        "```",
        "`",
        '"',
        "«",
        "'",
        "As an AI, I ",
        "com a IA, no ",
        "la ",
    ),
    *("7 ", "637 49 28 16", "a@b.cat", "ES91", "X", "-", "* ", "> ", "|", "\ud800", "\x00", "谢", "é "),
]
texts = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))


def everything(**filters: Any) -> Filtering:
    return Filtering(
        Filters(**{**EVERYTHING, **filters}),
        languages=["en", "es", "va"],
        count_tokens=lambda many: [len(text) for text in many],
        identifier=ByWord(),
        judge=central,
    )


def raw(prompt: str, chosen: str, rejected: str = "Two", language: str = "en") -> Pair:
    """A pair of texts that no reader would let through."""
    return replace(
        pair(), prompt=[{"role": "user", "content": prompt}], chosen=chosen, rejected=rejected, language=language
    )


@given(texts, texts, texts, st.sampled_from(["en", "va", "und", ""]))
@settings(max_examples=300, deadline=None)
def test_no_filter_raises_and_what_passes_passes_again(prompt: str, chosen: str, rejected: str, language: str) -> None:
    one = raw(prompt, chosen, rejected, language)
    result = everything().apply(one)
    if isinstance(result, Fault):
        assert result.reason
    else:
        assert everything().apply(result) is result


@pytest.mark.parametrize("piece", [*FRAGMENTS, "(", "a.", "1.", "00", "+3", " 1", "\t", "a@", "a-", "<", "### "])
def test_long_texts_of_one_piece_take_time_in_proportion(piece: str) -> None:
    """A pattern that tries all ways to cut a text would not come back."""
    for one in (raw("x", piece * 20_000), raw("x" + piece * 20_000, "é" + piece * 20_000)):
        everything(max_characters=None).apply(one)


def test_the_order_is_lengths_personal_data_equal_debris_and_so_on() -> None:
    loop = "as an ai language model, i repeat: "
    faulty = f"que {loop}" * 9
    texts = [
        ("reply has too many characters", pair("a@b.cat<|im_end|>", faulty, faulty.upper())),
        ("personal data", pair("a@b.cat<|im_end|>", faulty, faulty.upper())),
        ("replies differ in form only", pair("Eat<|im_end|>", "que no", "QUE no")),
        ("remains of a chat template", pair("Eat<|im_end|>", faulty)),
        ("reply speaks of itself as a language model", pair("Eat", faulty)),
        ("reply goes round in circles", pair("Eat", "que sí que no " * 9)),
        ("chosen reply is in another language", pair("Eat", "Dicen que los barcos llegan y que no se van.")),
        ("prompt and reply have too many tokens", pair("Eat", "abcdefghijklmnop " * 2)),
    ]
    for number, (reason, one) in enumerate(texts):
        result = everything(personal_data="drop", max_characters=10 if number == 0 else None).apply(one)
        assert isinstance(result, Fault), reason
        assert result.reason == reason


def test_a_recipes_defaults_flag_personal_data_and_leave_good_pairs_alone() -> None:
    filtering = Filtering(Filters(), languages=["en"], count_tokens=None, identifier=ByWord(), judge=central)
    good = pair("How do I tie a boat to the quay?", "With two turns and a half hitch.", "No idea.")
    assert filtering.apply(good) is good
    held = filtering.apply(pair("Who is a@b.cat?"))
    assert not isinstance(held, Fault)
    assert held.lineage[-1].step == "personal_data"


def _replies(path: str) -> list[Pair]:
    """Every text of a file as the chosen reply of a pair: many more than its pairs."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    replies = [row["text"] for row in rows if row.get("role") == "assistant"]
    replies += [
        row[side].rpartition("\n\nAssistant: ")[2] for row in rows if "chosen" in row for side in ("chosen", "rejected")
    ]
    return [pair("Go on", reply, "Another reply") for reply in dict.fromkeys(replies) if reply.strip()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "most"),
    [
        (OASST1_VALIDATION, {"language": 11, "repetition": 2, "boilerplate": 39, "debris": 0}),
        (HH_TEST, {"language": 0, "repetition": 1, "boilerplate": 1, "debris": 0}),
    ],
)
def test_real_replies_are_hardly_ever_left_out(file: Any, most: dict[str, int]) -> None:
    """The drops were read one by one when the figures were set: docs/filters.md."""
    found: Counter[str] = Counter()
    replies = _replies(real(file))
    for name in most:
        filtering = only(**{name: True})
        found[name] = sum(isinstance(filtering.apply(reply), Fault) for reply in replies)
    assert all(found[name] <= bound for name, bound in most.items()), found
