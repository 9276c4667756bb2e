"""The filters `min_characters`, `max_characters` and `max_tokens`."""

from collections.abc import Callable, Sequence

from acord.data.filters.fault import Fault
from acord.data.pairs import Pair

TOO_SHORT = "reply has too few characters"
TOO_LONG = "reply has too many characters"
TOO_MANY_TOKENS = "prompt and reply have too many tokens"

# What a template puts around one message: ChatML and Llama 3 take 5 tokens, the role's name may be split, and the whole
# has a first token. A default system text of a template is not in it.
TEMPLATE_TOKENS_A_TURN = 8


def characters_fault(pair: Pair, least: int | None, most: int | None) -> Fault | None:
    """A fault where a reply, without space around it, has fewer than `least` or more than `most` code points."""
    for name, reply in (("chosen", pair.chosen), ("rejected", pair.rejected)):
        length = len(reply.strip())
        if least is not None and length < least:
            return Fault(TOO_SHORT, f"{name}: {length:,}")
        if most is not None and length > most:
            return Fault(TOO_LONG, f"{name}: {length:,}")
    return None


def tokens_fault(pair: Pair, most: int, count_tokens: Callable[[Sequence[str]], list[int]]) -> Fault | None:
    """A fault where prompt, longer reply and TEMPLATE_TOKENS_A_TURN a message come to more than `most` tokens.

    A token stands for at least one byte of UTF-8, so a pair whose bytes fit is not counted.
    """
    texts = [turn["content"] for turn in pair.prompt]
    room = most - TEMPLATE_TOKENS_A_TURN * (len(texts) + 1)
    replies = [pair.chosen, pair.rejected]
    if sum(map(_bytes, texts)) + max(map(_bytes, replies)) <= room:
        return None
    counts = count_tokens([*texts, *replies])
    total = sum(counts[:-2]) + max(counts[-2:])
    if total <= room:
        return None
    return Fault(TOO_MANY_TOKENS, f"{total + most - room:,} with the template's, {most:,} at most")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
