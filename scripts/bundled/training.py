"""One training of the bundled model by acord's own engine: steps drawn as they come, the rate falling to zero."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from acord.align.checkpoint import Checkpoint, latest_checkpoint, save_checkpoint
from acord.align.encoded import Example
from acord.align.loop import train_step
from acord.align.policy import Policy
from acord.chat import ChatFormat, EncodedPair, Message, PairText
from acord.console import say
from acord.models import CONTEXT, HEAD_WIDTH
from acord.recipe import Align
from acord.tree.admission import admitted
from acord.tree.memory import keep_freed_memory
from scripts.bundled.draft import Draft

# A weight of 1 / REPLY for every example makes the loss about that of one token, whatever the length of replies.
REPLY = 32.0
LONGEST_TOKENS = 320
BATCH = 8


@dataclass(frozen=True)
class Shape:
    """The model: layers, hidden width, width of the feed-forward part, entries of the tokenizer."""

    layers: int
    hidden: int
    inner: int
    vocabulary: int


@dataclass(frozen=True)
class Budget:
    """How long training lasts: by the clock where `seconds` is given, by steps otherwise.

    rate: the peak learning rate, after a warm-up over `warm_up` of the whole, from where it falls linearly to zero.
    tokens: of a step, a prefix that its examples share counted once. checkpoint_seconds: between checkpoints.
    """

    seconds: float | None
    steps: int
    rate: float = 3e-3
    warm_up: float = 0.02
    tokens: int = 1_024
    checkpoint_seconds: float = 180.0

    def rate_at(self, share: float) -> float:
        """The learning rate when this share of the training is done."""
        return self.rate * min(share / self.warm_up, (1.0 - share) / (1.0 - self.warm_up))


def new_model(shape: Shape, tokenizer: Any, seed: int) -> Any:
    """A Llama with random weights. The head is the embedding: what is copied then needs no translation inside."""
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=max(1, shape.hidden // HEAD_WIDTH),
        num_key_value_heads=max(1, shape.hidden // HEAD_WIDTH),
        max_position_embeddings=CONTEXT,
        initializer_range=0.04,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
        max_new_tokens=160,
    )
    return model


def new_policy(model: Any, align: Align, precision: str) -> Policy:
    """The model in training, in the precision given."""
    keep_freed_memory()
    policy = Policy(admitted(model.eval()), align)
    if precision != "float32":
        policy.compute_in(getattr(torch, precision))
    return policy


def messages_of(draft: Draft) -> list[Message]:
    """The conversation up to the reply."""
    before: list[Message] = [{"role": role, "content": content} for role, content in draft.before]
    return [*before, {"role": "user", "content": draft.prompt}]


def encoded(drafts: Sequence[Draft], chat: ChatFormat) -> Iterator[Example]:
    """Drafts as examples of the tree engine; one that is too long or cannot be encoded is left out.

    Drafts that begin alike share a group, so that the engine computes their instruction once.
    """
    pairs = [PairText(messages_of(draft), draft.reply, "") for draft in drafts]
    for number, (draft, ids) in enumerate(
        zip(drafts, chat.encode_pairs(pairs, max_length=LONGEST_TOKENS), strict=True)
    ):
        if isinstance(ids, EncodedPair):
            yield Example(
                id=str(number),
                group=draft.group,
                language=draft.language,
                source=draft.task,
                split="train",
                weight=1.0 / REPLY,
                prompt_ids=ids.prompt_ids,
                replies=(ids.chosen_ids,),
                ranks=(0,),
            )


def step_examples(draw: Callable[[], Draft], chat: ChatFormat, tokens: int) -> list[Example]:
    """Examples of one step, drawn until they hold about `tokens` tokens, an instruction counted once a group."""
    chosen: list[Example] = []
    held = 0
    groups: set[str] = set()
    while held < tokens:
        for example in encoded([draw() for _ in range(BATCH)], chat):
            held += len(example.replies[0]) + len(example.prompt_ids) - (10 if example.group in groups else 0)
            groups.add(example.group)
            chosen.append(Example(**{**example.__dict__, "id": str(len(chosen))}))
    return chosen


def train(
    policy: Policy,
    chat: ChatFormat,
    draw_for: Callable[[random.Random, float], Callable[[], Draft]],
    align: Align,
    budget: Budget,
    folder: Path,
    *,
    seed: int,
    watch: Callable[[float], dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Train to the end of the budget, one line a step in folder/metrics.jsonl; goes on from a checkpoint found there.

    draw_for: given the step's random numbers and the share of training that is done, what draws one example. watch:
    called at every checkpoint with the share; what it returns is recorded. Returns all records.
    """
    folder.mkdir(parents=True, exist_ok=True)
    metrics, checkpoints = folder / "metrics.jsonl", folder / "checkpoints"
    records, spent = _resume(policy, metrics, checkpoints)
    started = saved = time.monotonic()
    with metrics.open("a", encoding="utf-8") as file, policy.scorer.tree_attention():
        while True:
            elapsed = spent + time.monotonic() - started
            share = len(records) / budget.steps if budget.seconds is None else elapsed / budget.seconds
            if share >= 1.0:
                break
            began = time.perf_counter()
            examples = step_examples(draw_for(random.Random(f"{seed}/{len(records)}"), share), chat, budget.tokens)  # noqa: S311  nothing is kept secret
            reference = {example.id: (0.0,) for example in examples}
            result = train_step(policy, [examples], reference, align, budget.rate_at(share))
            record: dict[str, Any] = {
                "step": len(records) + 1,
                "share": round(share, 5),
                "loss": None if result.skipped else result.loss,
                "nats_a_token": _nats_by_task(examples, result.scored),
                "learning_rate": budget.rate_at(share),
                "grad_norm": None if result.skipped else result.gradient_norm,
                "examples": len(examples),
                "tokens_distinct": result.tokens_distinct,
                "tokens_unshared": result.tokens_unshared,
                "tokens_scored": sum(len(example.replies[0]) for example in examples),
                "seconds": round(time.perf_counter() - began, 4),
            }
            if time.monotonic() - saved > budget.checkpoint_seconds:
                saved = time.monotonic()
                state = Checkpoint(len(records) + 1, policy.state(), {"seconds": spent + saved - started})
                save_checkpoint(checkpoints, state)
                if watch is not None:
                    record |= watch(share)
                say(json.dumps({key: value for key, value in record.items() if key != "tokens_unshared"}))
            records.append(record)
            file.write(json.dumps(record) + "\n")
            file.flush()
    return records


def _nats_by_task(examples: Sequence[Example], scored: Sequence[Any]) -> dict[str, float]:
    sums: dict[str, list[float]] = {}
    for one in scored:
        total = sums.setdefault(one.example.source, [0.0, 0.0])
        total[0] -= one.policy[0]
        total[1] += len(one.example.replies[0])
    return {task: round(total / tokens, 4) for task, (total, tokens) in sorted(sums.items())}


def _resume(policy: Policy, metrics: Path, checkpoints: Path) -> tuple[list[dict[str, Any]], float]:
    checkpoint = latest_checkpoint(checkpoints)
    if checkpoint is None:
        metrics.unlink(missing_ok=True)
        return [], 0.0
    policy.restore(checkpoint.tensors)
    lines = metrics.read_text(encoding="utf-8").splitlines()[: checkpoint.steps]
    metrics.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    say(f"going on after step {checkpoint.steps}")
    return [json.loads(line) for line in lines], float(checkpoint.memory["seconds"])
