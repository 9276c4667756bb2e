"""The verb and the stage `judge`: which models and judges are meant, where all lies, what is written.

runs/judgements/answers.sqlite               what models answered; shared by all judgements
runs/judgements/calls.sqlite                 every reply of a judge
runs/judgements/calibrations/<judge>-<key>/  people's labels, and what a judge says of the same answers
runs/judgements/<suite>/judgement-<key>/     answers, ratings, verdicts, tables and trust report of one judgement
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from acord.console import say
from acord.errors import InputError
from acord.evaluate.run import Candidate
from acord.hashing import digest
from acord.judge.answers import FILE_SUFFIX, Answering, answers_of
from acord.judge.bias import findings
from acord.judge.budget import Budget, Estimate, estimate
from acord.judge.calls import CallStore
from acord.judge.category import NAME, Rubric
from acord.judge.judgement import FILE, Judgement, read_judgement, report_of, trust_of, write_judgement
from acord.judge.labels import read_labels
from acord.judge.managed import check_can_be_asked, served
from acord.judge.measures import fingerprints
from acord.judge.panel import Asked, Judged, Rubrics, Work, calls_of, judge_all, work_of
from acord.judge.record import Answer, Label, Question, Rating
from acord.judge.suite import JudgeSuite, load_rubric, load_suite
from acord.judge.tables import write_tables
from acord.languages import interface_language, text
from acord.models import model_path
from acord.recipe import Judge, JudgeModel, Recipe
from acord.run.candidates import name_models, short_name
from acord.run.disk import disk_faults
from acord.run.judged import Calibrated, Estimated, JudgedModels, write_trust
from acord.run.store import Store

NO_ANSWERS = Work((), ())
LONGEST_FOLDER = 60


class _Places(NamedTuple):
    """Where judgements lie under the folder of runs."""

    root: Path

    @property
    def calls(self) -> Path:
        return self.root / "calls.sqlite"

    @property
    def answers(self) -> Path:
        return self.root / "answers.sqlite"

    @property
    def calibrations(self) -> Path:
        return self.root / "calibrations"


def judge(models: Sequence[str], settings: Judge, *, runs: Path) -> JudgedModels:
    """Let the judges rate what models answer. Raises InputError for what cannot be used, and where a cap is reached."""
    candidates = _candidates(models)
    suite = load_suite(settings.suite)
    return _judge(candidates, suite, settings, runs=runs, folder=None)


def estimate_judging(models: Sequence[str], settings: Judge, *, runs: Path) -> Estimated:
    """What `judge` would ask, and of whom. Nothing is sent; models answer first, since their answers are counted."""
    candidates = _candidates(models)
    suite = load_suite(settings.suite)
    places = _places(runs)
    labels = _labels(settings)
    answers = _answers(candidates, suite, settings, runs, places)
    with CallStore(places.calls) as store:
        return Estimated(_estimates(work_of(answers, settings), labels, suite, settings, store))


def calibrate(settings: Judge, *, runs: Path, of: str | None = None) -> Calibrated:
    """Hold each judge against people's labels, and keep what is found for later judgements. of: the labels' language.

    Raises InputError as `judge` does, and for labels that cannot be read.
    """
    suite = load_suite(settings.suite)
    labels = _labels(settings, of)
    places = _places(runs)
    work = _labelled(labels)
    with CallStore(places.calls) as store:
        _say_estimate(_estimates(NO_ANSWERS, labels, suite, settings, store))
        budget = Budget(settings.max_calls, settings.max_tokens)
        judged, panel = _ask(work, suite, settings, store, budget, runs)
    found = Judgement(_about_calibration(settings, suite, labels, panel), (), (), tuple(labels), judged.ratings)
    for one in panel:
        _keep_calibration(found, one, places)
    return Calibrated(found, tuple(one.shown for one in panel), places.calibrations)


def build_judge(recipe: Recipe, *, base_folder: Path, align_folder: Path, folder: Path, runs: Path) -> dict[str, Any]:
    """The `judge` stage: the base, the aligned model and the others judged, in `folder`.

    Figures: models, judges, ratings, what is missing, where the judges are validated, and the files.
    """
    section = recipe.judge
    if section is None:
        raise ValueError("the recipe asks for no judge")
    candidates = (
        Candidate(f"{recipe.name}-base", str(model_path(base_folder))),
        *(Candidate(short_name(base), base) for base in section.against),
        Candidate(recipe.name, str(align_folder / "model")),
    )
    done = _judge(candidates, load_suite(section.suite), section, runs=runs, folder=folder)
    return {
        "suite": done.judgement.about["suite"],
        "models": [one.name for one in candidates],
        "judges": [one.shown for one in section.panel],
        "ratings": len(done.judgement.ratings),
        "verdicts": len(done.judgement.verdicts),
        "missing": sum(one.score is None for one in done.judgement.ratings),
        "validated": {language: done.trust.validated(language) for language in done.trust.languages},
        "files": [str(file.relative_to(folder)) for file in done.files],
    }


def _judge(
    candidates: Sequence[Candidate], suite: JudgeSuite, settings: Judge, *, runs: Path, folder: Path | None
) -> JudgedModels:
    for one in settings.panel:
        check_can_be_asked(one)
    places = _places(runs)
    labels = _labels(settings)
    answers = _answers(candidates, suite, settings, runs, places)
    work = work_of(answers, settings)
    with CallStore(places.calls) as store:
        _say_estimate(_estimates(work, labels, suite, settings, store))
        budget = Budget(settings.max_calls, settings.max_tokens)
        everything = Work((*work.ratings, *_labelled(labels).ratings), work.pairs)
        judged, panel = _ask(everything, suite, settings, store, budget, runs)
    ratings, label_ratings = _parted(judged.ratings, work, len(panel))
    kept_labels, kept_ratings = _calibrations(panel, judged, suite, places, {label.answer for label in labels})
    judgement = Judgement(
        _about(suite, settings, answers, panel),
        ratings,
        judged.verdicts,
        (*labels, *kept_labels),
        (*label_ratings, *kept_ratings),
    )
    target = folder or places.root / suite.name / f"judgement-{_key(judgement)}"
    return _written(judgement, target)


def _written(judgement: Judgement, folder: Path) -> JudgedModels:
    trust = trust_of(judgement)
    report = report_of(judgement, trust, interface_language().tag)
    biases = tuple(findings(judgement.ratings, judgement.verdicts, trust.people))
    with disk_faults(folder):
        files = (
            *write_judgement(judgement, folder),
            *write_tables(report, folder),
            *write_trust(judgement, trust, biases, folder),
        )
    return JudgedModels(judgement, trust, report, biases, folder, files)


def _candidates(models: Sequence[str]) -> tuple[Candidate, ...]:
    """As `evaluate` names them; a file of answers is called by its stem."""
    named = [one if "=" in one or not one.endswith(FILE_SUFFIX) else f"{Path(one).stem}={one}" for one in models]
    return name_models(named, checkpoints=False).candidates


def _places(runs: Path) -> _Places:
    root = runs / "judgements"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", where=str(root),
                         fix="Give a folder that can be written.") from None  # fmt: skip
    return _Places(root)


def _labels(settings: Judge, of: str | None = None) -> list[Label]:
    return read_labels([Path(file) for file in settings.labels], of) if settings.labels else []


def _labelled(labels: Sequence[Label]) -> Work:
    return Work(tuple(Asked(answer, 0) for answer in dict.fromkeys(label.answer for label in labels)), ())


def _answers(
    candidates: Sequence[Candidate], suite: JudgeSuite, settings: Judge, runs: Path, places: _Places
) -> dict[str, tuple[Answer, ...]]:
    questions: list[Question] = suite.questions(
        languages=settings.languages,
        categories=settings.categories,
        limit=settings.limit,
        wordings=settings.wordings,
    )
    hashes = Store(runs).hashes()
    how = Answering(settings.precision, settings.engine, settings.answer_tokens, hashes.sha256)
    found = {}
    for candidate in candidates:
        say(text("judge_answering", model=candidate.name, questions=len(questions)))
        found[candidate.name] = answers_of(candidate, questions, how, store=places.answers)
        hashes.save()
    return found


def _rubrics(suite: JudgeSuite) -> Rubrics:
    """The suite's rubrics, and those that come with Acord for answers of other kinds."""
    known = {category.id: category.rubric for category in suite.categories}

    def rubric(category: str) -> Rubric:
        # A category is a name in somebody's data: it must not lead to a file of theirs.
        if category not in known and (category.endswith((".yaml", ".yml")) or not re.fullmatch(NAME, category)):
            raise InputError(f"no rubric is called {category!r}", where="labels", fix="Name a category of the suite.")
        return known[category] if category in known else load_rubric(category)

    return rubric


def _estimates(
    work: Work, labels: Sequence[Label], suite: JudgeSuite, settings: Judge, store: CallStore
) -> dict[str, Estimate]:
    everything = Work((*work.ratings, *_labelled(labels).ratings), work.pairs)
    calls = calls_of(everything, _rubrics(suite))
    return {one.shown: estimate(one, calls, store, newest_only=settings.newest_only) for one in settings.panel}


def _say_estimate(estimates: Mapping[str, Estimate]) -> None:
    for line in Estimated(estimates).lines():
        say(line)


def _ask(
    work: Work, suite: JudgeSuite, settings: Judge, store: CallStore, budget: Budget, runs: Path
) -> tuple[Judged, list[JudgeModel]]:
    """Judges with an endpoint at once; those that are served here one after the other, since each fills the GPUs."""
    panel, newest_only = settings.panel, settings.newest_only
    at_once = [one for one in panel if one.serve is None]
    parts: list[tuple[Judged, Sequence[JudgeModel]]] = []
    if at_once:
        parts.append(
            (judge_all(work, at_once, _rubrics(suite), store=store, budget=budget, newest_only=newest_only), at_once)
        )
    for one in panel:
        if one.serve is not None:
            with _served(one, runs) as judge_model:
                judged = judge_all(
                    work, [judge_model], _rubrics(suite), store=store, budget=budget, newest_only=newest_only
                )
                parts.append((judged, [judge_model]))
    asked = [one for _, judges in parts for one in judges]
    return Judged(
        tuple(rating for judged, _ in parts for rating in judged.ratings),
        tuple(verdict for judged, _ in parts for verdict in judged.verdicts),
        {name: counts for judged, _ in parts for name, counts in judged.fingerprints.items()},
        sum(judged.sent for judged, _ in parts),
    ), asked


@contextmanager
def _served(judge_model: JudgeModel, runs: Path) -> Iterator[JudgeModel]:
    hashes = Store(runs).hashes()
    with ExitStack() as stack:
        running = stack.enter_context(served(judge_model, digest=hashes.sha256))
        hashes.save()
        yield running


def _parted(ratings: Sequence[Rating], work: Work, judges: int) -> tuple[tuple[Rating, ...], tuple[Rating, ...]]:
    """Each judge's ratings of the models' answers, and of the labelled ones."""
    each = len(ratings) // judges
    starts = range(0, len(ratings), each) if each else range(0)
    own = [one for start in starts for one in ratings[start : start + len(work.ratings)]]
    labelled = [one for start in starts for one in ratings[start + len(work.ratings) : start + each]]
    return tuple(own), tuple(labelled)


def _about(
    suite: JudgeSuite, settings: Judge, answers: Mapping[str, Sequence[Answer]], panel: Sequence[JudgeModel]
) -> dict[str, Any]:
    return {
        "suite": suite.name,
        "models": [{"name": name, "identity": of_model[0].identity} for name, of_model in answers.items()],
        "judges": [{"name": one.shown, "model": one.model, "structured": one.structured} for one in panel],
        "categories": {one.id: dict(one.labels) for one in suite.categories},
        "rubrics": {one.id: one.rubric.version for one in suite.categories},
        "weighting": settings.weighting,
        "pairwise": settings.pairwise,
        "wordings": settings.wordings,
        "answer_tokens": settings.answer_tokens,
    }


def _about_calibration(
    settings: Judge, suite: JudgeSuite, labels: Sequence[Label], panel: Sequence[JudgeModel]
) -> dict[str, Any]:
    rubric_of = _rubrics(suite)
    categories = dict.fromkeys(label.answer.question.category for label in labels)
    return {
        "rubrics": {one: rubric_of(one).version for one in categories},
        "labels": [Path(file).name for file in settings.labels],
        "judges": [{"name": one.shown, "model": one.model} for one in panel],
    }


def _key(judgement: Judgement) -> str:
    """What was judged by whom: equal for a run that was killed and the one that goes on."""
    answered = sorted({digest([vars(one.answer.question), one.answer.model, one.answer.text])
                       for one in judgement.ratings})  # fmt: skip
    return digest([dict(judgement.about), answered])[:12]


def _keep_calibration(found: Judgement, judge_model: JudgeModel, places: _Places) -> None:
    own = [one for one in found.label_ratings if one.judge == judge_model.shown]
    labelled = [[vars(label.answer.question), label.answer.text, label.score, label.passes, label.annotator]
                for label in found.labels]  # fmt: skip
    key = digest([judge_model.model, found.about["rubrics"], labelled])[:12]
    kept = Judgement({**found.about, "judges": [{"name": judge_model.shown, "model": judge_model.model}]}, (), (),
                     found.labels, tuple(own))  # fmt: skip
    # Of a name that anything may stand in, what a folder's name may hold everywhere.
    name = re.sub(r"[^A-Za-z0-9._@-]", "_", judge_model.shown)[:LONGEST_FOLDER]
    folder = places.calibrations / f"{name}-{key}"
    with disk_faults(folder):
        write_judgement(kept, folder)


def _calibrations(
    panel: Sequence[JudgeModel], judged: Judged, suite: JudgeSuite, places: _Places, known: AbstractSet[Answer]
) -> tuple[list[Label], list[Rating]]:
    """What was found earlier of these judges and people. A judge that has changed since is another one; by a rubric
    that has changed since, it was asked something else.

    known: labelled answers that this judgement has already.
    """
    versions = {one.id: one.rubric.version for one in suite.categories}
    labels: dict[Label, None] = {}
    ratings: dict[Rating, None] = {}
    for file in sorted(places.calibrations.glob(f"*/{FILE}")):
        kept = read_judgement(file.parent)
        [about] = kept.about["judges"]
        one = next((one for one in panel if one.model == about["model"]), None)
        if one is None:
            continue
        now = set(judged.fingerprints.get(one.shown, {}))
        if not set(fingerprints(kept.label_ratings)) <= now:
            say(text("judge_calibration_old", judge=one.shown))
            continue
        if any(
            versions.get(category, version) != version for category, version in kept.about.get("rubrics", {}).items()
        ):
            say(text("judge_calibration_rubric", judge=one.shown))
            continue
        labels |= dict.fromkeys(label for label in kept.labels if label.answer not in known)
        # Under the judge's name in this panel.
        named = [replace(rating, judge=one.shown) for rating in kept.label_ratings]
        ratings |= dict.fromkeys(rating for rating in named if rating.answer not in known)
    return list(labels), list(ratings)
