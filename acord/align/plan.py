"""The plan: which examples form which optimizer step, how they are packed, and what the result depends on.

Made once, before training, and stored: encoded.parquet (token ids of every example), refused.parquet (pairs that
cannot be encoded, with the reason), steps.parquet (step, pack, example), plan.json (what the machine decided, why).
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from acord.align.encoded import Example, items_of, read_encoded, write_encoded
from acord.align.examples import EncodedPairs, encode, examples_for
from acord.align.machine import choose_budget, choose_device, choose_precision, choose_threads
from acord.align.order import steps_of_examples
from acord.chat import ChatFormat, check_self_contained
from acord.console import say
from acord.data.pairs import read_pairs
from acord.errors import InputError
from acord.models import load_tokenizer, model_path
from acord.recipe import Chat, Recipe
from acord.tree.pack import build_packs

REFUSED_SCHEMA = pa.schema([("id", pa.string()), ("reason", pa.string()), ("detail", pa.string())])
STEPS_SCHEMA = pa.schema([("step", pa.int32()), ("pack", pa.int32()), ("example", pa.string())])


@dataclass(frozen=True)
class Plan:
    """What a run's result depends on besides weights, pairs and recipe: what the machine decided, and the template."""

    steps: int
    device: str
    precision: str
    token_budget: int
    activation_checkpointing: bool
    threads: int
    chat: dict[str, Any]


class _Decided(NamedTuple):
    """A plan, and the reason of each choice: for the manifest, since reasons hold timings and the plan must not."""

    plan: Plan
    reasons: dict[str, str]


class _Layout(NamedTuple):
    """The rows of steps.parquet and what they add up to."""

    rows: list[dict[str, Any]]
    steps: int
    packs: int
    tokens_distinct: int
    tokens_unshared: int


def build_plan(recipe: Recipe, *, pairs_folder: Path, base_folder: Path, folder: Path) -> dict[str, Any]:
    """The `plan` stage. Figures: steps, packs, tokens distinct and unshared, refusals by reason, what was chosen.

    Raises InputError when no training pair can be encoded.
    """
    model_folder = model_path(base_folder)
    tokenizer = load_tokenizer(model_folder)
    chat = chat_format(recipe.chat, tokenizer)
    tokenizer.chat_template = chat.template
    check_self_contained(chat, tokenizer)
    encoded = encode(read_pairs(pairs_folder), chat, recipe.chat.max_length)
    examples = examples_for(recipe.align, encoded)
    train = [example for example in examples if example.split == "train"]
    if not train:
        raise _nothing_to_train(encoded)
    plan, reasons = _choose(recipe, model_folder, chat, len(train))
    say(f"{plan.precision} on {plan.device}: {reasons['precision']}")
    say(f"{plan.token_budget:,} tokens a pack: {reasons['token_budget']}")
    layout = _lay_out(steps_of_examples(train, recipe.align, recipe.seed), plan.token_budget)
    write_encoded(examples, folder / "encoded.parquet")
    _write(folder / "refused.parquet", [row._asdict() for row in encoded.refused], REFUSED_SCHEMA)
    _write(folder / "steps.parquet", layout.rows, STEPS_SCHEMA)
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return {**_figures(plan, layout, encoded, examples), "reasons": reasons}


def chat_format(chat: Chat, tokenizer: Any) -> ChatFormat:
    """The recipe's way of writing messages, on a tokenizer. Raises InputError where the two do not fit."""
    return ChatFormat.build(tokenizer, template=chat.template, system=chat.system, arguments=chat.arguments)


def read_plan(folder: Path) -> Plan:
    """The plan of a finished `plan` artefact."""
    return Plan(**json.loads((folder / "plan.json").read_text(encoding="utf-8")))


def read_steps(folder: Path) -> list[list[list[Example]]]:
    """Every optimizer step as its packs, each the examples it scores, in the plan's order."""
    by_id = {example.id: example for example in read_encoded(folder / "encoded.parquet")}
    steps: list[list[list[Example]]] = []
    table = pq.read_table(folder / "steps.parquet")
    columns = (table["step"].to_pylist(), table["pack"].to_pylist(), table["example"].to_pylist())
    for step, pack, example in zip(*columns, strict=True):
        if step == len(steps):
            steps.append([])
        if pack == len(steps[step]):
            steps[step].append([])
        steps[step][pack].append(by_id[example])
    return steps


def _choose(recipe: Recipe, model_folder: Path, chat: ChatFormat, train: int) -> _Decided:
    align = recipe.align
    device = choose_device()
    precision = choose_precision(align, device.value)
    budget = choose_budget(align, model_folder, device.value, precision.value)
    plan = Plan(
        steps=-(-train // align.batch_pairs) * align.epochs,
        device=device.value,
        precision=precision.value,
        token_budget=budget.tokens,
        activation_checkpointing=budget.activation_checkpointing,
        threads=choose_threads(align),
        chat=chat.describe(),
    )
    return _Decided(plan, {"device": device.reason, "precision": precision.reason, "token_budget": budget.reason})


def _lay_out(steps: Sequence[Sequence[Example]], token_budget: int) -> _Layout:
    rows: list[dict[str, Any]] = []
    count = distinct = unshared = 0
    for step, batch in enumerate(steps):
        packs = build_packs(items_of(batch), token_budget)
        count += len(packs)
        for number, pack in enumerate(packs):
            rows.extend({"step": step, "pack": number, "example": batch[index].id} for index in pack.items)
            distinct += pack.forest.tokens
            unshared += pack.forest.tokens_unshared
    return _Layout(rows, len(steps), count, distinct, unshared)


def _figures(plan: Plan, layout: _Layout, encoded: EncodedPairs, examples: Sequence[Example]) -> dict[str, Any]:
    train = sum(example.split == "train" for example in examples)
    return {
        "steps": layout.steps,
        "packs": layout.packs,
        "tokens_distinct": layout.tokens_distinct,
        "tokens_unshared": layout.tokens_unshared,
        "pairs_train": train,
        "pairs_held_out": len(examples) - train,
        "refused": len(encoded.refused),
        "refused_by_reason": dict(sorted(Counter(row.reason for row in encoded.refused).items())),
        "turns_dropped": encoded.turns_dropped,
        "boundary_merges": encoded.boundary_merges,
        **{name: value for name, value in asdict(plan).items() if name != "chat"},
    }


def _nothing_to_train(encoded: EncodedPairs) -> InputError:
    if not encoded.refused:
        return InputError("every pair is held out", where="data.held_out", fix="Lower it, or give more conversations.")
    reason, count = Counter(row.reason for row in encoded.refused).most_common(1)[0]
    return InputError(
        f"no training pair can be encoded; {count:,} of {len(encoded.refused):,} refused: {reason}",
        where="chat",
        fix="Raise chat.max_length, or change the template.",
    )


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema), path, compression="zstd")
