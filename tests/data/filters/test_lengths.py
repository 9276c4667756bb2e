from collections.abc import Sequence

import pytest

from acord.data.filters import Fault
from acord.data.filters.lengths import TEMPLATE_TOKENS_A_TURN, TOO_LONG, TOO_MANY_TOKENS, TOO_SHORT
from tests.data.filters.samples import only, pair


def a_token_a_word(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def never(texts: Sequence[str]) -> list[int]:
    raise AssertionError(f"counted {texts}")


def test_each_reply_must_have_the_characters() -> None:
    filtering = only(min_characters=3, max_characters=5)
    assert filtering.apply(pair(chosen="abc", rejected="añcde")) == pair(chosen="abc", rejected="añcde")
    assert filtering.apply(pair(chosen="ab  ", rejected="abc")) == Fault(TOO_SHORT, "chosen: 2")
    assert filtering.apply(pair(chosen="abc", rejected="abcdef")) == Fault(TOO_LONG, "rejected: 6")


@pytest.mark.parametrize(("limit", "stays"), [(21, True), (20, False)])
def test_prompt_longer_reply_and_template_must_fit(limit: int, stays: bool) -> None:
    one = pair("six letters", "one two", "one two three")
    assert 2 + 3 + 2 * TEMPLATE_TOKENS_A_TURN == 21
    result = only(max_tokens=limit, count_tokens=a_token_a_word).apply(one)
    assert result == (one if stays else Fault(TOO_MANY_TOKENS, "21 with the template's, 20 at most"))


def test_what_fits_by_its_bytes_is_not_counted() -> None:
    one = pair("1234", "123", "ñ2345")
    room = 4 + 6 + 2 * TEMPLATE_TOKENS_A_TURN
    assert only(max_tokens=room, count_tokens=never).apply(one) is one
    with pytest.raises(AssertionError, match="counted"):
        only(max_tokens=room - 1, count_tokens=never).apply(one)


def test_without_a_counter_there_is_no_limit_of_tokens() -> None:
    one = pair(chosen="word " * 100)
    assert only(max_tokens=1).apply(one) is one
