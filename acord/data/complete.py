"""Pairs whose texts are yet to be made: translations of another source's pairs, rejected replies from a model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from acord.data.endpoint import ChatClient, Failure, stop_where_none_come
from acord.data.examine import Outcome, Rules
from acord.data.filters import Fault
from acord.data.pairs import TRANSLATED, LineageStep, Pair, digest, with_texts
from acord.data.translate import Translator, Untranslated
from acord.data.turns import NoPair, check_replies
from acord.recipe import Source

NO_REPLY = "no rejected reply from the endpoint"


class Completer(Protocol):
    """Makes pairs whole, a batch at a time."""

    @property
    def batch(self) -> int:
        """How many at once."""

    def __call__(self, pairs: Sequence[Pair]) -> list[Outcome]:
        """Each pair made whole and examined again, or why it is left out."""


@dataclass(frozen=True)
class Translating:
    """Translates prompt, chosen and rejected alike, or refuses the pair."""

    source: Source
    translator: Translator
    rules: Rules
    batch: int = 256

    def __call__(self, pairs: Sequence[Pair]) -> list[Outcome]:
        texts = [text for pair in pairs for text in _texts(pair)]
        translated = iter(self.translator.translate(texts))
        made = [self._translated(pair, [next(translated) for _ in _texts(pair)]) for pair in pairs]
        return _examined(made, self.rules)

    def _translated(self, pair: Pair, results: list[str | Untranslated]) -> Pair | Fault:
        failed = next((one for one in results if isinstance(one, Untranslated)), None)
        if failed is not None:
            return Fault(failed.reason, failed.detail)
        parts = [one for one in results if isinstance(one, str)]
        assert self.source.translate is not None  # noqa: S101  the caller's choice
        language, to = self.source.translate.language, self.source.translate.to
        tool = self.translator.identity
        step = LineageStep("translate", tool.tool, tool.version, f"{language} to {to}, from {pair.source} {pair.id}")
        prompt = [{**turn, "content": part} for turn, part in zip(pair.prompt, parts[:-2], strict=True)]
        try:
            check_replies(parts[-2], parts[-1], may_be_empty=True)
        except NoPair as reason:
            return Fault(reason.reason, reason.detail)
        return replace(
            with_texts(pair, prompt, parts[-2], parts[-1], step),
            language=to,
            source=self.source.name,
            licence=self.source.licence or pair.licence,
            origin=TRANSLATED,
            # Rankings are rebuilt from these ids: a reply and its translation are two replies.
            prompt_id=f"{pair.prompt_id}/{to}",
            chosen_id=f"{pair.chosen_id}/{to}",
            rejected_id=f"{pair.rejected_id}/{to}",
        )


@dataclass(frozen=True)
class Answering:
    """Asks a model for the rejected reply."""

    source: Source
    client: ChatClient
    rules: Rules
    batch: int = 64

    def __call__(self, pairs: Sequence[Pair]) -> list[Outcome]:
        replies = self.client.complete_many([pair.prompt for pair in pairs])
        stop_where_none_come(replies, f"source {self.source.name}")
        return _examined([self._answered(pair, reply) for pair, reply in zip(pairs, replies, strict=True)], self.rules)

    def _answered(self, pair: Pair, reply: str | Failure) -> Pair | Fault:
        if isinstance(reply, Failure):
            return Fault(NO_REPLY, reply.detail)
        try:
            check_replies(pair.chosen, reply)
        except NoPair as reason:
            return Fault(reason.reason, reason.detail)
        assert self.source.rejected_from is not None  # noqa: S101  the caller's choice
        step = LineageStep("rejected", self.source.rejected_from.model, "", "rejected reply written by this model")
        made = with_texts(pair, pair.prompt, pair.chosen, reply, step)
        return replace(made, rejected_id=digest([pair.prompt, reply]))


def _examined(made: Sequence[Pair | Fault], rules: Rules) -> list[Outcome]:
    """Pairs that were made, examined as they are now; those that could not be made keep their fault."""
    outcomes = iter(rules.examine([one for one in made if not isinstance(one, Fault)]))
    return [Outcome(one) if isinstance(one, Fault) else next(outcomes) for one in made]


def _texts(pair: Pair) -> list[str]:
    return [*(turn["content"] for turn in pair.prompt), pair.chosen, pair.rejected]
