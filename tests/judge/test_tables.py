"""The tables of judges' scores: what stands where, in bold, in which language, and that no text does harm."""

import csv
import io
import json
from html.parser import HTMLParser

import pytest

from acord.judge.ratings import score_table
from acord.judge.score_grid import Report
from acord.judge.tables import FORMATS, HEADS, as_content, to_csv, to_html, to_markdown, write_tables
from acord.judge.win_rates import win_rates
from acord.languages import INTERFACE_TAGS, set_language
from tests.judge.test_ratings import rated, rating, verdicts

EVIL = '=cmd|"<script>*x*'
GOOD, POOR = [4, 5, 5, 4] * 5, [2, 1, 2, 3] * 5


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    set_language("en")


def ratings():
    of_maths = [*rated(GOOD, "good"), *rated(POOR, "poor"), *rated(GOOD[::-1], "good", wording=1)]
    of_reading = [*rated([3, 4] * 10, "good", category="reading"), *rated([4, 3] * 9, "poor", category="reading")]
    gone = [rating(None, "poor", item, category="reading", missing="out of range") for item in (18, 19)]
    return [*of_maths, *of_reading, *gone]


@pytest.fixture(scope="module")
def report():
    pairs = [one for item in range(6) for one in verdicts(item, "1", "2" if item < 4 else "1")]
    table = score_table(ratings(), repeats=500)
    return Report("aitana", table, win_rates(pairs), {"en": ["No human labels in English."]}, {"maths": "Maths"})


@pytest.fixture(scope="module")
def evil():
    found = [*rated(GOOD, EVIL, category="+1|<b>"), *rated(POOR, "@b\n", category="+1|<b>", language="va")]
    found += [*rated(POOR, "@b\n", category="+1|<b>"), *rated(GOOD, EVIL, category="+1|<b>", language="va")]
    table = score_table([*found, *rated(GOOD, EVIL, category="+1|<b>", judge="<j>")], repeats=200)
    return Report("<s>|", table, status={"en": [], "va": ["=<i>1|2"]})


def test_the_table_in_markdown(report):
    good, poor = (report.table.cells[next(iter(report.table.cells))][model] for model in ("good", "poor"))
    page = to_markdown(report)
    assert page.startswith(
        "# Judged answers: aitana\n\n## English\n\nJudge: J. Not validated: No human labels in English.\n\n"
        "| Category | Items | good: mean / SD | poor: mean / SD | good: spread over wordings | "
        "poor: spread over wordings | Missing ratings |\n"
        "| --- | ---: | ---: | ---: | ---: | --- | ---: |\n"
        f"| Maths | 20 | **4.500 / 0.506** \\[{good.low:.3f}, {good.high:.3f}\\] | "
        f"2.000 / 0.725 \\[{poor.low:.3f}, {poor.high:.3f}\\] | 0.000 | – | 0 |\n"
        "| reading | 18–20 | 3.500 / 0.513 \\[3.260, 3.740\\] = | "
        "3.500 / 0.514 \\[3.244, 3.756\\] = | – | – | 2 (1) |\n"
    )
    assert "\n| Overall, categories weigh the same | 38–40 | " in page
    assert "\n(1) no score: poor (score out of range: 2)" in page
    assert "after Holm's correction over all 3 tests" in page
    assert "| a against b | 6 | 4 | 2 | 2 | 0 | 0 | 0.833 \\[0.562, 1.000\\] |" in page


def test_bold_needs_a_difference_that_stands():
    level = [*rated(GOOD, "a"), *rated([5, *GOOD[1:]], "b")]
    assert "**" not in to_markdown(Report("s", score_table(level, repeats=500)))
    assert "≈" in to_markdown(Report("s", score_table(level, repeats=500)))


def test_what_was_not_checked_is_not_validated(report):
    table = report.table
    assert "Not validated: the judge has not been checked." in to_markdown(Report("s", table))
    assert "Judge: J. Validated: " in to_markdown(Report("s", table, status={"en": []}))


def test_over_languages_all_must_be_validated(evil):
    page = to_markdown(evil)
    assert "## English\n\nPanel: J, \\<j\\>. Validated: " in page
    assert (
        "## Over languages (English, Valencian)\n\nPanel: J, \\<j\\>. Not validated: Valencian: =\\<i\\>1\\|2." in page
    )


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = set(), []

    def handle_starttag(self, tag, _attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.words.append(data)


def test_no_text_does_harm(evil):
    page = _Tags()
    page.feed(to_html(evil))
    assert not {"script", "b", "i", "s", "j"} & page.tags
    assert any(EVIL in words for words in page.words)
    rows = [line for line in to_markdown(evil).splitlines() if line.startswith("| +1")]
    assert rows
    assert all("<" not in line.replace("\\<", "") and "|b" not in line.replace("\\|", "") for line in rows)
    read = list(csv.reader(io.StringIO(to_csv(evil))))
    assert {row[4] for row in read[1:]} == {f"'{EVIL}", "'@b\n"}
    assert all(len(row) == len(HEADS) and not any(cell.startswith(("=", "+", "@")) for cell in row) for row in read)


def test_csv_and_json_have_every_figure(report):
    first, *_ = csv.DictReader(io.StringIO(to_csv(report)))
    assert first["judge"] == ""
    assert (first["language"], first["category"], first["label"], first["model"]) == ("en", "maths", "Maths", "good")
    assert (first["mean"], first["items"], first["answers"], first["standing"]) == ("4.500000", "20", "40", "best")
    assert (first["validated"], first["not validated because"]) == ("no", "No human labels in English")
    content = json.loads(FORMATS["json"](report))
    assert content == as_content(report)
    row = content["rows"][0]
    assert row["models"]["good"]["wordings"] == {"0": 4.5, "1": 4.5}
    assert row["models"]["poor"]["mean"] == 2
    assert row["differences"][0]["distinct"]
    assert content["pairs"][0]["flips"] == 2
    assert content["rows"][-1]["counted"] == ["maths", "reading"]


@pytest.mark.parametrize("tag", INTERFACE_TAGS)
def test_every_language_has_every_text(tag, report, evil, tmp_path):
    english = to_csv(report)
    set_language(tag)
    for one in (report, evil):
        files = write_tables(one, tmp_path)
        assert sorted(path.name for path in files) == ["scores.csv", "scores.html", "scores.json", "scores.md"]
    assert to_markdown(report) == to_markdown(report)
    comma = "." if tag == "en" else ","
    assert f"**4{comma}500 / 0{comma}506**" in to_markdown(report)
    assert to_csv(report).splitlines()[1] == english.splitlines()[1]


def test_a_table_of_nothing_but_missing_ratings():
    page = to_markdown(Report("s", score_table([rating(None, "a"), rating(None, "b", missing="no answer")])))
    assert "| maths | – | n/a | n/a | 2 (1) |" in page
    assert "(1) no score: a (unreadable: 1), b (no answer: 1)" in page
