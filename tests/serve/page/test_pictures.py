"""The pictures of the page in docs/: made anew with ACORD_SCREENSHOTS=1, by the bundled model itself."""

import os
from pathlib import Path

import pytest

from tests.serve.http.servers import serving
from tests.serve.page.browser import watched

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("ACORD_SCREENSHOTS") != "1", reason="ACORD_SCREENSHOTS=1 makes the pictures"),
]

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
LARGEST = 150_000
ASKED = "Traduïx al valencià: Las solicitudes se presentarán en el registro."
COMPARED = "Traduïx al valencià: Las personas interesadas podrán presentar alegaciones durante el plazo de un mes."
WIDE, PHONE = (960, 480), (360, 600)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    with serving("--slots", "2", "--name", "acord-bundled", "--feedback", str(folder / "kept.jsonl")) as one:
        yield one


@pytest.mark.parametrize(
    ("name", "size", "dark", "compared"),
    [
        ("light", WIDE, False, False),
        ("dark", WIDE, True, False),
        ("phone", PHONE, False, False),
        ("compare", (960, 600), False, True),
    ],
)
def test_a_picture(browser, server, name, size, dark, compared):
    with watched(browser, server.address, size=size, dark=dark) as page:
        page.page.locator("#composer:visible").wait_for()
        if compared:
            page.page.check("#compare")
        page.send(COMPARED if compared else ASKED)
        page.finished()
        while compared and len({*page.page.locator(".side .said").all_inner_texts()}) == 1:
            page.page.click(".retry")
            page.finished()
        page.page.mouse.move(0, 0)
        page.page.locator("#message").blur()
        file = PICTURES / f"page-va-{name}.png"
        file.parent.mkdir(exist_ok=True)
        page.page.screenshot(path=str(file))
        assert file.stat().st_size < LARGEST
