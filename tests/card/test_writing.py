"""The card of a run: every section, prose that the figures support, nothing left out silently, code that runs."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from acord.card.evidence import Evidence
from acord.card.spoken import spoken
from acord.card.writing import SECTIONS, card_files, render_card
from acord.card.writing.description import card_file
from acord.card.writing.evaluation import evaluation
from acord.card.writing.facts import care, standing
from acord.card.writing.judging import judging
from acord.card.writing.limitations import limitations
from acord.card.writing.markdown import slug
from acord.card.writing.provider import compute_of, provider
from acord.card.writing.wording import wording
from acord.evaluate.compare import Comparison, Contrast, RowComparison
from acord.evaluate.statistics import Decision, Difference
from acord.languages import INTERFACE_TAGS, set_language
from acord.recipe import Card, Recipe, parse_recipe, shown_values
from tests.card.made import Made
from tests.card.test_writing_words import EVIL

ENGLISH = wording("en")
MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")
# Of the reference's card, and what a provider in the EU is asked for besides.
HEADINGS = """Model description|Alignment details|Settings|What the training did|Held-out pairs, before and after|
Training data|By language|By source|Whose preference|Sources, licences and attributions|What was left out, and why|
Intended uses|Uses that are excluded|How to use|A conversation|Bare text|Evaluation|Before and after alignment|
Rows to be read with care|Safety and language of the replies|Means by language|All rows|Judge evaluation|
May the judge be believed?|Scores|Environment and computing time|Limitations|Information for the European Union|
Summary of the training content|Copyright policy|Compute of the modification|For those who build on it|Reviewed by|
Additional information|Authors|Contact|Funding|Acknowledgements|Licence|Disclaimer|Citation|Checking this card"""


def with_card(evidence: Evidence, **card: Any) -> Evidence:
    recipe = evidence.recipe.model_copy(update={"card": Card.model_validate(card)})
    return replace(evidence, recipe=recipe)


def with_recipe(evidence: Evidence, change: Mapping[str, Any]) -> Evidence:
    content = evidence.recipe.model_dump(mode="json", by_alias=True)
    for key, value in change.items():
        *parts, last = key.split(".")
        place = content
        for part in parts:
            place = place[part]
        place[last] = value
    return replace(evidence, recipe=parse_recipe(content, where="test"))


@pytest.fixture(scope="module")
def readme(evidence: Evidence) -> str:
    return render_card(evidence, "en")


def body(card: str) -> str:
    return card.split("\n---\n", 1)[1]


def headings(card: str) -> list[str]:
    tokens = MARKDOWN.parse(body(card))
    return [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]


def test_every_section_is_there_and_every_link_within_leads_somewhere(evidence: Evidence, readme: str) -> None:
    expected = [one.strip() for one in HEADINGS.replace("\n", "").split("|")]
    found = headings(readme)
    assert [one for one in found if one in expected] == expected
    for tag in INTERFACE_TAGS:
        card = render_card(evidence, tag)
        anchors = {slug(re.sub(r"\\(.)", r"\1", heading)) for heading in headings(card)}
        links = re.findall(r"\]\(#([^)]+)\)", card)
        assert len(links) == len(SECTIONS) + 3
        assert set(links) <= anchors
        files = {"evidence", *card_files(evidence), *(f"report/report.{one}.html" for one in INTERFACE_TAGS)}
        assert set(re.findall(r"\]\((?!#|https:)([^)]+)\)", card)) == files - {card_file(tag)}


def test_a_card_is_the_same_whatever_is_spoken_around_it_and_holds_no_place(evidence: Evidence) -> None:
    first = card_files(evidence)
    set_language("va")
    try:
        assert card_files(evidence) == first
    finally:
        set_language("en")
    for content in first.values():
        assert b"/tmp" not in content
        assert str(evidence.folder.parent).encode() not in content
        assert re.search(rb"\{\w+\}|\bNone\b|\bnan\b|\bFalse\b", content) is None


def test_each_language_says_the_same_figures(evidence: Evidence) -> None:
    def figures(tag: str) -> list[str]:
        card = body(render_card(evidence, tag))
        cells = re.findall(r"(?<=\| )[-+]?[\d.,]+%?(?= \|)", card)
        return [cell if tag == "en" else cell.translate(str.maketrans(".,", ",.")) for cell in cells]

    assert len(figures("en")) > 100
    # Versions and settings stand in code, or in columns of their own, and keep their points.
    assert figures("va") == figures("es")
    assert len(figures("va")) == len(figures("en"))
    differing = [pair for pair in zip(figures("en"), figures("va"), strict=True) if pair[0] != pair[1]]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one) for one, _ in differing)


def test_counts_settings_and_their_marks(evidence: Evidence, readme: str) -> None:
    counts = evidence.counts
    assert f"aligned on {counts.by_split['train']} preference pairs in English, Spanish and Valencian by" in readme
    assert "| Learning rate | `align.learning_rate` | `0.001` | **inferred**: the paper states none |" in readme
    assert "| Beta | `align.beta` | `0.1` | recipe |" in readme
    assert "| Tokens computed at once | `align.token_budget` | `auto`, which came to `" in readme
    source = "{format: pairs, policy: all_pairs, min_margin: 2, labelled: drop, licence: CC0-1.0}"
    assert f"| `data.sources: rows-en` | `{source}` | recipe |" in readme
    steps = evidence.figures("align")["steps"]
    assert f"- Steps: {steps}, with {evidence.figures('align')['pairs']} pairs in all" in readme
    for source, reasons in counts.dropped.items():
        for reason, rows in reasons.items():
            assert f"| {source} | {reason} | {rows} |" in readme
    assert "- Personal data (e-mail addresses, telephone numbers, DNI, NIE, IBAN): looked for and marked" in readme


def test_no_value_of_the_recipe_is_left_out_and_no_reason_of_an_inferred_one(evidence: Evidence) -> None:
    judge = {"panel": [{"endpoint": "http://10.0.0.1/v1", "model": "j-7b"}], "labels": ["people.csv"]}
    inferred = {
        "data.sources": "nobody says how | rankings became pairs",
        "judge.panel": "a guess",
        "seed": "none given",
    }
    found = with_recipe(evidence, {"judge": judge, "inferred": inferred})
    card = render_card(found, "en")
    for key, _, reason in shown_values(found.recipe):
        if not key.startswith("card"):
            line = next(one for one in card.splitlines() if re.search(rf"\| `{re.escape(key)}[`:]", one))
            assert reason.replace("|", "\\|") in line
    assert card.count("**inferred**: nobody says how") == len(found.recipe.data.sources)
    assert "10.0.0.1" not in card


def test_what_nobody_stated_is_said(evidence: Evidence) -> None:
    bare = replace(evidence, recipe=evidence.recipe.model_copy(update={"card": None}))
    for tag in INTERFACE_TAGS:
        card, not_stated = render_card(bare, tag), wording(tag).say("not_stated")
        # Copyright, review, and the seven of additional information.
        assert sum(line == not_stated for line in card.splitlines()) == 9
    card = render_card(bare, "en")
    assert "Its makers have stated no intended uses." in card
    assert "The compute of the base model's training is not stated" in card
    assert "- Licence: not stated." in card


def test_a_run_that_went_no_further_than_the_alignment(evidence: Evidence) -> None:
    short = replace(evidence, results=(), comparison=None, judgement=None, trust=None, scores=None, answers=())
    card = render_card(short, "en")
    assert "The models were not evaluated on a suite of tasks" in card
    assert "No judge was asked about the answers." in card
    assert "- Its safety was not measured." in card
    assert "model-index" not in card
    nothing = replace(short, manifests={})
    assert "There is no alignment in `evidence/`." in render_card(nothing, "en")


def changed(row: RowComparison, value: float, *, distinct: bool, better: str = "higher") -> RowComparison:
    """A row on which `tiny` is above `tiny-base` by `value`."""
    contrast = changed_contrast(value, distinct=distinct)
    return replace(row, row=row.row.model_copy(update={"better": better}), contrasts=(contrast,))


def changed_contrast(value: float, *, distinct: bool) -> Contrast:
    difference = Difference(value, 0.01, value - 0.02, value + 0.02, 0.001, "bootstrap", 100, 0.03)
    return Contrast("tiny", "tiny-base", Decision(difference, 0.002, distinct))


@pytest.fixture(scope="module")
def comparison(evidence: Evidence) -> Comparison:
    assert evidence.comparison is not None
    return evidence.comparison


def with_rows(evidence: Evidence, comparison: Comparison, *rows: RowComparison) -> Evidence:
    return replace(evidence, comparison=replace(comparison, rows=rows))


def test_wins_and_losses_are_told_the_way_in_which_a_metric_is_good(comparison: Comparison) -> None:
    row = comparison.rows[0]
    rows = (
        changed(row, 0.1, distinct=True),
        changed(row, -0.1, distinct=True),
        changed(row, -0.1, distinct=True, better="lower"),
        changed(row, 0.3, distinct=False),
        replace(row, contrasts=(Contrast("tiny-base", "tiny", None, "no_items"),)),
        replace(row, contrasts=()),
    )
    found = standing(replace(comparison, rows=rows), "tiny", "tiny-base")
    assert [one.row for one in found.better] == [rows[0], rows[2]]
    assert [one.row for one in found.worse] == [rows[1]]
    assert (found.level, found.untested) == ((rows[3],), (rows[4],))
    turned = standing(replace(comparison, rows=rows), "tiny-base", "tiny")
    assert [one.row for one in turned.better] == [rows[1]]


def test_prose_claims_what_stands_and_nothing_else(evidence: Evidence, comparison: Comparison) -> None:
    row = comparison.rows[0]

    def told(*rows: RowComparison) -> str:
        found = with_rows(evidence, replace(comparison, means=()), *rows)
        return evaluation(found, ENGLISH) + limitations(found, ENGLISH)

    label = f"{row.row.label} (English, {row.row.metric})".replace("_", r"\_")
    gain, loss = changed(row, 0.1, distinct=True), changed(row, -0.1, distinct=True)
    level = changed(row, 0.1, distinct=False)
    both = told(gain, loss, level)
    assert "tiny is better than tiny-base: 1. Worse: 1. Not distinguishable: 1. Not tested: 0." in both
    assert rf"- Better: {label} +0.100 \[+0.080, +0.120\]." in both
    assert rf"- Worse: {label} -0.100 \[-0.120, -0.080\]." in both
    assert f"- After alignment it is worse than before on: {label} -0.100" in both
    assert "claims neither" not in both
    assert "- Worse" not in told(gain)
    assert "worse than before" not in told(gain, level)
    none = told(level)
    assert "No difference stands, so this card claims neither a gain nor a loss" in none
    assert "- Better" not in none
    without = replace(evidence, comparison=replace(comparison, before=None, after=None))
    assert "There is no column before alignment" in evaluation(without, ENGLISH)


def test_rows_to_be_read_with_care(evidence: Evidence, comparison: Comparison) -> None:
    row = comparison.rows[0]
    place = [one.name for one in comparison.models].index("tiny")

    def of(baseline: float | None = None, better: str = "higher", **cell: Any) -> RowComparison:
        cells = [
            replace(one, **({"n": 200, "degenerate": False} | cell)) if at == place else one
            for at, one in enumerate(row.cells)
        ]
        suite_row = row.row.model_copy(update={"better": better})
        return replace(row, row=suite_row, cells=tuple(cells), baseline=baseline)

    level, above = of(0.5, value=0.5), of(0.5, value=0.6)
    degenerate, missing = of(0.5, value=0.5, degenerate=True), of(value=None, missing="not_measured")
    lower, small = of(0.5, "lower", value=0.4), of(value=0.4, n=99)
    found = care(replace(comparison, rows=(level, above, degenerate, missing, lower, small)), "tiny")
    assert found == ((degenerate,), (level,), (missing,), (small,))
    said = evaluation(with_rows(evidence, replace(comparison, means=()), above), ENGLISH)
    assert "- None: every row has a value and 100 items or more" in said


def test_a_judge_that_is_not_validated_leads_to_no_conclusion(evidence: Evidence) -> None:
    said = judging(evidence, ENGLISH)
    assert "**Not validated** in Valencian: only 12 pairs of answers" in said
    assert "; no human labels in Valencian." in said
    assert "this card concludes nothing from them" in said
    assert "What the scores say" not in said
    assert "is rated" not in said
    assert "- The judge's scores are not validated in English and Valencian." in limitations(evidence, ENGLISH)
    assert "cap etiqueta" not in said
    with spoken("va"):
        assert "no hi ha etiquetes humanes en valencià" in judging(evidence, wording("va"))


def test_a_validated_judge_is_believed_where_a_difference_stands(evidence: Evidence) -> None:
    assert evidence.trust is not None
    gates = [gate._replace(passed=True, reason=None) for gate in evidence.trust.gates if gate.language == "en"]
    others = [gate for gate in evidence.trust.gates if gate.language != "en"]
    half = replace(evidence, trust=replace(evidence.trust, gates=(*gates, *others)))
    said = judging(half, ENGLISH)
    assert "Validated in English: every check of the judge passes there." in said
    assert "- English: tiny and tiny-base cannot be told apart overall, +0.417" in said
    assert "Valencian: tiny" not in said
    scores = half.scores
    assert scores is not None
    table = scores.table

    def told(value: float) -> str:
        contrast = changed_contrast(value, distinct=True)
        contrasts = dict.fromkeys(table.contrasts, (contrast,))
        return judging(replace(half, scores=replace(scores, table=replace(table, contrasts=contrasts))), ENGLISH)

    assert r"- English: tiny is rated higher than tiny-base overall, by +0.500 \[+0.480, +0.520\]." in told(0.5)
    assert r"- English: tiny is rated lower than tiny-base overall, by -0.500 \[-0.520, -0.480\]." in told(-0.5)


def test_compute_and_its_share_of_the_base_models(evidence: Evidence) -> None:
    parameters = evidence.figures("base")["parameters"]
    tokens = evidence.figures("align")["tokens_distinct"]
    found = compute_of(evidence)
    assert found is not None
    # Two epochs: the reference reads what one of them holds.
    assert found.operations == parameters * (6 * tokens + 2 * round(tokens / 2))

    def told(base: float) -> str:
        return provider(with_card(evidence, base_flops=base), ENGLISH)

    assert "so the modification is 50.00% of it. That is more than the third" in told(2 * found.operations)
    assert "so the modification is 25.00% of it. That is less than the third" in told(4 * found.operations)
    assert "so the modification is less than 0.01% of it." in told(1e22)
    assert "The base model's training took 1.00 × 10^22 operations" in told(1e22)


def test_text_of_the_owners_cannot_leave_its_place(evidence: Evidence, readme: str) -> None:
    evil = " ".join(EVIL)
    party = {"name": evil, "url": f"https://a.example/{evil}", "role": {"en": evil}}
    words: dict[str, Any] = dict.fromkeys(
        ("description", "funding", "acknowledgements", "disclaimer", "copyright_policy", "reviewed_by"),
        "\n\n".join(EVIL),
    )
    card = render_card(
        with_card(
            evidence,
            title=evil,
            licence=evil,
            contact=evil,
            citation="\n".join(EVIL),
            authors=[party],
            tags=[evil],
            **dict.fromkeys(("intended", "excluded", "limitations"), EVIL),
            **words,
        ),
        "en",
    )
    assert headings(card)[1:] == headings(readme)[1:]
    tokens = MARKDOWN.parse(body(card))
    inner = [child for token in tokens for child in token.children or ()]
    html = {token.content.strip() for token in (*tokens, *inner) if token.type.startswith("html")}
    assert html <= {"<details><summary>All other values of the recipe</summary>", "</details>", "<br>"}
    assert not [child for child in inner if child.type == "image"]
    targets = {str(child.attrs.get("href")) for child in inner if child.type == "link_open"}
    assert not [one for one in targets if "evil.example" in one and not one.startswith("https://a.example/")]
    assert "\u202e" not in card
    assert "\x1b" not in card


def test_answers_stand_whole_and_escaped(readme: str) -> None:
    assert r"| What is rice? | … | \<b\>0\</b\> \| rice<br>and 7 more |" in readme


def test_sources_are_named_with_their_terms(evidence: Evidence) -> None:
    sources = [
        {"name": "steer", "format": "helpsteer3", "path": "hf://nvidia/HelpSteer3@abc/x.jsonl"},
        {"name": "orca", "format": "openorca", "path": "hf://Open-Orca/OpenOrca/a.parquet", "against": "b.parquet"},
        {"name": "steer-va", "translate": {"from": "steer", "language": "es", "to": "va"}},
        {"name": "samples", "format": "oasst", "path": "bundled:preferences/oasst.jsonl"},
    ]
    card = render_card(with_recipe(evidence, {"data.sources": sources}), "en")
    assert "- **steer**: [nvidia/HelpSteer3](https://huggingface.co/datasets/nvidia/HelpSteer3); licence: " in card
    assert "By NVIDIA. Some of its prompts were typed into public chat services" in card
    assert "; local files in the format `openorca`; whose they are, only the owners can say; licence:" in card
    assert (
        "- **steer-va**: prompts and replies of steer, translated by machine from Spanish to Valencian (Apertium)"
        in card
    )
    assert "nobody was asked which reply is better: they are no human judgement" in card
    assert "nobody compared these replies" in card
    assert "datasets:\n- nvidia/HelpSteer3\n- Open-Orca/OpenOrca\n" in card


def snippets(card: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", card, re.DOTALL)


def test_snippets_name_the_repository_and_the_cards_own_prompts(evidence: Evidence, readme: str) -> None:
    assert [one.count('model_id = "tiny"') for one in snippets(readme)] == [1, 1]
    assert '    "Què és l\'arròs?",  # Valencian\n' in snippets(readme)[0]
    published = render_card(with_card(evidence, repository="gplsi/tiny"), "va")
    assert [one.count('model_id = "gplsi/tiny"') for one in snippets(published)] == [1, 1]


@pytest.mark.slow
def test_both_snippets_run_as_they_stand(made: Made, readme: str, tmp_path: Path) -> None:
    # Without a repository the model is the folder of its name.
    (tmp_path / made.recipe.name).symlink_to(made.inputs["align"] / "model")
    settings = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    both = "".join(f"{one}\nprint('done')\n" for one in snippets(readme))
    code = f"import sys\nsys.modules['acord'] = None\n{both}"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("done\n") == 2
    assert "L'ajuntament va decidir ahir que" in ran.stdout


def test_a_recipe_of_another_method_is_told_as_such(evidence: Evidence) -> None:
    adapter = {"rank": 8, "alpha": 16, "targets": "all-linear"}
    with_adapter = render_card(with_recipe(evidence, {"align.adapter": adapter, "align.label_smoothing": 0.1}), "en")
    assert "with smoothed labels (cDPO), with a LoRA adapter of rank 8 that was merged into the weights" in with_adapter
    assert "| LoRA, rank | `align.adapter.rank` | `8` | recipe |" in with_adapter
    assert "this is an upper bound" in with_adapter
    sft = render_card(with_recipe(evidence, {"align.method": "sft"}), "en")
    assert "trained further on the preferred replies of" in sft
    assert "and R = 0 tokens" in sft


def test_the_base_model_is_linked_where_it_is_on_the_hub(evidence: Evidence) -> None:
    base = {"base": "gplsi/Aitana-2B-SI-Instruct", "tokenizer": "base", "vocabulary": 8192, "revision": "main"}
    card = render_card(with_recipe(evidence, {"model": base}), "en")
    link = "[gplsi/Aitana-2B-SI-Instruct](https://huggingface.co/gplsi/Aitana-2B-SI-Instruct/tree/main)"
    assert f"**tiny** is {link}, aligned on" in card
    assert "\nbase_model: gplsi/Aitana-2B-SI-Instruct\n" in card
    assert "\nbase_model_relation: finetune\n" in card
    assert isinstance(evidence.recipe, Recipe)
