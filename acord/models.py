"""Models and tokenizers: found, checked, made at random, loaded, saved as folders that transformers loads alone."""

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from acord.bundled import BUNDLED, bundled_path
from acord.errors import InputError
from acord.recipe import RANDOM_BASE, Model

# Heavy imports stay inside functions: identities and paths are asked for before anything runs.

HEAD_WIDTH = 64
SAVE_AGAIN = "Save the model again with save_pretrained."
CONTEXT = 4_096
END_OF_TURN = "<|im_end|>"
START_OF_TURN = "<|im_start|>"
PADDING = "<|endoftext|>"
WEIGHT_FILES = ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json")
TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "chat_template.jinja", "added_tokens.json", "vocab*")


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def base_identity(model: Model, *, digest: Callable[[Path], str] = sha256_of) -> dict[str, Any]:
    """What the base is, for a stage's key: its shape when random, otherwise the digest of every file that counts.

    Raises InputError when there is no such model.
    """
    if is_random(model):
        return {"kind": "random", "base": model.base, "vocabulary": model.vocabulary}
    folder = find_model(model.base, model.revision)
    files = sorted({path for pattern in (*WEIGHT_FILES, *TOKENIZER_FILES) for path in folder.glob(pattern)})
    return {"kind": "weights", "files": {path.name: digest(path) for path in files if path.is_file()}}


def is_random(model: Model) -> bool:
    """Whether the base starts from random weights. Raises InputError for a shape that cannot be read."""
    if not model.base.startswith("random:"):
        return False
    _random_shape(model.base)
    return True


def _random_shape(base: str) -> tuple[int, int]:
    match = re.match(RANDOM_BASE, base)
    layers, hidden = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= layers <= 200 or not 64 <= hidden <= 16_384 or hidden % HEAD_WIDTH:
        raise InputError(
            f"no random base is called {base}",
            where="model.base",
            fix=f"Write random:llama-LxD with L layers and D a multiple of {HEAD_WIDTH}, such as random:llama-8x512.",
        )
    return layers, hidden


def find_model(base: str, revision: str | None = None) -> Path:
    """The folder of a model: a local one, `bundled:model`, or a hub name fetched (or taken from the cache).

    Raises InputError when it does not exist or is no model with safetensors weights.
    """
    folder = bundled_path(base.removeprefix(BUNDLED)) if base.startswith(BUNDLED) else Path(base)
    try:
        here = folder.exists()
    except OSError as error:
        raise InputError(f"no such model: {error.strerror}", where=base, fix="Give a folder or a hub name.") from None
    if not here:
        folder = _fetch(base, revision)
    if not folder.is_dir() or not (folder / "config.json").is_file():
        raise InputError("this is no model folder: it has no config.json", where=base, fix="Give a saved model.")
    _check_config(folder / "config.json")
    if not any(folder.glob("*.safetensors")):
        raise InputError(
            "the model has no .safetensors weights, and pickled ones are never loaded",
            where=base,
            fix=SAVE_AGAIN,
        )
    return folder


def _check_config(file: Path) -> None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise InputError("this is no JSON object", where=str(file), fix=SAVE_AGAIN)


def _fetch(base: str, revision: str | None) -> Path:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", base) or base.startswith("."):
        raise InputError("no such model", where=base, fix="Give a folder or a hub name such as owner/name.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = [*WEIGHT_FILES, *TOKENIZER_FILES]
    try:
        return Path(snapshot_download(base, revision=revision, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError):
        raise InputError(
            "no such model here, and it cannot be fetched from the hub",
            where=base,
            fix="Check the name, or download it where there is a network (hf download) and give the folder.",
        ) from None


def build_base(model: Model, *, seed: int, pairs_folder: Path | None, folder: Path) -> dict[str, Any]:
    """The `base` stage: write folder/base.json, and folder/model when the base is random.

    pairs_folder: where the tokenizer of a random base learns its vocabulary. Figures: parameters, vocabulary, dtype.
    """
    if is_random(model):
        if pairs_folder is None:
            raise ValueError("a random base learns its tokenizer from pairs")
        from acord.data.pairs import read_pairs

        texts = [
            text
            for pair in read_pairs(pairs_folder)
            if pair.split == "train"
            for text in (*(message["content"] for message in pair.prompt), pair.chosen, pair.rejected)
        ]
        tokenizer = train_tokenizer(texts, model.vocabulary)
        target = folder / "model"
        _save_random(model.base, tokenizer, seed, target)
        path = "model"
    else:
        target = find_model(model.base, model.revision).resolve()
        path = _place_from(folder, target)
    (folder / "base.json").write_text(json.dumps({"model": path, "asked_for": model.base}, indent=2) + "\n")
    return _shape_of(target)


def _place_from(folder: Path, model: Path) -> str:
    """A model's place as base.json states it: seen from there where it lies in the same folder of runs, as what is
    unpacked of a bundle does, so that runs that are moved keep what they have.
    """
    runs = folder.resolve().parent.parent
    return os.path.relpath(model, folder.resolve()) if runs in model.parents else str(model)


def _shape_of(folder: Path) -> dict[str, Any]:
    parameters, types = 0, set()
    for file in sorted(folder.glob("*.safetensors")):
        for tensor in _tensors_of(file):
            parameters += math.prod(tensor.shape)
            types.add(tensor.dtype)
    config = json.loads((folder / "config.json").read_text())
    return {
        "parameters": parameters,
        "dtype": "+".join(sorted(types)),
        "vocabulary": config.get("vocab_size"),
        "architecture": (config.get("architectures") or ["?"])[0],
    }


class _Tensor(NamedTuple):
    shape: list[int]
    dtype: str


def _tensors_of(file: Path) -> list[_Tensor]:
    """What a file of weights holds. Raises InputError where it is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="np") as weights:
            parts = [weights.get_slice(name) for name in weights.keys()]  # noqa: SIM118  the handle is no dict
            return [_Tensor(part.get_shape(), str(part.get_dtype())) for part in parts]
    except SafetensorError as error:
        raise InputError(f"the weights are damaged: {error}", where=str(file), fix=SAVE_AGAIN) from None


def stored_dtype(folder: Path) -> str:
    """The type in which a model's weights are stored, as its configuration says; exports keep it."""
    config = json.loads((folder / "config.json").read_text())
    return str(config.get("dtype") or config.get("torch_dtype") or "float32")


def model_path(base_folder: Path) -> Path:
    """The model's folder, as a finished `base` artefact names it."""
    path = Path(json.loads((base_folder / "base.json").read_text())["model"])
    if path.is_absolute():
        return path
    return (base_folder / path).resolve() if ".." in path.parts else base_folder / path


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-level BPE tokenizer (Sennrich et al. 2016) with the control tokens and template of ChatML.

    Any text survives encoding and decoding unchanged. vocabulary: entries at most; little text gives fewer.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from acord.chat import CHATML

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PADDING, START_OF_TURN, END_OF_TURN],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TURN,
        pad_token=PADDING,
        additional_special_tokens=[START_OF_TURN],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHATML
    return wrapped


def _save_random(base: str, tokenizer: Any, seed: int, folder: Path) -> None:
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    layers, hidden = _random_shape(base)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=round(hidden * 8 / 3 / 32) * 32,
        num_hidden_layers=layers,
        num_attention_heads=hidden // HEAD_WIDTH,
        num_key_value_heads=hidden // HEAD_WIDTH,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
        max_new_tokens=256,
    )
    save_model(model, tokenizer, folder)


def save_model(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write weights (safetensors), configuration and tokenizer: what `from_pretrained` needs, nothing of ours."""
    _quiet()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _quiet() -> None:
    """Progress is shown by acord.console, and by nobody else."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def load_model(folder: Path, dtype: str = "float32") -> Any:
    """The causal model of a folder, in evaluation mode (dropout off). dtype: a torch type's name, or `auto`.

    Raises InputError when transformers does not know the model or its files are damaged.
    """
    import torch
    from transformers import AutoModelForCausalLM

    _quiet()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype if dtype == "auto" else getattr(torch, dtype),
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    except Exception as error:
        # What transformers and safetensors raise for damaged files and odd configurations is of no common kind.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"transformers cannot load this model: {lines[0].rstrip(' .')}",
            where=str(folder),
            fix="Give a causal language model that it knows, undamaged.",
        ) from error
    return model.eval()


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer beside the weights. Raises InputError when there is none that can be read."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:
        # As for models: what is raised is of no common kind. It reads config.json too.
        raise InputError(
            "the folder has no tokenizer that transformers can load",
            where=str(folder),
            fix="Save the tokenizer beside the weights (tokenizer.save_pretrained).",
        ) from error
