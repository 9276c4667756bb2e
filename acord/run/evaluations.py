"""The verbs `evaluate` and `compare`: which models are meant, where figures lie, what is compared.

runs/evaluations/items.sqlite                   what models answered, item by item; shared by all evaluations
runs/evaluations/<suite>/<model>-<key>/         a model's results.json, and its items by row
runs/evaluations/<suite>/comparison-<key>/      the tables and pictures of a comparison
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.console import say
from acord.errors import CheckFailed, InputError
from acord.evaluate.availability import check_rows, listing
from acord.evaluate.compare import Comparison, compare
from acord.evaluate.importing import import_results
from acord.evaluate.results import Results, read_results, write_results
from acord.evaluate.run import Candidate, Outcome, Settings, evaluate_model, follow_model
from acord.evaluate.suite import Suite, load_suite
from acord.evaluate.tables import as_content, to_markdown, write_comparison
from acord.languages import text
from acord.models import model_path
from acord.processes import ALONE, World, world
from acord.recipe import Recipe
from acord.run.candidates import Named, name_models, say_chosen_step, short_name
from acord.run.store import Store

RESULTS = "results.json"


@dataclass(frozen=True)
class Compared:
    """Results set side by side. comparison: of the figures. files: tables and pictures, as written."""

    comparison: Comparison
    files: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**as_content(self.comparison), "files": [str(file) for file in self.files]}

    def shown(self) -> str:
        """The table, and where its files lie."""
        return f"{to_markdown(self.comparison)}\n{text('compare_files', folder=str(self.files[0].parent))}"


@dataclass(frozen=True)
class Evaluated:
    """outcomes: in the order of the models. compared: side by side, if there are several models."""

    outcomes: tuple[Outcome, ...]
    compared: Compared

    @property
    def failed(self) -> tuple[str, ...]:
        """`model: row` of every row whose task broke."""
        return _failed(self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**self.compared.as_json(), "results": [str(one.file) for one in self.outcomes]}

    def shown(self) -> str:
        """The table, and where everything lies."""
        return "\n".join([self.compared.shown(), *(str(one.file) for one in self.outcomes)])


@dataclass(frozen=True)
class Imported:
    """Results of others. file: where they lie now. unmatched: what of them is in no row of the suite."""

    results: Results
    file: Path
    unmatched: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "model": self.results.model.name,
            "rows": len(_with_value(self.results)),
            "unmatched": list(self.unmatched),
            "file": str(self.file),
        }

    def shown(self) -> str:
        """One line."""
        return text(
            "evaluate_imported",
            rows=len(_with_value(self.results)),
            of=len(self.results.rows),
            unmatched=len(self.unmatched),
            file=str(self.file),
        )


def _failed(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(f"{one.results.model.name}: {row}" for one in outcomes for row in one.failed)


def _with_value(results: Results) -> list[str]:
    return [row.row for row in results.rows if row.value is not None]


def evaluate(
    models: Sequence[str], suite: str, settings: Settings, *, runs: Path, checkpoints: bool, world: World = ALONE
) -> Evaluated | None:
    """Evaluate models on a suite and compare them. What cannot be measured here is told before the start.

    None in a process that follows another's orders. Raises InputError for models or a suite that cannot be used.
    """
    named = name_models(models, checkpoints=checkpoints)
    rows = load_suite(suite)
    if world.follows:
        for candidate in named.candidates:
            follow_model(candidate, settings, world)
        return None
    unavailable = tell_availability(rows)
    if checkpoints:
        say_chosen_step(models)
    folder = evaluations_folder(runs) / rows.name
    outcomes = evaluate_models(named, rows, settings, runs=runs, unavailable=unavailable, folder=folder, world=world)
    results = [one.results for one in outcomes]
    return Evaluated(outcomes, _compared(results, rows, before=named.before, seed=settings.seed, folder=folder))


def compare_models(
    named: Sequence[str], suite: str, *, before: str | None, after: str | None, seed: int, runs: Path
) -> Compared:
    """Set side by side what was evaluated earlier. Raises InputError for what is not there."""
    rows = load_suite(suite)
    folder = evaluations_folder(runs) / rows.name
    spelled, base = _runs_spelled_out(named)
    results = [_results_of(one, folder) for one in spelled]
    return _compared(results, rows, before=before or base, after=after, seed=seed, folder=folder)


def _compared(
    results: Sequence[Results], suite: Suite, *, before: str | None, seed: int, folder: Path, after: str | None = None
) -> Compared:
    comparison = compare(results, suite, before=before, after=after, seed=seed)
    return Compared(comparison, write_comparison(comparison, comparison_folder(comparison, results, folder)))


def bring_in(files: Sequence[Path], name: str, suite: str, *, runs: Path) -> Imported:
    """Results of others, as lm-evaluation-harness wrote them, into the folder of evaluations. Marked as unverified."""
    rows = load_suite(suite)
    folder = evaluations_folder(runs) / rows.name / f"{name}-imported"
    imported = import_results(files, name, rows, folder)
    file = write_results(imported.results, folder)
    return Imported(read_results(file), file, imported.unmatched)


def tell_availability(suite: Suite) -> dict[str, str]:
    """Say what of a suite will be fetched, and what cannot be measured here and why: row id -> reason."""
    states = check_rows(suite, probe=True)
    for line in listing(states):
        say(line)
    return {state.row: state.reason for state in states if state.state == "unavailable"}


def evaluations_folder(runs: Path) -> Path:
    """Where evaluations lie under the folder of runs."""
    return runs / "evaluations"


def evaluate_models(
    named: Named,
    suite: Suite,
    settings: Settings,
    *,
    runs: Path,
    unavailable: dict[str, str],
    folder: Path,
    world: World = ALONE,
) -> tuple[Outcome, ...]:
    """Evaluate each model in turn, into `folder`. Raises InputError where one cannot be loaded."""
    hashes = Store(runs).hashes()
    root = evaluations_folder(runs)
    root.mkdir(parents=True, exist_ok=True)
    outcomes = []
    for candidate in named.candidates:
        say(text("evaluate_model", model=candidate.name, suite=suite.name))
        outcome = evaluate_model(
            candidate,
            suite,
            settings,
            unavailable=unavailable,
            folder=folder,
            store=root / "items.sqlite",
            digest=hashes.sha256,
            world=world,
        )
        hashes.save()
        outcomes.append(outcome)
    return tuple(outcomes)


def _runs_spelled_out(named: Sequence[str]) -> tuple[list[str], str | None]:
    """A run stands for its base and its aligned model, as when it was evaluated; the first base is the one before."""
    spelled: list[str] = []
    before = None
    for one in named:
        if (Path(one) / "run.json").is_file():
            of_run = name_models([one], checkpoints=False)
            before = before or of_run.before
            spelled += [candidate.name for candidate in of_run.candidates]
        else:
            spelled.append(one)
    return spelled, before


def _results_of(named: str, folder: Path) -> Results:
    """What an argument names: a results.json, its folder, or a model, by name or folder; of several the newest."""
    place = Path(named)
    if place.is_file():
        return read_results(place)
    if (place / RESULTS).is_file():
        return read_results(place / RESULTS)
    names = (named, short_name(named))
    found = [path for path in folder.glob(f"*/{RESULTS}") if read_results(path).model.name in names]
    if not found:
        raise InputError(
            "no results of that name", where=named, fix="Give a results.json, or evaluate the model first."
        )
    return read_results(max(found, key=lambda path: path.stat().st_mtime_ns))


def comparison_folder(comparison: Comparison, results: Sequence[Results], folder: Path) -> Path:
    """Where a comparison lies: named by what was compared, and how."""
    models = [[one.model.name, one.model.sha256, one.settings] for one in results]
    content = [models, comparison.before, comparison.after, comparison.seed]
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    return folder / f"comparison-{key}"


def build_evaluate(
    recipe: Recipe, *, base_folder: Path, align_folder: Path, folder: Path, runs: Path
) -> dict[str, Any]:
    """The `evaluate` stage: results of the base, the aligned model and the others, and their comparison, in `folder`.

    Of several processes all call it; rank 0 alone writes and has figures.

    Figures: the models, how many rows could be measured here and why the others could not, the files. Raises
    CheckFailed where a task broke: its rows are named, and what was measured is not measured again.
    """
    section = recipe.evaluate
    if section is None:
        raise ValueError("the recipe asks for no evaluation")
    suite = load_suite(section.suite)
    candidates = (
        Candidate(f"{recipe.name}-base", str(model_path(base_folder))),
        *(Candidate(short_name(base), base) for base in section.against),
        Candidate(recipe.name, str(align_folder / "model")),
    )
    settings = Settings(section.precision, section.engine, limit=section.limit, seed=recipe.seed)
    here = world()
    if here.follows:
        for candidate in candidates:
            follow_model(candidate, settings, here)
        return {}
    unavailable = tell_availability(suite)
    named = Named(candidates, candidates[0].name)
    outcomes = evaluate_models(named, suite, settings, runs=runs, unavailable=unavailable, folder=folder, world=here)
    failed = _failed(outcomes)
    if failed:
        raise CheckFailed(
            f"tasks broke: {', '.join(failed)}", where=suite.name, fix="Mend or leave out these rows, and run it again."
        )
    compared = _compared([one.results for one in outcomes], suite, before=named.before, seed=recipe.seed, folder=folder)
    rows = suite.rows
    return {
        "suite": suite.name,
        "models": [one.name for one in candidates],
        "rows": len(rows) - len(unavailable),
        "missing": len(unavailable),
        "reasons": unavailable,
        "files": [str(file.relative_to(folder)) for file in compared.files],
    }
