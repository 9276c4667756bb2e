"""How cards are read: tables whichever way they lie, numbers as people write them, lines, text that is hostile."""

import time
from pathlib import Path

import pytest

from acord.card.audit.audit import audit
from acord.card.audit.cells import read_cell, writes_decimal_comma
from acord.card.audit.document import read_card
from acord.card.audit.known import known_task
from acord.card.audit.measures import measures_of
from acord.errors import InputError


def _cell(text, comma=False):
    return read_cell(text, bold=False, line=1, column=0, decimal_comma=comma)


@pytest.mark.parametrize(
    ("text", "value", "decimals", "second", "percent"),
    [
        ("0.520", 0.52, 3, None, False),
        ("−0.040", -0.04, 3, None, False),
        (".52", 0.52, 2, None, False),
        ("53.20%", 53.2, 2, None, True),
        ("2.277 / 1.151", 2.277, 3, 1.151, False),
        ("0.52 ± 0.014", 0.52, 2, 0.014, False),
        ("53.2 (1.4)", 53.2, 1, 1.4, False),
        ("0.520 [0.49, 0.55]", 0.52, 3, None, False),
        ("146,180", 146180, 0, None, False),
        ("5e-6", 5e-6, 6, None, False),
        ("🏆 71.2 ↑", 71.2, 1, None, False),
    ],
)
def test_numbers_as_cards_write_them(text, value, decimals, second, percent):
    cell = _cell(text)
    assert (cell.value, cell.decimals, cell.second, cell.percent) == (value, decimals, second, percent)


@pytest.mark.parametrize("text", ["—", "", "n/a", "~2.25B", "v0.1", "1.2.3", "0.5 (", "12 models", "1" * 500])
def test_what_is_no_number(text):
    assert _cell(text).value is None


def test_a_comma_is_a_decimal_point_only_where_it_can_be_nothing_else():
    assert writes_decimal_comma(["0,520", "0,514"])
    assert writes_decimal_comma(["Our-0.5B", "0,520", "0,514 / 1,2"])
    assert not writes_decimal_comma(["146,180", "80,308"])
    assert not writes_decimal_comma(["0.5", "1,5"])
    assert _cell("0,520", comma=True).value == 0.52


SIDEWAYS = """---
license: mit
---
# Card

## Results (en)

| Model | Average | PIQA (acc ↑) | Phrases es-va (ter) |
|---|:---:|:---:|---:|
| **Our-7B** | **0.612** | **0.712** | **0.512** |
| Their-7B | 0.600 | **0.800** | 0.400 |
"""


def test_a_table_whose_rows_are_models():
    (table,) = read_card(SIDEWAYS).tables
    average, piqa, phrases = measures_of(table)
    assert table.models == ("Our-7B", "Their-7B")
    assert average.average
    assert (piqa.metric, piqa.better, piqa.language, piqa.average) == ("acc", "higher", "en", False)
    assert (phrases.metric, phrases.better, phrases.pair) == ("ter", "lower", ("es", "va"))
    assert [score.cell.line for score in piqa.scores] == [10, 11]
    # A row that is bold from its name on shows its model off, and marks no best score.
    assert [score.highlighted for score in piqa.scores] == [True, False]
    assert not audit(SIDEWAYS, "card").of("bold-wrong")


def test_a_further_metric_belongs_to_the_task_above_it():
    text = "| Tasks | Version | Metric | | Value | | Stderr |\n|---|---|---|---|---|---|---|\n"
    text += "| arc_easy | 1 | acc | ↑ | 0.8224 | ± | 0.0078 |\n| | | acc_norm | ↑ | 0.8232 | ± | 0.0078 |\n"
    (table,) = read_card(text).tables
    assert [(one.label, one.metric, len(one.scores)) for one in measures_of(table)] == [
        ("arc_easy", "acc", 1),
        ("arc_easy", "acc_norm", 1),
    ]


def test_tables_that_measure_no_model_have_no_measures():
    text = "| Hyperparameter | Value |\n|---|---|\n| beta | 0.1 |\n| epochs | 1 |\n\n"
    text += "| case | items | ours, s | theirs, s | ratio |\n|---|---|---|---|---|\n"
    text += "| long | 71 | 0.437 | **0.436** | 1.00 |\n"
    text += "\n| setting | found | blocks |\n|---|---|---|\n| 13 | **96.8** | **5** |\n| 8 | 92.5 | 12 |\n"
    assert [measures_of(table) for table in read_card(text).tables] == [(), (), ()]
    assert not audit(text, "card").counted()["error"]


@pytest.mark.parametrize(
    ("label", "language", "name"),
    [
        ("Belebele Cat_latn", "ca", "belebele"),
        ("ARC (easy, 5-shot)", "en", "arceasy"),
        ("mgsm_direct_es_spanish_bench", "es", "mgsm"),
        ("Arc Challenge", "es", None),  # others' translation has 1,170 items
        ("XNLI", "va", None),
        ("Proverbs", None, None),
    ],
)
def test_known_tasks_by_what_cards_call_them(label, language, name):
    known = known_task(label, language)
    assert (known.name if known else None) == name


def _row(language, cells, n=None):
    columns = "| Task | Lang. | Metric |" + (" n |" if n else "") + " A-7B | B-7B |\n"
    return (
        f"# C\n\n{columns}|{'---|' * (6 if n else 5)}\n| {'X' if n else 'WNLI'} | {language} | acc |"
        + (f" {n} |" if n else "")
        + f" {cells} |\n"
    )


@pytest.mark.parametrize(
    ("cells", "n", "rules"),
    [
        ("0.535 | 0.521", None, set()),  # 38 and 37 of 71
        ("0.535 | 0.540", None, {"grim"}),
        ("0.479 | 0.478", None, {"only-by-truncation", "same-count"}),  # 34/71 = .47887
        ("0.287 | 0.500", 160, set()),  # 46/160 = .2875: either figure is a rounding of it
        ("0.288 | 0.500", 160, set()),
        ("28.75% | 50.00%", 160, set()),
        ("28.76% | 50.00%", 160, {"grim"}),
    ],
)
def test_shares_that_items_can_give(cells, n, rules):
    found = {one.rule for one in audit(_row("en", cells, n), "card").findings}
    assert found & {"grim", "only-by-truncation", "same-count"} == rules


def test_lines_count_from_the_top_whatever_ends_them():
    card = read_card(
        "---\r\na: 1\r\n---\r\none\u2028still one\r\ntwo [x](http://y)\r\n\r\n|A|B|\r\n|-|-|\r\n|1|**2**|\r\n"
    )
    assert card.metadata == {"a": 1}
    assert [(link.text, link.line) for link in card.links] == [("x", 5)]
    assert card.tables[0].rows[0].line == 9
    assert card.tables[0].rows[0].cells[1].bold


@pytest.mark.parametrize(
    "head",
    ["[" * 40_000, "&a [1]\nb: *a", "2020-99-99", "9" * 5_000, "{", "\x00"],
    ids=["deep", "alias", "date", "9", "{", "0"],
)
def test_metadata_that_cannot_be_read_is_one_finding(head):
    start = time.perf_counter()
    found = audit(f"---\na: {head}\n---\n# T\n", "card")
    assert [one.line for one in found.of("metadata-unread")] == [1]
    assert time.perf_counter() - start < 2


SIZE = 15_000
HOSTILE = {
    "brackets": "[" * SIZE,
    "emphasis": "a**" * SIZE,
    "comments": "<!--" * 60_000,
    "html": "<div>\n<![x[ " + "<a href=" * SIZE,
    "wide": "|" + "a|" * 5_000 + "\n|" + "-|" * 5_000 + "\n|" + "1|" * 5_000,
    "digits": "|Task|Metric|A-7B|\n|-|-|-|\n|x|acc|" + "1" * SIZE + "|",
    "sum": "1+" * SIZE + "=",
    "numbers": "|Task|n|Metric|A-7B|B-7B|\n|-|-|-|-|-|\n|x|9999999999999999999|acc|1e999|nan|\n|y|1e300|acc|1e-300|-1|",
    "unpaired": "\ud800|a|\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_in_time(name):
    start = time.perf_counter()
    audit(HOSTILE[name], name)
    assert time.perf_counter() - start < 3


def test_what_is_too_long_is_refused_in_one_line():
    with pytest.raises(InputError, match="300,000"):
        audit("a" * 300_001, "card")


def test_the_reference_card_is_read_whole():
    path = Path(__file__).parents[3] / "shared/reference/aitana_2b_si_instruct_aligned.model_card.md"
    if not path.exists():
        pytest.skip("the reference card is not beside the checkout")
    found = [one for table in read_card(path.read_text()).tables for one in measures_of(table)]
    assert len([one for one in found if one.metric]) == 53
    assert sum(len(one.numbers) for one in found) == 180
