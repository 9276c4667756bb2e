"""What of a recipe, and of the world outside it, each stage depends on.

Contents are identified, never places: a source that is moved or a package that is installed elsewhere gives the same
keys.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.errors import InputError
from acord.hashing import digest
from acord.recipe import Model, Recipe, Source, allow_file
from acord.run.keys import HashCache

# Of `align`, what the plan fixes. The training depends on all of `align`.
PLANNED = (
    "method",
    "epochs",
    "batch_pairs",
    "shuffle",
    "conversation_pairs",
    "token_budget",
    "threads",
    "precision",
    "activation_checkpointing",
)
# Of an endpoint, what decides where and how fast, and not what it answers.
JUDGE_PLACES = ("endpoint", "serve", "gpus", "key_variable", "concurrency", "timeout_seconds")
ENDPOINT_PLACES = ("url", "key_variable", "concurrency", "max_requests", "timeout_seconds")
TEMPLATE_NAMES = ("tokenizer", "chatml")
HUB = "hf://"
TASK_FILES = (".yaml", ".py", ".jsonl")


class NotFetched(InputError):
    """Something on the hub that is not here yet, asked for by one who would not fetch it."""


@dataclass(frozen=True)
class Outside:
    """How to look at files and models outside the store. fetch: whether the hub may be asked for what is missing."""

    hashes: HashCache
    fetch: bool


def nothing(recipe: Recipe, outside: Outside) -> dict[str, Any]:  # noqa: ARG001  one signature for every stage
    """The identity of what comes from outside, where nothing does."""
    return {}


def data_part(recipe: Recipe) -> dict[str, Any]:
    """The data section without its places, the variety, and the seed of the split and the drawing order."""
    data = recipe.data.model_dump(mode="json", by_alias=True)
    for source in data["sources"]:
        del source["path"], source["against"]
        endpoint = source["rejected_from"] or (source["translate"] or {}).get("through")
        if isinstance(endpoint, dict):
            for place in ENDPOINT_PLACES:
                del endpoint[place]
    if data["decontaminate"]:
        # Both are identified by their contents.
        del data["decontaminate"]["suite"], data["decontaminate"]["allow"]
    return {"data": data, "variety": recipe.variety, "seed": recipe.seed}


def data_outside(recipe: Recipe, outside: Outside) -> dict[str, Any]:
    """Of every source its files; of what the recipe holds data against, the contents; of Apertium, the version.

    Raises InputError for something that is not there.
    """
    found: dict[str, Any] = {"sources": source_contents(recipe, outside)}
    if recipe.data.decontaminate is not None:
        found["decontaminate"] = _suite_contents(recipe.data.decontaminate.suite, outside)
        found["decontaminate"]["data"] = _suite_data(recipe.data.decontaminate.suite, outside)
        allowed = allow_file(recipe.data)
        found["allowed"] = None if allowed is None else _sha256(allowed, outside.hashes)
    if recipe.data.filters.max_tokens is not None:
        found["tokenizer"] = base_model(recipe, outside)
    modes = {
        (source.translate.language, source.translate.to)
        for source in recipe.data.sources
        if source.translate is not None and source.translate.through == "apertium"
    }
    if modes:
        from acord.data.translate.programs import apertium_tool, find_mode

        found["apertium"] = [apertium_tool(find_mode(*mode, recipe.variety)) for mode in sorted(modes)]
    return found


def source_contents(recipe: Recipe, outside: Outside) -> dict[str, Any]:
    """Of every source its files in reading order: name and sha256. Raises InputError for one that is not there."""
    return {source.name: _contents(source, outside) for source in recipe.data.sources if source.translate is None}


def _contents(source: Source, outside: Outside) -> dict[str, Any]:
    from acord.data.locate import locate

    try:
        inputs = locate(source, download=outside.fetch)
    except InputError as error:
        if not outside.fetch and any(path.startswith(HUB) for path in (*source.paths, *source.against_paths)):
            raise NotFetched(error.what, where=error.where, fix=error.fix) from None
        raise
    return {
        role: [[file.address, _sha256(file.path, outside.hashes)] for file in files]
        for role, files in (("path", inputs.files), ("against", inputs.against))
    }


def model_part(recipe: Recipe) -> dict[str, Any]:
    """What a random base is made from; a base that exists is identified by its contents alone."""
    if not recipe.model.base.startswith("random:"):
        return {}
    return {"model": recipe.model.model_dump(mode="json"), "seed": recipe.seed}


def base_model(recipe: Recipe, outside: Outside) -> dict[str, Any]:
    """The identity of the base model. Raises InputError for one that does not exist."""
    from acord.models import base_identity

    model = recipe.model if outside.fetch else fetched_model(recipe.model)
    return dict(base_identity(model, digest=outside.hashes.sha256))


def base_elsewhere(recipe: Recipe, folder: Path) -> str | None:
    """Why the artefact of a base cannot be used although it is complete: it names another place than the recipe."""
    from acord.models import find_model, is_random, model_path

    if is_random(recipe.model):
        return None
    named, asked = model_path(folder), find_model(fetched_model(recipe.model).base).resolve()
    return None if named == asked else f"it names {named}, the recipe {asked}"


def plan_part(recipe: Recipe) -> dict[str, Any]:
    """The chat section without the template's place, what the plan fixes of `align`, and the seed of the order."""
    chat = recipe.chat.model_dump(mode="json")
    if _template_file(recipe) is not None:
        chat["template"] = "file"
    align = recipe.align.model_dump(mode="json")
    planned = {name: align[name] for name in PLANNED}
    # Of loss and adapter the plan asks only this, so that a change of beta or rank makes no new plan.
    planned["rankings"] = recipe.align.loss == "plackett_luce"
    planned["adapter"] = recipe.align.adapter is not None
    return {"chat": chat, "align": planned, "seed": recipe.seed}


def chat_template(recipe: Recipe, outside: Outside) -> dict[str, Any]:
    """sha256 of the chat template, where the recipe names a file. Raises InputError where it cannot be read."""
    file = _template_file(recipe)
    return {} if file is None else {"template": _sha256(file, outside.hashes)}


def align_part(recipe: Recipe) -> dict[str, Any]:
    """The align section, without how a stopped run is gone on from, which no result depends on."""
    align = recipe.align.model_dump(mode="json", exclude={"checkpoint_minutes"})
    kept = set(recipe.align.keep) - {"final"}
    align["keep"] = sorted(kept, key=str)
    if not kept & {"all", "last", "best"}:
        del align["checkpoint_steps"]
    if "last" not in kept:
        del align["keep_last"]
    return {"align": align}


def evaluate_part(recipe: Recipe) -> dict[str, Any]:
    """The evaluate section without the places of the models it is held against, and the seed of its draws."""
    if recipe.evaluate is None:
        return {}
    return {"evaluate": recipe.evaluate.model_dump(mode="json", exclude={"against", "suite"}), "seed": recipe.seed}


def evaluated_outside(recipe: Recipe, outside: Outside) -> dict[str, Any]:
    """The suite's rows and tasks, and the identity of each model that the aligned one is held against."""
    from acord.models import base_identity

    if recipe.evaluate is None:
        return {}
    models = [Model(base=base) for base in recipe.evaluate.against]
    return {
        **_suite_contents(recipe.evaluate.suite, outside),
        "against": [
            dict(base_identity(model if outside.fetch else fetched_model(model), digest=outside.hashes.sha256))
            for model in models
        ],
    }


def judge_part(recipe: Recipe) -> dict[str, Any]:
    """The judge section without places, speed and caps."""
    if recipe.judge is None:
        return {}
    section = recipe.judge.model_dump(mode="json", exclude={"suite", "against", "labels", "max_calls", "max_tokens"})
    section["panel"] = [
        {key: value for key, value in judge.items() if key not in JUDGE_PLACES} for judge in section["panel"]
    ]
    return {"judge": section}


def judged_outside(recipe: Recipe, outside: Outside) -> dict[str, Any]:
    """The suite's questions and rubrics, people's labels, judges that are served here, and the models compared with."""
    from acord.judge.suite import load_suite
    from acord.models import base_identity

    section = recipe.judge
    if section is None:
        return {}
    suite = load_suite(section.suite)
    models = [Model(base=base) for base in (*section.against, *(one.serve for one in section.panel if one.serve))]
    return {
        "questions": digest([vars(question) for question in suite.questions()]),
        "rubrics": {category.id: category.rubric.version for category in suite.categories},
        "labels": [_sha256(Path(file), outside.hashes) for file in section.labels],
        "models": [
            dict(base_identity(model if outside.fetch else fetched_model(model), digest=outside.hashes.sha256))
            for model in models
        ],
    }


def card_part(recipe: Recipe) -> dict[str, Any]:
    """All of the recipe, since the card shows it, without the places of this machine."""
    from acord.card.places import public_recipe

    return public_recipe(recipe).model_dump(mode="json", by_alias=True)


def _suite_contents(name: str, outside: Outside) -> dict[str, Any]:
    from acord.evaluate.suite import load_suite

    suite = load_suite(name)
    tasks = sorted(file for folder in suite.include for file in folder.rglob("*") if file.suffix in TASK_FILES)
    return {
        "suite": suite.model_dump(mode="json", exclude={"include"}),
        "tasks": [[file.name, _sha256(file, outside.hashes)] for file in tasks],
    }


def _suite_data(name: str, outside: Outside) -> dict[str, Any]:
    """Of every row of a suite that can be read here, the identity of its data: with others, other pairs would go."""
    from acord.evaluate.availability import check_rows, data_files
    from acord.evaluate.suite import load_suite

    suite = load_suite(name)
    found: dict[str, Any] = {}
    for row, one in zip(suite.rows, check_rows(suite), strict=True):
        if one.state == "present":
            files = data_files(row, suite.include)
            found[row.id] = [[file.name, _sha256(file, outside.hashes)] for file in files]
    return found


def _template_file(recipe: Recipe) -> Path | None:
    return None if recipe.chat.template in TEMPLATE_NAMES else Path(recipe.chat.template)


def fetched_model(model: Model) -> Model:
    """The model with its place in the hub's cache. Raises NotFetched where it is not there."""
    if model.base.startswith("random:") or Path(model.base).exists() or "/" not in model.base:
        return model
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(model.base, "config.json", revision=model.revision)
    except HFValidationError:
        return model
    if not isinstance(config, str):
        raise NotFetched("the model is not here yet", where=model.base, fix="acord run fetches it.")
    return model.model_copy(update={"base": str(Path(config).parent)})


def _sha256(file: Path, hashes: HashCache) -> str:
    try:
        return hashes.sha256(file)
    except (OSError, ValueError) as error:
        # ValueError: a name with a NUL in it.
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot be read: {why}", where=str(file), fix="Give a file that can be read.") from None
