"""The same figures and replies as the hf backend on real data: TruthfulQA, XQuAD and MGSM."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM

from acord.evaluate.lm import AcordLM, load
from tests.evaluate.samples import write_task
from tests.evaluate.test_lm import GENERATION, MULTIPLE_CHOICE, check_same, own_cache, run, scores, texts, trained

__all__ = ["own_cache", "trained"]  # fixtures

DATA = Path("../shared/data/evaluation")


def mgsm(count: int) -> list[dict[str, Any]]:
    path = DATA / "mgsm_es.tsv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:count]
    return [{"question": question, "answer": answer} for question, answer in rows]


@pytest.mark.slow
@pytest.mark.parametrize("data", ["mgsm", "truthfulqa"])
def test_replies_to_real_questions_are_those_of_the_hf_backend(trained: Path, tmp_path: Path, data: str) -> None:
    rows = mgsm(16) if data == "mgsm" else [{**row, "answer": row["choices"][0]} for row in truthfulqa("ca", 16)]
    tasks = write_task(tmp_path, "replies", rows, **GENERATION)
    theirs = run(HFLM(pretrained=str(trained), device="cpu", dtype="float32", batch_size=4), tasks, "replies")
    ours = run(AcordLM(load(trained, "float32"), tokenisation="hf"), tasks, "replies")
    assert texts(ours, "replies") == texts(theirs, "replies")
    assert ours["results"]["replies"]["exact_match,none"] == theirs["results"]["replies"]["exact_match,none"]


def truthfulqa(language: str, count: int) -> list[dict[str, Any]]:
    path = DATA / f"truthfulqa.{language}.json.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return [
        {"question": row["question"], "choices": mc1["choices"], "gold": mc1["labels"].index(1)}
        for row in json.loads(gzip.decompress(path.read_bytes()))[:count]
        for mc1 in [row["mc1_targets"]]
    ]


def xquad(language: str, passages: int) -> list[dict[str, Any]]:
    path = DATA / f"xquad.{language}.json.gz"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    content = json.loads(gzip.decompress(path.read_bytes()))
    paragraphs = [paragraph for article in content["data"] for paragraph in article["paragraphs"]][:passages]
    return [
        {"context": paragraph["context"][:300], "question": one["question"], "answer": one["answers"][0]["text"]}
        for paragraph in paragraphs
        for one in paragraph["qas"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ca", "es", "en"])
@pytest.mark.parametrize("chat", [False, True])
def test_truthfulqa_gets_the_figures_of_the_hf_backend(
    trained: Path, tmp_path: Path, language: str, chat: bool
) -> None:
    settings = {**MULTIPLE_CHOICE, "doc_to_text": "Q: {{question}}\nA:", "metric_list": [{"metric": "acc"}]}
    tasks = write_task(tmp_path, "truthful", truthfulqa(language, 40), **settings)
    backend = HFLM(pretrained=str(trained), device="cpu", dtype="float32", batch_size=8)
    theirs = run(backend, tasks, "truthful", apply_chat_template=chat)
    lm = AcordLM(load(trained, "float32"), tokenisation="hf")
    check_same(theirs, run(lm, tasks, "truthful", apply_chat_template=chat), "truthful")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ca", "es", "en"])
def test_questions_on_a_passage_get_the_figures_of_the_hf_backend(trained: Path, tmp_path: Path, language: str) -> None:
    settings = {
        "output_type": "loglikelihood",
        "doc_to_text": "{{context}}\n\n{{question}}\n",
        "doc_to_target": " {{answer}}",
        "metric_list": [{"metric": "perplexity"}, {"metric": "acc"}],
    }
    tasks = write_task(tmp_path, "passages", xquad(language, 8), **settings)
    theirs = run(HFLM(pretrained=str(trained), device="cpu", dtype="float32", batch_size=8), tasks, "passages")
    ours = run(AcordLM(load(trained, "float32"), tokenisation="hf"), tasks, "passages")
    assert [one[1:] for one in scores(ours, "passages")] == [
        (pytest.approx(logp, abs=1e-3), greedy) for _, logp, greedy in scores(theirs, "passages")
    ]
