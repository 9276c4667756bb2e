"""How far ratings can be trusted: what was measured of every judge, the gates it has to pass, and why it does not.

A gate without data does not pass. Sentences of reasons come from `acord.languages.text`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from acord.judge.measures import Between, Measures, between, fingerprints, measures, plain
from acord.judge.people import People
from acord.judge.record import Rating, Verdict
from acord.languages import LANGUAGES, name_in_interface, text

# Acord's own: half a percent of missing scores moves a mean of levels 1 to 5 by .02 at most.
MOST_FAILURES = Fraction(1, 200)
# Acord's own. For comparison, GPT-4 kept 65% on hard pairs: Zheng et al. (2023), Judging LLM-as-a-judge, table 2.
LEAST_CONSISTENT = Fraction(9, 10)
# Landis and Koch (1977): .61 to .80 is substantial agreement.
LEAST_KAPPA = 0.6
# Fewer decide nothing: 20 of 20 consistent pairs leave .83 possible, and 30 labels with a kappa of .6 leave .3 to .8.
FEWEST_PAIRS = 20
FEWEST_LABELS = 30

GateName = Literal["parse failures", "order consistency", "people", "fingerprints"]
# Key of a sentence, and its values.
Reason = tuple[str, Mapping[str, str | int | float]]


class Gate(NamedTuple):
    """One condition on one judge in one language. value: what was measured, None where nothing was; of n.

    reason: key of the sentence that says why it does not pass, with its values; None where it passes.
    """

    name: GateName
    judge: str
    language: str
    passed: bool
    value: float | None
    n: int
    reason: Reason | None


@dataclass(frozen=True)
class Trust:
    """judges, languages: of which there are ratings or verdicts. measures: by judge and language. people: likewise.

    between: by language, None for a single judge. fingerprints: by judge, how many replies came under each, "" for
    none; empty where no reply had one.
    """

    judges: tuple[str, ...]
    languages: tuple[str, ...]
    measures: Mapping[tuple[str, str], Measures]
    between: Mapping[str, Between | None]
    people: Mapping[tuple[str, str], People]
    fingerprints: Mapping[str, Mapping[str, int]]
    gates: tuple[Gate, ...]

    def validated(self, language: str) -> bool:
        """Whether every judge passes every gate in this language."""
        mine = [gate for gate in self.gates if gate.language == language]
        return bool(mine) and all(gate.passed for gate in mine)

    def reasons(self, language: str) -> list[str]:
        """Why the ratings of this language are not validated, in the interface's language; empty where they are.

        With several judges a reason names its judge, unless it holds of all.
        """
        if language not in self.languages:
            return [text("judge_trust_nothing", language=name_in_interface(language))]
        said: dict[str, list[str]] = {}
        for gate in self.gates:
            if gate.language == language and gate.reason is not None:
                key, values = gate.reason
                said.setdefault(text(key, language=name_in_interface(language), **values), []).append(gate.judge)
        result = []
        for sentence, judges in said.items():
            if len(judges) == len(self.judges):
                result.append(sentence)
            else:
                result += [text("judge_trust_of", judge=judge, reason=sentence) for judge in judges]
        return result

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON takes it, without texts of the interface; no figure is NaN, what is unknown is null."""
        return {
            "judges": list(self.judges),
            "languages": {
                language: {
                    "validated": self.validated(language),
                    "judges": {
                        judge: plain(self.measures[judge, language])
                        | {"people": plain(self.people.get((judge, language)))}
                        for judge in self.judges
                    },
                    "between_judges": _between(self.between[language]),
                    "gates": [_gate(gate) for gate in self.gates if gate.language == language],
                }
                for language in self.languages
            },
            "fingerprints": {judge: dict(seen) for judge, seen in self.fingerprints.items()},
        }


def trust_report(
    ratings: Sequence[Rating], verdicts: Sequence[Verdict], people: Mapping[tuple[str, str], People] | None = None
) -> Trust:
    """What the ratings and verdicts of a run, and people's labels, say of every judge in every language.

    people: by judge and language, as agreement_with_people gives it.
    """
    people = dict(people or {})
    everything: list[Rating | Verdict] = [*ratings, *verdicts]
    judges = tuple(dict.fromkeys(one.judge for one in everything))
    languages = tuple(sorted({_language(one) for one in everything}, key=_order))
    measured = {
        (judge, language): measures(
            [one for one in ratings if (one.judge, _language(one)) == (judge, language)],
            [one for one in verdicts if (one.judge, _language(one)) == (judge, language)],
        )
        for judge in judges
        for language in languages
    }
    seen = {judge: _seen(judge, (one for one in everything if one.judge == judge), people) for judge in judges}
    gates = [
        gate
        for language in languages
        for judge in judges
        for gate in _gates(judge, language, measured[judge, language], people.get((judge, language)), len(seen[judge]))
    ]
    return Trust(
        judges=judges,
        languages=languages,
        measures=measured,
        between={language: between(one for one in ratings if _language(one) == language) for language in languages},
        people=people,
        fingerprints=seen,
        gates=tuple(gates),
    )


def _gates(judge: str, language: str, measured: Measures, people: People | None, seen: int) -> Iterator[Gate]:
    """seen: fingerprints of the judge."""
    failures, agree = measured.failures, measured.orders.agree
    changed: Reason | None = ("judge_trust_fingerprints", {"n": seen}) if seen > 1 else None
    found: tuple[tuple[GateName, float | None, int, Reason | None], ...] = (
        ("parse failures", failures.value, failures.n, _failing(measured)),
        ("order consistency", agree.value, agree.n, _inconsistent(measured)),
        ("people", people.kappa.kappa if people and people.kappa else None, people.n if people else 0, _apart(people)),
        ("fingerprints", float(seen), seen, changed),
    )
    for name, value, n, reason in found:
        yield Gate(name, judge, language, reason is None, value, n, reason)


def _failing(measured: Measures) -> Reason | None:
    failed, of = measured.failures.k, measured.failures.n
    if of == 0:
        return "judge_trust_no_replies", {}
    if failed <= MOST_FAILURES * of:
        return None
    return "judge_trust_failures", {"share": failed / of, "k": failed, "n": of, "most": float(MOST_FAILURES)}


def _inconsistent(measured: Measures) -> Reason | None:
    agree = measured.orders.agree
    if agree.n == 0:
        return "judge_trust_no_pairs", {}
    if agree.n < FEWEST_PAIRS:
        return "judge_trust_few_pairs", {"n": agree.n, "least": FEWEST_PAIRS}
    if agree.k >= LEAST_CONSISTENT * agree.n:
        return None
    return "judge_trust_orders", {"share": agree.k / agree.n, "n": agree.n, "least": float(LEAST_CONSISTENT)}


def _apart(people: People | None) -> Reason | None:
    if people is None or people.n == 0:
        return "judge_trust_no_labels", {}
    if people.n < FEWEST_LABELS:
        return "judge_trust_few_labels", {"n": people.n, "least": FEWEST_LABELS}
    if people.kappa is None:
        return "judge_trust_alike", {"n": people.n}
    if people.kappa.kappa >= LEAST_KAPPA:
        return None
    values = {"kappa": people.kappa.kappa, "low": people.kappa.low, "high": people.kappa.high}
    return "judge_trust_people", {**values, "n": people.n, "least": LEAST_KAPPA}


def _seen(judge: str, replies: Iterable[Rating | Verdict], people: Mapping[tuple[str, str], People]) -> dict[str, int]:
    """Fingerprints of all that the judge said, of answers with people's labels as well."""
    seen = Counter(fingerprints(replies))
    for (name, _), found in people.items():
        if name == judge:
            seen.update(found.fingerprints)
    return dict(seen.most_common()) if set(seen) != {""} else {}


def _language(one: Rating | Verdict) -> str:
    return (one.answer if isinstance(one, Rating) else one.first).question.language


def _order(language: str) -> tuple[int, str]:
    known = list(LANGUAGES)
    return (known.index(language) if language in known else len(known)), language


def _between(found: Between | None) -> dict[str, Any] | None:
    if found is None:
        return None
    kappas = [{"judges": list(judges), "kappa": plain(kappa)} for judges, kappa in found.kappas.items()]
    return {"alpha": plain(found.alpha), "kappas": kappas}


def _gate(gate: Gate) -> dict[str, Any]:
    reason = None if gate.reason is None else {"key": gate.reason[0], **gate.reason[1]}
    return gate._asdict() | {"reason": reason}
