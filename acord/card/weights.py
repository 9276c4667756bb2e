"""The weights beside a card, held against what the training wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from acord.card.fault import Fault
from acord.hashing import hash_file
from acord.manifest import Manifest

MODEL = "model/"
# Files that hold weights, or may: none may lie there that the run did not write.
WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.gguf")


class Weights(NamedTuple):
    """checked: files of the model that are as the training wrote them, or at fault. absent: those that are not here."""

    checked: tuple[str, ...]
    absent: tuple[str, ...]
    faults: list[Fault]


def check_weights(folder: Path, manifest: Manifest) -> Weights:
    """Weights, tokenizer and configuration in `folder` against the hashes of the stage align."""
    return hold_against(folder, {
        name.removeprefix(MODEL): str(entry["sha256"])
        for name, entry in manifest.files.items()
        if name.startswith(MODEL)
    })  # fmt: skip


def hold_against(folder: Path, hashes: Mapping[str, str]) -> Weights:
    """Files by name and sha256; weights of other names are at fault, where any of these weights lie here."""
    here = [name for name in hashes if (folder / name).is_file()]
    faults = []
    for name in here:
        found = hash_file(folder / name)
        if found != hashes[name]:
            faults.append(Fault(name, None, "the file is not what the training wrote", hashes[name], found))
    others = sorted({path.name for pattern in WEIGHTS for path in folder.glob(pattern)} - set(hashes))
    faults += [Fault(name, None, "the training wrote no such weights") for name in others]
    return Weights((*here, *others), tuple(name for name in hashes if name not in here), faults)
