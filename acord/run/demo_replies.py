"""The likeliest replies of a model to many prompts, side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from acord.console import track

Turns = Sequence[Mapping[str, str]]


def likeliest_replies(folder: Path, conversations: Sequence[Turns], *, new_tokens: int) -> list[str]:
    """Greedy replies in fp32, in the order of the conversations, each of which ends with a user turn.

    Raises InputError for a folder that is no model, and Refused for a conversation that its template cannot hold.
    """
    from acord.evaluate.loading import load
    from acord.generate import Request, transformers_generator

    loaded = load(folder, "float32")
    chat = loaded.chat
    if chat is None:
        raise ValueError(f"{folder}: {loaded.no_chat}")
    requests = [Request(tuple(chat.encode_prompt(turns).ids), new_tokens) for turns in conversations]
    generator = transformers_generator(loaded.model, loaded.tokenizer, sorted(chat.stop_ids), chat.end_of_turn_id)
    found = [""] * len(requests)
    with track("answering", len(requests), "replies") as progress:

        def done(number: int, reply: str) -> None:
            found[number] = reply.strip()
            progress.advance()

        generator.generate(requests, done)
    return found
