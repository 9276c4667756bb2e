"""The part `judge` of a recipe: which judges rate which models' answers, and what that may cost."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from acord.recipe.section import LONGEST_NAME, Place, Positive, Section

# Keys of one judge that may stand directly under `judge:`, for a panel of one.
ONE_JUDGE = ("name", "endpoint", "serve", "gpus", "model", "key_variable", "concurrency", "reply_tokens", "structured",
             "timeout_seconds")  # fmt: skip


class JudgeModel(Section):
    """One judge: a model behind an endpoint that speaks OpenAI's chat protocol, or one that vLLM serves for the run.

    name: in tables, by default the model's. endpoint: address up to and including /v1. model: its name there. serve: a
    model's folder or hub name for vLLM on this machine, on so many gpus, started and stopped by the run. key_variable:
    the environment variable that holds the key. concurrency: calls at once. reply_tokens: of each reply at most.
    structured: whether replies are forced into a JSON schema; `auto` where that can be had. timeout_seconds: of a call.
    """

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    endpoint: Annotated[str, Field(pattern=r"^https?://")] | None = None
    serve: Place | None = None
    gpus: Positive = 1
    model: Place | None = None
    key_variable: str | None = None
    concurrency: Annotated[int, Field(gt=0, le=256)] = 8
    reply_tokens: Positive = 512
    structured: Literal["auto", "json_schema", "off"] = "auto"
    timeout_seconds: Annotated[float, Field(gt=0)] = 120.0

    @model_validator(mode="after")
    def _is_somewhere(self) -> "JudgeModel":
        if (self.endpoint is None) == (self.serve is None):
            raise ValueError("a judge has either endpoint: (and model:) or serve:")
        if self.endpoint is not None and self.model is None:
            raise ValueError("endpoint: goes with model:, the judge's name there")
        if self.serve is not None and (self.model is not None or self.key_variable is not None):
            raise ValueError("serve: takes the place of model: and key_variable:")
        return self

    @property
    def shown(self) -> str:
        """Its name in tables."""
        return self.name or self.model or str(self.serve).rstrip("/").rsplit("/", 1)[-1]


class Judge(Section):
    """How answers are judged: the suite, the judges, what is asked of them, and the caps.

    One judge may stand directly here (endpoint and model, or serve and gpus); several stand in `panel`. languages,
    categories: of the suite, all where None. limit: items of each category and language at most. wordings: of each
    item's instruction to the models. pairwise: answers of two models are also held against each other, in both orders:
    `check` does so for check_items items a language, to test the judge alone; `all` for every item. check_items:
    also how many answers a language are judged in the other forms of the judge's instruction. labels: files of people's
    labels, which the judge is held against. newest_only: what a judge said before it changed counts no more, and is
    asked for again. weighting: what weighs the same in the overall mean. max_calls, max_tokens: caps of the run, none
    where None; tokens count prompts and replies. answer_tokens: of each model's answer at most.
    precision, engine: of the computation of answers; engine is what generates them.
    """

    suite: Place = "aitana"
    panel: Annotated[list[JudgeModel], Field(min_length=1)]
    against: list[Place] = []
    languages: list[str] | None = None
    categories: list[str] | None = None
    limit: Positive | None = None
    wordings: Annotated[int, Field(ge=1, le=3)] = 3
    pairwise: Literal["off", "check", "all"] = "check"
    check_items: Positive = 40
    labels: list[Place] = []
    newest_only: bool = False
    weighting: Literal["categories", "items"] = "categories"
    max_calls: Positive | None = None
    max_tokens: Positive | None = None
    answer_tokens: Positive = 512
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    engine: Literal["transformers", "vllm"] = "transformers"

    @model_validator(mode="before")
    @classmethod
    def _one_judge_is_a_panel(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        one = {key: values[key] for key in ONE_JUDGE if key in values}
        if not one:
            return values
        if "panel" in values:
            raise ValueError(f"{next(iter(one))}: stands in panel: where there is one")
        return {key: value for key, value in values.items() if key not in one} | {"panel": [one]}

    @field_validator("panel")
    @classmethod
    def _names_differ(cls, panel: list[JudgeModel]) -> list[JudgeModel]:
        names = [one.shown for one in panel]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two judges are named {twice[0]}; give name: to each")
        models = [one.model for one in panel if one.model is not None]
        same = sorted({model for model in models if models.count(model) > 1})
        if same:
            raise ValueError(
                f"two judges are the model {same[0]}, under which replies are kept; let servers name it apart"
            )
        return panel
