"""An export is its source in another folder, and is left only where it says what its source says."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from acord.card import export as exporting
from acord.card.evidence import Evidence
from acord.card.export_prompts import PROMPTS
from acord.card.same_words import difference, words_of
from acord.card.shards import INDEX, same_tensors, weight_files, write_weights
from acord.errors import CheckFailed, InputError
from acord.manifest import list_files, read_manifest, write_manifest
from acord.models import load_model
from acord.run.exporting import export_model
from tests.card.exporting import run_with_adapter, run_with_card
from tests.card.made import Made

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def run(made: Made, evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_with_card(made, evidence, tmp_path_factory.mktemp("runs"), whole=False)


@pytest.fixture(scope="module")
def adapter_run(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_with_adapter(made, tmp_path_factory.mktemp("adapters"))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def changed(source: Path, target: Path) -> None:
    """The same weights, one of the last layer's far from what it was."""
    tensors = load_file(source)
    name = next(name for name in tensors if "down_proj" in name)
    tensors[name] = tensors[name] + torch.randn(tensors[name].shape, generator=torch.Generator().manual_seed(1))
    save_file(tensors, target, metadata={"format": "pt"})


def test_a_run_is_exported_byte_for_byte_beside_its_card(run: Path, tmp_path: Path) -> None:
    exported = export_model(str(run), tmp_path, tmp_path / "out", "merged", None)
    out, model = tmp_path / "out", run / "align" / "model"
    for path in model.iterdir():
        assert (out / path.name).read_bytes() == path.read_bytes()
    record = json.loads((out / "export.json").read_text(encoding="utf-8"))
    assert record["source"]["name"] == "tiny"
    assert record["weights"] == "the same files"
    assert record["compared"]["prompts"] == {"en": 4, "va": 4, "es": 4, "ca": 4}
    assert record["compared"]["continued_tokens"] > 0
    assert str(tmp_path.parent) not in json.dumps(record)
    assert (out / "README.md").read_text(encoding="utf-8") == "# Of the card\n"
    assert (out / ".eval_results" / "one.yaml").is_file()
    assert (out / "evidence" / "index.json").read_bytes() == (run / "card/evidence/index.json").read_bytes()
    assert "manifest.json" not in exported.files
    assert "16 prompts in 4 languages" in exported.shown()
    assert left_in(tmp_path) == ["out"]


def test_a_run_can_be_named_and_a_model_has_no_card(run: Path, tmp_path: Path) -> None:
    assert export_model("tiny", run.parent, tmp_path / "named", "merged", None).card
    of_model = export_model(str(run / "align" / "model"), tmp_path, tmp_path / "model", "merged", None)
    assert not of_model.card
    assert of_model.record["source"]["files"] == {}
    with pytest.raises(InputError, match="no trained adapter is there"):
        export_model(str(run / "align" / "model"), tmp_path, tmp_path / "none", "adapter", None)
    assert left_in(tmp_path) == ["model", "named"]


def test_weights_in_shards_are_the_same_tensors(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acord.card.shards.SHARD_BYTES", 60_000)
    model = (run / "align" / "model").resolve()
    shutil.copytree(model, tmp_path / "cut", ignore=shutil.ignore_patterns(WEIGHTS))
    write_weights(model, tmp_path / "cut", None)
    parts = weight_files(tmp_path / "cut")
    assert len(parts) > 2
    assert parts[0].name == f"model-00001-of-{len(parts):05d}.safetensors"
    index = json.loads((tmp_path / "cut" / INDEX).read_text(encoding="utf-8"))
    assert index["metadata"]["total_size"] == sum(t.nbytes for t in load_file(model / WEIGHTS).values())
    assert same_tensors(model, tmp_path / "cut")
    loaded, source = (load_model(one).state_dict() for one in (tmp_path / "cut", model))
    assert all(torch.equal(loaded[name], value) for name, value in source.items())


def test_a_tensor_that_differs_in_a_bit_is_another_one(run: Path, tmp_path: Path) -> None:
    model = (run / "align" / "model").resolve()
    tensors = load_file(model / WEIGHTS)
    name = next(iter(tensors))
    tensors[name].view(torch.int32).view(-1)[0] ^= 1
    save_file(tensors, tmp_path / WEIGHTS, metadata={"format": "pt"})
    assert not same_tensors(model, tmp_path)


def test_large_weights_are_cut_and_say_so(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acord.card.shards.SHARD_BYTES", 100_000)
    exported = export_model(str(run), tmp_path, tmp_path / "out", "merged", None)
    assert exported.record["weights"] == "the same tensors in smaller files"
    assert INDEX in exported.files


def test_a_cast_that_says_the_same_is_left(run: Path, tmp_path: Path) -> None:
    exported = export_model(str(run), tmp_path, tmp_path / "out", "merged", "float16")
    assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))["dtype"] == "float16"
    assert {value.dtype for value in load_file(tmp_path / "out" / WEIGHTS).values()} == {torch.float16}
    assert exported.record["weights"] == "cast from float32 to float16"


def test_what_says_something_else_is_not_left(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(source: Path, folder: Path) -> None:
        changed(source / WEIGHTS, folder / WEIGHTS)

    monkeypatch.setattr(exporting, "copy_weights", spoiled)
    with pytest.raises(CheckFailed, match=r"is continued with .* and not with"):
        export_model(str(run), tmp_path, tmp_path / "out", "merged", None)
    assert left_in(tmp_path) == []


def test_another_template_or_tokenizer_is_seen(run: Path, tmp_path: Path) -> None:
    model = (run / "align" / "model").resolve()
    loaded = load_model(model)
    source = words_of(model, loaded)
    assert len(source.replies) == len(PROMPTS)
    assert difference(source, words_of(model, loaded)) is None
    shutil.copytree(model, tmp_path / "template")
    file = tmp_path / "template" / "chat_template.jinja"
    file.write_text(file.read_text(encoding="utf-8").replace("assistant", "Assistant"), encoding="utf-8")
    assert "has other token ids" in str(difference(source, words_of(tmp_path / "template", loaded)))
    shutil.copytree(model, tmp_path / "tokenizer")
    file = tmp_path / "tokenizer" / "tokenizer.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["model"]["merges"] = content["model"]["merges"][5:]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "has other token ids" in str(difference(source, words_of(tmp_path / "tokenizer", loaded)))


def test_an_adapter_on_its_base_says_what_the_merged_model_says(adapter_run: Path, tmp_path: Path) -> None:
    exported = export_model(str(adapter_run), tmp_path, tmp_path / "out", "adapter", None)
    assert "model.safetensors" not in exported.files
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text(encoding="utf-8"))
    assert (config["base_model_name_or_path"], config["r"]) == ("random:llama-1x64", 4)
    assert exported.record["compared"]["result"] == "equal"
    # Without the adapter the base says something else: the comparison above could have failed.
    base, merged = (adapter_run / "base" / "model").resolve(), (adapter_run / "align" / "model").resolve()
    assert difference(words_of(merged, load_model(merged)), words_of(merged, load_model(base))) is not None


def test_another_adapter_is_not_left(adapter_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "runs" / "tiny"
    shutil.copytree(adapter_run, copy, symlinks=False)
    file = copy / "align" / "adapter" / "adapter_model.safetensors"
    save_file({name: -value for name, value in load_file(file).items() if "lora_B" not in name}
              | {name: 3 * value for name, value in load_file(file).items() if "lora_B" in name}, file)  # fmt: skip
    with pytest.raises(InputError, match=r"adapter_model.safetensors was changed after the run"):
        export_model(str(copy), tmp_path, tmp_path / "out", "adapter", None)
    align = copy / "align"
    write_manifest(replace(read_manifest(align), files=list_files(align)), align)
    with pytest.raises(CheckFailed, match="Take --form merged"):
        export_model(str(copy), tmp_path, tmp_path / "out", "adapter", None)
    assert left_in(tmp_path) == ["runs"]


def test_what_cannot_be_exported_is_said_in_a_line(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"only a run with align.adapter trains one"):
        export_model(str(run), tmp_path, tmp_path / "out", "adapter", None)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(InputError, match="not empty"):
        export_model(str(run), tmp_path, tmp_path / "full", "merged", None)
    with pytest.raises(InputError, match="no such model"):
        export_model("nowhere", tmp_path, tmp_path / "out", "merged", None)
    copy = tmp_path / "runs" / "tiny"
    shutil.copytree(run, copy, symlinks=False)
    weights = copy / "align" / "model" / WEIGHTS
    changed(weights, weights)
    with pytest.raises(InputError, match=r"model.safetensors was changed after the run"):
        export_model(str(copy), tmp_path, tmp_path / "out", "merged", None)
    assert left_in(tmp_path) == ["full", "runs"]
