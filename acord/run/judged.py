"""What the verb `judge` found, as people and programs read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from acord.data.filters.debris import spells_control_token
from acord.judge.bias import Finding, findings
from acord.judge.budget import Estimate
from acord.judge.judgement import Judgement
from acord.judge.measures import plain
from acord.judge.people import People, agreement_with_people
from acord.judge.score_grid import Report
from acord.judge.tables import as_content, to_markdown
from acord.judge.trust import FEWEST_LABELS, LEAST_KAPPA, Trust
from acord.judge.trust_lines import bias_lines, people_lines, trust_lines
from acord.languages import text
from acord.run.disk import write_atomically
from acord.visible import visible, visible_line

TRUST = "trust.json"


@dataclass(frozen=True)
class Estimated:
    """What each judge would be asked."""

    by_judge: Mapping[str, Estimate]

    def lines(self) -> list[str]:
        """One for each judge."""
        return [
            text(
                "judge_estimate",
                judge=name,
                calls=one.to_send,
                stored=one.in_store,
                prompt=one.prompt_tokens,
                reply=one.completion_tokens,
            )
            for name, one in self.by_judge.items()
        ]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"judges": {name: one._asdict() for name, one in self.by_judge.items()}}

    def shown(self) -> str:
        """One line for each judge."""
        return "\n".join(self.lines())


@dataclass(frozen=True)
class JudgedModels:
    """A judgement with all that follows from it. biases: what is wrong with the judges, by name. folder:
    where it lies. files: as written."""

    judgement: Judgement
    trust: Trust
    report: Report
    biases: tuple[Finding, ...]
    folder: Path
    files: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            **as_content(self.report),
            "trust": trust_content(self.judgement, self.trust, self.biases),
            "files": [str(file) for file in self.files],
        }

    def shown(self) -> str:
        """Tables, how far the judges can be trusted, and where everything lies."""
        lines = [text("judge_trust_title"), *trust_lines(self.trust), *bias_lines(self.biases)]
        spelling = control_tokens(self.judgement)
        lines += [text("judge_control_tokens", n=spelling)] if spelling else []
        lines += ["", text("judge_files", folder=str(self.folder))]
        return "\n".join([visible(to_markdown(self.report)), *map(visible_line, lines)])


@dataclass(frozen=True)
class Calibrated:
    """Judges held against people. folder: where that is kept."""

    judgement: Judgement
    judges: tuple[str, ...]
    folder: Path

    @cached_property
    def people(self) -> dict[tuple[str, str], People]:
        """By judge and language."""
        return agreement_with_people(self.judgement.label_ratings, self.judgement.labels)

    @cached_property
    def biases(self) -> tuple[Finding, ...]:
        """What is wrong with the judges, by name."""
        return tuple(findings(self.judgement.label_ratings, [], self.people))

    @property
    def passed(self) -> bool:
        """Whether every judge agrees with people well enough in every language of the labels."""
        found = self.people.values()
        return bool(found) and all(
            one.n >= FEWEST_LABELS and one.kappa is not None and one.kappa.kappa >= LEAST_KAPPA for one in found
        )

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        people = [
            {"judge": judge, "language": language, **plain(one)} for (judge, language), one in self.people.items()
        ]
        biases = [one.as_json() for one in self.biases]
        return {"judges": list(self.judges), "people": people, "passed": self.passed, "biases": biases,
                "folder": str(self.folder)}  # fmt: skip

    def shown(self) -> str:
        """One line a judge and language, and what is wrong with a judge."""
        lines = [*people_lines(self.people), *bias_lines(self.biases)]
        return "\n".join(map(visible_line, [*lines, text("judge_calibration_kept", folder=str(self.folder))]))


def trust_content(judgement: Judgement, trust: Trust, biases: Sequence[Finding]) -> dict[str, Any]:
    """The trust report for programs."""
    return {
        **trust.as_json(),
        "biases": [one.as_json() for one in biases],
        "answers_with_control_tokens": control_tokens(judgement),
    }


def control_tokens(judgement: Judgement) -> int:
    """Answers that spell signs of chat templates: a server that reads them as its own could be misled by them."""
    answers = dict.fromkeys(rating.answer for rating in judgement.ratings)
    return sum(spells_control_token(answer.text) for answer in answers)


def write_trust(judgement: Judgement, trust: Trust, biases: Sequence[Finding], folder: Path) -> Sequence[Path]:
    """Write trust.json."""
    content = json.dumps(trust_content(judgement, trust, biases), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    write_atomically(folder / TRUST, content)
    return (folder / TRUST,)
