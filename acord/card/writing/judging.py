"""What judges say of the answers, how far they can be believed, and no conclusion where they cannot."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from acord.card.evidence import Evidence
from acord.card.writing.facts import signed, signed_interval
from acord.card.writing.markdown import blocks, bullets, code, md, table, tables
from acord.card.writing.wording import Wording
from acord.evaluate.compare import Contrast
from acord.judge.contrasts import Place
from acord.judge.measures import Share
from acord.judge.people import People
from acord.judge.score_grid import Report, tables_of
from acord.judge.trust import Trust


def judging(evidence: Evidence, words: Wording) -> str:
    """The judges, whether they may be believed, what then follows, and their tables."""
    trust, scores = evidence.trust, evidence.scores
    heading = f"## {words.say('h_judge')}"
    if trust is None or scores is None or evidence.judgement is None:
        return blocks(heading, words.say("judge_none"))
    report = _in_language(scores, trust, evidence.judgement.about["categories"], words)
    judges = words.listing([_judge(one) for one in evidence.judgement.about["judges"]])
    said = list(_said(report, trust, evidence.model_name, words))
    return blocks(
        heading,
        words.say("judge_about", suite=code(report.suite), judges=judges),
        words.say("judge_how", answers=len({one.answer for one in evidence.judgement.ratings})),
        f"### {words.say('h_trust')}",
        bullets(_status(trust, words)),
        table(words.heads("trust_heads"), _trust_rows(trust, words), numbers=range(2, 8)),
        f"### {words.say('h_judge_result')}" if said else None,
        bullets(said),
        f"### {words.say('h_scores')}",
        tables(tables_of(report), 4),
    )


def _in_language(scores: Report, trust: Trust, labels: Mapping[str, Mapping[str, str]], words: Wording) -> Report:
    """The same figures with categories and reasons in the card's language: they need not be computed again."""
    return replace(
        scores,
        status={one: trust.reasons(one) for one in trust.languages},
        labels={category: names.get(words.language.tag, category) for category, names in labels.items()},
    )


def _judge(about: Mapping[str, str]) -> str:
    name, model = str(about["name"]), str(about.get("model") or about["name"])
    return f"**{md(name)}**" if name == model else f"**{md(name)}** ({code(model)})"


def validated(trust: Trust) -> tuple[list[str], list[str]]:
    """Languages in which every check of the judge passes, and the others."""
    passed = [one for one in trust.languages if trust.validated(one)]
    return passed, [one for one in trust.languages if one not in passed]


def _status(trust: Trust, words: Wording) -> Iterable[str]:
    passed, others = validated(trust)
    if passed:
        yield words.say("trust_yes", languages=words.names(passed))
    for language in others:
        reasons = "; ".join(md(reason.rstrip(".")) for reason in trust.reasons(language))
        yield words.say("trust_no", language=words.name(language), reasons=reasons)
    if others:
        yield words.say("trust_consequence")


def _trust_rows(trust: Trust, words: Wording) -> Iterable[list[str]]:
    for language in trust.languages:
        for judge in trust.judges:
            measured = trust.measures[judge, language]
            people = trust.people.get((judge, language))
            yield [
                md(judge),
                words.title(language),
                _share(measured.failures, words),
                _share(measured.orders.agree, words),
                _share(measured.forms.equal, words),
                _kappa(people, words),
                words.number(people.n if people else 0),
                words.number(len(trust.fingerprints[judge])),
            ]


def _share(share: Share, words: Wording) -> str:
    if share.value is None:
        return words.say("not_measured")
    return f"{words.number(share.k)}/{words.number(share.n)} ({words.number(share.value, '.1%')})"


def _kappa(people: People | None, words: Wording) -> str:
    if people is None or people.kappa is None:
        return words.say("not_measured")
    kappa = people.kappa
    return md(words.say("trust_interval", value=kappa.kappa, low=kappa.low, high=kappa.high))


def _said(report: Report, trust: Trust, model: str, words: Wording) -> Iterable[str]:
    """Of every language in which the judge is validated: how the model stands to each other one, over categories."""
    for language in validated(trust)[0]:
        for contrast in _overall(report, language):
            if model in (contrast.a, contrast.b):
                yield _compared(contrast if contrast.a == model else contrast.turned(), language, words)


def _overall(report: Report, language: str) -> tuple[Contrast, ...]:
    """Between all models, over the categories; of one category where there is no more."""
    contrasts = report.table.contrasts
    places = [place for place in contrasts if (place.judge, place.language) == (None, language)]
    overall = Place(None, language, None)
    return contrasts[overall if overall in contrasts or not places else places[0]] if places else ()


def _compared(contrast: Contrast, language: str, words: Wording) -> str:
    values: dict[str, str] = {"language": words.title(language), "model": md(contrast.a), "other": md(contrast.b)}
    if contrast.decision is None:
        return words.say("judged_untested", **values)
    difference = contrast.decision.difference
    key = "level" if not contrast.decision.distinct else "better" if difference.value > 0 else "worse"
    values |= {"change": signed(difference.value), "interval": signed_interval(difference.low, difference.high)}
    return words.say(f"judged_{key}", **values)
