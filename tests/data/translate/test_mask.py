"""Masking: what is taken out comes back, and what must be taken out is."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.data.translate.layout import clauses, lines, paragraphs, put_together, sentences, take_apart, whole
from acord.data.translate.mask import Masked, TooManySpans, mask, restore, stand_in_for, with_stand_ins
from acord.data.translate.patterns import MOST_SPANS

SNIPPETS = st.sampled_from(
    [
        "`", "```", "\n", "\r\n", "$", "$$", "\\(", "\\)", "**", "_", "~~", "[", "](", ")", "|", "> ",
        "- ", "# ", "<b>",
        "</b>", "{x}", "%s", "http://a.es", "a@b.es", "x_y", "la casa", " ", "\t", "\\", "\U000f0000", "\U00100005",
        "\ud800", "\0", "\u2028", "⟦0⟧", "😀", "3,5 %", "<!--", "-->", "\\begin{a}", "\\end{a}", "~~~",
        "    ", "e\u0301",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60), st.lists(SNIPPETS, max_size=25).map("".join)
)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_what_was_taken_out_comes_back(text: str) -> None:
    masked = mask(text)
    assert restore(*masked) == text
    for take in (take_apart, whole):
        layout = take(text)
        assert put_together(layout, [segment.text for segment in layout.segments]) == text


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_smaller_parts_make_the_whole(text: str) -> None:
    for segment in (*take_apart(text).segments, *whole(text).segments):
        for smaller in (paragraphs, lines, sentences, clauses):
            parts = smaller(segment)
            joined = parts.gaps[0] + "".join(
                part.text + gap for part, gap in zip(parts.segments, parts.gaps[1:], strict=True)
            )
            assert joined == segment.text


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_segments_can_be_sent(text: str) -> None:
    for segment in (*take_apart(text).segments, *whole(text).segments):
        assert "\0" not in segment.text
        segment.text.encode()
        assert segment.text == segment.text.strip()


@pytest.mark.parametrize(
    "span",
    [
        "`código y`", "``a ` y``", "$x^2 + y^2$", "$y$", r"\(y + \beta\)", r"\[y\]", "$$\ny\n$$",
        "\\begin{y}\ny\n\\end{y}",
        "https://es.wikipedia.org/wiki/La_casa?y=1#de", "www.casa.es/y", "gva.es", "ana+y@casa.gva.es", "{nombre}",
        "{{ y }}", "{% if y %}", "%s", "%(casa)d", "%-5.2f", "%1$s", "<nombre>", "<tu nombre>",
        "[NOMBRE]", "${Y}", "$CASA", "#{y}",
        "la_casa", "miCasa", "MiCasa", "os.path.y", "casa()", "/etc/casa", "./y", "~/y.txt",
        "C:\\y\\casa", "src/y.rs",
        "casa.pdf", "#casa", "@juan", "3,5 %", "50\u00a0%", "25 ºC", "--de-la-casa", "&iacute;", ":casa:",
        "[^1]", "y = 2", "f(x, y)",
        "x*y", "<!-- y -->", "<code>y</code>", '{"y": "la casa"}', "\\n", "0xFF", "\U000f0007", "\0", "\ud83d", "⟦",
    ],
)  # fmt: skip
def test_nouns_are_masked_whole(span: str) -> None:
    layout = take_apart(f"Usa {span} en la casa.")
    (segment,) = layout.segments
    assert segment.text == "Usa \U000f0000 en la casa."
    assert segment.spans == (span,)


@pytest.mark.parametrize(
    "text",
    [
        "Cuesta 5$ y 10$ o 5 $.", "De $5 a $10 y $20.", "US$20 y 30 US$", "Y tú, ¿vas o vienes?",
        "el/la y/o los/las",
        "km/h, 24/7, 3/4/2024", "a las 12:30h", "Los alumno(s) y la(s) casa(s)", "S.A. y p. ej. esto", "a.m. y p.m.",
        "Vale. Pero no", "5 kg, 3 m², 1.234,56 €", "¡Hola! :) jaja XD", "El 50 por ciento", "N.º 3 y 2.ª",
        "—Hola —dijo", "'la casa' y \"el perro\"", "Ana & Juan + yo = tres",
    ],
)  # fmt: skip
def test_prose_is_not_masked(text: str) -> None:
    assert mask(text) == Masked(text, ())


def test_marks_are_masked_apart() -> None:
    masked = mask('La **casa _roja_** y [el enlace](http://a.es "el título") ![y](b.png) <b>sí</b> ~~no~~')
    assert masked.spans == (
        "**", "_", "_", "**", "[", '](http://a.es "el título")', "![", "](b.png)", "<b>", "</b>", "~~", "~~",
    )  # fmt: skip
    assert all(character >= "\U00100000" for character in masked.text if character >= "\U000f0000")


def test_a_link_in_capitals_is_no_placeholder() -> None:
    assert mask("[LA CASA](http://a.es) y [LA CASA].").spans == ("[", "](http://a.es)", "[LA CASA]")


def test_structure_never_reaches_a_translator() -> None:
    text = (
        "# Título #\n\n> - [x] hecho  \n1. uno\\\n* dos\n| A | b |\n|---|:-:|\n| 12 | c |\n\n---\n"
        "```y\nla casa\n```\nUna línea\nsigue.\nOtra\r\n"
    )
    layout = take_apart(text)
    assert [segment.text for segment in layout.segments] == [
        "Título", "hecho", "uno", "dos", "A", "b", "c", "Una línea\nsigue.", "Otra",
    ]  # fmt: skip
    assert layout.gaps[:4] == ("# ", " #\n\n> - [x] ", "  \n1. ", "\\\n* ")
    assert layout.gaps[-3:] == (" |\n\n---\n```y\nla casa\n```\n", "\n", "\r\n")


def test_a_fence_ends_whatever_ends_its_line() -> None:
    layout = take_apart("```\r\nla casa\r\n```\r\n\r\nel perro")
    assert [segment.text for segment in layout.segments] == ["el perro"]
    assert take_apart("> ```\n> la casa\n> ```\nel perro").segments == (Masked("el perro", ()),)
    assert take_apart("```\nla casa, sin fin").segments == ()


def test_more_spans_than_characters_are_refused() -> None:
    assert len(mask("*a" * 1_000).spans) == 1_000
    with pytest.raises(TooManySpans):
        mask("*a" * (MOST_SPANS + 1))
    assert stand_in_for(MOST_SPANS - 1, is_mark=True) == "\U0010fffd"


def test_marks_of_an_answer_are_found_again() -> None:
    (source,) = whole("la **casa** de `y` y *el* **perro**").segments
    nouns = [character for character in source.text if "\U000f0000" <= character < "\U00100000"]
    answer = f"*el* **gos** i {nouns[0]} de la **casa**"
    masked = with_stand_ins(answer, source)
    assert masked is not None
    assert restore(masked, source.spans) == "*el* **gos** i `y` de la **casa**"
    assert with_stand_ins("la *casa*, *el*", source) is None


@pytest.mark.parametrize(
    "text",
    [
        " " * 100_000 + "a", ("a" + " " * 50) * 2_000, "`" * 50_000,
        "".join("`" * n + "a" for n in range(300)), "$" * 50_000,
        "$a " * 30_000, "<a " * 30_000, "[" * 60_000, "\\begin{a}" * 3_000, "a" * 100_000, "a." * 50_000,
        "_a" * 50_000,
        "a/" * 50_000, "(" * 60_000, "{" * 60_000, "> " * 50_000, "- " * 50_000, "<code>" * 4_000, "\\" * 100_000,
        "a@" * 50_000, "http://" * 10_000, "%" * 60_000, "```\n" * 20_000, "<!--" * 6_000, "\n" * 100_000,
        "| " * 50_000,
        "x=" * 50_000, "A(" * 50_000, "#" * 100_000, "a\\\\" * 30_000,
    ],
)  # fmt: skip
def test_hostile_texts_take_no_quadratic_time(text: str) -> None:
    started = time.process_time()
    for take in (take_apart, whole):
        try:
            layout = take(text)
        except TooManySpans:
            continue
        for segment in layout.segments:
            for smaller in (paragraphs, lines, sentences, clauses):
                smaller(segment)
    assert time.process_time() - started < 8.0
