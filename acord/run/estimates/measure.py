"""Measure how fast this machine trains a shape: real forward and backward passes through the real engine.

The model has the recipe's widths and random weights. Where all layers would take long, few are measured, twice, and the
rest follows: every layer takes what one takes.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.encoded import Example, items_of
from acord.align.footprint import Setting
from acord.align.shape import Shape, Trained, Work, run_flops
from acord.recipe import Align
from acord.run.estimates.calibration import MEASURED, Entry, Rates, entry_of
from acord.run.estimates.counted import example_of, work_of
from acord.tree.pack import build_packs

# FLOPs of one measured step beyond which fewer layers and tokens are measured: some seconds on two cores.
MOST_FLOPS = 4e11
MOST_PACKS = 3
REPEATS = 3
FEW, MORE = 1, 3
SYNTHETIC = (200, 150)


class _Seconds(NamedTuple):
    passes: float
    forward: float
    update: float


def measure(
    shape: Shape, setting: Setting, threads: int, align: Align, examples: Sequence[Example], token_budget: int,
    folder: Path | None,
) -> Entry:  # fmt: skip
    """The rates of this machine for a shape. folder: of the base, whose configuration is used; a Llama otherwise.

    examples: of the recipe, where there are some; replies of usual lengths otherwise. Takes some seconds.
    """
    from acord.console import say

    packs = _packs(shape, setting, examples, token_budget, align.batch_pairs)
    whole = _flops(shape, setting, packs).training
    say(f"measuring {len(packs)} passes of a random model of these widths")
    if whole <= MOST_FLOPS or shape.layers <= MORE:
        seconds = _time(shape, shape.layers, setting, threads, align, packs, folder)
    else:
        few, more = (_time(shape, layers, setting, threads, align, packs, folder) for layers in (FEW, MORE))
        seconds = _Seconds(*(
            low + max(0.0, high - low) * (shape.layers - FEW) / (MORE - FEW)
            for low, high in zip(few, more, strict=True)
        ))  # fmt: skip
    flops = _flops(shape, setting, packs)
    updated = shape.parameters if setting.rank is None else shape.adapter(setting.rank)
    return entry_of(
        shape, setting, threads,
        Rates(
            passes=(flops.forward + flops.backward + flops.again) / seconds.passes,
            forward=flops.reference / seconds.forward,
            update=seconds.update / updated,
        ),
        MEASURED,
    )  # fmt: skip


def _packs(
    shape: Shape, setting: Setting, examples: Sequence[Example], token_budget: int, batch_pairs: int
) -> list[list[Example]]:
    """Packs of one step at most, as large as the plan's, but for those that would take long."""
    if not examples:
        prompt, reply = ([3 + n % (shape.vocabulary - 3) for n in range(length)] for length in SYNTHETIC)
        count = min(batch_pairs, MOST_PACKS * token_budget // (len(prompt) + 2 * len(reply)) + 1)
        # Every pair begins with another token, so that none shares a prefix with another.
        examples = [
            example_of([3 + n % (shape.vocabulary - 3), *prompt], ([1, *reply], [2, *reply]), f"{n}", f"{n}")
            for n in range(max(1, count))
        ]
    chosen = [_within(example, shape.vocabulary) for example in examples[:batch_pairs]]
    packs = build_packs(items_of(chosen), token_budget)[:MOST_PACKS]
    found = [[chosen[index] for index in pack.items] for pack in packs]
    layers = min(MORE, shape.layers)
    while len(found) > 1 and _flops(shape._replace(layers=layers), setting, found).training > MOST_FLOPS:
        found.pop()
    while len(found[0]) > 1 and _flops(shape._replace(layers=layers), setting, found).training > MOST_FLOPS:
        found[0] = found[0][: len(found[0]) // 2]
    return found


def _within(example: Example, vocabulary: int) -> Example:
    replies = [[token % vocabulary for token in reply] for reply in example.replies]
    return example_of([token % vocabulary for token in example.prompt_ids], replies, example.id, example.group)


def _flops(shape: Shape, setting: Setting, packs: Sequence[Sequence[Example]]) -> Any:
    work = Work()
    for pack in packs:
        work = work.plus(work_of(build_packs(items_of(pack), 2**62)[0].forest))
    return run_flops(shape, Trained(setting.rank, setting.recompute), work, work, Work(), 1)


def _time(
    shape: Shape, layers: int, setting: Setting, threads: int, align: Align, packs: list[list[Example]],
    folder: Path | None,
) -> _Seconds:  # fmt: skip
    """Seconds of one step's passes, of the same passes without gradients, and of the optimizer's step."""
    import torch

    from acord.align.policy import Policy, checkpoint_activations, with_adapter
    from acord.align.reference import score_examples
    from acord.align.step import train_step
    from acord.tree.memory import keep_freed_memory
    from acord.tree.scoring import ScoringModel

    torch.set_num_threads(threads)
    keep_freed_memory()
    model = _random_model(shape, layers, folder)
    if setting.rank is not None and align.adapter is not None:
        model = with_adapter(model, align.adapter)
    model = model.to(setting.device).eval()
    if setting.recompute:
        checkpoint_activations(model)
    policy = Policy(ScoringModel(model), align)
    if setting.precision != "float32":
        policy.compute_in(getattr(torch, setting.precision))
    everything = [example for pack in packs for example in pack]
    budget = max(sum(len(e.prompt_ids) + sum(map(len, e.replies)) for e in pack) for pack in packs)
    reference = {example.id: (-1.0,) * len(example.replies) for example in everything}
    steps, updates, forwards = [], [], []
    for _ in range(REPEATS):
        with policy.scorer.tree_attention():
            steps.append(_clocked(lambda: train_step(policy, packs, reference, align, 0.0), setting.device))
        updates.append(_clocked(lambda: _update(policy), setting.device))
        forwards.append(
            _clocked(lambda: score_examples(policy.scorer, everything, budget, "measuring"), setting.device)
        )
    update = min(updates[1:])
    return _Seconds(max(1e-9, min(steps[1:]) - update), min(forwards[1:]), update)


def _update(policy: Any) -> None:
    policy.clip(1.0)
    policy.update(0.0)


def _clocked(work: Any, device: str) -> float:
    import torch

    started = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def _random_model(shape: Shape, layers: int, folder: Path | None) -> Any:
    """The base's own architecture where it is here, a Llama of the shape otherwise, with so many layers."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig

    if folder is not None:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        kinds = getattr(config, "layer_types", None)
        config.num_hidden_layers = layers
        if kinds:
            config.layer_types = kinds[:layers]
    else:
        heads = max(1, shape.attention // 64)
        config = LlamaConfig(
            vocab_size=shape.vocabulary, hidden_size=shape.hidden, intermediate_size=shape.inner,
            num_hidden_layers=layers, num_attention_heads=heads,
            num_key_value_heads=max(1, heads * shape.keys // shape.attention),
            tie_word_embeddings=shape.tied, bos_token_id=None, eos_token_id=2, pad_token_id=0,
        )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32)
