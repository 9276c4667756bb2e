"""What judging would take, before anything starts: prompts, answers and calls."""

from dataclasses import asdict, dataclass
from typing import Any

from acord.judge.forms import FORMS
from acord.judge.suite import load_suite
from acord.recipe import Recipe


@dataclass(frozen=True)
class JudgePlan:
    """prompts: that every model answers. models, judges: their numbers. calls: of all judges, where no reply has to be
    asked for again; those for people's labels come on top.
    """

    suite: str
    prompts: int
    models: int
    judges: int
    calls: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def plan_judging(recipe: Recipe) -> JudgePlan | None:
    """None where the recipe asks for no judge. Raises InputError for a suite that cannot be used."""
    section = recipe.judge
    if section is None:
        return None
    questions = load_suite(section.suite).questions(
        languages=section.languages, categories=section.categories, limit=section.limit, wordings=section.wordings
    )
    models = 2 + len(section.against)
    firsts = [question for question in questions if question.wording == 0]
    sampled = sum(
        min(section.check_items, sum(question.language == language for question in firsts))
        for language in {question.language for question in firsts}
    )
    every_pair = len(firsts) * models * (models - 1) // 2
    pairs = {"off": 0, "check": sampled, "all": every_pair}[section.pairwise]
    calls = len(questions) * models + sampled * (len(FORMS) - 1) + 2 * pairs
    judges = len(section.panel)
    return JudgePlan(section.suite, len(questions), models, judges, calls * judges)
