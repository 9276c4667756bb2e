"""Encoded examples as people read them: which tokens are scored, and which are only read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.encoded import SCHEMA
from acord.recipe import Recipe
from acord.visible import visible_line

SHOWN_CHARACTERS = 400


class ShownReply(NamedTuple):
    """tokens: that are scored. text: of these, special tokens included."""

    tokens: int
    text: str


class ShownRow(NamedTuple):
    """One example. prompt_tokens: read, and not scored. replies: the best first."""

    id: str
    language: str
    prompt_tokens: int
    prompt: str
    replies: tuple[ShownReply, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**self._asdict(), "replies": [reply._asdict() for reply in self.replies]}


def rows_of_plan(plan_folder: Path, tokenizer: Path, count: int) -> list[ShownRow]:
    """Examples of a finished plan, drawn evenly, decoded by the tokenizer's own file."""
    import pyarrow.parquet as pq
    from tokenizers import Tokenizer

    table = pq.read_table(plan_folder / "encoded.parquet", schema=SCHEMA)
    taken = [number * len(table) // count for number in range(min(count, len(table)))]
    loaded: Any = Tokenizer.from_file(str(tokenizer))
    return [
        _row(row["id"], row["language"], row["prompt_ids"], row["replies"],
             lambda ids: str(loaded.decode(list(ids), skip_special_tokens=False)))
        for row in table.take(taken).to_pylist()
    ]  # fmt: skip


def rows_encoded(recipe: Recipe, pairs_folder: Path, model_folder: Path, count: int) -> list[ShownRow]:
    """The first pairs of a finished `pairs`, encoded as the plan will encode them; loads transformers."""
    from acord.align.examples import encode
    from acord.align.plan import chat_format
    from acord.data.pairs import read_pairs
    from acord.models import load_tokenizer

    tokenizer = load_tokenizer(model_folder)
    chat = chat_format(recipe.chat, tokenizer)
    pairs = read_pairs(pairs_folder)
    picked = [pairs[number * len(pairs) // count] for number in range(min(count, len(pairs)))]
    return [
        _row(pair.id, pair.language, tokens.prompt_ids, (tokens.chosen_ids, tokens.rejected_ids),
             lambda ids: str(tokenizer.decode(list(ids), skip_special_tokens=False)))
        for pair, tokens in encode(picked, chat, recipe.chat.max_length).pairs
    ]  # fmt: skip


def _row(
    identity: str, language: str, prompt: Sequence[int], replies: Sequence[Sequence[int]], decode: Any
) -> ShownRow:
    return ShownRow(identity, language, len(prompt), decode(prompt),
                    tuple(ShownReply(len(reply), decode(reply)) for reply in replies))  # fmt: skip


def shortened(text: str, *, keep_end: bool = False) -> str:
    """One line of a text that cannot command a terminal, its middle left out where it is long."""
    line = visible_line(text.replace("\n", "⏎"))
    if len(line) <= SHOWN_CHARACTERS:
        return line
    if keep_end:
        return f"… {line[-SHOWN_CHARACTERS:]}"
    half = SHOWN_CHARACTERS // 2
    return f"{line[:half]} … {line[-half:]}"
