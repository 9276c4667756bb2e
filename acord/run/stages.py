"""The line: what Acord does, in order. This file is the table of contents.

A stage turns the artefacts it needs and its part of the recipe into one artefact. Its `version` is part of the key:
raise it when the stage's output changes for the same input, and run `make golden`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.recipe import Recipe
from acord.run import identity, summary
from acord.run.crew import ALONE, Crew, together
from acord.run.identity import Outside

Figures = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What a stage is given: the recipe, an empty folder to fill, and the folders of the artefacts it needs.

    runs: the folder of all runs, for what they share. crew: the processes that may share the work; in a worker, one.
    """

    recipe: Recipe
    folder: Path
    inputs: Mapping[str, Path]
    runs: Path
    crew: Crew = ALONE


@dataclass(frozen=True)
class Stage:
    """One stage of the line.

    needs: names of the earlier stages whose artefacts it reads. recipe_part: all it may depend on of the recipe.
    outside: the identity of files and models that are no artefacts. libraries: distributions whose major.minor is
    part of the key. build: fills the folder and returns figures for the manifest. summary: one line about them.
    unusable: why a complete artefact cannot be reused all the same, None where it can. resumable: whether the stage
    goes on in the folder that a stopped run left. fresh_after_fault: not after an input was found at fault: mended, it
    has another key, and what was left would lie there for ever. applies: whether a recipe asks for the stage at all.
    """

    name: str
    version: int
    needs: Callable[[Recipe], tuple[str, ...]]
    recipe_part: Callable[[Recipe], dict[str, Any]]
    outside: Callable[[Recipe, Outside], dict[str, Any]]
    libraries: tuple[str, ...]
    build: Callable[[Job], Figures]
    summary: Callable[[Figures], str]
    unusable: Callable[[Recipe, Path], str | None] = lambda recipe, folder: None  # noqa: ARG005  most always can
    resumable: bool = False
    fresh_after_fault: bool = False
    applies: Callable[[Recipe], bool] = lambda recipe: True  # noqa: ARG005  most always do


def _shared(name: str, alone: Callable[[Job], Figures]) -> Callable[[Job], Figures]:
    """A stage whose work several processes share, where the job has them: all run `alone`, which knows of that."""
    return lambda job: together(name, job, alone)


def _build_pairs(job: Job) -> Figures:
    """Read every source, filter and mix to the quotas; keep what became no pair, with the reason."""
    from acord.data.build import build_pairs
    from acord.run.surroundings import surroundings

    return build_pairs(
        job.recipe.data, seed=job.recipe.seed, folder=job.folder, around=surroundings(job.recipe, job.runs)
    )


def _build_base(job: Job) -> Figures:
    """Resolve the model to align: the one named, or random weights with a tokenizer learnt on the pairs."""
    from acord.models import build_base

    recipe = job.recipe
    return build_base(recipe.model, seed=recipe.seed, pairs_folder=job.inputs.get("pairs"), folder=job.folder)


def _build_plan(job: Job) -> Figures:
    """Turn pairs into token ids, and fix which pairs form which optimizer step and how they are packed."""
    from acord.align.plan import build_plan

    return build_plan(job.recipe, pairs_folder=job.inputs["pairs"], base_folder=job.inputs["base"], folder=job.folder)


def _build_reference(job: Job) -> Figures:
    """Score every planned reply with the base model: the reference that the policy is held against."""
    from acord.align.reference import build_reference
    from acord.align.short_memory import memory_faults

    plan = job.inputs["plan"]
    with memory_faults(job.recipe.align, plan, "scoring the reference"):
        return build_reference(plan_folder=plan, base_folder=job.inputs["base"], folder=job.folder)


def _build_align(job: Job) -> Figures:
    """Train the policy on the plan, export it, and score the held-out pairs before and after."""
    from acord.align.short_memory import memory_faults
    from acord.align.train import build_align
    from acord.run.estimates.compare import compared

    recipe, plan, base, reference = job.recipe, job.inputs["plan"], job.inputs["base"], job.inputs["reference"]

    def build() -> Figures:
        with memory_faults(recipe.align, plan, "training"):
            return build_align(
                recipe, plan_folder=plan, reference_folder=reference, base_folder=base, folder=job.folder
            )

    return compared(recipe, build, plan_folder=plan, base_folder=base, folder=job.folder, runs=job.runs)


def _build_evaluate(job: Job) -> Figures:
    """Measure the base, the aligned model and those it is held against on the recipe's suite; compare them."""
    from acord.run.evaluations import build_evaluate

    inputs = job.inputs
    return build_evaluate(
        job.recipe, base_folder=inputs["base"], align_folder=inputs["align"], folder=job.folder, runs=job.runs
    )


def _build_judge(job: Job) -> Figures:
    """Let judges rate what the base, the aligned model and those it is held against answer to the suite's questions."""
    from acord.run.judgements import build_judge

    inputs = job.inputs
    return build_judge(
        job.recipe, base_folder=inputs["base"], align_folder=inputs["align"], folder=job.folder, runs=job.runs
    )


def _build_answers(job: Job) -> Figures:
    """Nine prompts answered by the base and by the aligned model."""
    from acord.run.answers import build_answers

    return build_answers(base_folder=job.inputs["base"], align_folder=job.inputs["align"], folder=job.folder)


def _build_card(job: Job) -> Figures:
    """The model card and the report, as functions of all artefacts, with the evidence that they stand on."""
    from acord.run.card import build_card

    return build_card(job.recipe, job.inputs, job.folder)


def _card_at_fault(recipe: Recipe, folder: Path) -> str | None:  # noqa: ARG001  one signature for every stage
    from acord.run.card import card_at_fault

    return card_at_fault(folder)


def _needs_of_card(recipe: Recipe) -> tuple[str, ...]:
    asked = (("evaluate", recipe.evaluate), ("judge", recipe.judge))
    return ("pairs", "base", "plan", "reference", "align", *(name for name, part in asked if part), "answers")


STAGES: tuple[Stage, ...] = (
    Stage(
        name="pairs",
        version=2,
        needs=lambda recipe: (),  # noqa: ARG005  no stage stands before it
        recipe_part=identity.data_part,
        outside=identity.data_outside,
        libraries=("datasketch", "phonenumbers", "py3langid", "python-stdnum"),
        build=_build_pairs,
        summary=summary.pairs,
        resumable=True,
        fresh_after_fault=True,
    ),
    Stage(
        name="base",
        version=1,
        needs=lambda recipe: ("pairs",) if recipe.model.tokenizer == "train" else (),
        recipe_part=identity.model_part,
        outside=identity.base_model,
        libraries=("tokenizers", "torch", "transformers"),
        build=_build_base,
        summary=summary.base,
        unusable=identity.base_elsewhere,
    ),
    Stage(
        name="plan",
        version=3,
        needs=lambda recipe: ("pairs", "base"),  # noqa: ARG005  the same for every recipe
        recipe_part=identity.plan_part,
        outside=identity.chat_template,
        libraries=("tokenizers", "transformers"),
        build=_build_plan,
        summary=summary.plan,
    ),
    Stage(
        name="reference",
        version=2,
        needs=lambda recipe: ("base", "plan"),  # noqa: ARG005  the same for every recipe
        recipe_part=lambda recipe: {},  # noqa: ARG005  the plan holds all it needs
        outside=identity.nothing,
        libraries=("torch", "transformers"),
        build=_shared("reference", _build_reference),
        summary=summary.reference,
    ),
    Stage(
        name="align",
        version=3,
        needs=lambda recipe: ("base", "plan", "reference"),  # noqa: ARG005  the same for every recipe
        recipe_part=identity.align_part,
        outside=identity.nothing,
        libraries=("torch", "transformers"),
        build=_shared("align", _build_align),
        summary=summary.align,
        resumable=True,
    ),
    Stage(
        name="evaluate",
        version=1,
        needs=lambda recipe: ("base", "align"),  # noqa: ARG005  the same for every recipe
        recipe_part=identity.evaluate_part,
        outside=identity.evaluated_outside,
        libraries=("lm_eval", "sacrebleu", "torch", "transformers"),
        build=_shared("evaluate", _build_evaluate),
        summary=summary.evaluate,
        applies=lambda recipe: recipe.evaluate is not None,
    ),
    Stage(
        name="judge",
        version=1,
        needs=lambda recipe: ("base", "align"),  # noqa: ARG005  the same for every recipe
        recipe_part=identity.judge_part,
        outside=identity.judged_outside,
        libraries=("torch", "transformers"),
        build=_build_judge,
        summary=summary.judge,
        applies=lambda recipe: recipe.judge is not None,
    ),
    Stage(
        name="answers",
        version=1,
        needs=lambda recipe: ("base", "align"),  # noqa: ARG005  the same for every recipe
        recipe_part=lambda recipe: {},  # noqa: ARG005  the models alone decide
        outside=identity.nothing,
        libraries=("torch", "transformers"),
        build=_build_answers,
        summary=summary.answers,
        applies=lambda recipe: recipe.card is not None,
    ),
    Stage(
        name="card",
        version=1,
        needs=_needs_of_card,
        recipe_part=identity.card_part,
        outside=identity.nothing,
        libraries=("huggingface_hub", "matplotlib"),
        build=_build_card,
        summary=summary.card,
        unusable=_card_at_fault,
        applies=lambda recipe: recipe.card is not None,
    ),
)
