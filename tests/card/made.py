"""A run through every stage that a card stands on, in seconds: a random model, thirty pairs in three languages."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from acord.hashing import digest
from acord.judge.judgement import Judgement, trust_of, write_judgement
from acord.judge.record import Answer, Rating, Verdict
from acord.manifest import (
    Manifest,
    describe_machine,
    files_digest,
    library_versions_in_use,
    list_files,
    read_manifest,
    write_manifest,
)
from acord.recipe import Recipe, parse_recipe
from acord.run.run_recipe import run_recipe
from tests.evaluate.test_run import suite_of
from tests.judge.planted import judged

TEXTS = {
    "en": (
        "Name a town near the river, number {n}, and say why it is known.",
        "The town is {n} miles away; it is known for rice.",
        "No.",
    ),
    "va": (
        "Digues un poble prop del riu, el número {n}, i per què és conegut.",
        "El poble està a {n} quilòmetres i és conegut per l'arròs.",
        "No ho diré.",
    ),
    "es": (
        "Di un pueblo cerca del río, el número {n}, y por qué es conocido.",
        "El pueblo está a {n} kilómetros y es conocido por el arroz.",
        "No lo diré.",
    ),
}
PROMPTS = {"en": "What is rice?", "va": "Què és l'arròs?", "es": "¿Qué es el arroz?"}


class Made(NamedTuple):
    """inputs: artefact folders by stage."""

    inputs: dict[str, Path]
    recipe: Recipe


def make_run(folder: Path, *, judge: bool = True) -> Made:
    """Run it in `folder`. judge: with a judgement and answers to prompts, which no stage here makes."""
    suite_of(
        folder,
        {"id": "good", "task": "good", "cluster": "passage"},
        {"id": "good_va", "task": "good", "label": "Números | i més", "language": "va", "chance": 0.25},
        {"id": "absent", "task": "broken", "offline": ["no_such_module"], "label": "Absent"},
    )
    recipe = parse_recipe(_recipe(folder), where="test")
    done = run_recipe(recipe, folder / "runs", until="evaluate")
    inputs = {result.stage: result.folder for result in done.stages}
    if judge:
        inputs["judge"] = _judge_artefact(folder / "judge", inputs)
        inputs["answers"] = _answers_artefact(folder / "answers", inputs)
    return Made(inputs, recipe)


def _recipe(folder: Path) -> dict[str, Any]:
    sources = []
    for language, (prompt, chosen, rejected) in TEXTS.items():
        rows = [
            {"prompt": prompt.format(n=n), "chosen": chosen.format(n=n), "rejected": rejected, "language": language}
            for n in range(3, 13)
        ]
        # An exact copy and a pair without a difference, to be left out; an address, to be flagged.
        rows += [rows[0], {**rows[1], "prompt": f"{rows[1]['prompt']} Please.", "rejected": rows[1]["chosen"]}]
        rows[5]["chosen"] += " anna.soler@riu-sec.cat"
        file = folder / f"{language}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        sources.append({"name": f"rows-{language}", "format": "pairs", "path": str(file), "licence": "CC0-1.0"})
    return {
        "name": "tiny",
        "model": {"base": "random:llama-1x64", "tokenizer": "train", "vocabulary": 400},
        "data": {"sources": sources, "held_out": 0.3, "filters": {"language": False}, "duplicates": {"near": None}},
        "chat": {"max_length": 128},
        "align": {"batch_pairs": 4, "learning_rate": 1e-3, "epochs": 2, "threads": 1, "precision": "float32"},
        "evaluate": {"suite": str(folder / "mine.yaml"), "precision": "float32"},
        "card": {"licence": "Apache-2.0", "authors": [{"name": "A | B <i>"}]},
        "seed": 3,
        "inferred": {"align.learning_rate": "the paper states none"},
    }


def _judge_artefact(folder: Path, inputs: dict[str, Path]) -> Path:
    identities = {one["model"]["name"]: one["model"]["sha256"] for one in map(_results, _results_files(inputs))}
    names = {"A": "tiny", "B": "tiny-base"}

    def of_run(answer: Answer) -> Answer:
        name = names[answer.model]
        return replace(answer, model=name, identity=identities[name])

    ratings: list[Rating] = []
    verdicts: list[Verdict] = []
    for language in ("en", "va"):
        said = judged("perfect", seed=1, items=12, language=language, better=1)
        ratings += [replace(one, answer=of_run(one.answer)) for one in said.ratings]
        verdicts += [replace(one, first=of_run(one.first), second=of_run(one.second)) for one in said.verdicts]
    about = {
        "suite": "planted",
        "models": [{"name": name, "identity": identities[name]} for name in ("tiny-base", "tiny")],
        "judges": [{"name": "J", "model": "judge-7b", "structured": "auto"}],
        "categories": {"maths": {"en": "Maths", "va": "Matemàtiques", "es": "Matemáticas"}},
        "rubrics": {"maths": "1"},
        "weighting": "categories",
        "pairwise": "all",
        "wordings": 1,
        "answer_tokens": 32,
    }
    judgement = Judgement(about, tuple(ratings), tuple(verdicts))
    write_judgement(judgement, folder)
    trust = trust_of(judgement)
    figures = {
        "suite": "planted",
        "models": ["tiny-base", "tiny"],
        "judges": ["J"],
        "ratings": len(ratings),
        "verdicts": len(verdicts),
        "missing": sum(one.score is None for one in ratings),
        "validated": {language: trust.validated(language) for language in trust.languages},
        "files": [],
    }
    return _artefact(folder, "judge", inputs, figures)


def _answers_artefact(folder: Path, inputs: dict[str, Path]) -> Path:
    folder.mkdir()
    rows = [
        {"language": language, "prompt": prompt, "before": "…", "after": f"<b>{n}</b> | rice\nand 7 more"}
        for n, (language, prompt) in enumerate(PROMPTS.items())
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "answers.jsonl").write_text(lines, encoding="utf-8")
    return _artefact(folder, "answers", inputs, {"prompts": len(rows)})


def _artefact(folder: Path, stage: str, inputs: dict[str, Path], figures: dict[str, Any]) -> Path:
    read = {name: read_manifest(inputs[name]) for name in ("base", "align")}
    manifest = Manifest(
        stage=stage,
        stage_version=1,
        key=digest(stage),
        inputs={name: {"key": one.key, "files_sha256": files_digest(one)} for name, one in read.items()},
        recipe={},
        outside={},
        versions=library_versions_in_use(),
        machine=describe_machine(),
        started="2026-01-01T00:00:00+00:00",
        finished="2026-01-01T00:01:00+00:00",
        files=list_files(folder),
        figures=figures,
    )
    write_manifest(manifest, folder)
    return folder


def _results_files(inputs: dict[str, Path]) -> list[Path]:
    return sorted(inputs["evaluate"].glob("*/results.json"))


def _results(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
