"""Models as users give them: places that hold none, and folders whose files are damaged."""

import json
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.models import base_identity, build_base, find_model, load_model, load_tokenizer, save_model, train_tokenizer
from acord.recipe import Model


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("model")
    tokenizer = train_tokenizer(["a b c"], 300)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
    )
    save_model(LlamaForCausalLM(config), tokenizer, folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path) -> Path:
    for file in saved.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def change_config(folder: Path, **values: object) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@pytest.mark.parametrize("place", ["no such", "a//b", "../no", "a" * 5_000, "a\0b", "https://huggingface.co/a/b"])
def test_a_place_without_a_model_is_told(place):
    with pytest.raises(InputError, match="no such model"):
        find_model(place)


@pytest.mark.parametrize("text", ["", "garbage", "[]"])
def test_a_configuration_that_is_no_json_object_is_told(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(InputError, match=r"config\.json: this is no JSON object"):
        find_model(str(folder))


@pytest.mark.parametrize(
    "values", [{"model_type": "nonsense"}, {"hidden_size": "wide"}, {"num_attention_heads": 0}, {"hidden_size": 32}]
)
def test_a_configuration_that_makes_no_model_is_told(folder, values):
    change_config(folder, **values)
    with pytest.raises(InputError) as caught:
        load_model(folder)
    assert str(caught.value).startswith(f"{folder}: transformers cannot load this model: ")


@pytest.mark.parametrize("cut", [0, 7, -10])
def test_damaged_weights_are_told_when_read_and_when_counted(folder, cut):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(InputError, match="cannot load this model"):
        load_model(folder)
    (folder / "out").mkdir()
    with pytest.raises(InputError, match="the weights are damaged"):
        build_base(Model(base=str(folder)), seed=0, pairs_folder=None, folder=folder / "out")


@pytest.mark.parametrize("text", ["", "garbage", "{}"])
def test_a_tokenizer_that_cannot_be_read_is_told(folder, text):
    (folder / "tokenizer.json").write_text(text)
    with pytest.raises(InputError, match="no tokenizer that transformers can load"):
        load_tokenizer(folder)


def test_the_identity_of_a_base_is_its_contents_and_not_its_place(saved, folder):
    there, here = (base_identity(Model(base=str(place))) for place in (saved, folder))
    assert there == here
    change_config(folder, rope_theta=5.0)
    assert base_identity(Model(base=str(folder))) != there


def test_a_saved_base_is_counted(saved, tmp_path):
    figures = build_base(Model(base=str(saved)), seed=0, pairs_folder=None, folder=tmp_path)
    assert figures["architecture"] == "LlamaForCausalLM"
    assert figures["dtype"] == "F32"
    # Embedding and head, four attention and three feed-forward matrices, three norms.
    assert figures["parameters"] == 2 * figures["vocabulary"] * 16 + 7 * 16 * 16 + 3 * 16
