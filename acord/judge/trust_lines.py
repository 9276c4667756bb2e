"""The trust report for people: one line for each thing that was measured of a judge in a language."""

from collections.abc import Iterator, Mapping, Sequence

from acord.judge.bias import Finding
from acord.judge.measures import Measures
from acord.judge.people import People
from acord.judge.trust import Trust
from acord.languages import interface_language, name_in_interface, text


def trust_lines(trust: Trust) -> list[str]:
    """By language: whether it is validated, and of each judge what was measured."""
    lines = []
    for language in trust.languages:
        reasons = trust.reasons(language)
        state = (
            text("judge_table_not_validated", reasons="; ".join(reasons)) if reasons else text("judge_table_validated")
        )
        name = name_in_interface(language)
        lines.append(f"{name[0].upper()}{name[1:]}. {state}")
        for judge in trust.judges:
            measured = trust.measures.get((judge, language))
            if measured is not None:
                lines += [f"  {judge}: {line}" for line in _measured(measured)]
            people = trust.people.get((judge, language))
            if people is not None:
                lines.append(f"  {judge}: {_people(people)}")
        between = trust.between.get(language)
        if between is not None and between.alpha is not None:
            found = between.alpha
            lines.append("  " + text("judge_line_between", alpha=found.alpha, low=found.low, high=found.high))
    return lines


def people_lines(people: Mapping[tuple[str, str], People]) -> list[str]:
    """One line a judge and language that people labelled answers of."""
    return [f"{judge}, {name_in_interface(language)}: {_people(found)}" for (judge, language), found in people.items()]


def bias_lines(biases: Sequence[Finding]) -> list[str]:
    """One line for each error that was found."""
    return [
        text(
            f"judge_bias_{one.name}",
            judge=one.judge,
            language=name_in_interface(one.language),
            p=f"{one.adjusted_p:.2g}".replace(".", interface_language().decimal),
        )
        for one in biases
    ]


def _measured(measured: Measures) -> Iterator[str]:
    failures, agree, first = measured.failures, measured.orders.agree, measured.orders.first
    if failures.value is not None:
        yield text("judge_line_failures", k=failures.k, n=failures.n, share=failures.value)
    if agree.value is not None:
        yield text("judge_line_orders", k=agree.k, n=agree.n, share=agree.value, low=agree.low, high=agree.high)
    if first.value is not None:
        yield text("judge_line_first", share=first.value, n=first.n)
    forms = measured.forms
    if forms.equal.value is not None:
        alpha = "" if forms.alpha is None else text("judge_line_alpha", alpha=forms.alpha.alpha)
        yield text("judge_line_forms", k=forms.equal.k, n=forms.equal.n, share=forms.equal.value) + alpha
    length = measured.length
    if length is not None:
        yield text("judge_line_length", rho=length.rho, low=length.low, high=length.high, n=length.n)


def _people(people: People) -> str:
    scale = text("judge_line_yes_no" if people.scale == "yes/no" else "judge_line_scores")
    if people.kappa is None:
        return text("judge_line_people_alike", n=people.n, scale=scale)
    found = people.kappa
    return text("judge_line_people", kappa=found.kappa, low=found.low, high=found.high, n=found.n, same=found.same,
                scale=scale, missing=people.missing)  # fmt: skip
