"""The card of a run: every section, nothing left out silently, text of others in its place, code that runs."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from acord.card.evidence import Evidence
from acord.card.writing import SECTIONS, card_files, render_card
from acord.card.writing.description import card_file
from acord.card.writing.markdown import slug
from acord.card.writing.wording import wording
from acord.languages import INTERFACE_TAGS, set_language
from acord.recipe import Recipe, shown_values
from tests.card.changes import with_card, with_manifest, with_recipe
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
        files = {
            "evidence",
            "evidence/judge",
            *card_files(evidence),
            *(f"report/report.{one}.html" for one in INTERFACE_TAGS),
        }
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
    point = str.maketrans({".": ",", ",": ".", "\xa0": None})

    def figures(tag: str) -> list[str]:
        card = body(render_card(evidence, tag))
        cells = re.findall(r"(?<=\| )[-+]?[\d.,]+(?:\xa0?%)?(?= \|)", card)
        return [cell if tag == "en" else cell.translate(point) for cell in cells]

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
    budget = evidence.figures("plan")["token_budget"]
    assert f"| Tokens computed at once | `align.token_budget` | `auto`, which came to `{budget}` | recipe |" in readme
    source = "{format: pairs, policy: all_pairs, min_margin: 2, labelled: drop, licence: CC0-1.0}"
    assert f"| `data.sources: rows-en` | `{source}` | recipe |" in readme
    steps = evidence.figures("align")["steps"]
    assert (
        f"- Steps: {steps}, with {evidence.figures('align')['pairs']} pairs in all, those of every epoch counted."
        in readme
    )
    assert "those of every epoch" not in render_card(with_recipe(evidence, {"align.epochs": 1}), "en")
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


def test_answers_stand_whole_and_escaped(evidence: Evidence, readme: str) -> None:
    assert "Prompts: 3, the same for every model. The replies are shown as they came.\n" in readme
    limited = render_card(with_manifest(evidence, "answers", figures={"prompts": 3, "new_tokens": 128}), "en")
    assert "as they came. Each is the likeliest one, cut at 128 tokens where it does not end before." in limited
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
