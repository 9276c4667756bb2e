"""Drafts as examples of the tree engine, encoded by acord.chat as everywhere else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from acord.align.encoded import Example
from acord.chat import ChatFormat, EncodedPair, Message, PairText
from scripts.bundled.draft import Draft

# A weight of 1 / REPLY for every example makes the loss about that of one token, whatever the length of replies.
REPLY = 32.0
LONGEST_TOKENS = 320
BATCH = 8
INSTRUCTION = 10  # tokens that examples of one group share, about


def messages_of(draft: Draft) -> list[Message]:
    """The conversation up to the reply."""
    before: list[Message] = [{"role": role, "content": content} for role, content in draft.before]
    return [*before, {"role": "user", "content": draft.prompt}]


def step_examples(draw: Callable[[], Draft], chat: ChatFormat, tokens: int) -> list[Example]:
    """Examples of one step, drawn until they hold about `tokens` tokens, an instruction counted once a group."""
    chosen: list[Example] = []
    held = 0
    groups: set[str] = set()
    while held < tokens:
        for example in _encoded([draw() for _ in range(BATCH)], chat):
            shared = INSTRUCTION if example.group in groups else 0
            held += len(example.replies[0]) + len(example.prompt_ids) - shared
            groups.add(example.group)
            chosen.append(replace(example, id=str(len(chosen))))
    return chosen


def _encoded(drafts: Sequence[Draft], chat: ChatFormat) -> Iterator[Example]:
    """One that is too long or cannot be encoded is left out. Groups share: an instruction is computed once in each."""
    pairs = [PairText(messages_of(draft), draft.reply, "") for draft in drafts]
    for draft, ids in zip(drafts, chat.encode_pairs(pairs, max_length=LONGEST_TOKENS), strict=True):
        if isinstance(ids, EncodedPair):
            yield Example(
                id="",
                group=draft.group,
                language=draft.language,
                source=draft.task,
                split="train",
                weight=1.0 / REPLY,
                prompt_ids=ids.prompt_ids,
                replies=(ids.chosen_ids,),
                ranks=(0,),
            )
