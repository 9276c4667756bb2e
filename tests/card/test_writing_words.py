"""The words of cards: three languages alike, Valencian as the AVL writes it, Markdown in which text does no harm."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from acord.card.writing.alignment import NAMED
from acord.card.writing.facts import CONDUCT
from acord.card.writing.markdown import code, fenced, link, md, md_lines, md_paragraphs, slug, table
from acord.card.writing.wording import WORDS, wording
from acord.data.card import ATTRIBUTIONS
from acord.data.pairs import ORIGINS
from acord.evaluate.suite import load_suite
from acord.languages.valencian_marks import find_marks
from acord.visible import visible_line

MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")
EVIL = [
    "<script>alert(1)</script>",
    "a | b | c",
    "](https://evil.example) ![x](y)",
    "# heading\n\n## another",
    "- item\n1. one\n> quote\n---\n===",
    "```\ncode\n``` `tick``",
    "**bold** _it_ ~~gone~~ &amp; &lt;b&gt; $x$ \\",
    "1) one",
    "+ plus",
    "\u202edlob\u202c \x1b[31m",
    "https://evil.example/<b>?a=1&b=2",
    "&#60;script&#62;",
]


def fields(line: str) -> list[tuple[str, str]]:
    return sorted((name, form or "") for _, name, form, _ in string.Formatter().parse(line) if name)


@pytest.mark.parametrize("tag", ["va", "es"])
def test_every_language_has_the_keys_and_placeholders_of_english(tag: str) -> None:
    assert list(WORDS[tag]) == list(WORDS["en"])
    for key, line in WORDS["en"].items():
        assert fields(WORDS[tag][key]) == fields(line), key
        assert WORDS[tag][key].count("|") == line.count("|"), key


def test_no_translation_is_left_in_english() -> None:
    # Signs and names alone are the same in all three.
    same = {"row", "row_change", "attribution_data", "tool_apertium", "s_align.beta", "s_align.adam_betas"}
    same |= {"env_hours", "env_minutes", "env_seconds", "env_total"}
    for tag in ("va", "es"):
        assert {key for key, line in WORDS["en"].items() if WORDS[tag][key] == line} <= same, tag


def test_the_valencian_holds_no_form_of_central_catalan() -> None:
    marked = {key: find_marks(line) for key, line in WORDS["va"].items()}
    assert {key: found.central + found.faint for key, found in marked.items() if found.central or found.faint} == {}
    assert sum(len(found.valencian) for found in marked.values()) > 40


@pytest.mark.parametrize("tag", list(WORDS))
def test_there_are_words_for_all_that_is_looked_up_by_name(tag: str) -> None:
    keys = {f"s_{key}" for key in NAMED} | {f"conduct_{metric}" for metric in CONDUCT}
    keys |= {f"attribution_{name}" for name in ATTRIBUTIONS}
    keys |= {f"{kind}_{origin}" for origin in ORIGINS for kind in ("origin", "origin_about")}
    assert keys <= set(WORDS[tag])


def test_rows_about_conduct_are_told_by_their_metrics() -> None:
    kinds = {row.kind: row.metric in CONDUCT for row in load_suite("small").rows}
    assert {kind for kind, is_conduct in kinds.items() if is_conduct} == {"Language of the reply", "Safety", "Bias"}


def test_numbers_and_lists_are_written_as_each_language_does() -> None:
    assert wording("en").say("dropped_about", rows=2645, used=2487, dropped=158) == (
        "Of 2,645 rows of all sources, 2,487 were used and 158 dropped."
    )
    assert "De 2.645 files" in wording("va").say("dropped_about", rows=2645, used=2487, dropped=158)
    assert wording("en").number(0.815, ".1%") == "81.5%"
    assert wording("es").number(0.815, ".1%") == wording("va").number(0.815, ".1%") == "81,5\xa0%"
    assert "coincidix el 80\xa0% de" in wording("va").say("near_on", share=0.8)
    assert wording("en").names(["va", "en", "es"]) == "English, Spanish and Valencian"
    assert wording("va").names(["va", "en", "es"]) == "anglés, espanyol i valencià"
    assert wording("es").names(["va", "en", "es"]) == "inglés, español y valenciano"
    assert wording("en").names(["va"]) == "Valencian"


def text_of(markdown: str) -> tuple[str, set[str]]:
    """What a reader sees of Markdown, and the kinds of its tokens."""
    tokens = MARKDOWN.parse(markdown)
    inner = [child for token in tokens for child in token.children or ()]
    seen = "".join(child.content if child.content else "\n" * (child.type == "softbreak") for child in inner)
    return seen, {token.type for token in (*tokens, *inner)}


PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak"}


@pytest.mark.parametrize("evil", EVIL)
def test_text_of_others_means_only_itself(evil: str) -> None:
    for written in (md(evil), md_paragraphs(evil), f"**x**: {md(evil)}"):
        _, kinds = text_of(written)
        assert kinds <= PLAIN | {"strong_open", "strong_close"}, written
    _, kinds = text_of(table(["a", "b"], [[md(evil), md_lines(evil)]]))
    assert "link_open" not in kinds
    assert "image" not in kinds
    rows = [token for token in MARKDOWN.parse(table(["a", "b"], [[md(evil), code(evil)]])) if token.type == "td_open"]
    assert len(rows) == 2


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Zs")) | st.just(" "), min_size=1))
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    line = " ".join(text.split())
    if line:
        seen, kinds = text_of(md(text))
        assert seen == visible_line(line)
        assert kinds <= PLAIN


@pytest.mark.parametrize("evil", EVIL)
def test_code_and_links_cannot_be_left(evil: str) -> None:
    tokens = MARKDOWN.parse(f"{fenced(evil, 'bibtex')}\n\nend")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    [inline] = [
        token for token in MARKDOWN.parse(link(md(evil), f"https://a.example/{evil}")) if token.type == "inline"
    ]
    kinds = [child.type for child in inline.children or ()]
    assert (kinds[0], kinds[-1], kinds.count("link_open")) == ("link_open", "link_close", 1)


def test_anchors_are_those_of_the_hub() -> None:
    assert slug("Detalls de l'alineament") == "detalls-de-lalineament"
    assert slug("¿Se puede confiar en el juez?") == "se-puede-confiar-en-el-juez"
