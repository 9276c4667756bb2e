"""A model as a folder for others: merged weights or a LoRA adapter, with all that reading and writing text needs.

It is released only where it reads and says what its source does (same_words.py). export.json then says what was
written, from what, and what was compared.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from acord.card.export_prompts import PROMPTS
from acord.card.shards import (
    Dtype,
    cast_config,
    copy_weights,
    fits_as_it_is,
    same_tensors,
    weight_files,
    write_weights,
)
from acord.errors import CheckFailed, InputError
from acord.manifest import library_versions_in_use, list_files

Form = Literal["merged", "adapter"]

RECORD = "export.json"
# What a tokenizer, a template and the settings of generation may be in; no code, and nothing that is unpickled.
WORDS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
)
SETTINGS = "generation_config.json"
CONFIG = "config.json"
# What the folder of a card holds beside its manifest.
CARD_PARTS = ("README*.md", ".eval_results", "report", "evidence", "evidence.sig")
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_FILES = ("adapter_model.safetensors", ADAPTER_CONFIG)


@dataclass(frozen=True)
class Source:
    """What is exported. name: without a place. model: the folder of the model; of a run, the aligned one.

    hashes: sha256 of the model's files as the training wrote them, none for a model that is of no run. base: the
    folder of the run's base, and base_name what others call it. adapter: the folder of the LoRA adapter that the run
    trained and kept. card: of the run's card.
    """

    name: str
    model: Path
    hashes: Mapping[str, str]
    base: Path | None = None
    base_name: str | None = None
    adapter: Path | None = None
    card: Path | None = None


def write_export(source: Source, form: Form, dtype: Dtype | None, folder: Path) -> dict[str, Any]:
    """Fill an empty folder and prove what it holds; gives what export.json says.

    dtype: of merged weights, the stored one where None. Raises InputError for what cannot be exported so, CheckFailed
    where the export does not read or say what its source does.
    """
    if form == "adapter":
        if dtype is not None:
            raise InputError("an adapter stays fp32", where="--dtype", fix="Leave it out, or take --form merged.")
        kept = _copy_adapter(source, folder)
    else:
        kept = _write_merged(source, dtype, folder)
    for name in WORDS:
        if (source.model / name).is_file():
            shutil.copyfile(source.model / name, folder / name)
    compared = _compare(source, form, folder)
    record = {
        "source": {"name": source.name, "files": dict(source.hashes)},
        "form": form,
        "weights": kept,
        "dtype": _dtype_of(folder) if form == "merged" else "float32",
        "compared": compared,
        "versions": library_versions_in_use(),
        "files": list_files(folder),
    }
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if source.card is not None:
        copy_card(source.card, folder)
    return record


def copy_card(card: Path, folder: Path) -> None:
    """Everything of a card's folder that is published, beside what is there."""
    for path in sorted(path for pattern in CARD_PARTS for path in card.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            shutil.copyfile(path, folder / path.name)


def read_record(folder: Path) -> dict[str, Any] | None:
    """What export.json says, None where there is none. Raises InputError for one that is damaged."""
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files, named = content["files"], content["source"]["files"]
        well_formed = all(isinstance(one["sha256"], str) for one in files.values()) and isinstance(named, dict)
        well_formed = well_formed and isinstance(content["weights"], str) and content["form"] in ("merged", "adapter")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        well_formed = False
    if not well_formed:
        raise InputError("this is no record of an export", where=str(path), fix="Export the model again.")
    return dict(content)


def _write_merged(source: Source, dtype: Dtype | None, folder: Path) -> str:
    """Write the weights and their configuration; how they relate to the source's, in words."""
    from acord.models import stored_dtype

    model = source.model
    if (model / SETTINGS).is_file():
        shutil.copyfile(model / SETTINGS, folder / SETTINGS)
    stored = stored_dtype(model)
    if dtype in (None, stored):
        shutil.copyfile(model / CONFIG, folder / CONFIG)
        if fits_as_it_is(model):
            copy_weights(model, folder)
            return "the same files"
        write_weights(model, folder, None)
        if not same_tensors(model, folder):
            raise CheckFailed("the tensors that were written are not the source's", where=source.name)
        return "the same tensors in smaller files"
    config = cast_config(json.loads((model / CONFIG).read_text(encoding="utf-8")), dtype)
    (folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    write_weights(model, folder, dtype)
    return f"cast from {stored} to {dtype}"


def _copy_adapter(source: Source, folder: Path) -> str:
    if source.adapter is None:
        raise InputError(
            "no trained adapter is there: only a run with align.adapter trains one, and it must have kept it",
            where=source.name,
            fix="Take --form merged, or run it with align.adapter.",
        )
    for name in ADAPTER_FILES:
        if not (source.adapter / name).is_file():
            raise InputError(
                f"the adapter lacks {name}", where=source.name, fix="Remove the artefact of align and run it again."
            )
        shutil.copyfile(source.adapter / name, folder / name)
    config = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    named = {**config, "base_model_name_or_path": source.base_name}
    (folder / ADAPTER_CONFIG).write_text(json.dumps(named, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return f"the adapter as trained, for {source.base_name}"


def _compare(source: Source, form: Form, folder: Path) -> dict[str, Any]:
    """Load the source, then what was written, and hold one against the other."""
    from acord.card.same_words import COMPUTED_IN, NEW_TOKENS, difference, words_of

    expected = words_of(source.model, _on_device(_loaded(source.model)))
    found = words_of(folder, _on_device(_loaded(folder) if form == "merged" else _with_adapter(source, folder)))
    fault = difference(expected, found)
    if fault is not None:
        fix = "Take --form merged." if form == "adapter" else "Leave out --dtype, or take a type that holds more."
        raise CheckFailed(f"the export does not say what its source says, so nothing is left: {fault}", fix=fix)
    counts: dict[str, int] = {}
    for prompt in PROMPTS:
        counts[prompt.language] = counts.get(prompt.language, 0) + 1
    return {
        "prompts": counts,
        "token_ids": sum(len(ids) for ids in expected.ids.values() if not isinstance(ids, str)),
        "continued_tokens": sum(map(len, expected.replies.values())),
        "new_tokens_at_most": NEW_TOKENS,
        "computed_in": COMPUTED_IN,
        "result": "equal",
    }


def _loaded(folder: Path) -> Any:
    from acord.models import load_model

    return load_model(folder)


def _on_device(model: Any) -> Any:
    import torch

    return model.to("cuda" if torch.cuda.is_available() else "cpu")


def _with_adapter(source: Source, folder: Path) -> Any:
    """The base with the adapter on it, as whoever loads the export has it."""
    from peft import PeftModel

    if source.base is None:
        raise ValueError("an adapter belongs to a run, and a run has a base")
    return PeftModel.from_pretrained(_loaded(source.base), folder).get_base_model().eval()


def _dtype_of(folder: Path) -> str:
    from acord.models import stored_dtype

    return stored_dtype(folder)


def check_weights_are_there(folder: Path) -> None:
    """Raises InputError where neither whole merged weights nor an adapter lie in a folder."""
    if not all((folder / name).is_file() for name in ADAPTER_FILES):
        weight_files(folder)
