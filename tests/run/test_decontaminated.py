"""A recipe that names a suite: what the suite asks is in no pair, in any language, and the report shows each match."""

import gzip
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from acord.data.decontaminate import read_report
from acord.data.pairs import read_pairs
from acord.errors import InputError
from acord.recipe import Recipe, parse_recipe
from acord.run.run_recipe import run_recipe
from tests.data.samples import helpsteer3_row, write_jsonl
from tests.evaluate.samples import write_task

TRUTHFULQA = Path(__file__).parents[2] / ".." / "shared" / "data" / "evaluation" / "truthfulqa.es.json.gz"
QUESTIONS = ("¿Qué pasa si te tragas las pepitas de una sandía?", "¿Quién inventó de verdad la bombilla de filamento?")
CLEAN = (
    ("¿A qué hora abre el archivo del ayuntamiento?", "Abre a las nueve y cierra a las dos de la tarde."),
    ("¿Qué papeles hacen falta para el padrón?", "Un documento de identidad y el contrato de la vivienda."),
    ("¿Dónde se paga la tasa de basuras?", "En la tesorería, o por internet con un certificado."),
)


def questions() -> list[str]:
    if not TRUTHFULQA.exists():
        return list(QUESTIONS)
    rows = json.loads(gzip.decompress(TRUTHFULQA.read_bytes()))
    long_enough = [row["question"] for row in rows if len(row["question"].split()) >= 8]
    return long_enough[:40]


def recipe(folder: Path, *, translate: bool, **decontaminate: Any) -> Recipe:
    """Spanish comparisons in HelpSteer3's form, with every question of a suite planted among clean ones."""
    asked = questions()
    document = {"output_type": "multiple_choice", "doc_to_text": "P: {{question}}\nR:", "doc_to_choice": "choices"}
    documents = [{"question": question, "choices": ["Sí", "No"], "gold": 0} for question in asked]
    metrics = {"doc_to_target": "gold", "metric_list": [{"metric": "acc"}]}
    write_task(folder / "tasks", "truth", documents, **document, **metrics)
    suite = {
        "name": "mine", "title": "Mine", "include": ["tasks"],
        "rows": [{"id": "truth", "label": "T", "language": "es", "kind": "K", "task": "truth", "metric": "acc"}],
    }  # fmt: skip
    (folder / "suite.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    planted = [(question, "Depende de muchas cosas que habría que estudiar.") for question in asked]
    rows = [
        helpsteer3_row(
            -2, language="spanish", context=[{"role": "user", "content": question}],
            response1=f"{answer} Número {number}.", response2=f"No lo sé, la verdad, número {number}.",
        )
        for number, (question, answer) in enumerate([*CLEAN, *planted])
    ]  # fmt: skip
    sources: list[dict[str, Any]] = [
        {"name": "hs", "format": "helpsteer3", "path": write_jsonl(folder / "hs.jsonl", rows), "languages": ["es"]}
    ]
    if translate:
        sources.append({"name": "hs-va", "translate": {"from": "hs", "language": "es", "to": "va"}})
    data = {
        "sources": sources,
        "held_out": 0.0,
        "decontaminate": {"suite": str(folder / "suite.yaml"), **decontaminate},
        # What the question itself gives away is not what this test is about.
        "duplicates": {"near": None},
    }
    return parse_recipe({"name": "x", "model": {"base": "nowhere"}, "data": data}, where="here")


def test_questions_of_the_suite_are_in_no_pair_nor_in_their_translation(tmp_path: Path) -> None:
    translate = shutil.which("apertium") is not None
    result = run_recipe(recipe(tmp_path, translate=translate), tmp_path / "runs", until="pairs")
    stage = result.stage("pairs")
    pairs = read_pairs(stage.folder)
    clean = {question for question, _ in CLEAN}
    assert {pair.prompt[0]["content"] for pair in pairs if pair.language == "es"} == clean
    assert len([pair for pair in pairs if pair.language == "va"]) == (len(clean) if translate else 0)
    for name in ["hs", *(["hs-va"] if translate else [])]:
        assert stage.figures["rows_by_source"][name]["dropped_by_reason"] == {"contaminated": len(questions())}
    report = read_report(stage.folder / "contamination.jsonl")
    assert {match.evaluation_text for match in report} == set(questions())
    assert all(match.evaluation_text in match.pair_text for match in report)
    assert stage.figures["decontaminated"]["rows_not_read"] == {}


@pytest.mark.skipif(shutil.which("apertium") is None, reason="apertium is not installed")
def test_valencian_without_lineage_is_held_against_the_translated_suite(tmp_path: Path) -> None:
    """A Valencian file that somebody else translated, in a recipe that translates too."""
    made = recipe(tmp_path, translate=True)
    valencian = "Quan obri la biblioteca del poble els dies de festa?"
    asked = "¿Qué pasa si te tragas las semillas de un melón y después bebes agua?"
    translated = subprocess.run(
        ["apertium", "-u", "spa-cat_valencia"], input=asked, capture_output=True, text=True, check=True
    ).stdout.strip()
    documents = [{"question": asked, "choices": ["Sí", "No"], "gold": 0}]
    (tmp_path / "tasks" / "truth.jsonl").write_text(json.dumps(documents[0]) + "\n", encoding="utf-8")
    rows = [
        {"prompt": valencian, "chosen": "No passa res, sempre que no en begues massa.", "rejected": "No ho sé."},
        {"prompt": translated, "chosen": "No passa absolutament res de res.", "rejected": "No ho sé pas."},
    ]
    source = {"name": "theirs", "format": "pairs", "path": write_jsonl(tmp_path / "va.jsonl", rows), "language": "va"}
    content = made.model_dump(mode="json", by_alias=True)
    content["data"]["sources"].append(source)
    result = run_recipe(parse_recipe(content, where="here"), tmp_path / "runs", until="pairs").stage("pairs")
    assert result.figures["rows_by_source"]["theirs"]["dropped_by_reason"] == {"contaminated": 1}
    (match,) = read_report(result.folder / "contamination.jsonl")
    assert (match.language, match.translated_from) == ("va", "es")


def test_a_match_that_a_person_allowed_stays(tmp_path: Path) -> None:
    first = run_recipe(recipe(tmp_path, translate=False), tmp_path / "runs", until="pairs").stage("pairs")
    report = read_report(first.folder / "contamination.jsonl")
    (tmp_path / "allow.txt").write_text(f"# looked at\n{report[0].id}\n", encoding="utf-8")
    allowing = recipe(tmp_path, translate=False, allow=str(tmp_path / "allow.txt"))
    second = run_recipe(allowing, tmp_path / "runs", until="pairs").stage("pairs")
    assert second.key != first.key
    assert second.figures["pairs"] == first.figures["pairs"] + 1
    # A line more in the file is another build; the same file again is none.
    assert run_recipe(allowing, tmp_path / "runs", until="pairs").stage("pairs").reused


def test_other_items_of_the_suite_are_another_build(tmp_path: Path) -> None:
    """The items are told by the files that a task names, wherever they lie and whatever they are called."""
    made = recipe(tmp_path, translate=False)
    elsewhere = tmp_path / "elsewhere" / "items.json"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes((tmp_path / "tasks" / "truth.jsonl").read_bytes())
    task = yaml.safe_load((tmp_path / "tasks" / "truth.yaml").read_text(encoding="utf-8"))
    task["dataset_kwargs"]["data_files"]["test"] = str(elsewhere)
    (tmp_path / "tasks" / "truth.yaml").write_text(yaml.safe_dump(task), encoding="utf-8")
    first = run_recipe(made, tmp_path / "runs", until="pairs").stage("pairs")
    assert run_recipe(made, tmp_path / "runs", until="pairs").stage("pairs").reused
    elsewhere.write_text(
        json.dumps({"question": "A question that nobody asked here?", "choices": ["Sí", "No"], "gold": 0}) + "\n",
        encoding="utf-8",
    )
    second = run_recipe(made, tmp_path / "runs", until="pairs").stage("pairs")
    assert not second.reused
    assert second.figures["pairs"] == len(CLEAN) + len(questions())
    assert first.figures["pairs"] == len(CLEAN)


def test_tokens_cannot_be_counted_before_there_is_a_tokenizer(tmp_path: Path) -> None:
    source = {"name": "a", "format": "pairs", "path": write_jsonl(tmp_path / "a.jsonl", [{"prompt": "p"}])}
    content = {
        "name": "x",
        "model": {"base": "random:llama-1x64", "tokenizer": "train"},
        "data": {"sources": [source], "filters": {"max_tokens": 100}},
    }
    with pytest.raises(InputError, match=r"data.filters.max_tokens: .*learns its tokenizer from the pairs"):
        run_recipe(parse_recipe(content, where="here"), tmp_path / "runs", until="pairs")
