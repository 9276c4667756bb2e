"""The same prompts, answered before and after alignment: whole, as they came."""

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.prompt_answers import PromptAnswer
from acord.card.report.markup import Section, joined, paragraph
from acord.card.report.saying import bcp47, name_of, say
from acord.visible import visible, visible_line


def answers(evidence: Evidence) -> Section:
    """Side by side where there is room."""
    if not evidence.answers:
        return Section("answers", say("answers"), paragraph(say("absent_answers")))
    names = visible_line(evidence.base_name), visible_line(evidence.model_name)
    about = paragraph(say("answers_about", n=len(evidence.answers)))
    articles = [_article(number, one, *names) for number, one in enumerate(evidence.answers, start=1)]
    return Section("answers", say("answers"), joined([about, *articles]))


def _article(number: int, answer: PromptAnswer, base: str, model: str) -> Markup:
    tag = bcp47(answer.language)
    return Markup(
        '<article aria-labelledby="answer-{0}">\n<h3 id="answer-{0}">{1}</h3>\n<p class="asked" lang="{2}">{3}</p>\n'
        '<div class="pair">\n{4}\n{5}\n</div>\n</article>'
    ).format(
        number,
        say("answers_title", number=number, language=name_of(answer.language)),
        tag,
        visible(answer.prompt),
        _said(say("answers_before", model=base), answer.before, tag),
        _said(say("answers_after", model=model), answer.after, tag),
    )


def _said(title: str, content: str, tag: str) -> Markup:
    body = (
        Markup('<p class="said" lang="{}">{}</p>').format(tag, visible(content))
        if content.strip()
        else paragraph(say("answers_empty"), "note")
    )
    return Markup("<div><h4>{}</h4>\n{}</div>").format(title, body)
