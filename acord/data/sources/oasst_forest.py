"""OASST's messages of some trees, with the way up and the way down, and why a message is in no pair."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from acord.data.language_names import is_wanted
from acord.data.row import printable
from acord.data.sources.each_row import NOT_ASKED_FOR
from acord.data.sources.oasst_messages import Message
from acord.data.turns import ASSISTANT, USER
from acord.recipe import Source

ORPHANED, UNRANKED, NO_PAIR_BELOW = "orphaned", "unranked reply", "no pair beneath it"
NO_RANKED_SIBLING, EQUAL_RANK, SAME_TEXT = "no ranked sibling", "rank equal to its siblings'", "chosen equals rejected"
NOT_TO_USER, LEFT_OUT = "reply to no user turn", "left out by the policy"
# People's conversations here are some tens of turns long. Each pair repeats its whole prompt, so that a chain of ten
# thousand replies would make gigabytes of prompts.
MOST_TURNS = 1_000


class Unused(NamedTuple):
    """Why a message is in no pair."""

    reason: str
    detail: str


class Forest:
    """Messages by id, in the order given. Their ids differ; a parent counts where it is in the same tree."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = {message.id: message for message in messages}
        self.replies: dict[str, list[Message]] = defaultdict(list)
        for message in self.messages.values():
            if message.parent is not None:
                self.replies[message.parent].append(message)
        self._broken: dict[str, str] = {}
        self._depth: dict[str, int] = {}
        for identity in self.messages:
            self._settle(identity)

    def _settle(self, identity: str) -> None:
        """Record for a message and all above it what is wrong with its ancestors, '' where nothing is."""
        chain: list[str] = []
        broken, depth, current = "", 0, identity
        on_chain = set()
        while current not in self._broken:
            if current in on_chain:
                broken = f"its ancestors form a loop at {printable(current)}"
                break
            chain.append(current)
            on_chain.add(current)
            parent = self._parent(self.messages[current])
            if parent is None:
                above = self.messages[current].parent
                broken = f"its ancestor {printable(above)} is missing from its tree" if above is not None else ""
                break
            current = parent.id
        else:
            broken, depth = self._broken[current] or self._own_fault(current), self._depth[current] + 1
        for name in reversed(chain):
            if not broken and depth >= MOST_TURNS:
                broken = f"it has {MOST_TURNS:,} ancestors or more"
            self._broken[name], self._depth[name] = broken, depth
            broken, depth = broken or self._own_fault(name), depth + 1

    def _parent(self, message: Message) -> Message | None:
        """The message above, None for a root and where its tree has no such message."""
        parent = self.messages.get(message.parent) if message.parent is not None else None
        if parent is None or (parent.tree != message.tree and None not in (parent.tree, message.tree)):
            return None
        return parent

    def _own_fault(self, identity: str) -> str:
        fault = self.messages[identity].fault
        return f"its ancestor {printable(identity)} is out: {fault}" if fault else ""

    def is_sound(self, message: Message) -> bool:
        """Whether a message and all above it may be in a pair."""
        return not message.fault and not self._broken[message.id]

    def path(self, message: Message) -> list[Message]:
        """From the root down to a sound message."""
        path = [message]
        while path[-1].parent is not None:
            path.append(self.messages[path[-1].parent])
        return path[::-1]

    def ranked_replies(self, prompt: Message) -> list[Message]:
        """The sound assistant replies with a rank, the best first, equal ones in input order."""
        replies = [
            reply
            for reply in self.replies.get(prompt.id, [])
            if reply.role == ASSISTANT and reply.rank is not None and self.is_sound(reply)
        ]
        return sorted(replies, key=lambda reply: (reply.rank, reply.row.number))

    def why_unused(self, message: Message, source: Source) -> Unused:
        """The reason, the nearest one, for a message that no pair holds."""
        if message.language and not is_wanted(message.language, source.languages):
            return Unused(NOT_ASKED_FOR, printable(message.language))
        if message.fault:
            return Unused(message.fault, message.detail)
        if self._broken[message.id]:
            return Unused(ORPHANED, self._broken[message.id])
        if message.role != ASSISTANT:
            return Unused(NO_PAIR_BELOW, f"a {message.role} turn")
        if message.rank is None:
            return Unused(UNRANKED, "")
        return self._why_ranked_unused(message, source)

    def _why_ranked_unused(self, message: Message, source: Source) -> Unused:
        prompt = self._parent(message)
        if prompt is None or prompt.role != USER:
            return Unused(NOT_TO_USER, "")
        siblings = [reply for reply in self.ranked_replies(prompt) if reply.id != message.id]
        if not siblings:
            return Unused(NO_RANKED_SIBLING, "")
        others = [reply for reply in siblings if reply.rank != message.rank]
        if not others:
            return Unused(EQUAL_RANK, f"rank {message.rank}")
        if not is_wanted(prompt.language, source.languages):
            return Unused(NOT_ASKED_FOR, f"its prompt's: {printable(prompt.language)}")
        if all(reply.text == message.text for reply in others):
            return Unused(SAME_TEXT, "")
        capped = f", at most {source.pairs_a_prompt} of one prompt" if source.pairs_a_prompt is not None else ""
        return Unused(LEFT_OUT, f"{source.policy}{capped}")
