"""The report in headless Chromium, opened as a file: quiet, alone, accessible, in both schemes, and on paper."""

import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from acord.card.report import render_report
from acord.languages import INTERFACE_TAGS
from tests.serve.page.browser import chromium

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
WIDE, PHONE = (1200, 800), (360, 740)


@pytest.fixture(scope="module")
def browser():
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def folder(evidence, tmp_path_factory):
    """The pages as a card has them; what they link to is tested elsewhere."""
    report = tmp_path_factory.mktemp("shown") / "report"
    report.mkdir()
    for tag in INTERFACE_TAGS:
        (report / f"report.{tag}.html").write_text(render_report(evidence, tag), encoding="utf-8")
    return report


@contextmanager
def opened(browser, file, *, dark=False, size=WIDE):
    """The page, and at the end: nothing complained, and nothing but the page itself was asked for."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    complaints, asked = [], []
    page.on("console", lambda line: complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    context.close()


# Every language where room is scarce, and each of the other views in one: colours do not depend on the words.
VIEWS = {"light-en": ("en", False, WIDE), "dark-va": ("va", True, WIDE)} | {
    f"phone-{tag}": (tag, True, PHONE) for tag in INTERFACE_TAGS
}


@pytest.mark.parametrize(("tag", "dark", "size"), VIEWS.values(), ids=VIEWS)
def test_quiet_alone_and_accessible(browser, folder, tag, dark, size):
    with opened(browser, folder / f"report.{tag}.html", dark=dark, size=size) as page:
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [
            (one["id"], [node["target"] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
        # Nothing wider than the window: what is wide scrolls by itself.
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.get_by_role("img").count() == 4
        for role in ("banner", "navigation", "main", "contentinfo"):
            assert page.get_by_role(role).count() == 1, role


def test_pictures_follow_the_scheme(browser, folder):
    """And on paper they are black on white, whatever the screen."""
    ink = "getComputedStyle(document.querySelector('svg.picture text')).fill"
    ground = "getComputedStyle(document.querySelector('svg.picture')).backgroundColor"
    with opened(browser, folder / "report.en.html") as page:
        light = page.evaluate(ink), page.evaluate(ground)
        page.emulate_media(color_scheme="dark")
        dark = page.evaluate(ink), page.evaluate(ground)
        page.emulate_media(color_scheme="dark", media="print")
        paper = page.evaluate(ink), page.evaluate(ground)
    brightness = [[sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in pair] for pair in (light, dark)]
    assert brightness[0][0] < 200 < 600 < brightness[0][1]
    assert brightness[1][1] < 200 < 600 < brightness[1][0]
    assert paper == light


def test_paper_holds_all(browser, folder):
    """Nothing stays folded, and nothing is cut off at the right."""
    with opened(browser, folder / "report.en.html", size=(720, 1000)) as page:
        page.emulate_media(media="print")
        folded = "[...document.querySelectorAll('details > :not(summary)')].filter((one) => !one.checkVisibility())"
        assert page.evaluate(f"{folded}.length") == 0
        cut = "[...document.querySelectorAll('.wide')].filter((one) => getComputedStyle(one).overflowX != 'visible')"
        assert page.evaluate(f"{cut}.length") == 0
        assert len(page.pdf(prefer_css_page_size=True)) > 50_000


@pytest.mark.skipif("ACORD_REPORT" not in os.environ, reason="ACORD_REPORT=report.html of a run makes the picture")
def test_a_picture_for_the_docs(browser):
    with opened(browser, Path(os.environ["ACORD_REPORT"]).resolve(), size=(1100, 1100)) as page:
        page.evaluate("document.querySelector('#training').scrollIntoView()")
        page.screenshot(path=str(DOCS / "pictures" / "report.png"))
        assert (DOCS / "pictures" / "report.png").stat().st_size < 250_000
