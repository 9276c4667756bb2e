"""The report: its words, its figures, its markup, and that it is a function of the evidence alone."""

import json
import re
from collections import Counter
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from string import Formatter
from urllib.parse import unquote

import pytest

from acord.card.counting import PairCounts
from acord.card.prompt_answers import PromptAnswer
from acord.card.report import render_report
from acord.card.report.drawing import SERIES
from acord.card.report.evaluation import evaluation
from acord.card.report.saying import WORDS
from acord.card.report.style import STYLE
from acord.card.report.training import POINTS, curve, grouped, mean_of
from acord.card.spoken import spoken
from acord.languages import INTERFACE_TAGS, interface_language, set_language

EVIL = "\"><script>alert(1)</script><img src=x onerror='x'> $x$ {0} \u202e"
VOID = {"meta", "link", "br", "img", "hr", "path", "use"}


class Page(HTMLParser):
    """What stands where."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.open, self.headings = [], [], []
        self.feed(content)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def attributes(self, name):
        return [found[name] for _, found in self.tags if name in found]

    def named(self, *names):
        return [(tag, found) for tag, found in self.tags if tag in names]


@pytest.fixture(scope="module")
def pages(evidence):
    return {tag: render_report(evidence, tag) for tag in INTERFACE_TAGS}


def test_every_language_says_the_same():
    def shape(words):
        return {
            key: (value.count("|"), sorted(filter(None, (name for _, name, _, _ in Formatter().parse(value)))))
            for key, value in words.items()
        }

    def once(shapes):
        # A sentence may name a figure twice in one language.
        return {key: (bars, sorted(set(names))) for key, (bars, names) in shapes.items()}

    assert set(WORDS) == set(INTERFACE_TAGS)
    english = once(shape(WORDS["en"]))
    for tag in ("va", "es"):
        assert once(shape(WORDS[tag])) == english
        alike = [key for key in english if WORDS[tag][key] == WORDS["en"][key]]
        # What is a name, a unit, or the same word.
        assert len(alike) < 12, alike


def test_the_same_evidence_gives_the_same_bytes(evidence, pages):
    """Whatever the user's matplotlib and language are set to, and both are left as they were."""
    import matplotlib

    set_language("es")
    try:
        with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.fonttype": "path"}):
            assert render_report(evidence, "va") == pages["va"]
            assert matplotlib.rcParams["font.size"] == 20
        assert interface_language().tag == "es"
    finally:
        set_language("en")


@pytest.mark.parametrize("tag", INTERFACE_TAGS)
def test_the_markup(pages, tag):
    page = Page(pages[tag])
    assert page.open == []
    ids = Counter(page.attributes("id"))
    assert [one for one, n in ids.items() if n > 1] == []
    targets = [*page.attributes("href"), *page.attributes("xlink:href"), *page.attributes("src")]
    assert {one[1:] for one in targets if one.startswith("#")} <= set(ids)
    named = [one for value in page.attributes("aria-labelledby") for one in value.split()]
    assert set(named) <= set(ids)
    assert "script" not in dict(page.tags)
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.named("table")) == len(page.named("caption")) > 10
    assert all(found.get("scope") in ("row", "col") for _, found in page.named("th"))
    pictures = page.named("svg")
    assert len(pictures) == 4
    assert all(found["role"] == "img" and len(found["aria-label"]) > 40 for _, found in pictures)
    policy = next(found["content"] for _, found in page.named("meta") if "http-equiv" in found)
    assert policy.startswith("default-src 'none'; ")
    assert dict(page.tags)["html"]["lang"] == {"va": "ca-valencia"}.get(tag, tag)
    for one in ("header", "nav", "main", "footer"):
        assert len(page.named(one)) == 1


def test_links_lead_to_files_of_the_card(evidence, pages):
    page = Page(pages["va"])
    links = [one for one in page.attributes("href") if not one.startswith(("#", "data:"))]
    found = {unquote(one).removeprefix("../evidence/") for one in links if one.startswith("../evidence/")}
    index = json.loads((evidence.folder / "index.json").read_text())
    assert found == {*index, "index.json"}
    assert sorted(one for one in links if not one.startswith("../evidence/")) == [
        "../README.va.md",
        "report.en.html",
        "report.es.html",
    ]


def test_pictures_have_the_colours_of_the_page_and_nothing_of_the_outside(pages):
    for svg in re.findall(r"<svg.*?</svg>", pages["en"], re.DOTALL):
        tags = "".join(re.findall(r"<[^<>]*>", svg))
        assert not re.search(r"#[0-9a-f]{6}", tags)
        assert "DejaVu" not in tags
        assert "var(--ink)" in tags
    variables = set(re.findall(r"var\((--[\w-]+)\)", pages["en"]))
    assert variables <= set(re.findall(r"(--[\w-]+):", STYLE))
    assert {f"--series-{place}" for place in range(1, len(SERIES) + 1)} <= set(re.findall(r"(--[\w-]+):", STYLE))
    assert "http:" not in pages["en"]
    assert "https:" not in pages["en"]


def test_figures_are_those_of_the_evidence(evidence, pages):
    shown = _text(pages["en"])
    after = evidence.figures("align")["held_out"]["after"]
    assert f"{after['accuracy']:.1%}" in shown
    before = evidence.figures("align")["held_out"]["before"]
    pairs = [(before, after), *((before["languages"][one], after["languages"][one]) for one in after["languages"])]
    for old, new in pairs:
        changes = f"{new['margin']:+.3f} {new['chosen_shift']:+.2f} {new['rejected_shift']:+.2f}"
        assert f"{old['likelier']:.1%} {new['likelier']:.1%} {changes}" in shown
    counts = evidence.counts
    assert f"{counts.total} preference pairs: {counts.by_split['train']} to train on" in shown
    figures = evidence.figures("align")
    assert f"Loss: {figures['loss_first']:.4f} in the first step, {figures['loss_last']:.4f} in the last." in shown
    for reasons in counts.dropped.values():
        for reason, n in reasons.items():
            assert f"{reason} {n}" in shown
    for row in evidence.comparison.rows:
        for cell in row.cells:
            assert cell.value is None or f"{cell.value:.3f}" in shown
    assert "align.learning_rate 0.001 nobody: inferred" in shown
    assert "the paper states none" in shown
    assert "Valencian: not validated. " in shown
    assert "no human labels in Valencian" in shown
    # A comma in Valencian and Spanish.
    decimal = f"{after['accuracy']:.1%}".replace(".", ",").replace("%", " %")
    assert decimal in _text(pages["va"]).replace("\u00a0", " ")


def test_no_text_does_harm(evidence):
    card = evidence.recipe.card.model_copy(update={"title": EVIL})
    comparison = replace(evidence.comparison, title=EVIL)
    evil = replace(
        evidence,
        recipe=evidence.recipe.model_copy(update={"card": card}),
        comparison=comparison,
        counts=replace(
            evidence.counts,
            by_source={EVIL: evidence.counts.total},
            by_source_and_language={(EVIL, one): n for one, n in evidence.counts.by_language.items()},
            dropped={EVIL: {EVIL: 3}},
            steps={EVIL: 1},
            by_origin={EVIL: 1},
        ),
        answers=(PromptAnswer("va", EVIL, EVIL, "\n"),),
    )
    content = render_report(evil, "en")
    page = Page(content)
    assert page.open == []
    assert not page.named("script", "img")
    assert "\u202e" not in content
    assert content.count("&lt;script&gt;alert(1)") >= 8
    assert "An empty answer." in content


def test_what_is_missing_is_said(evidence):
    bare = replace(
        evidence,
        manifests={},
        results=(),
        comparison=None,
        judgement=None,
        trust=None,
        scores=None,
        answers=(),
        metrics=(),
        counts=PairCounts(),
    )
    for tag in INTERFACE_TAGS:
        content = unescape(render_report(bare, tag))
        for key in WORDS[tag]:
            if key.startswith("absent_"):
                assert WORDS[tag][key] in content, key
        assert "<svg" not in content


def test_without_a_column_before_alignment_the_page_says_so(evidence):
    alone = replace(evidence, comparison=replace(evidence.comparison, before=None))
    with spoken("en"):
        assert WORDS["en"]["effect_missing"] in evaluation(alone).body


def test_supervised_training_has_no_preferences(evidence):
    figures = {"pairs": 4, "nll": 2.5}
    measured = figures | {"languages": {"va": figures}, "sources": {}}
    after = {"pairs": 4, "nll": 1.25, "languages": {"va": {"pairs": 4, "nll": 1.25}}, "sources": {}}
    align = evidence.manifests["align"]
    align = replace(align, figures=align.figures | {"held_out": {"before": measured, "after": after}})
    lines = [
        {"step": step, "skipped": False, "loss": 2.0 / step, "learning_rate": 1e-3, "pairs": 2,
         "languages": {"va": {"pairs": 2, "nll": 2.0 / step}}}
        for step in (1, 2, 4)
    ]  # fmt: skip
    content = render_report(
        replace(evidence, manifests={**evidence.manifests, "align": align}, metrics=tuple(lines)), "en"
    )
    shown = _text(content)
    assert "Valencian 4 2.500 1.250" in shown
    assert "Negative log-likelihood a token, first" in shown
    assert "Accuracy, first" not in shown


def test_points_of_a_curve_are_means_over_pairs():
    def record(step, pairs, value):
        return {"step": step, "languages": {"va": {"pairs": pairs, "margin": value}} if pairs else {}}

    records = [record(1, 1, 4.0), record(2, 3, 0.0), record(3, 0, 0.0), record(4, 2, -1.0)]
    assert mean_of(records[:2], "margin", "va") == 1.0
    assert mean_of(records, "accuracy", "va") is None
    assert curve([records[:2], records[2:3], records[3:]], "margin", "va") == ([2, 4], [1.0, -1.0])
    for n in (1, POINTS, POINTS + 1, 2284):
        groups = grouped([record(step, 1, 0.0) for step in range(1, n + 1)])
        assert len(groups) <= POINTS
        assert [one["step"] for group in groups for one in group] == list(range(1, n + 1))
        assert len({len(group) for group in groups[:-1]}) <= 1


def test_colours_can_be_told_from_their_ground():
    """WCAG 2.2: 4.5 for text, 3 for what is drawn; in light and in dark."""
    light, dark = (dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", part)) for part in _palettes())
    assert set(light) == set(dark)
    for palette in (light, dark):
        for name in ("--ink", "--soft", "--accent"):
            for ground in ("--paper", "--ground", "--tint"):
                assert _contrast(palette[name], palette[ground]) >= 4.5, (name, ground)
        for name in (*(f"--series-{place}" for place in range(1, len(SERIES) + 1)), "--warm"):
            assert _contrast(palette[name], palette["--ground"]) >= 3, name


def _palettes():
    first, second = STYLE.split("@media (prefers-color-scheme: dark)")
    return first, second.split("@media")[0]


def _contrast(one, other):
    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _text(content):
    """What is read, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", content[content.index("<main") :])).split())
