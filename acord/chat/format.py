"""ChatFormat: one template on one tokenizer, fixed by the recipe."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from acord.chat import probe
from acord.chat.conversation import segments
from acord.chat.encoded import EncodedConversation, EncodedPair, EncodedPrompt, Message, PairSource, PairText
from acord.chat.export import self_contained
from acord.chat.faithful import Claim, faults, prompt_tail, require
from acord.chat.growing import GrowingReply
from acord.chat.layout import Layout, PromptAndReplies
from acord.chat.messages import Fitted, check_messages, check_text, fit, shortened
from acord.chat.refused import Refused
from acord.chat.render import Template, load_template
from acord.chat.sealed import SealedTokenizer
from acord.errors import InputError

_BATCH = 128
_UNLIMITED = 10**9
_CONVERSATIONS = (
    [{"role": "user", "content": "Què és l'Albufera? ¿Y la paella? 3 × 4 = 12.\n"}],
    [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": "Bon dia."},
        {"role": "user", "content": "Two\n\nlines"},
    ],
)


@dataclass
class _Draft:
    """A pair on its way: its texts, how many messages went, and the ids once they are encoded."""

    texts: PromptAndReplies
    dropped: int = 0
    prompt: list[int] = field(default_factory=list)
    replies: tuple[list[int], list[int]] = ([], [])


class ChatFormat:
    """How messages become token ids. Build it with `ChatFormat.build`; it never changes, so threads may share it.

    template: the text of the chat template, arguments and system prompt included, for whoever saves the tokenizer.
    end_of_turn_id: closes every reply.
    stop_ids: where generation stops. prefix_stable: whether a conversation's text starts with the text of its
    earlier turns, so that turns can be shared and cached.
    """

    def __init__(self, tokenizer: SealedTokenizer, template: Template, system: str | None, eos: str) -> None:
        self._tokenizer = tokenizer
        self._layout = Layout(template, tokenizer, system)
        self.template = self_contained(template.text, template.arguments, system)
        question = self._layout.with_system([{"role": "user", "content": ""}])
        self._frame = self._layout.frame((*(message["role"] for message in question), "assistant"), len(question))
        self._end = self._frame.end or tokenizer.sealed(eos)
        self.end_of_turn_id: int = tokenizer.control_ids_in_text(self._end)[0]
        self.stop_ids: tuple[int, ...] = tuple(dict.fromkeys((self.end_of_turn_id, tokenizer.control_ids[eos])))
        self.prefix_stable: bool = probe.is_prefix_stable(self._layout)
        self._decoding = tokenizer.growing(self.end_of_turn_id)
        self._dummy_space = probe.writes_dummy_space(tokenizer, self._end)

    @classmethod
    def build(
        cls,
        tokenizer: Any,
        *,
        template: str = "tokenizer",
        system: str | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> "ChatFormat":
        """Seal a tokenizer and check the template on it.

        template: `tokenizer` (its own, else ChatML), `chatml`, or the path of a .jinja file. system: put before every
        conversation that has no system message. arguments: fixed variables of the template. Raises InputError where
        tokenizer and template cannot be encoded faithfully: a slow tokenizer, today's date, BOS twice.
        """
        if not getattr(tokenizer, "is_fast", False):
            raise InputError(
                "the tokenizer is not a fast one", where="model.base", fix="Save it as a fast one, with tokenizer.json."
            )
        eos = tokenizer.eos_token
        if eos is None or eos not in tokenizer.get_added_vocab():
            raise InputError(
                "the tokenizer has no end-of-sequence token", where="model.base", fix="Set its eos_token and save it."
            )
        loaded = load_template(tokenizer, template, arguments or {})
        with probe.explained(loaded):
            check_text("" if system is None else system, "chat.system")
            built = cls(SealedTokenizer(tokenizer.backend_tokenizer), loaded, system, eos)
            built._check_against(tokenizer)
        return built

    def _check_against(self, tokenizer: Any) -> None:
        conversations = probe.probe_conversations(self._layout)
        for messages in conversations:
            ids = self.encode_prompt(messages).ids
            probe.check_ids(ids, self._layout.template.render(messages, header=True), tokenizer)
            self.encode_pair(messages, "a b", " a", max_length=_UNLIMITED)
        probe.check_one_bos(self.encode_prompt(conversations[0]).ids, tokenizer.bos_token_id, self.end_of_turn_id)
        # The recipe's own system prompt must survive too, or every row would be refused.
        self.encode_reply("a")
        self.encode_prompt([{"role": "user", "content": "a"}])

    @property
    def sealed(self) -> SealedTokenizer:
        """The tokenizer that encodes text outside any conversation: none of it becomes a control token."""
        return self._tokenizer

    def describe(self) -> dict[str, Any]:
        """What the ids depend on besides the tokenizer, as JSON values: part of every stage's key."""
        return {
            "template_sha256": hashlib.sha256(self._layout.template.text.encode()).hexdigest(),
            "variables": json.loads(json.dumps(dict(self._layout.template.variables), default=str, sort_keys=True)),
            "system": self._layout.system,
            "end_of_turn_id": self.end_of_turn_id,
        }

    def encode_prompt(self, messages: Sequence[Message], *, max_tokens: int | None = None) -> EncodedPrompt:
        """Ids of a conversation that ends with a user turn, and of the assistant's header after it.

        max_tokens: oldest turns go until it fits. Raises Refused.
        """
        options = self._layout.options(messages)
        fitted = Fitted(options[0], 0) if max_tokens is None else fit(options, self._count, max_tokens)
        text = self._layout.prompt_text(fitted.messages)
        (ids,) = self._tokenizer.encode([text])
        require(self._tokenizer, Claim(ids, self._decoded(text)))
        return EncodedPrompt(tuple(ids), fitted.dropped)

    def _count(self, messages: Sequence[Message]) -> int:
        return len(self._tokenizer.encode([self._layout.prompt_text(messages)])[0])

    def _decoded(self, text: str) -> str:
        """What the ids of a sealed text decode to: the same, but for dummy spaces after control tokens."""
        return self._tokenizer.with_dummy_spaces(text) if self._dummy_space else text

    def encode_reply(self, text: str) -> tuple[int, ...]:
        """Ids of an assistant's reply and its end of turn, as they follow any prompt. Raises Refused."""
        (reply,) = self._layout.texts(self._layout.with_system([{"role": "user", "content": "a"}]), text).replies
        ids = [*self._tokenizer.encode_continuations([reply])[0], self.end_of_turn_id]
        # Decoders can drop a space at the start of a sequence, where a reply never stands.
        require(self._tokenizer, Claim([self.end_of_turn_id, *ids], self._end + reply + self._end))
        return tuple(ids)

    def encode_start(self, text: str) -> tuple[int, ...]:
        """Ids of what an assistant's reply begins with, as they follow any prompt; its turn is not ended.

        The ids of a longer start need not begin with those of a shorter one: words merge. Raises Refused.
        """
        check_text(text, "the reply")
        if self._tokenizer.pattern.search(text):
            raise Refused("control token out of place", "a message holds the seal of a control token")
        written = self._frame.before + text
        (ids,) = self._tokenizer.encode_continuations([written])
        # Between two control tokens, as in encode_reply: decoders can drop a space at the start of a sequence.
        claim = Claim([self.end_of_turn_id, *ids, self.end_of_turn_id], self._end + written + self._end)
        require(self._tokenizer, claim)
        return tuple(ids)

    def decode_reply(self, ids: Sequence[int]) -> str:
        """The text of a reply, without what stops it and without what the template writes around it."""
        kept = list(ids)
        while kept and kept[-1] in self.stop_ids:
            kept.pop()
        text = self._tokenizer.decode([[self.end_of_turn_id, *kept]])[0].removeprefix(self._end)
        return self._tokenizer.unseal(text.removeprefix(self._frame.before).removesuffix(self._frame.after))

    def growing_reply(self) -> GrowingReply:
        """The same text from ids that come one by one."""
        before, after = self._frame.before, self._frame.after
        text, stop_ids = self._decoding.begin(), frozenset(self.stop_ids)
        return GrowingReply(text, self._tokenizer.unseal, before, after, stop_ids)

    def encode_pair(self, prompt: Sequence[Message], chosen: str, rejected: str, *, max_length: int) -> EncodedPair:
        """Encode a prompt and two replies, each reply by itself as generation would produce it.

        max_length: of the prompt with the longer reply, in tokens; oldest turns go until it fits. Raises Refused.
        """
        (encoded,) = self.encode_pairs([PairText(prompt, chosen, rejected)], max_length=max_length)
        if isinstance(encoded, Refused):
            raise encoded
        return encoded

    def encode_pairs(self, pairs: Iterable[PairSource], *, max_length: int) -> Iterator[EncodedPair | Refused]:
        """Like encode_pair for many pairs, in their order; a refusal stands in its pair's place."""
        remaining = iter(pairs)
        while batch := list(islice(remaining, _BATCH)):
            drafts = [self._draft(pair) for pair in batch]
            self._encode_drafts([draft for draft in drafts if isinstance(draft, _Draft)])
            fitting = [self._fitted(pair, draft, max_length) for pair, draft in zip(batch, drafts, strict=True)]
            finished = iter(self._finish([draft for draft in fitting if isinstance(draft, _Draft)]))
            yield from (draft if isinstance(draft, Refused) else next(finished) for draft in fitting)

    def _draft(self, pair: PairSource) -> _Draft | Refused:
        try:
            options = self._layout.options(pair.prompt)
            return _Draft(self._layout.texts(options[0], pair.chosen, pair.rejected))
        except Refused as refused:
            return refused

    def _encode_drafts(self, drafts: Sequence[_Draft]) -> None:
        prompts = self._tokenizer.encode([draft.texts.prompt for draft in drafts])
        replies = self._tokenizer.encode_continuations([reply for draft in drafts for reply in draft.texts.replies])
        for draft, prompt, chosen, rejected in zip(drafts, prompts, replies[::2], replies[1::2], strict=True):
            draft.prompt = prompt
            draft.replies = ([*chosen, self.end_of_turn_id], [*rejected, self.end_of_turn_id])

    def _fitted(self, pair: PairSource, draft: _Draft | Refused, max_length: int) -> _Draft | Refused:
        if isinstance(draft, Refused):
            return draft
        room = max_length - max(map(len, draft.replies))
        if len(draft.prompt) <= room:
            return draft
        try:
            fitted = fit(self._layout.options(pair.prompt), self._count, room)
            shorter = _Draft(self._layout.texts(fitted.messages, pair.chosen, pair.rejected), fitted.dropped)
        except Refused as refused:
            return refused
        self._encode_drafts([shorter])
        return shorter

    def _finish(self, drafts: Sequence[_Draft]) -> list[EncodedPair | Refused]:
        """Prove every draft, count its merges."""
        claims = [
            Claim([*draft.prompt, *ids], self._decoded(draft.texts.prompt) + text + self._end)
            for draft in drafts
            for ids, text in zip(draft.replies, draft.texts.replies, strict=True)
        ]
        found = faults(self._tokenizer, claims)
        tails = [prompt_tail(self._tokenizer, Claim(draft.prompt, draft.texts.prompt)) for draft in drafts]
        joint = self._tokenizer.encode(
            [tail.text + reply for tail, draft in zip(tails, drafts, strict=True) for reply in draft.texts.replies]
        )
        finished: list[EncodedPair | Refused] = []
        for index, (draft, tail) in enumerate(zip(drafts, tails, strict=True)):
            pair = slice(2 * index, 2 * index + 2)
            merges = sum(
                [*tail.ids, *ids[:-1]] != together for ids, together in zip(draft.replies, joint[pair], strict=True)
            )
            fault = next((one for one in found[pair] if one is not None), None)
            chosen, rejected = draft.replies
            finished.append(
                fault or EncodedPair(tuple(draft.prompt), tuple(chosen), tuple(rejected), draft.dropped, merges)
            )
        return finished

    def encode_conversation(self, messages: Sequence[Message], *, max_length: int) -> EncodedConversation:
        """Ids of a conversation up to the end of its last reply, with the mask of what the assistant said.

        Needs a prefix-stable template. max_length: oldest turns go until it fits. Raises Refused.
        """
        check_messages(messages)
        if not messages or messages[-1]["role"] != "assistant":
            raise Refused("no assistant reply", "the last message of a conversation is an assistant's")
        options = shortened(self._layout.with_system(messages))
        fitted = fit(options, lambda option: len(self._encode_segments(option).ids), max_length)
        return replace(self._encode_segments(fitted.messages), turns_dropped=fitted.dropped)

    def _encode_segments(self, messages: Sequence[Message]) -> EncodedConversation:
        ids: list[int] = []
        scored: list[bool] = []
        expected = ""
        for segment in segments(self._layout, messages):
            if segment.reply or (ids and not segment.after_end):
                (piece,) = self._tokenizer.encode_continuations([segment.text])
                expected += segment.text
            else:
                (piece,) = self._tokenizer.encode([segment.text])
                expected += self._decoded(segment.text)
            ids += piece
            scored += [segment.reply or (place == 0 and segment.after_end) for place in range(len(piece))]
        require(self._tokenizer, Claim([*ids, self.end_of_turn_id], expected + self._end))
        return EncodedConversation((*ids, self.end_of_turn_id), (*scored, True), 0)


def check_self_contained(trained: ChatFormat, tokenizer: Any) -> None:
    """Prove that a tokenizer that carries `trained.template` writes conversations in the very same ids.

    Raises InputError where it does not: a system prompt or an argument that reads differently inside a template.
    """
    exported = ChatFormat.build(tokenizer)
    same_prompts = all(exported.encode_prompt(p) == trained.encode_prompt(p) for p in _CONVERSATIONS)
    same_replies = exported.encode_reply(_CONVERSATIONS[0][0]["content"]) == trained.encode_reply(
        _CONVERSATIONS[0][0]["content"]
    )
    if not (same_prompts and same_replies):
        raise InputError(
            "the system prompt or a template argument cannot be carried in an exported chat template",
            where="chat",
            fix="Take the text of control tokens out of chat.system and chat.arguments.",
        )
