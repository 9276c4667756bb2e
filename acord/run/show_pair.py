"""The verb `data show`: one pair, with its lineage, and its text as the model reads it, scored tokens marked."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acord.chat import ChatFormat, Refused
from acord.data.find import DroppedRow, find_pair
from acord.data.pairs import Pair
from acord.languages import LANGUAGES, interface_language, text
from acord.languages.reasons import reason_text
from acord.run.built_pairs import BuiltPairs
from acord.visible import visible, visible_line

CHOSEN, REJECTED = "green", "yellow"
CONTROL, PROMPT = "cyan", "dim"
# Where there are no colours, marks stand in the text; the same letters in the data are set apart by a backslash.
FORGED = re.compile(r"\[(?=/?(?:scored|control)\])")


class Piece(NamedTuple):
    """Text of some tokens that follow each other. control: written by the template as a control token."""

    text: str
    control: bool


@dataclass(frozen=True)
class Tokens:
    """A pair as the model reads it. prompt, chosen, rejected: their text in pieces, and how many tokens each has.

    turns_dropped: messages left out of the prompt to fit. boundary_merges: see `acord.chat.EncodedPair`.
    """

    model: str
    prompt: tuple[Piece, ...]
    chosen: tuple[Piece, ...]
    rejected: tuple[Piece, ...]
    counts: tuple[int, int, int]
    turns_dropped: int
    boundary_merges: int


@dataclass(frozen=True)
class ShownPair:
    """What there is to show: a pair, with its tokens or why it has none, or else the dropped rows of that name.

    refused: why the template or the tokenizer cannot write the pair, None where it can or there is no model.
    """

    pair: Pair | None
    dropped: tuple[DroppedRow, ...]
    tokens: Tokens | None = None
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        if self.pair is None:
            return {"dropped": [row._asdict() for row in self.dropped]}
        content: dict[str, Any] = {"pair": asdict(self.pair)}
        if self.tokens is not None:
            content["tokens"] = _tokens_json(self.tokens)
        return content if self.refused is None else {**content, "refused": self.refused}

    def shown(self) -> str:
        """For people: in colours where stdout is a terminal that has them."""
        return _in_colours(self) if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else _plain(self)


def show_pair(name: str, built: BuiltPairs, model: str | None = None) -> ShownPair:
    """The pair or the dropped row that `name` means. model: a folder or hub name; the run's base where None.

    Raises InputError for a name that means nothing or several pairs, and for a model that cannot be read.
    """
    found = find_pair(built.folder, name)
    if found.pair is None:
        return ShownPair(None, found.dropped)
    folder = built.base_model() if model is None else _model_folder(model)
    if folder is None:
        return ShownPair(found.pair, ())
    chat, max_length = _chat_format(built, folder)
    try:
        return ShownPair(found.pair, (), tokens=_tokens(found.pair, chat, max_length, model or str(folder)))
    except Refused as refused:
        return ShownPair(found.pair, (), refused=str(refused))


def _model_folder(model: str) -> Path:
    from acord.models import find_model

    return find_model(model)


def _chat_format(built: BuiltPairs, folder: Path) -> tuple[ChatFormat, int]:
    from acord.models import load_tokenizer

    chat = built.chat()
    tokenizer = load_tokenizer(folder)
    built_format = ChatFormat.build(tokenizer, template=chat.template, system=chat.system, arguments=chat.arguments)
    return built_format, chat.max_length


def _tokens(pair: Pair, chat: ChatFormat, max_length: int, model: str) -> Tokens:
    encoded = chat.encode_pair(pair.prompt, pair.chosen, pair.rejected, max_length=max_length)
    chosen, rejected = encoded.chosen_ids, encoded.rejected_ids
    return Tokens(
        model=model,
        prompt=_pieces(chat, encoded.prompt_ids),
        # Behind a control token, as a reply stands: decoders can drop a space at the start of a sequence.
        chosen=_pieces(chat, (chat.end_of_turn_id, *chosen))[1:],
        rejected=_pieces(chat, (chat.end_of_turn_id, *rejected))[1:],
        counts=(len(encoded.prompt_ids), len(chosen), len(rejected)),
        turns_dropped=encoded.turns_dropped,
        boundary_merges=encoded.boundary_merges,
    )


def _pieces(chat: ChatFormat, ids: Sequence[int]) -> tuple[Piece, ...]:
    """What ids say. Only a control id decodes to a sealed name, so text that looks like a control token stays text."""
    (sealed,) = chat.sealed.decode([ids])
    pieces, end = [], 0
    for found in chat.sealed.pattern.finditer(sealed):
        pieces += [Piece(sealed[end : found.start()], False), Piece(chat.sealed.unseal(found.group()), True)]
        end = found.end()
    return tuple(piece for piece in [*pieces, Piece(sealed[end:], False)] if piece.text)


def _tokens_json(tokens: Tokens) -> dict[str, Any]:
    names = ("prompt", "chosen", "rejected")
    parts = (tokens.prompt, tokens.chosen, tokens.rejected)
    return {
        "model": tokens.model,
        **dict(zip(names, tokens.counts, strict=True)),
        "turns_dropped": tokens.turns_dropped,
        "boundary_merges": tokens.boundary_merges,
        "pieces": [
            {"part": name, "text": piece.text, "control": piece.control, "scored": name != "prompt"}
            for name, pieces in zip(names, parts, strict=True)
            for piece in pieces
        ],
    }


def _plain(shown: ShownPair) -> str:
    if shown.pair is None:
        return _dropped(shown.dropped)
    parts = [_facts(shown.pair), *_notes(shown)]
    if shown.tokens is None:
        for heading, turns in _turns(shown.pair):
            parts.append("\n".join([heading, *(_indented(f"{role}: {content}") for role, content in turns)]))
        return "\n\n".join(parts)
    for heading, pieces, scored in _sections(shown.tokens):
        marked = "".join(
            f"[control]{written}[/control]" if piece.control else written
            for piece in pieces
            for written in [FORGED.sub(r"\\[", visible(piece.text))]
        )
        parts.append(f"{heading}\n{_indented(f'[scored]{marked}[/scored]' if scored else marked)}")
    return "\n\n".join(parts)


def _in_colours(shown: ShownPair) -> str:
    """The same with the mask in colour; a line is never folded, so that it can be copied."""
    import io

    from rich.console import Console
    from rich.text import Text

    if shown.pair is None or shown.tokens is None:
        return _plain(shown)
    whole = Text("\n\n".join([_facts(shown.pair), *_notes(shown)]))
    styles = (PROMPT, CHOSEN, REJECTED)
    for (heading, pieces, _), style in zip(_sections(shown.tokens), styles, strict=True):
        whole.append("\n\n")
        whole.append(heading, "bold")
        whole.append("\n  ")
        for piece in pieces:
            written = visible(piece.text).replace("\n", "\n  ")
            whole.append(written, f"{style} bold {CONTROL} underline" if piece.control else style)
    written_to = io.StringIO()
    Console(file=written_to, force_terminal=True, soft_wrap=True, highlight=False).print(whole, end="")
    return written_to.getvalue()


def _facts(pair: Pair) -> str:
    """Everything about a pair but its texts, in two columns."""
    from acord.run.render import aligned

    name = LANGUAGES[pair.language].names[interface_language().tag] if pair.language in LANGUAGES else ""
    ranks = [("show_rank_chosen", pair.chosen_rank), ("show_rank_rejected", pair.rejected_rank)]
    rows = [
        ["id", pair.id],
        [text("data_source"), f"{pair.source} ({pair.source_id})"],
        [text("data_language"), f"{name} ({pair.language})" if name else pair.language],
        [text("data_licence"), pair.licence],
        [text("show_origin"), text(f"data_{pair.origin}")],
        [text("data_split"), text(f"data_{pair.split}")],
        [text("show_conversation"), pair.group],
        *([text(key), str(rank)] for key, rank in ranks if rank is not None),
        *([[text("data_margin"), _number(pair.margin)]] if pair.margin is not None else []),
        [text("data_weight"), _number(pair.weight)],
    ]
    lineage = [[step.step, f"{step.tool} {step.version}".strip(), step.detail] for step in pair.lineage]
    return f"{aligned('', _one_line(rows))}\n\n{aligned(text('show_lineage'), _one_line(lineage))}"


def _number(value: float) -> str:
    return f"{value:g}".replace(".", interface_language().decimal)


def _one_line(rows: list[list[str]]) -> list[list[str]]:
    return [[visible_line(cell) for cell in row] for row in rows]


def _notes(shown: ShownPair) -> list[str]:
    """What there is to know before the texts."""
    if shown.refused is not None:
        return [text("show_refused", reason=visible_line(shown.refused))]
    if shown.tokens is None:
        return [text("show_no_model")]
    notes = [text("show_model", model=visible_line(shown.tokens.model))]
    if shown.tokens.turns_dropped:
        notes.append(text("show_turns_dropped", turns=shown.tokens.turns_dropped))
    if shown.tokens.boundary_merges:
        notes.append(text("show_merges", replies=shown.tokens.boundary_merges))
    return ["\n".join(notes)]


def _turns(pair: Pair) -> list[tuple[str, list[tuple[str, str]]]]:
    prompt = [(turn["role"], turn["content"]) for turn in pair.prompt]
    return [
        (text("show_prompt"), prompt),
        (text("show_chosen"), [("assistant", pair.chosen)]),
        (text("show_rejected"), [("assistant", pair.rejected)]),
    ]


class _Section(NamedTuple):
    heading: str
    pieces: tuple[Piece, ...]
    scored: bool


def _sections(tokens: Tokens) -> list[_Section]:
    prompt, chosen, rejected = tokens.counts
    return [
        _Section(text("show_prompt_tokens", tokens=prompt), tokens.prompt, False),
        _Section(text("show_chosen_tokens", tokens=chosen), tokens.chosen, True),
        _Section(text("show_rejected_tokens", tokens=rejected), tokens.rejected, True),
    ]


def _indented(content: str) -> str:
    """Text of others stands indented, so that no line of it passes for one of ours."""
    return "  " + visible(content).replace("\n", "\n  ")


def _dropped(rows: Sequence[DroppedRow]) -> str:
    from acord.run.render import aligned

    table = [[row.source, row.source_id, reason_text(row.reason), row.detail] for row in rows]
    return aligned(text("show_dropped"), _one_line(table))
