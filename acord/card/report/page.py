"""The whole page: what was asked, the data, the training, what came of it, and where every figure can be found.

A function of the evidence alone, byte for byte. It runs no script and asks nobody for anything.
"""

from collections.abc import Callable

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.answers import answers
from acord.card.report.asked import asked
from acord.card.report.data import data
from acord.card.report.environment import environment
from acord.card.report.evaluation import evaluation
from acord.card.report.files import files
from acord.card.report.glance import glance, lead
from acord.card.report.held_out import held_out
from acord.card.report.judge import judge
from acord.card.report.markup import Section, joined, link, paragraph
from acord.card.report.saying import say
from acord.card.report.style import STYLE
from acord.card.report.training import training
from acord.card.spoken import spoken
from acord.card.writing.names import title_of
from acord.languages import INTERFACE_TAGS, LANGUAGES, interface_language
from acord.visible import visible_line

SECTIONS: tuple[Callable[[Evidence], Section], ...] = (
    asked, data, training, held_out, evaluation, judge, answers, environment, files,
)  # fmt: skip
# Whatever the texts of others hold, the page runs no script and fetches nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
CARDS = {"en": "README.md", "va": "README.va.md", "es": "README.es.md"}


def render_report(evidence: Evidence, language: str) -> str:
    """The page in a language of the interface. Raises KeyError for one without texts."""
    with spoken(language):
        sections = [section(evidence) for section in SECTIONS]
        title = say("title", model=visible_line(title_of(evidence.recipe)))
        return str(
            joined(
                [
                    Markup('<!doctype html>\n<html lang="{}">').format(interface_language().bcp47),
                    _head(title),
                    Markup('<body>\n<a class="skip" href="#main">{}</a>').format(say("skip")),
                    _header(evidence, title, language),
                    _contents(sections),
                    Markup('<main id="main">'),
                    glance(evidence),
                    *map(_section, sections),
                    Markup("</main>\n<footer>{}</footer>\n</body>\n</html>\n").format(paragraph(say("footer"))),
                ]
            )
        )


def _head(title: str) -> Markup:
    return Markup(
        '<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta http-equiv="Content-Security-Policy" content="{}">\n'
        # Without an icon of its own a page makes browsers look for one.
        '<link rel="icon" href="data:,">\n<title>{}</title>\n<style>{}</style>\n</head>'
    ).format(POLICY, title, Markup(STYLE))  # noqa: S704  our own


def _header(evidence: Evidence, title: str, language: str) -> Markup:
    others = [
        Markup('<a href="report.{0}.html" lang="{1}" hreflang="{1}">{2}</a>').format(
            tag, LANGUAGES[tag].bcp47, LANGUAGES[tag].names[tag].capitalize()
        )
        for tag in INTERFACE_TAGS
        if tag != language
    ]
    links = Markup(" · ").join([*others, link(f"../{CARDS[language]}", say("card"))])
    return Markup('<header>\n<h1>{}</h1>\n{}\n<p class="links">{}</p>\n</header>').format(title, lead(evidence), links)


def _contents(sections: list[Section]) -> Markup:
    items = Markup("").join(Markup('<li><a href="#{}">{}</a></li>').format(one.id, one.title) for one in sections)
    return Markup('<nav aria-label="{}"><ul>{}</ul></nav>').format(say("contents"), items)


def _section(section: Section) -> Markup:
    return Markup(
        '<section id="{0}" aria-labelledby="{0}-title">\n<h2 id="{0}-title">{1}</h2>\n{2}\n</section>'
    ).format(section.id, section.title, section.body)
