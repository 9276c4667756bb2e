"""What is known of a recipe's base model without loading it: its shape, its weights, its tokenizer's file."""

import json
import re
from pathlib import Path
from typing import NamedTuple

from acord.align.shape import Shape, shape_of_config, shape_of_random
from acord.errors import InputError
from acord.recipe import Recipe
from acord.run.estimates.ground import Ground

# Published shapes of models that are not here yet, by a pattern of their names.
PUBLISHED = (
    (r"(salamandra|aitana)-2b", Shape(24, 2_048, 5_440, 2_048, 2_048, 256_000, tied=False)),
    (r"(salamandra|aitana)-7b", Shape(32, 4_096, 11_008, 4_096, 1_024, 256_000, tied=False)),
)


class Base(NamedTuple):
    """folder: where the model lies, None where it is made or fetched later. stored: bytes of a weight in its files."""

    shape: Shape
    parameters: float
    stored: int
    folder: Path | None
    ground: Ground

    @property
    def tokenizer(self) -> Path | None:
        """The tokenizer's own file, where it is there."""
        file = None if self.folder is None else self.folder / "tokenizer.json"
        return file if file is not None and file.is_file() else None


def look_at_base(recipe: Recipe, base_artefact: Path | None) -> Base | None:
    """None where nothing is known of it. base_artefact: the finished `base`, where there is one. Fetches nothing."""
    from acord.models import find_model, model_path
    from acord.run.identity import fetched_model

    name = recipe.model.base
    if base_artefact is not None:
        return _of_folder(model_path(base_artefact))
    if name.startswith("random:"):
        shape = shape_of_random(name, recipe.model.vocabulary)
        return Base(shape, shape.parameters, 4, None, Ground("shape_named", {"base": name}))
    try:
        return _of_folder(find_model(fetched_model(recipe.model).base))
    except InputError:
        found = next((shape for pattern, shape in PUBLISHED if re.search(pattern, name, re.IGNORECASE)), None)
    if found is None:
        return None
    return Base(found, found.parameters, 2, None, Ground("shape_published", {"base": name}))


def _of_folder(folder: Path) -> Base:
    from acord.models import stored_dtype

    shape = shape_of_config(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    width = 4 if stored_dtype(folder) == "float32" else 2
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return Base(shape, size / width or shape.parameters, width, folder, Ground("shape_read"))
