"""Proof, row by row, that ids say what the text says: nothing lost, no control token but the template's."""

from collections.abc import Sequence
from typing import NamedTuple

from acord.chat.refused import Refused
from acord.chat.sealed import SealedTokenizer

_SHOWN = 12


class Claim(NamedTuple):
    """Ids, and the sealed text that they must decode to exactly."""

    ids: Sequence[int]
    text: str


def faults(tokenizer: SealedTokenizer, claims: Sequence[Claim]) -> list[Refused | None]:
    """For each claim, why it does not hold, or None."""
    decoded = tokenizer.decode([claim.ids for claim in claims])
    return [_fault(tokenizer, claim, text) for claim, text in zip(claims, decoded, strict=True)]


def require(tokenizer: SealedTokenizer, claim: Claim) -> None:
    """Raise Refused where one claim does not hold."""
    (fault,) = faults(tokenizer, [claim])
    if fault is not None:
        raise fault


def _fault(tokenizer: SealedTokenizer, claim: Claim, decoded: str) -> Refused | None:
    if decoded != claim.text:
        return Refused("text does not survive encoding", _first_difference(tokenizer, claim.text, decoded))
    if tokenizer.control_ids_in(claim.ids) != tokenizer.control_ids_in_text(claim.text):
        return Refused("control token out of place", "a control id stands where the template wrote none")
    return None


def _first_difference(tokenizer: SealedTokenizer, text: str, decoded: str) -> str:
    text, decoded = tokenizer.unseal(text), tokenizer.unseal(decoded)
    pairs = enumerate(zip(text, decoded, strict=False))
    start = next((index for index, (left, right) in pairs if left != right), min(len(text), len(decoded)))
    return f"{text[start : start + _SHOWN]!a} came back as {decoded[start : start + _SHOWN]!a}"


def prompt_tail(tokenizer: SealedTokenizer, prompt: Claim) -> Claim:
    """The end of a prompt from its last control token on: nothing merges across one, so a reply can only merge here."""
    last = max((found.start() for found in tokenizer.pattern.finditer(prompt.text)), default=0)
    return Claim(prompt.ids[tokenizer.last_control(prompt.ids) :], prompt.text[last:])
