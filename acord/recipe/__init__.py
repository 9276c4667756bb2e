"""The recipe: one YAML file that says what is aligned, on what, and how. Unknown keys are refused.

A value that the user's source does not state can be marked in `inferred`, which maps the dotted key to the reason;
wherever the value is shown, the mark is shown with it.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from acord.recipe.card import Card, Party, words_in
from acord.recipe.data import (
    Data,
    Decontaminate,
    Duplicates,
    Endpoint,
    Filters,
    PairPolicy,
    Source,
    Translate,
    Variety,
    allow_file,
)
from acord.recipe.judge import Judge, JudgeModel
from acord.recipe.section import LONGEST_NAME, NAME, Place, Positive, Section
from acord.sections import explained, read_mapping

__all__ = [
    "Adapter",
    "Align",
    "Card",
    "Chat",
    "Data",
    "Decontaminate",
    "Duplicates",
    "Endpoint",
    "Evaluate",
    "Filters",
    "Judge",
    "JudgeModel",
    "Model",
    "PairPolicy",
    "Party",
    "Recipe",
    "Section",
    "Source",
    "Translate",
    "Variety",
    "allow_file",
    "load_recipe",
    "parse_recipe",
    "shown_values",
    "words_in",
]

RANDOM_BASE = r"^random:llama-(\d+)x(\d+)$"
MOST_THREADS = 1_024

Decay = Annotated[float, Field(ge=0, lt=1)]


class Model(Section):
    """The model to align.

    base: a folder that transformers loads, a hub name, `bundled:model` (the package's own), or `random:llama-LxD` (L
    layers, D hidden, random weights from the recipe's seed). tokenizer: `base` (the one beside the weights) or `train`
    (a byte-level BPE learnt on the pairs, only with a random base). vocabulary: its size. revision: of a hub name.
    """

    base: Place
    tokenizer: Literal["base", "train"] = "base"
    vocabulary: Annotated[int, Field(ge=300, le=262_144)] = 8_192
    revision: str | None = None

    @model_validator(mode="after")
    def _tokenizer_fits_base(self) -> "Model":
        if self.base.startswith("random:") != (self.tokenizer == "train"):
            raise ValueError("tokenizer: train goes with base: random:llama-LxD, and only with it")
        return self


class Chat(Section):
    """How messages become text. template: `tokenizer` (its own, else ChatML), `chatml`, or a .jinja file.

    system: a system message put before conversations that have none. arguments: fixed values for the template.
    max_length: tokens of prompt and reply; oldest turns go first.
    """

    template: Place = "tokenizer"
    system: str | None = None
    arguments: dict[str, str | int | float | bool] = {}
    max_length: Annotated[int, Field(ge=16)] = 2_048


class Adapter(Section):
    """LoRA (Hu et al. 2021, arXiv 2106.09685) instead of full fine-tuning. targets: `all-linear`, or module names."""

    rank: Positive = 16
    alpha: Positive = 32
    targets: Literal["all-linear"] | Annotated[list[Place], Field(min_length=1)] = "all-linear"


class Align(Section):
    """How the policy is trained, and its optimizer (AdamW).

    method: `preference`, or `sft` (negative log-likelihood of the chosen reply). loss: dpo (label_smoothing > 0 makes
    it cDPO), ipo, or plackett_luce over all ranked replies of a prompt. length_normalised: log-probabilities a token.
    chosen_nll: weight of the chosen reply's negative log-likelihood a token, added to the loss.
    batch_pairs: pairs (rankings, replies) an optimizer step. shuffle: `pair` draws them one by one; `conversation`
    keeps up to conversation_pairs of one conversation in one step, so that they share their tokens.
    token_budget: tokens a pack. precision: of the computation; master weights are fp32. `auto` asks the machine.
    checkpoint_steps, checkpoint_minutes: a stopped run goes on from a checkpoint; one is written after so many steps,
    and where the last is so old (null: never for its age). keep_last: how many of them lie on the disk. keep: steps
    that become models of their own beside the last one: numbers; `all` (every checkpoint_steps); `last` (the keep_last
    newest of these); `best` (of all of these, the one that the held-out pairs prefer); `final`, the aligned model,
    which is always kept. skipped_updates: updates that may be skipped because a gradient is not finite.
    displacement_floor: how far the chosen replies' log-probability may fall, in nats a token, before
    on_displacement warns or stops.
    """

    method: Literal["preference", "sft"] = "preference"
    loss: Literal["dpo", "ipo", "plackett_luce"] = "dpo"
    beta: Annotated[float, Field(gt=0)] = 0.1
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    length_normalised: bool = False
    chosen_nll: Annotated[float, Field(ge=0)] = 0.0
    learning_rate: Annotated[float, Field(gt=0)] = 5.0e-6
    schedule: Literal["linear", "constant"] = "linear"
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    epochs: Positive = 1
    batch_pairs: Positive = 64
    shuffle: Literal["pair", "conversation"] = "pair"
    conversation_pairs: Positive = 16
    adapter: Adapter | None = None
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    adam_betas: Annotated[list[Decay], Field(min_length=2, max_length=2)] = [0.9, 0.999]
    adam_epsilon: Annotated[float, Field(gt=0)] = 1.0e-8
    token_budget: Literal["auto"] | Positive = "auto"
    threads: Literal["auto"] | Annotated[int, Field(gt=0, le=MOST_THREADS)] = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    activation_checkpointing: Literal["auto"] | bool = "auto"
    checkpoint_steps: Positive = 100
    checkpoint_minutes: Annotated[float, Field(gt=0)] | None = 15.0
    keep_last: Annotated[int, Field(ge=2)] = 2
    keep: list[Literal["all", "last", "best", "final"] | Positive] = []
    skipped_updates: Annotated[int, Field(ge=0)] = 3
    displacement_floor: Annotated[float, Field(gt=0)] = 0.5
    on_displacement: Literal["warn", "stop"] = "warn"

    @model_validator(mode="after")
    def _loss_takes_its_options(self) -> "Align":
        if self.label_smoothing and (self.loss != "dpo" or self.method != "preference"):
            raise ValueError("label_smoothing: goes with loss: dpo only")
        if self.method == "sft" and (self.loss != "dpo" or self.length_normalised or self.chosen_nll):
            raise ValueError("method: sft has a loss of its own; leave out loss, length_normalised and chosen_nll")
        return self

    @model_validator(mode="after")
    def _kept_once(self) -> "Align":
        twice = [step for step in self.keep if self.keep.count(step) > 1]
        if twice:
            raise ValueError(f"keep: {twice[0]} stands twice")
        return self


class Evaluate(Section):
    """What the aligned model is measured on, beside which models.

    suite: a bundled one's name, or a YAML file. against: folders or hub names. limit: items of each task at most, all
    where None. precision, engine: of the computation; engine is what generates text.
    """

    suite: Place = "aitana"
    against: list[Place] = []
    limit: Positive | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    engine: Literal["transformers", "vllm"] = "transformers"


class Recipe(Section):
    """Everything a run depends on.

    variety: which of the forms that the AVL admits the Valencian data should use; `any` changes nothing. inferred:
    dotted key -> why, for values that no source states.
    """

    name: Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)]
    model: Model
    data: Data
    chat: Chat = Chat()
    align: Align = Align()
    evaluate: Evaluate | None = None
    judge: Judge | None = None
    card: Card | None = None
    variety: Variety = "any"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    inferred: dict[str, str] = {}

    @model_validator(mode="after")
    def _inferred_keys_exist(self) -> "Recipe":
        for key in self.inferred:
            value: Any = self
            for part in key.split("."):
                if not isinstance(value, Section) or part not in type(value).model_fields:
                    raise ValueError(f"inferred names {key}, which is no key of a recipe")
                value = getattr(value, part)
        return self

    @model_validator(mode="after")
    def _best_can_be_told(self) -> "Recipe":
        if "best" in self.align.keep and not self.data.held_out:
            raise ValueError("align.keep: best is chosen by held-out pairs; set data.held_out")
        return self


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe file. Relative data paths stay as written: they count from the working directory.

    Raises InputError, one line, for a file that is missing, is no YAML, or has an unknown key or a wrong value.
    """
    return parse_recipe(read_mapping(path, what="recipe", start="name:, model: and data:"), where=str(path))


def parse_recipe(content: dict[str, Any], *, where: str) -> Recipe:
    """Check a recipe that is already in memory. Raises InputError for its first fault, one line."""
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise explained(error, where, Recipe) from None


def shown_values(recipe: Recipe) -> list[tuple[str, Any, str]]:
    """Every value of the recipe as (dotted key, value, why it is inferred or ''), in the order of the file format."""
    rows: list[tuple[str, Any, str]] = []

    def walk(prefix: str, section: Section, inherited: str) -> None:
        for name in type(section).model_fields:
            value = getattr(section, name)
            key = f"{prefix}{name}"
            if key == "inferred":
                continue
            reason = recipe.inferred.get(key, inherited)
            if isinstance(value, Section):
                walk(f"{key}.", value, reason)
            else:
                rows.append((key, value, reason))

    walk("", recipe, "")
    return rows
