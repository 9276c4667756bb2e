"""What programs read of a card: the hub's metadata and its files of results, through the hub's own client."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, constants, parse_eval_result_entries
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from acord.card.evidence import Evidence
from acord.card.writing import card_files, render_card
from acord.card.writing.benchmarks import BENCHMARKS
from acord.card.writing.metadata import metadata
from acord.evaluate.registry import task_config
from acord.evaluate.suite import load_suite
from acord.languages import INTERFACE_TAGS
from tests.card.changes import with_card, with_recipe


def read(evidence: Evidence) -> dict[str, Any]:
    content = yaml.safe_load(metadata(evidence))
    assert isinstance(content, dict)
    return content


def test_metadata_is_the_same_in_every_language_and_comes_back_as_it_was(evidence: Evidence) -> None:
    for tag in INTERFACE_TAGS:
        card = ModelCard(render_card(evidence, tag))
        assert card.data.to_dict() == read(evidence)
        results = card.data.eval_results
        assert results is not None
        assert eval_results_to_model_index("tiny", results) == read(evidence)["model-index"]


def test_metadata_of_the_run(evidence: Evidence) -> None:
    content = read(evidence)
    assert content["language"] == ["ca", "en", "es"]
    assert content["language_bcp47"] == ["ca-valencia"]
    assert content["license"] == "apache-2.0"
    assert (content["library_name"], content["pipeline_tag"]) == ("transformers", "text-generation")
    assert content["tags"] == ["english", "spanish", "valencian", "alignment", "dpo", "conversational", "acord"]
    # Random weights are no base model, and local files no data set of the hub.
    assert {"base_model", "datasets", "license_name"} & set(content) == set()


def test_results_are_those_of_the_aligned_model(evidence: Evidence) -> None:
    assert evidence.comparison is not None
    _, results = model_index_to_eval_results(read(evidence)["model-index"])
    aligned = next(one for one in evidence.results if one.model.name == "tiny")
    values = {row.task: row.value for row in aligned.rows if row.value is not None}
    assert {one.dataset_type: one.metric_value for one in results} == {task: round(v, 3) for task, v in values.items()}
    assert all(isinstance(one, EvalResult) and one.source_url is None for one in results)
    # Without a row that this run measured there is no index of results, and no name for it.
    others = [replace(row, cells=tuple(replace(cell, verified=False) for cell in row.cells))
              for row in evidence.comparison.rows]  # fmt: skip
    imported = replace(evidence, comparison=replace(evidence.comparison, rows=tuple(others)))
    assert {"model-index", "model_name"} & set(read(imported)) == set()


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        (None, {}),
        ("MIT", {"license": "mit"}),
        ("Our own: Licence 2", {"license": "other", "license_name": "our-own-licence-2"}),
    ],
)
def test_licences_as_the_hub_knows_them(evidence: Evidence, licence: str | None, expected: dict[str, str]) -> None:
    content = read(with_card(evidence, licence=licence))
    assert {key: value for key, value in content.items() if key.startswith("license")} == expected


def test_repository_base_data_sets_and_tags(evidence: Evidence) -> None:
    base = {"base": "gplsi/Aitana-2B-SI-Instruct", "tokenizer": "base", "vocabulary": 8192, "revision": None}
    sources = [{"name": name, "format": "oasst", "path": f"hf://OpenAssistant/{name}"} for name in ("oasst1", "oasst2")]
    content = read(
        with_recipe(
            evidence,
            {
                "model": base,
                "data.sources": sources,
                "card.repository": "gplsi/x",
                "card.title": "X: a 'model'",
                "card.tags": ["alia", "dpo", "no", "1.0"],
            },
        )
    )
    assert content["base_model"] == base["base"]
    assert content["base_model_relation"] == "finetune"
    assert content["datasets"] == ["OpenAssistant/oasst1", "OpenAssistant/oasst2"]
    assert content["tags"][-3:] == ["alia", "no", "1.0"]
    assert content["tags"].count("dpo") == 1
    [index] = content["model-index"]
    assert index["name"] == "X: a 'model'"
    assert index["results"][0]["source"]["url"] == "https://huggingface.co/gplsi/x/tree/main/evidence/evaluate"


def as_public(evidence: Evidence, *tasks: tuple[str, str], limit: int | None = None) -> Evidence:
    """The evidence as if its first rows were of these tasks and metrics."""
    assert evidence.comparison is not None
    [row, *_] = evidence.comparison.rows
    rows = tuple(replace(row, row=row.row.model_copy(update={"task": task, "metric": of})) for task, of in tasks)
    results = tuple(replace(one, settings={**one.settings, "limit": limit}) for one in evidence.results)
    return replace(evidence, comparison=replace(evidence.comparison, rows=rows), results=results)


def test_result_files_of_public_benchmarks(evidence: Evidence) -> None:
    assert not [name for name in card_files(evidence) if name.startswith(".eval_results")]
    public = as_public(
        evidence, ("xnli_va", "acc"), ("belebele_eng_Latn", "acc"), ("catcola", "acc"), ("catcola", "mcc")
    )
    files = {name: yaml.safe_load(content) for name, content in card_files(public).items() if name.endswith(".yaml")}
    assert list(files) == [
        ".eval_results/facebook--belebele.yaml",
        ".eval_results/gplsi--xnli_va.yaml",
        ".eval_results/nbel--CatCoLA.yaml",
    ]
    [entry] = parse_eval_result_entries(files[".eval_results/facebook--belebele.yaml"])
    assert (entry.dataset_id, entry.task_id, entry.value) == ("facebook/belebele", "eng_Latn", 0.375)
    assert entry.date == evidence.manifests["evaluate"].finished
    assert entry.notes is not None
    assert entry.notes.startswith("belebele_eng_Latn of lm-evaluation-harness, acc, filter none, 0-shot, ")
    # The hub holds one figure a task.
    assert len(files[".eval_results/nbel--CatCoLA.yaml"]) == 1
    part = as_public(evidence, ("xnli_va", "acc"), limit=100)
    assert not [name for name in card_files(part) if name.endswith(".yaml")]


@pytest.mark.slow
def test_the_table_of_benchmarks_is_that_of_the_harness() -> None:
    assert {row.task for row in load_suite("aitana").rows} == set(BENCHMARKS)
    # The harness reads these from elsewhere: a file of CSV, and the same data set by a former name.
    elsewhere = {"wnli_es": "csv", "paws_es_spanish_bench": "paws-x"}
    for task, benchmark in BENCHMARKS.items():
        config = task_config(task)
        assert config is not None
        found = (config["dataset_path"], config.get("dataset_name"))
        assert found == (elsewhere.get(task, benchmark.data_set), benchmark.config), task
        assert benchmark.split == (config.get("test_split") or config.get("validation_split")), task


@contextmanager
def hub(status: int) -> Iterator[tuple[str, list[Any]]]:
    """A server on this machine in the hub's place: it keeps what it is asked, and answers with a status."""
    asked: list[Any] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"" if status == 200 else b'"license" must be one of ...')

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_the_hubs_client_sends_the_card_to_be_validated(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    written = render_card(evidence, "va")
    for status in (200, 400):
        with hub(status) as (address, asked):
            monkeypatch.setattr(constants, "ENDPOINT", address)
            if status == 200:
                ModelCard(written).validate()
            else:
                with pytest.raises(ValueError, match="license"):
                    ModelCard(written).validate()
        [(path, body)] = asked
        assert (path, body["repoType"]) == ("/api/validate-yaml", "model")
        head, text = body["content"].split("\n---\n", 1)
        assert yaml.safe_load(head.removeprefix("---\n")) == read(evidence)
        assert text.strip() == written.split("\n---\n", 1)[1].strip()
