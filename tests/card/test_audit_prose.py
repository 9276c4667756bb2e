"""What an audit makes of a card's sentences and links."""

from pathlib import Path

import pytest

from acord.card.audit.audit import audit
from acord.card.audit.findings import RULES, Finding

HEAD = """---
base_model: lab/Lark-2B-Instruct
---
# Lark-2B-Instruct-DPO

{before}

## Evaluation

Zero-shot, chat template applied, lm-evaluation-harness 0.4.13; n = 500 questions each, standard errors below 0.02.

| Task | Lang. | Metric | Lark-2B-Instruct | Finch-2B-Chat | Lark-2B-Instruct-DPO |
|---|---|---|---|---|---|
| Alpha | ca | acc | 0.501 | 0.520 | **0.535** |
| Bravo | ca | acc | 0.611 | **0.650** | 0.640 |
| Gamma test | es | acc | **0.412** | 0.398 | 0.402 |
| Delta | es | acc | 0.722 | **0.750** | 0.730 |
| Echo | en | acc | 0.303 | 0.331 | **0.340** |
| Foxtrot | en | acc | 0.444 | **0.450** | 0.430 |
| Golf | en | acc | 0.512 | 0.502 | **0.533** |
| Hotel | en | acc | 0.377 | **0.402** | 0.401 |

{after}
"""


def found(*, before: str = "", after: str = "") -> list[Finding]:
    return [one for one in audit(HEAD.format(before=before, after=after), "card").findings if one.severity != "note"]


@pytest.mark.parametrize(
    "sentence",
    [
        "It does not outperform Finch-2B-Chat.",
        "Our model is not better than Finch in general.",
        "The best result of each row is marked in bold.",
        "Lark-2B-Instruct-DPO achieves the best results on Alpha and Echo.",
        "Finch-2B-Chat outperforms our model on Bravo.",
        "Compared to Finch-2B-Chat, the aligned model improves on Gamma test.",
        "The model wins 4 of 8 tasks against Finch-2B-Chat.",
        "The model is better than Lark-2B-Instruct in 6 out of 8 benchmarks.",
        "Lark-2B-Instruct-DPO (0.535) beats Finch-2B-Chat (0.520) on Alpha.",
        "The model was aligned with DPO to improve its answers.",
        "It maintains the strong multilingual capabilities of the base model.",
        "The model may outperform Finch-2B-Chat with longer prompts.",
        "El model no millora Finch-2B-Chat.",
        "We rate answers from 1 to 5, where 5 is the best.",
        "For best results use temperature 0.7.",
        "Larger models such as Llama-3-70B perform better.",
        "Training improved the loss from 0.69 to 0.51.",
        "Rows on which Lark-2B-Instruct-DPO is better than Finch-2B-Chat: 0.",
        "Finch-2B-Chat: Lark-2B-Instruct-DPO is better on 1 rows, worse on 2.",
    ],
)
def test_sentences_that_hold_or_claim_nothing(sentence: str) -> None:
    assert found(after=sentence) == []


@pytest.mark.parametrize(
    ("sentence", "figures"),
    [
        ("The model outperforms Finch-2B-Chat across all benchmarks.", "4 wins, 4 losses, 0 ties"),
        ("El modelo mejora a Finch-2B-Chat en general.", "4 wins, 4 losses, 0 ties"),
        ("El nostre model millora Finch-2B-Chat en tots els conjunts.", "4 wins, 4 losses, 0 ties"),
        ("Lark-2B-Instruct-DPO achieves the best results on Bravo and Echo.", "Finch-2B-Chat 0.650"),
        ("Finch-2B-Chat is the best on Alpha.", "Lark-2B-Instruct-DPO 0.535"),
        ("Finch-2B-Chat outperforms Lark-2B-Instruct-DPO on Alpha.", "Finch-2B-Chat 0.520"),
        ("The model wins 5 of 8 tasks against Finch-2B-Chat.", "the tables give 4"),
        ("The model is better than Lark-2B-Instruct in seven of the eight benchmarks.", "the tables give 6"),
        ("The model shows state-of-the-art performance.", "Finch-2B-Chat in 4"),
    ],
)
def test_sentences_that_the_table_does_not_bear_out(sentence: str, figures: str) -> None:
    (one,) = found(after=sentence)
    assert (one.rule, one.severity) == ("claim-against-table", "warning")
    assert figures in one.what
    assert one.line == HEAD[: HEAD.index("{after}")].count("\n") + 1


def test_a_figure_that_its_row_does_not_have() -> None:
    (one,) = found(after="Lark-2B-Instruct-DPO (0.553) beats Finch-2B-Chat (0.520) on Alpha.")
    assert (one.rule, one.severity) == ("prose-figure", "warning")
    assert (one.figures["said"], one.figures["nearest"]) == (0.553, 0.535)


def test_a_gain_that_chance_gives_is_a_note() -> None:
    card = HEAD.format(before="", after="Lark-2B-Instruct-DPO improves over Lark-2B-Instruct in most tasks.")
    (one,) = [one for one in audit(card, "card").findings if one.rule == "claim-against-table"]
    assert one.severity == "note"
    assert one.figures["standings"]["Lark-2B-Instruct"]["by_chance"] == pytest.approx(37 / 256, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "address", "wrong"),
    [
        ("lab/Lark-2B-Instruct", "huggingface.co/lab/Lark-2B-Instruct", False),
        ("lab/Lark-2B-Instruct", "huggingface.co/lab/Lark-2B-Instruct/tree/main", False),
        ("Lark 2B Instruct", "hf.co/lab/lark-2b-instruct", False),
        ("Lark-2B-Instruct (v0.1)", "huggingface.co/lab/Lark-2B-Instruct", False),
        ("our data", "huggingface.co/datasets/lab/pairs", False),
        ("Lark", "huggingface.co/lab/Lark-2B-Instruct", False),
        ("Lark-2B-Instruct", "arxiv.org/abs/2401.00001", False),
        ("lab/Lark-2B-Instruct", "huggingface.co/lab/Lark-2B-Chat", True),
        ("lab/Lark-2B-SI", "huggingface.co/lab/Lark-2B-S", True),
        ("Lark-2B-Instruct", "huggingface.co/lab/Lark-7B-Instruct", True),
        ("lab/pairs", "huggingface.co/datasets/lab/other-pairs", True),
    ],
)
def test_links_and_where_they_lead(text: str, address: str, wrong: bool) -> None:
    findings = found(before=f"See [{text}](https://{address}).")
    assert [(one.rule, one.line) for one in findings] == ([("link-other-model", 6)] if wrong else [])


@pytest.mark.parametrize(
    ("sentence", "total", "added"),
    [
        ("A total of 146,181 pairs: 80,308 English, 30,072 Spanish and 35,800 Valencian.", 146_181, 146_180),
        ("The mix is 146,190 = 80,308 + 30,072 + 35,800.", 146_190, 146_180),
        ("The 100 pairs are 40 long and 61 short.", 100, 101),
        ("Se usaron 100 pares en total: 40 en inglés y 55 en español.", 100, 95),
    ],
)
def test_sums_that_do_not_hold(sentence: str, total: int, added: int) -> None:
    (one,) = found(before=sentence)
    assert one.rule == "total-wrong"
    assert (one.figures["total"], one.figures["sum"]) == (total, added)


@pytest.mark.parametrize(
    "sentence",
    [
        "A total of 146,180 pairs: 80,308 English, 30,072 Spanish and 35,800 Valencian.",
        "In total 1,000 rows, including 300 English and 200 Spanish.",
        "We trained 300 steps on 4,000 pairs, with 200 held out.",
        "The score is 2.787, against 2.649 and 2.599 overall.",
        "From 2019 to 2023 we saw 100 models, 40 large and 60 small.",
        "Training took 120 hours on 64 GPUs with 512 tokens.",
    ],
)
def test_figures_that_are_no_sum(sentence: str) -> None:
    assert found(before=sentence) == []


def test_totals_of_tables() -> None:
    table = "| Set | Pairs |\n|---|---|\n| a | 1,200 |\n| b | 300 |\n| **Total** | {} |\n"
    assert found(before=table.format("1,500")) == []
    (one,) = found(before=table.format("1,600"))
    assert (one.rule, one.severity, one.figures["sum"], one.line) == ("total-wrong", "error", 1500, 10)


def test_a_card_that_says_everything_lacks_nothing() -> None:
    assert audit(HEAD.format(before="", after=""), "card").findings == ()


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("Zero-shot, ", "shots"),
        ("chat template applied, ", "template"),
        (" 0.4.13", "harness_version"),
        ("n = 500 questions each, ", "n"),
        ("standard errors below 0.02", "error"),
        ("lab/Lark-2B-Instruct\n", "before"),
    ],
)
def test_each_thing_left_out_is_missed(said: str, missing: str) -> None:
    card = HEAD.format(before="", after="").replace(said, "lab/Other-2B\n" if missing == "before" else "", 1)
    assert [one.figures["missing"] for one in audit(card, "card").findings] == [missing]


def test_the_docs_name_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"`{rule}`" not in page] == []


JUDGE = """
## Judge evaluation

{said}

| Category | Finch-2B-Chat | Lark-2B-Instruct-DPO |
|---|---|---|
| Letters | 3.500 / 0.900 | 3.600 / 0.800 |
"""


@pytest.mark.parametrize(
    "said",
    [
        "Answers were rated by J (`judge-7b`). Answers judged: 48. With each, the judge was given the rubric.",
        "Qui les puntua: J (`judge-7b-instruct`), jutge. Respostes jutjades: 48. El jutge rebia la rúbrica.",
    ],
)
def test_a_judge_that_is_described_is_seen(said: str) -> None:
    def missing(text: str) -> set[str]:
        findings = audit(HEAD.format(before="", after=JUDGE.format(said=text)), "card").findings
        return {one.figures["missing"] for one in findings if one.rule == "evidence-missing"}

    of_judge = {"judge_model", "judge_prompt", "judge_n"}
    assert missing("A judge rated answers.") >= of_judge
    assert not missing(said) & of_judge
