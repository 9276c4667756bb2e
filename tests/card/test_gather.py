"""Evidence from artefacts: what was edited after the run is refused, and nothing of this machine gets into it."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from acord.card.evidence import Evidence, read_evidence
from acord.card.gather import gather
from acord.card.places import model_place, public_address, public_recipe
from acord.errors import CheckFailed, InputError
from acord.recipe import parse_recipe
from tests.card.made import TEXTS, Made


def edited(made: Made, stage: str, folder: Path) -> tuple[Made, Path]:
    """The run with a copy of one artefact, to be edited."""
    copy = folder / stage
    shutil.copytree(made.inputs[stage], copy)
    return Made({**made.inputs, stage: copy}, made.recipe), copy


def test_what_gathered_is_reads_back_the_same(evidence: Evidence) -> None:
    again = read_evidence(evidence.folder)
    assert again.counts == evidence.counts
    assert again.comparison == evidence.comparison
    assert again.answers == evidence.answers
    assert again.recipe == evidence.recipe


def test_neither_places_of_the_machine_nor_texts_of_pairs(made: Made, evidence: Evidence) -> None:
    place = str(made.inputs["evaluate"].parents[2])
    secrets = [place, "anna.soler", *(chosen.format(n=7) for _, chosen, _ in TEXTS.values())]
    for path in (path for path in evidence.folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False).encode()
        assert [one for one in secrets if one.encode() in content] == [], path
    assert [source.path for source in evidence.recipe.data.sources] == ["en.jsonl", "va.jsonl", "es.jsonl"]


@pytest.mark.parametrize(
    ("stage", "file"),
    [("pairs", "dropped.parquet"), ("align", "model/model.safetensors"), ("align", "metrics.jsonl"),
     ("judge", "ratings.jsonl"), ("answers", "answers.jsonl")],
)  # fmt: skip
def test_a_file_edited_after_the_run_is_refused(made: Made, tmp_path: Path, stage: str, file: str) -> None:
    forged, copy = edited(made, stage, tmp_path)
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(InputError, match="changed after the run") as caught:
        gather(forged.inputs, forged.recipe, tmp_path / "card")
    assert file in str(caught.value)
    (copy / file).unlink()
    with pytest.raises(InputError, match="the file is missing"):
        gather(forged.inputs, forged.recipe, tmp_path / "card")


def test_a_figure_edited_in_a_manifest_is_refused(made: Made, tmp_path: Path) -> None:
    forged, copy = edited(made, "align", tmp_path)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["figures"]["held_out"]["after"]["languages"]["va"]["accuracy"] = 0.9
    (copy / "manifest.json").write_text(json.dumps(manifest, indent=2))
    with pytest.raises(CheckFailed, match=r"align/manifest.json:\d+: figures.held_out.after.languages.va.accuracy"):
        gather(forged.inputs, forged.recipe, tmp_path / "card")


def test_a_judges_manifest_that_names_a_place_of_the_machine_does_not_become_evidence(
    made: Made, tmp_path: Path
) -> None:
    old, copy = edited(made, "judge", tmp_path)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["figures"]["suite"] = "/home/me/planted.yaml"
    (copy / "manifest.json").write_text(json.dumps(manifest, indent=2))
    with pytest.raises(CheckFailed, match=r"figures.suite is not what the files give"):
        gather(old.inputs, old.recipe, tmp_path / "card")


def test_an_artefact_of_another_run_is_refused(made: Made, tmp_path: Path) -> None:
    forged, copy = edited(made, "plan", tmp_path)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["key"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest, indent=2))
    with pytest.raises(InputError, match=r"inputs.plan.key is not that of plan"):
        gather(forged.inputs, forged.recipe, tmp_path / "card")


def test_evidence_is_never_written_over(made: Made, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    with pytest.raises(InputError, match="there is evidence already"):
        gather(made.inputs, made.recipe, tmp_path)


def test_a_run_that_was_only_trained(made: Made, tmp_path: Path) -> None:
    inputs = {stage: made.inputs[stage] for stage in ("pairs", "base", "plan", "reference", "align")}
    found = gather(inputs, made.recipe, tmp_path)
    assert (found.results, found.comparison, found.judgement, found.scores, found.answers) == ((), None, None, None, ())
    assert (found.model_name, found.base_name) == ("tiny", "tiny-base")


def test_places_become_their_last_part(tmp_path: Path) -> None:
    recipe = parse_recipe(
        {
            "name": "one",
            "model": {"base": f"{tmp_path}/models/base/"},
            "data": {
                "sources": [
                    {
                        "name": "a",
                        "format": "oasst",
                        "path": ["hf://owner/set", "/home/me/rows.jsonl", "../x/y.parquet"],
                    },
                    {
                        "name": "b",
                        "format": "openorca",
                        "path": "bundled:preferences/openorca_gpt4.jsonl",
                        "rejected_from": {"url": "http://me:key@10.0.0.3:8000/v1?key=1", "model": "m"},
                    },
                ],
                "decontaminate": {"suite": "/home/me/mine.yaml", "allow": "/home/me/allowed.txt"},
            },
            "chat": {"template": "/home/me/mine.jinja"},
            "evaluate": {"suite": "/home/me/mine.yaml", "against": ["owner/name", "/home/me/runs/other/align/model"]},
            "judge": {"panel": [{"endpoint": "https://api.example.com/v1", "model": "owner/judge"},
                                {"serve": "/home/me/judge"}], "labels": ["/home/me/labels.jsonl"]},
        },
        where="test",
    )  # fmt: skip
    found = public_recipe(recipe)
    assert "/home" not in found.model_dump_json()
    assert found.model.base == "base"
    assert found.data.sources[0].path == ["hf://owner/set", "rows.jsonl", "y.parquet"]
    assert found.data.sources[1].path == "bundled:preferences/openorca_gpt4.jsonl"
    rejected = found.data.sources[1].rejected_from
    assert rejected is not None
    assert rejected.url == "http://localhost:8000/v1"
    assert found.evaluate is not None
    assert found.evaluate.against == ["owner/name", "model"]
    assert found.judge is not None
    assert [one.shown for one in found.judge.panel] == ["owner/judge", "judge"]
    assert public_address("https://gpu7:8443/v1") == "https://localhost:8443/v1"
    assert public_address("https://[2606:4700::1111]/v1") == "https://[2606:4700::1111]/v1"
    assert model_place("random:llama-1x64") == "random:llama-1x64"
