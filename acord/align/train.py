"""The `align` stage: train on the plan, export a folder that transformers loads alone, measure the exported weights."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from acord.align.adapter import save_adapter
from acord.align.encoded import Example, read_encoded
from acord.align.kept import Kept, best_step, beyond, step_folder
from acord.align.loop import Training, run_steps
from acord.align.metrics import Scored, all_metrics
from acord.align.plan import Plan, chat_format, read_plan, read_steps
from acord.align.policy import Policy, load_policy
from acord.align.reference import ReplyScores, load_scorer, read_scores, score_examples
from acord.align.totals import totals
from acord.chat import check_self_contained
from acord.console import say
from acord.errors import InputError
from acord.models import load_tokenizer, model_path, save_model, stored_dtype
from acord.processes import World, agree, world
from acord.recipe import Align, Chat, Recipe
from acord.tree.admission import cast_parameters

_LOGP = pa.list_(pa.float64())
HELD_OUT_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("logp_before", _LOGP),
        ("logp_after", _LOGP),
    ]
)


def build_align(
    recipe: Recipe, *, plan_folder: Path, reference_folder: Path, base_folder: Path, folder: Path
) -> dict[str, Any]:
    """Write folder/model, folder/metrics.jsonl and folder/held_out.parquet; goes on from a checkpoint found there.

    A step that `align.keep` names becomes folder/steps/step-N; a trained LoRA adapter is kept in folder/adapter, beside
    the model that it is folded into. Figures: first and last loss, tokens, and the held-out metrics before and after,
    and by step: overall, by language, by source; the best of these steps where it is asked for.
    """
    plan = read_plan(plan_folder)
    examples = [example for example in read_encoded(plan_folder / "encoded.parquet") if example.split == "held_out"]
    reference = read_scores(reference_folder / "reference.parquet")
    base, here = model_path(base_folder), world()
    _check_kept(recipe.align, plan.steps, examples)
    if here.rank == 0:
        _clear(folder)
    policy = load_policy(base, plan, recipe.align)
    training = Training(read_steps(plan_folder), reference, recipe.align, folder)
    records = run_steps(policy, training)
    _export(policy, base, recipe, folder / "model", here)
    if recipe.align.adapter is not None:
        save_adapter(policy, recipe.align.adapter, folder / "adapter")
    for steps in sorted(training.kept.wanted):
        policy.restore(training.checkpoints.weights(steps, policy.state()))
        _export(policy, base, recipe, step_folder(folder, steps), here)
    del policy
    figures = totals(records)
    if examples:
        held_out = _HeldOut(examples, reference, plan, recipe.align.beta)
        figures |= _measured(held_out, recipe.align, training.kept, folder)
    if here.rank == 0:
        training.checkpoints.remove()
    return figures


def _check_kept(align: Align, total: int, examples: Sequence[Example]) -> None:
    for step in beyond(align, total):
        say(f"align.keep names step {step:,}, and the training ends after step {total:,}: it is not kept")
    if "best" in align.keep and not examples:
        raise InputError(
            "best is chosen by held-out pairs, and none was held out", where="align.keep", fix="Raise data.held_out."
        )


def _clear(folder: Path) -> None:
    """Remove what a run wrote that was killed after its last step, half of it perhaps."""
    for name in ("model", "adapter", "steps"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "held_out.parquet").unlink(missing_ok=True)


def _export(policy: Policy, base: Path, recipe: Recipe, folder: Path, here: World) -> None:
    model = policy.trained_model(base, recipe.align)
    if here.rank == 0:
        export(model, base, recipe.chat, folder)
    agree(0)  # nobody goes on to read what is not written yet


class _HeldOut(NamedTuple):
    """What exported weights are measured on. reference: the base's scores."""

    examples: list[Example]
    reference: dict[str, ReplyScores]
    plan: Plan
    beta: float

    def score(self, model: Path) -> dict[str, ReplyScores]:
        """The scores of a model's folder: its weights as users get them."""
        return score_examples(load_scorer(model, self.plan), self.examples, self.plan.token_budget, "held-out pairs")

    def metrics(self, scores: dict[str, ReplyScores]) -> dict[str, Any]:
        """What scores say, overall, by language and by source."""
        scored = [Scored(example, scores[example.id], self.reference[example.id]) for example in self.examples]
        return all_metrics(scored, self.beta)


def _measured(held_out: _HeldOut, align: Align, kept: Kept, folder: Path) -> dict[str, Any]:
    """Measure the aligned model and every step that is kept or tried; those that were only tried go, but the best."""
    after = held_out.score(folder / "model")
    if world().rank == 0:
        _write_held_out(held_out, after, folder / "held_out.parquet")
    measured = {"before": held_out.metrics(held_out.reference), "after": held_out.metrics(after)}
    figures: dict[str, Any] = {"held_out": measured}
    if not align.keep:
        return figures
    by_step = {
        str(steps): held_out.metrics(held_out.score(step_folder(folder, steps))) for steps in sorted(kept.wanted)
    }
    by_step[str(held_out.plan.steps)] = measured["after"]
    figures["held_out_by_step"] = by_step
    if "best" in align.keep:
        figures["best_step"] = best_step(by_step)
        for steps in kept.tried - {figures["best_step"]} if world().rank == 0 else ():
            shutil.rmtree(step_folder(folder, steps))
    return figures


def export(model: Any, base: Path, chat: Chat, folder: Path) -> None:
    """Save the model in the base's type, with a tokenizer whose template carries the recipe's arguments and system.

    What was saved is read again and must write a conversation in the ids that training saw.
    """
    tokenizer = load_tokenizer(base)
    trained = chat_format(chat, tokenizer)
    tokenizer.chat_template = trained.template
    dtype = getattr(torch, stored_dtype(base))
    cast_parameters(model, dtype)
    model.config.dtype = dtype
    save_model(model, tokenizer, folder)
    check_self_contained(trained, load_tokenizer(folder))


def _write_held_out(held_out: _HeldOut, after: dict[str, ReplyScores], path: Path) -> None:
    """Of every held-out example its scores under the base and under the model as exported."""
    rows = [
        {
            "id": example.id,
            "language": example.language,
            "source": example.source,
            "logp_before": list(held_out.reference[example.id]),
            "logp_after": list(after[example.id]),
        }
        for example in held_out.examples
    ]
    pq.write_table(pa.Table.from_pylist(rows, HELD_OUT_SCHEMA), path, compression="zstd")
