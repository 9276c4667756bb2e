"""The verb `judge`: models rated by a language model, and a judge held against people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from acord.cli.common import RUNS, Json, ModelsFirst, Runs, Speech, begin, tell, write_json
from acord.languages import text

if TYPE_CHECKING:
    from acord.recipe import Judge

Endpoint = Annotated[str | None, typer.Option("--endpoint", help="The judge's address, up to /v1.", show_default=False)]
Model = Annotated[str | None, typer.Option("--model", help="The judge's name there.", show_default=False)]
KeyVariable = Annotated[
    str | None,
    typer.Option("--key-variable", help="Environment variable that holds the judge's key.", show_default=False),
]
Serve = Annotated[
    str | None,
    typer.Option("--serve", help="A model that vLLM serves as the judge, for this run alone.", show_default=False),
]
Gpus = Annotated[int | None, typer.Option("--gpus", min=1, help="For --serve. [default: 1]", show_default=False)]
Panel = Annotated[
    Path | None,
    typer.Option("--panel", help="A YAML file with `panel:`, for several judges.", show_default=False),
]
Concurrency = Annotated[
    int | None,
    typer.Option("--concurrency", min=1, max=256, help="Calls at once. [default: 8]", show_default=False),
]
ReplyTokens = Annotated[
    int | None,
    typer.Option("--reply-tokens", min=1, help="Of each of the judge's replies at most. [default: 512]",
                 show_default=False),
]  # fmt: skip
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", min=1, help="A cap on calls. [default: none]", show_default=False)
]
MaxTokens = Annotated[
    int | None,
    typer.Option("--max-tokens", min=1, help="A cap on tokens, prompts and replies. [default: none]",
                 show_default=False),
]  # fmt: skip

judge_app = typer.Typer(
    cls=ModelsFirst,
    help="Let a language model rate models' answers: acord judge MODELS --endpoint URL --model NAME.",
    epilog="Example: acord judge runs/demo --endpoint http://127.0.0.1:8000/v1 --model judge. "
    "A judge against people: acord judge calibrate --help",
    rich_markup_mode=None,
)


@judge_app.command(
    "models",
    epilog="Example: acord judge runs/demo other=models/other --endpoint http://127.0.0.1:8000/v1 --model judge "
    "--max-calls 5000. A judge against people: acord judge calibrate --help",
)
def judge_models(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODELS",
            help="Folders, hub names, runs, or files of answers (.jsonl); NAME=MODEL gives a name.",
            show_default=False,
        ),
    ],
    suite: Annotated[str, typer.Option("--suite", help="A suite's name, or a YAML file of one's own.")] = "aitana",
    endpoint: Endpoint = None,
    model: Model = None,
    key_variable: KeyVariable = None,
    serve: Serve = None,
    gpus: Gpus = None,
    panel: Panel = None,
    concurrency: Concurrency = None,
    reply_tokens: ReplyTokens = None,
    languages: Annotated[
        str | None, typer.Option(help="Such as va,es. [default: the suite's]", show_default=False)
    ] = None,
    categories: Annotated[
        str | None, typer.Option(help="Such as maths,translation. [default: the suite's]", show_default=False)
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Items of each category and language at most. [default: all]", show_default=False),
    ] = None,
    wordings: Annotated[int, typer.Option(min=1, max=3, help="Of each item's prompt.")] = 3,
    pairwise: Annotated[
        Literal["off", "check", "all"],
        typer.Option(help="Hold answers against each other, both ways: on a sample, or all of them."),
    ] = "check",
    check_items: Annotated[int, typer.Option(min=1, help="Items a language in each sample that tests the judge.")] = 40,
    labels: Annotated[
        list[Path] | None, typer.Option("--labels", help="People's labels; repeatable.", show_default=False)
    ] = None,
    newest_only: Annotated[
        bool, typer.Option("--newest-only", help="Ask again what a judge said before it changed.")
    ] = False,
    weighting: Annotated[
        Literal["categories", "items"], typer.Option(help="What weighs the same in the overall mean.")
    ] = "categories",
    answer_tokens: Annotated[int, typer.Option(min=1, help="Of each answer at most.")] = 512,
    precision: Annotated[Literal["auto", "float32", "bfloat16"], typer.Option(help="Of the answers.")] = "auto",
    engine: Annotated[Literal["transformers", "vllm"], typer.Option(help="What generates answers.")] = "transformers",
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Say what it would cost, and ask nothing.")] = False,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Models answer a suite's questions and judges rate the answers, 1 to 5. What was asked before costs nothing."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.judgements import estimate_judging, judge

    settings = _settings(
        panel,
        {"endpoint": endpoint, "model": model, "key_variable": key_variable, "serve": serve, "gpus": gpus,
         "concurrency": concurrency, "reply_tokens": reply_tokens},
        suite=suite,
        languages=None if languages is None else languages.split(","),
        categories=None if categories is None else categories.split(","),
        limit=limit,
        wordings=wordings,
        pairwise=pairwise,
        check_items=check_items,
        labels=[str(file) for file in labels or []],
        newest_only=newest_only,
        weighting=weighting,
        answer_tokens=answer_tokens,
        precision=precision,
        engine=engine,
        max_calls=max_calls,
        max_tokens=max_tokens,
    )  # fmt: skip
    done: Any = estimate_judging(models, settings, runs=runs) if estimate else judge(models, settings, runs=runs)
    if as_json:
        write_json(done.as_json())
    else:
        write_result(done.shown())


@judge_app.command(
    "calibrate",
    epilog="Example: acord judge calibrate labels.va.jsonl --endpoint http://127.0.0.1:8000/v1 --model judge",
)
def calibrate_judge(
    labels: Annotated[
        list[Path],
        typer.Argument(metavar="LABELS", help="Answers with people's labels (.jsonl, .csv).", show_default=False),
    ],
    of: Annotated[
        str | None,
        typer.Option("--of", help="The labels' language, where no column says it: en, es, va, ca.", show_default=False),
    ] = None,
    suite: Annotated[str, typer.Option("--suite", help="The suite whose rubrics are used.")] = "aitana",
    endpoint: Endpoint = None,
    model: Model = None,
    key_variable: KeyVariable = None,
    serve: Serve = None,
    gpus: Gpus = None,
    panel: Panel = None,
    concurrency: Concurrency = None,
    reply_tokens: ReplyTokens = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Hold a judge against people's labels, by language. What is found is used by every later `acord judge`.

    Exit code 1 where the judge agrees with people too little in some language.
    """
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.judgements import calibrate

    settings = _settings(
        panel,
        {"endpoint": endpoint, "model": model, "key_variable": key_variable, "serve": serve, "gpus": gpus,
         "concurrency": concurrency, "reply_tokens": reply_tokens},
        suite=suite,
        labels=[str(file) for file in labels],
        max_calls=max_calls,
        max_tokens=max_tokens,
    )  # fmt: skip
    done = calibrate(settings, runs=runs, of=of)
    if as_json:
        write_json(done.as_json())
    else:
        write_result(done.shown())
    if not done.passed:
        tell(text("judge_calibrated_badly"))
        raise typer.Exit(1)


def _settings(panel: Path | None, judge: dict[str, Any], **others: Any) -> "Judge":
    """The options as a recipe's section, checked as one. Raises InputError."""
    from pydantic import ValidationError

    from acord.errors import InputError
    from acord.recipe import Judge
    from acord.sections import explained, read_mapping

    one = {key: value for key, value in judge.items() if value is not None}
    if panel is not None:
        content, where = read_mapping(panel, what="panel", start="panel:"), str(panel)
        if list(content) != ["panel"]:
            raise InputError("a panel's file has the key panel and no other", where=where,
                             fix="Give the rest as options, or put all of it into a recipe.")  # fmt: skip
    elif not one:
        raise InputError("no judge is named", where="acord judge",
                         fix="Give --endpoint and --model, --serve, or --panel.")  # fmt: skip
    else:
        content, where = {}, "the options"
    try:
        return Judge.model_validate({**content, **one, **others})
    except ValidationError as error:
        raise explained(error, where, Judge) from None
