"""The plan: which pairs form which optimizer step, how they are packed, and what the result depends on.

Made once, before training, and stored: encoded.parquet (token ids of every pair), refused.parquet (pairs that cannot
be encoded, with the reason), steps.parquet (step, pack, pair), plan.json (budget, precision, kernel, threads, why).
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from acord.align.encoded import EncodedPair, items_of, read_encoded, write_encoded
from acord.chat import ChatFormat, Refused, check_self_contained
from acord.console import track
from acord.data.pairs import Pair, read_pairs
from acord.errors import InputError
from acord.models import load_tokenizer, model_path
from acord.recipe import Chat, Recipe
from acord.tree.pack import build_packs

REFUSED_SCHEMA = pa.schema([("id", pa.string()), ("reason", pa.string()), ("detail", pa.string())])
STEPS_SCHEMA = pa.schema([("step", pa.int32()), ("pack", pa.int32()), ("pair", pa.string())])
TOKEN_BUDGET = 4_096


@dataclass(frozen=True)
class Plan:
    """What a run's result depends on besides weights, pairs and recipe, and why it was chosen so."""

    steps: int
    token_budget: int
    token_budget_reason: str
    precision: str
    precision_reason: str
    threads: int
    chat: dict[str, Any]


def build_plan(recipe: Recipe, *, pairs_folder: Path, base_folder: Path, folder: Path) -> dict[str, Any]:
    """The `plan` stage. Figures: steps, packs, tokens distinct and unshared, refusals by reason.

    Raises InputError when no training pair can be encoded.
    """
    model_folder = model_path(base_folder)
    tokenizer = load_tokenizer(model_folder)
    chat = chat_format(recipe.chat, tokenizer)
    tokenizer.chat_template = chat.template
    check_self_contained(chat, tokenizer)
    pairs = read_pairs(pairs_folder)
    encoded, refused = _encode(pairs, chat, recipe.chat.max_length)
    train = [pair for pair in encoded if pair.split == "train"]
    if not train:
        raise InputError(
            "no training pair can be encoded",
            where=f"{len(pairs)} pairs",
            fix=f"See {refused[0]['reason']}: raise chat.max_length or change the sources." if refused else "Add data.",
        )
    threads = os.cpu_count() or 1 if recipe.align.threads == "auto" else recipe.align.threads
    budget, reason = _token_budget(recipe, model_folder)
    rows, totals = _lay_steps(train, recipe, budget)
    plan = Plan(
        steps=totals["steps"],
        token_budget=budget,
        token_budget_reason=reason,
        precision="float32",
        precision_reason="exact against separate runs, and the master weights' own type",
        threads=threads,
        chat=chat.describe(),
    )
    write_encoded(encoded, folder / "encoded.parquet")
    pq.write_table(pa.Table.from_pylist(refused, REFUSED_SCHEMA), folder / "refused.parquet", compression="zstd")
    pq.write_table(pa.Table.from_pylist(rows, STEPS_SCHEMA), folder / "steps.parquet", compression="zstd")
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    reasons = [row["reason"] for row in refused]
    return {
        **totals,
        "pairs_train": len(train),
        "pairs_held_out": len(encoded) - len(train),
        "refused": len(refused),
        "refused_by_reason": {reason: reasons.count(reason) for reason in sorted(set(reasons))},
        "turns_dropped": sum(pair.turns_dropped for pair in encoded),
        "boundary_merges": sum(pair.boundary_merges for pair in encoded),
        "token_budget": budget,
        "threads": threads,
        "precision": plan.precision,
    }


def chat_format(chat: Chat, tokenizer: Any) -> ChatFormat:
    """The recipe's way of writing messages, on a tokenizer. Raises InputError where the two do not fit."""
    return ChatFormat.build(tokenizer, template=chat.template, system=chat.system, arguments=chat.arguments)


def read_plan(folder: Path) -> Plan:
    """The plan of a finished `plan` artefact."""
    return Plan(**json.loads((folder / "plan.json").read_text(encoding="utf-8")))


def read_steps(folder: Path) -> list[list[list[EncodedPair]]]:
    """Every optimizer step as its packs, each the encoded pairs it scores, in the plan's order."""
    by_id = {pair.id: pair for pair in read_encoded(folder / "encoded.parquet")}
    steps: list[list[list[EncodedPair]]] = []
    table = pq.read_table(folder / "steps.parquet")
    columns = (table["step"].to_pylist(), table["pack"].to_pylist(), table["pair"].to_pylist())
    for step, pack, pair in zip(*columns, strict=True):
        if step == len(steps):
            steps.append([])
        if pack == len(steps[step]):
            steps[step].append([])
        steps[step][pack].append(by_id[pair])
    return steps


def _encode(pairs: list[Pair], chat: ChatFormat, max_length: int) -> tuple[list[EncodedPair], list[dict[str, str]]]:
    encoded: list[EncodedPair] = []
    refused: list[dict[str, str]] = []
    with track("encoding", len(pairs), "pairs") as progress:
        for pair, tokens in zip(pairs, chat.encode_pairs(pairs, max_length=max_length), strict=True):
            progress.advance()
            if isinstance(tokens, Refused):
                refused.append({"id": pair.id, "reason": tokens.reason, "detail": tokens.detail})
                continue
            encoded.append(
                EncodedPair(
                    id=pair.id,
                    group=pair.group,
                    language=pair.language,
                    source=pair.source,
                    split=pair.split,
                    weight=pair.weight,
                    prompt_ids=tokens.prompt_ids,
                    chosen_ids=tokens.chosen_ids,
                    rejected_ids=tokens.rejected_ids,
                    turns_dropped=tokens.turns_dropped,
                    boundary_merges=tokens.boundary_merges,
                )
            )
    return encoded, refused


def _lay_steps(train: list[EncodedPair], recipe: Recipe, budget: int) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Shuffle pairs epoch by epoch, cut them into steps, and pack each step's trees."""
    random = np.random.Generator(np.random.PCG64(recipe.seed))
    rows: list[dict[str, Any]] = []
    totals = {"steps": 0, "packs": 0, "tokens_distinct": 0, "tokens_unshared": 0}
    for _ in range(recipe.align.epochs):
        order = random.permutation(len(train))
        for start in range(0, len(order), recipe.align.batch_pairs):
            batch = [train[index] for index in order[start : start + recipe.align.batch_pairs]]
            packs = build_packs(items_of(batch), budget)
            for number, pack in enumerate(packs):
                rows.extend({"step": totals["steps"], "pack": number, "pair": batch[i].id} for i in pack.items)
                totals["tokens_distinct"] += pack.forest.tokens
                totals["tokens_unshared"] += pack.forest.tokens_unshared
            totals["packs"] += len(packs)
            totals["steps"] += 1
    return rows, totals


def _token_budget(recipe: Recipe, model_folder: Path) -> tuple[int, str]:
    if recipe.align.token_budget != "auto":
        return recipe.align.token_budget, "set in the recipe"
    config = json.loads((model_folder / "config.json").read_text())
    hidden = int(config.get("hidden_size") or 512)
    layers = int(config.get("num_hidden_layers") or 8)
    inner = int(config.get("intermediate_size") or 4 * hidden)
    # What autograd keeps of a Llama layer in fp32: about ten hidden-wide and four inner-wide activations a token.
    token_bytes = 4 * layers * (10 * hidden + 4 * inner)
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fitting = int(free * 0.4 / token_bytes)
    if fitting >= TOKEN_BUDGET:
        return TOKEN_BUDGET, f"{token_bytes / 1e6:.2f} MB of activations a token fit well into {free / 1e9:.1f} GB free"
    return max(256, fitting), f"40% of {free / 1e9:.1f} GB free at {token_bytes / 1e6:.2f} MB of activations a token"
