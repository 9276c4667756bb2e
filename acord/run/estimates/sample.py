"""A sample of a recipe's pairs as tokens, without transformers: whole conversations, cut by the real tokenizer's file.

The template's own tokens are counted by an average, so that `acord plan` stays quick; `--rows` encodes in earnest.
"""

import itertools
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.encoded import Example
from acord.errors import InputError
from acord.recipe import Recipe, Source
from acord.run.estimates.ground import Ground
from acord.run.supply_plan import MixPlan

SAMPLED_PAIRS = 400
# Of ChatML: the marks, the role and the line ends of a message; as many where another template is used.
TOKENS_A_MESSAGE = 5
# Characters a token of a byte-level BPE that is still to be learnt on the pairs: measured with 8,192 entries on OASST1.
CHARACTERS_A_TOKEN = 3.7


class SampledPairs(NamedTuple):
    """examples: of whole conversations. total: pairs in all. split_unknown: whether held-out pairs are not marked."""

    examples: tuple[Example, ...]
    total: int
    split_unknown: bool
    ground: Ground


# Sources of up to so many bytes are read for a sample.
SMALL_BYTES = 4 << 20
Cut = Callable[[str], Sequence[int]]


def sample_pairs(pairs_folder: Path, tokenizer: Path | None, max_length: int) -> SampledPairs:
    """Of a finished `pairs` artefact. tokenizer: tokenizer.json, None where it is learnt later."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pairs_folder / "pairs.parquet")
    groups = file.read(columns=["group"])["group"].to_pylist()
    wanted = _whole_groups(groups)
    columns = ["id", "prompt", "chosen", "rejected", "group", "split"]
    rows = file.read(columns=columns).take(wanted).to_pylist()
    cut, how = cutter(tokenizer)
    examples = tuple(_example(row, cut, max_length) for row in rows)
    values = {"pairs": len(examples), "of": len(groups)}
    return SampledPairs(examples, len(groups), False, Ground(f"sampled_{how}", values))


def _whole_groups(groups: Sequence[str]) -> list[int]:
    """Rows of conversations drawn at random until there are enough pairs."""
    rows: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows.setdefault(group, []).append(row)
    names = list(rows)
    random.Random(0).shuffle(names)  # noqa: S311  a sample, no secret
    picked: list[int] = []
    for name in names:
        if len(picked) >= SAMPLED_PAIRS:
            break
        picked += rows[name]
    return sorted(picked)


def cutter(tokenizer: Path | None) -> tuple[Cut, str]:
    """How text is cut into tokens, and by what: the tokenizer's own file, or pieces of an average length."""
    if tokenizer is None:
        return _pieces, "characters"
    from tokenizers import Tokenizer

    loaded: Any = Tokenizer.from_file(str(tokenizer))
    return lambda text: list(loaded.encode(text, add_special_tokens=False).ids), "tokenizer"


def _pieces(text: str) -> list[int]:
    """Equal beginnings of two texts give equal pieces, so that what is shared is seen."""
    ends = [round(number * CHARACTERS_A_TOKEN) for number in range(int(len(text) / CHARACTERS_A_TOKEN) + 2)]
    return [hash(text[a:b]) & 0x7FFFFFFF for a, b in itertools.pairwise(ends) if a < len(text)]


def _example(row: dict[str, Any], cut: Cut, max_length: int) -> Example:
    frame = [0] * TOKENS_A_MESSAGE
    prompt = [token for turn in row["prompt"] for token in (*frame, *cut(turn["content"]))] + frame[:3]
    replies = [(*cut(row[name]), 1) for name in ("chosen", "rejected")]
    room = max(1, max_length - max(map(len, replies)))
    replies = [reply[: max_length - 1] for reply in replies]
    return Example(row["id"], row["group"], "und", "sample", row["split"], 1.0, tuple(prompt[-room:]),
                   tuple(map(tuple, replies)), (0, 1))  # fmt: skip


def all_pairs(recipe: Recipe, mix: MixPlan) -> int:
    """Pairs with those held out: quotas are of training, what the sources have is of both."""
    if mix.pairs:
        return round(mix.pairs / (1 - recipe.data.held_out))
    return sum(row.pairs or 0 for row in mix.supply)


def sample_sources(recipe: Recipe, mix: MixPlan, tokenizer: Path | None) -> SampledPairs | None:
    """Of the small sources that are here, before any filter; None where there is none. Nothing is fetched or kept."""
    from acord.data.locate import locate

    total = all_pairs(recipe, mix)
    rows: list[dict[str, Any]] = []
    for source in recipe.data.sources:
        if source.translate is not None:
            continue
        try:
            inputs = locate(source, download=False)
            size = sum(file.path.stat().st_size for file in (*inputs.files, *inputs.against))
            if size <= SMALL_BYTES:
                rows += _rows_of_source(source, inputs)
        except InputError:
            continue  # what is wrong with the file is the run's business
    if not rows or not total:
        return None
    cut, how = cutter(tokenizer)
    examples = tuple(_example(row, cut, recipe.chat.max_length) for row in rows)
    values = {"pairs": len(examples), "of": total}
    return SampledPairs(examples, total, True, Ground(f"sampled_{how}", values))


def _rows_of_source(source: Source, inputs: Any) -> list[dict[str, Any]]:
    from acord.data.spool import load
    from acord.data.supply import read_source

    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        supply = read_source(source, inputs, Path(folder) / "read", seed=0)
        for language in supply.count():
            for spooled in itertools.islice(supply.draw(language, lambda: SAMPLED_PAIRS), SAMPLED_PAIRS):
                pair = load(spooled.line).pair
                rows.append({**asdict(pair), "split": "train"})
    return rows
