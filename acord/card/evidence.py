"""What a card stands on, read from its folder `evidence/`: everything that README and report say is a function of it.

index.json holds the sha256 of every other file. What is missing here was not part of the run: None, or empty.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.card.counting import PairCounts, pair_counts
from acord.card.fault import Fault
from acord.card.prompt_answers import AGAIN, PromptAnswer, json_rows, read_answers
from acord.card.spoken import spoken
from acord.errors import InputError
from acord.evaluate.compare import Comparison, compare
from acord.evaluate.results import Results, read_results
from acord.evaluate.suite import Suite
from acord.hashing import hash_file
from acord.judge.judgement import Judgement, read_judgement, report_of, trust_of
from acord.judge.score_grid import Report
from acord.judge.trust import Trust
from acord.manifest import Manifest, read_manifest
from acord.recipe import Recipe, load_recipe

INDEX = "index.json"
RECIPE = "recipe.yaml"
PAIRS_INDEX = "pairs/index.parquet"
PAIRS_DROPPED = "pairs/dropped.parquet"
METRICS = "align/metrics.jsonl"
HELD_OUT = "align/held_out.parquet"
REPLIES = "align/replies.parquet"
COMPARISON = "evaluate/comparison.json"
ANSWERS = "answers/answers.jsonl"
# Stages whose manifests are evidence, in the order of the line.
STAGES = ("pairs", "base", "plan", "reference", "align", "evaluate", "judge", "answers")


@dataclass(frozen=True, eq=False)
class Evidence:
    """manifests: by stage, as far as the run went. results: in the order of the tables. metrics: one mapping a step.

    comparison: of the results, computed again. scores: tables of the judge in English; `scores_in` gives the others.
    """

    folder: Path
    recipe: Recipe
    manifests: Mapping[str, Manifest]
    results: tuple[Results, ...]
    comparison: Comparison | None
    judgement: Judgement | None
    trust: Trust | None
    scores: Report | None
    answers: tuple[PromptAnswer, ...]
    metrics: tuple[Mapping[str, Any], ...]
    counts: PairCounts

    @property
    def model_name(self) -> str:
        """Of the aligned model, in tables."""
        named = None if self.comparison is None else self.comparison.after
        return named or self.recipe.name

    @property
    def base_name(self) -> str:
        """Of the model before alignment, in tables."""
        named = None if self.comparison is None else self.comparison.before
        return named or f"{self.recipe.name}-base"

    def figures(self, stage: str) -> Mapping[str, Any]:
        """What a stage counted and measured; empty where it is no part of the run."""
        return self.manifests[stage].figures if stage in self.manifests else {}

    def scores_in(self, language: str) -> Report | None:
        """The judge's tables with categories and reasons in a language of the interface."""
        if self.judgement is None or self.trust is None:
            return None
        with spoken(language):
            return report_of(self.judgement, self.trust, language, known=self.scores)


def read_evidence(folder: Path) -> Evidence:
    """Read the folder `evidence`. Raises InputError, one line, for what is missing, was changed, or is none."""
    for fault in index_faults(folder):
        raise InputError(fault.what, where=str(folder / fault.file), fix=AGAIN)
    return load_evidence(folder)


def index_faults(folder: Path) -> list[Fault]:
    """Files that are not as index.json says, that are missing, or that it does not name. Relative to `folder`."""
    index = _json(folder, INDEX)
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    faults = []
    for name in sorted({*index, *there} - {INDEX}):
        named, path = index.get(name), there.get(name)
        if path is None:
            faults.append(Fault(name, None, "the file is missing"))
        elif path.is_symlink():
            faults.append(Fault(name, None, "this is a link and no file"))
        elif not isinstance(named, dict):
            faults.append(Fault(name, None, "index.json does not name this file"))
        else:
            found = {"sha256": hash_file(path), "bytes": path.stat().st_size}
            wrong = [key for key in found if found[key] != named.get(key)]
            faults += [
                Fault(name, None, f"{key} is not what index.json says", str(named.get(key)), str(found[key]))
                for key in wrong[:1]
            ]
    return faults


def load_evidence(folder: Path) -> Evidence:
    """As read_evidence, but without a look at index.json."""
    manifests = _manifests(folder)
    recipe = load_recipe(folder / RECIPE)
    results, comparison = _evaluation(folder, manifests.get("evaluate"))
    judged = (folder / "judge" / "judgement.json").is_file()
    judgement = read_judgement(folder / "judge") if judged else None
    trust = None if judgement is None else trust_of(judgement)
    scores = None
    if judgement is not None and trust is not None:
        with spoken("en"):
            scores = report_of(judgement, trust)
    return Evidence(
        folder,
        recipe,
        manifests,
        results,
        comparison,
        judgement,
        trust,
        scores,
        answers=read_answers(folder / ANSWERS),
        metrics=tuple(json_rows(folder / METRICS)),
        counts=_counts(folder, recipe),
    )


def suite_of(manifest: Manifest) -> Suite:
    """The suite as it was when models were evaluated. Raises InputError where the manifest holds none."""
    try:
        return Suite.model_validate(manifest.outside["suite"])
    except (KeyError, ValueError):
        raise InputError("it names no suite", where="evaluate/manifest.json", fix=AGAIN) from None


def told_comparison(folder: Path) -> dict[str, Any]:
    """comparison.json as the run wrote it; figures of the card are computed again. Raises InputError for none."""
    return _json(folder, COMPARISON)


def model_folder(name: str) -> str:
    """The folder of a model's results under evaluate/, from its name in tables."""
    return name.replace("/", "--")


def _evaluation(folder: Path, manifest: Manifest | None) -> tuple[tuple[Results, ...], Comparison | None]:
    if manifest is None:
        return (), None
    told = told_comparison(folder)
    try:
        names = [str(model["name"]) for model in told["models"]]
        before, after, seed = told["before"], told["after"], int(told["seed"])
    except (KeyError, TypeError, ValueError):
        raise InputError("this is no comparison of Acord", where=str(folder / COMPARISON), fix=AGAIN) from None
    results = tuple(read_results(folder / "evaluate" / model_folder(name) / "results.json") for name in names)
    return results, compare(results, suite_of(manifest), before=before, after=after, seed=seed)


def _manifests(folder: Path) -> dict[str, Manifest]:
    found = {}
    for stage in STAGES:
        if not (folder / stage / "manifest.json").is_file():
            continue
        try:
            found[stage] = read_manifest(folder / stage)
        except ValueError as error:
            raise InputError(str(error), where=str(folder / stage), fix=AGAIN) from None
    return found


def _json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix=AGAIN) from None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise InputError("this is no JSON object", where=str(path), fix=AGAIN)
    return content


def _counts(folder: Path, recipe: Recipe) -> PairCounts:
    if not (folder / PAIRS_INDEX).is_file():
        return PairCounts()
    return pair_counts(folder / PAIRS_INDEX, folder / PAIRS_DROPPED, [source.name for source in recipe.data.sources])
