"""The forest plot: what is drawn, where, and the same bytes each time."""

import struct
import time
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from acord.evaluate.compare import compare
from acord.evaluate.forest import panels_of, to_png, to_svg
from acord.languages import set_language
from tests.evaluate.comparing import results, right, row, suite

COPA = row("copa", chance=0.5)
LOWER = row("errors", "es", better="lower", best=0.0, chance=0.5)
UNPLACED = row("ter", "es", better="lower", best=0.0, chance=None)
SUITE = suite(COPA, LOWER, UNPLACED)
NAMES = {"demo-base": 100, "demo": 150, "$other$": 120}


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    set_language("en")


@pytest.fixture
def comparison(tmp_path):
    models = [
        results(name, {COPA: right(n, 200), LOWER: right(n // 2, 200), UNPLACED: right(n, 200)}, tmp_path)
        for name, n in NAMES.items()
    ]
    return compare(models, SUITE, before="demo-base", repeats=500)


def test_differences_in_points_between_chance_and_best(comparison):
    valencian, spanish = panels_of(comparison)
    copa, mean = valencian.places
    base, other = copa.bars
    # .75 - .5 over a scale of .5, then .75 - .6
    assert (base.value, other.value) == pytest.approx((50.0, 30.0))
    assert base.low < 50 < base.high
    assert (base.stands, mean.bars[0].stands) == (True, None)
    assert mean.bars[0].value == pytest.approx(50.0)
    errors, mean = spanish.places
    # .375 - .25 of errors more is worse: to the left. The row without a chance level is not drawn.
    assert errors.bars[0].value == pytest.approx(-25.0)
    assert errors.bars[0].low < -25 < errors.bars[0].high
    assert mean.bars[0].value == pytest.approx(-25.0)


@pytest.mark.slow
def test_the_picture_is_the_same_each_time(comparison):
    first = to_png(comparison), to_svg(comparison)
    time.sleep(1.1)
    assert (to_png(comparison), to_svg(comparison)) == first


def test_the_files_are_pictures_without_a_date(comparison):
    png, svg = to_png(comparison), to_svg(comparison)
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width == 9 * 150
    assert height > 600
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  our own file
    assert b"<dc:date>" not in svg
    assert b"demo against other models: Mine" in svg


def test_it_speaks_the_interface_language(comparison):
    set_language("va")
    assert "demo davant d'altres models" in to_svg(comparison).decode()
    assert [panel.title for panel in panels_of(comparison)] == ["Valencià", "Espanyol"]


def test_nothing_to_draw(tmp_path):
    alone = results("a", {COPA: right(1, 4)}, tmp_path)
    assert (to_png(compare([alone], suite(COPA))), to_svg(compare([alone], suite(COPA)))) == (b"", b"")
    without = replace(alone, rows=(replace(alone.rows[0], items=None, items_sha256=None),))
    other = results("b", {COPA: right(2, 4)}, tmp_path)
    assert to_png(compare([without, other], suite(COPA))) == b""
