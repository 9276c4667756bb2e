"""The tables of a comparison: what stands where, in bold, in which language, and that no text does harm."""

import csv
import io
import json
import time
from dataclasses import replace
from html.parser import HTMLParser

import openpyxl
import pytest

from acord.evaluate.compare import compare
from acord.evaluate.grid import tables_of
from acord.evaluate.tables import FORMATS, as_content, to_csv, to_html, to_markdown, write_comparison
from acord.languages import INTERFACE_TAGS, set_language
from tests.evaluate.comparing import items, results, right, row, suite

COPA = row("copa", label="COPA", kind="Commonsense Reasoning", chance=0.5)
CLOSE = row("close", label="Close")
ERRORS = row("errors", "es", label="Errors", better="lower", best=0.0, chance=1.0)
EVIL = '=cmd|"<b>*x*'


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    set_language("en")


def models_of(folder, names, evil_row=CLOSE):
    return [
        results(name, {COPA: right(n, 200), evil_row: right(60 + i, 100), ERRORS: right(n, 200)}, folder)
        for i, (name, n) in enumerate(names.items())
    ]


@pytest.fixture
def comparison(tmp_path):
    models = models_of(tmp_path, {"demo-base": 120, "demo": 150})
    return compare(models, suite(COPA, CLOSE, ERRORS), before="demo-base", repeats=500)


@pytest.fixture
def evil(tmp_path):
    close = row("close", label="+1|<script>", kind="@x\ny")
    first, second = models_of(tmp_path / "deep", {"a": 120, "b": 150}, close)
    second = replace(second, model=replace(second.model, name=EVIL))
    return compare([first, second], suite(COPA, close, ERRORS), repeats=500)


def cells_of(markdown, label):
    line = next(line for line in markdown.splitlines() if line.startswith(f"| {label} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_of_markdown(comparison):
    copa = cells_of(to_markdown(comparison), "COPA")
    effect = comparison.rows[0].contrast("demo", "demo-base").decision.difference
    assert copa == [
        "COPA",
        "Commonsense Reasoning",
        "acc",
        "0",
        "chat",
        "200",
        "0.500",
        "0.500",
        "0.600 ± 0.010",
        "**0.750** ± 0.010",
        f"**+0.150** \\[{effect.low:+.3f}, {effect.high:+.3f}\\]",
        f"{effect.detectable:.3f}",
    ]


def test_not_distinguishable_is_never_bold(comparison):
    close = cells_of(to_markdown(comparison), "Close")
    assert close[8:10] == ["0.600 ± 0.010 ≈", "0.610 ± 0.010 ≈"]
    assert close[10].startswith("+0.010")
    assert close[10].endswith("≈")
    assert "≈ not distinguishable" in to_markdown(comparison)


def test_lower_is_better_has_an_arrow_and_its_own_winner(comparison):
    errors = cells_of(to_markdown(comparison), "Errors")
    assert errors[2] == "acc ↓"
    assert errors[8:10] == ["**0.600** ± 0.010", "0.750 ± 0.010"]
    assert "↓ lower is better" in to_markdown(comparison)


def test_ties_are_ties(tmp_path):
    models = models_of(tmp_path, {"a": 150, "b": 150, "c": 120})
    copa = cells_of(to_markdown(compare(models, suite(COPA, CLOSE, ERRORS), repeats=500)), "COPA")
    assert copa[8:11] == ["**0.750** ± 0.010 =", "**0.750** ± 0.010 =", "0.600 ± 0.010"]
    copa = cells_of(to_markdown(compare(models[:2], suite(COPA, CLOSE, ERRORS), repeats=500)), "COPA")
    assert copa[8:10] == ["0.750 ± 0.010 =", "0.750 ± 0.010 ="]


def test_a_model_that_answers_without_looking_is_not_crowned(tmp_path):
    all_zero = [replace(one, gold="0", prediction="0") for one in items(right(0, 60))]
    made = [replace(one, gold="1" if one.item >= 45 else "0") for one in all_zero]
    made = [replace(one, score=float(one.gold == "0"), raw=str(float(one.gold == "0"))) for one in made]
    worse = [replace(one, prediction=str(int(one.item < 50)), score=0.0, raw="0.0") for one in made]
    models = [results("constant", {COPA: made}, tmp_path), results("b", {COPA: worse}, tmp_path)]
    comparison = compare(models, suite(COPA), repeats=500)
    assert comparison.rows[0].cells[0].mark == "best"
    assert cells_of(to_markdown(comparison), "COPA")[7:9] == ["0.750", "0.750 ± 0.010 ‡"]


def test_footnotes_say_why(tmp_path):
    a = results("a", {COPA: right(3, 4), CLOSE: []}, tmp_path)
    b = results("b", {COPA: right(1, 4), CLOSE: right(3, 4)}, tmp_path, verified=False)
    b = replace(b, rows=(replace(b.rows[0], items=None, items_sha256=None, template="none"), b.rows[1]))
    shown = to_markdown(compare([a, b], suite(COPA, CLOSE)))
    assert cells_of(shown, "COPA")[8:10] == ["0.750 ± 0.010 ?", "0.250 ± 0.010 (1)"]
    assert cells_of(shown, "Close")[8:10] == ["n/a (2)", "0.750 ± 0.010"]
    assert "| b † |" in shown
    assert "(1) b: measured with the template «none»; a and b are not tested: the items of one" in shown
    assert "(2) the data are not here" in shown
    assert "(3) not in the mean: close" in shown


def test_as_many_decimals_in_every_row(comparison):
    for grid in tables_of(comparison).grids:
        for line in grid.lines:
            for entry in line.entries:
                if entry.number is not None and entry.decimals:
                    assert len(entry.shown.partition(".")[2]) == 3, entry


@pytest.mark.parametrize(
    ("tag", "title", "value"),
    [("en", "Evaluation: Mine", "0.750"), ("va", "Avaluació: Mine", "0,750"), ("es", "Evaluación: Mine", "0,750")],
)
def test_texts_and_numbers_of_the_interface_language(comparison, tag, title, value):
    set_language(tag)
    assert to_markdown(comparison).startswith(f"# {title}\n")
    assert cells_of(to_markdown(comparison), "COPA")[9] == f"**{value}** ± {value[:1]}{value[1]}010"
    language = {"en": "en", "va": "ca-valencia", "es": "es"}[tag]
    assert f'<html lang="{language}">' in to_html(comparison)


def test_programs_read_the_same_in_every_language(comparison):
    shown = []
    for tag in INTERFACE_TAGS:
        set_language(tag)
        shown.append((to_csv(comparison), as_content(comparison)))
    assert shown[0] == shown[1] == shown[2]


class Page(HTMLParser):
    """Tags with their attributes, and the text within each kind."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.path = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.path.append(tag)

    def handle_endtag(self, tag):
        while self.path and self.path.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.append((self.path[-1] if self.path else "", data.strip()))


def test_html_can_be_read_without_seeing_it_and_needs_nothing(comparison):
    page = Page(to_html(comparison))
    names = [tag for tag, _ in page.tags]
    assert names.count("table") == names.count("caption") == 2
    heads = [attributes.get("scope") for tag, attributes in page.tags if tag == "th"]
    assert heads.count("col") == 24
    assert heads.count("row") == 5  # two rows and a mean, one row and a mean
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert ("caption", "Valencian (rows: 2)") in page.texts
    assert ("strong", "0.750") in page.texts


def test_html_and_markdown_take_no_text_for_markup(evil):
    page = Page(to_html(evil))
    assert not {"script", "b"} & {tag for tag, _ in page.tags}
    assert ("th", "+1|<script>") in page.texts
    assert ("th", EVIL) in page.texts
    shown = to_markdown(evil)
    assert '=cmd\\|"\\<b\\>\\*x\\*' in shown
    assert "| +1\\|\\<script\\> | @x y |" in shown


def test_no_cell_of_csv_is_a_formula(evil):
    lines = list(csv.reader(io.StringIO(to_csv(evil))))
    assert f"'{EVIL}" in lines[0]
    assert lines[2][2:4] == ["'+1|<script>", "'@x\ny"]
    for line in lines:
        assert len(line) == len(lines[0])
        for cell in line:
            assert not cell.startswith(("=", "+", "@"))
            if cell.startswith("-"):
                float(cell)


def test_figures_of_csv(comparison):
    first, *lines = csv.DictReader(io.StringIO(to_csv(comparison)))
    assert (first["row"], first["demo"], first["demo standing"], first["effect"]) == (
        "copa",
        "0.750000",
        "best",
        "0.150000",
    )
    assert float(first["effect adjusted p"]) == pytest.approx(3 * 2 * 0.5**30, rel=1e-3)
    assert [line["row"] for line in lines] == ["close", "errors", "mean", "mean"]


def test_the_workbook_holds_numbers(comparison, tmp_path):
    (path,) = write_comparison(comparison, tmp_path / "out", ["xlsx"])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Valencian", "Spanish", "Differences", "Notes"]
    sheet = book["Valencian"]
    assert sheet.freeze_panes == "B2"
    value = sheet["J2"]
    assert (value.value, value.data_type, value.number_format) == (0.75, "n", '0.000" ± 0.010"')
    assert (value.font.bold, sheet["J3"].font.bold, sheet["J3"].number_format) == (True, False, '0.000" ± 0.010 ≈"')
    assert sheet["J1"].value == "demo"
    differences = book["Differences"]
    assert [cell.value for cell in differences[2]][:4] == ["copa", "demo-base", "demo", pytest.approx(-0.15)]


def test_no_cell_of_the_workbook_is_a_formula(evil, tmp_path):
    (path,) = write_comparison(evil, tmp_path / "out", ["xlsx"])
    sheet = openpyxl.load_workbook(path)["Valencian"]
    heading, label = sheet["J1"], sheet["A3"]
    assert (heading.value, heading.data_type, heading.quotePrefix) == (EVIL, "s", True)
    assert (label.value, label.data_type, label.quotePrefix) == ("+1|<script>", "s", True)
    for other in openpyxl.load_workbook(path):
        assert all(cell.data_type != "f" for line in other for cell in line)


def test_json_holds_all(comparison, tmp_path):
    (path,) = write_comparison(comparison, tmp_path / "out", ["json"])
    content = json.loads(path.read_text())
    assert content == json.loads(json.dumps(as_content(comparison)))
    copa = content["rows"][0]
    assert (copa["id"], copa["models"]["demo"]["value"], copa["models"]["demo"]["mark"]) == ("copa", 0.75, "best")
    assert copa["effect"]["value"] == pytest.approx(0.15)
    assert content["tests"] == 3
    assert content["means"][0]["models"]["demo"]["value"] == pytest.approx((0.5 + 0.61) / 2)


@pytest.mark.slow
def test_every_format_is_written_and_again_the_same(comparison, tmp_path):
    first = write_comparison(comparison, tmp_path / "one")
    assert [path.name for path in first] == [f"comparison.{kind}" for kind in FORMATS]
    contents = [path.read_bytes() for path in first]
    time.sleep(2.1)  # the clock of an archive counts by two seconds
    assert [path.read_bytes() for path in write_comparison(comparison, tmp_path / "two")] == contents
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == sorted(path.name for path in first)


def test_a_failure_leaves_what_was_there(comparison, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_comparison(comparison, folder, ["md", "csv"])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr("acord.evaluate.tables.FORMATS", {"md": lambda _: b"new", "csv": lambda _: 1 / 0})
    with pytest.raises(ZeroDivisionError):
        write_comparison(comparison, folder, ["md", "csv"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_one_model_alone_is_shown_without_a_winner(tmp_path):
    alone = results("a", {COPA: right(3, 4)}, tmp_path)
    shown = to_markdown(compare([alone], suite(COPA), before="a"))
    assert cells_of(shown, "COPA")[8] == "0.750 ± 0.010"
    assert "**" not in shown
