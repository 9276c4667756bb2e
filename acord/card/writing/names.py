"""What is named again and again in a card: the base model, the method, places on the hub, licences."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from acord.bundled import BUNDLED
from acord.card.evidence import Evidence
from acord.card.writing.markdown import code, link, md
from acord.card.writing.wording import Wording
from acord.recipe import Align, Recipe, Source

HUB = "https://huggingface.co/"
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+")
DATA_ADDRESS = re.compile(r"hf://(?P<name>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+))?(?:/.*)?")


class Licence(NamedTuple):
    """id: as the hub writes it. name, url: for people."""

    id: str
    name: str
    url: str


_SPDX = "https://spdx.org/licenses/{}.html"
LICENCES = {
    one.lower(): Licence(one.lower(), name, _SPDX.format(one))
    for one, name in (
        ("Apache-2.0", "Apache License 2.0"),
        ("MIT", "MIT License"),
        ("CC0-1.0", "Creative Commons Zero 1.0"),
        ("CC-BY-4.0", "Creative Commons Attribution 4.0"),
        ("CC-BY-SA-4.0", "Creative Commons Attribution-ShareAlike 4.0"),
        ("CC-BY-NC-4.0", "Creative Commons Attribution-NonCommercial 4.0"),
        ("CC-BY-NC-SA-4.0", "Creative Commons Attribution-NonCommercial-ShareAlike 4.0"),
        ("GPL-3.0", "GNU General Public License 3.0"),
        ("AGPL-3.0", "GNU Affero General Public License 3.0"),
        ("BSD-3-Clause", "BSD 3-Clause License"),
        ("MPL-2.0", "Mozilla Public License 2.0"),
        ("EUPL-1.2", "European Union Public Licence 1.2"),
        ("ODC-By-1.0", "Open Data Commons Attribution 1.0"),
    )
}


def title_of(recipe: Recipe) -> str:
    """The model's name for the public, as it was given."""
    return (recipe.card.title if recipe.card else None) or recipe.name


def model_id(recipe: Recipe) -> str:
    """What `from_pretrained` is given: the repository, or the folder's name where there is none yet."""
    return (recipe.card.repository if recipe.card else None) or recipe.name


def base_on_hub(recipe: Recipe) -> str | None:
    """The base model's name on the hub; None for one from elsewhere."""
    return recipe.model.base if HUB_NAME.fullmatch(recipe.model.base) else None


def is_random(recipe: Recipe) -> bool:
    """Whether training began from random weights."""
    return recipe.model.base.startswith("random:")


def base_shown(recipe: Recipe, words: Wording) -> str:
    """The base model in a sentence: a link where it is on the hub."""
    name, revision = base_on_hub(recipe), recipe.model.revision
    if name is not None:
        at = f"/tree/{revision}" if revision else ""
        return link(md(name), f"{HUB}{name}{at}")
    if recipe.model.base.startswith(BUNDLED):
        return words.say("base_bundled")
    if is_random(recipe):
        return words.say("base_random", base=code(recipe.model.base))
    return code(recipe.model.base)


def method_shown(align: Align, words: Wording) -> str:
    """The method in a sentence."""
    if align.method == "sft":
        name = "sft"
    elif align.loss == "dpo" and align.label_smoothing:
        name = "cdpo"
    else:
        name = align.loss
    method = words.say(f"method_{name}")
    return method if align.adapter is None else words.say("method_adapter", method=method, rank=align.adapter.rank)


def data_set_of(source: Source) -> tuple[str, ...]:
    """Names on the hub of the data sets that a source reads, each once."""
    found = [DATA_ADDRESS.fullmatch(path) for path in (*source.paths, *source.against_paths)]
    return tuple(dict.fromkeys(one["name"] for one in found if one is not None))


def is_local(source: Source) -> bool:
    """Whether a source also reads files of its owners."""
    paths = (*source.paths, *source.against_paths)
    return any(DATA_ADDRESS.fullmatch(path) is None and not path.startswith(BUNDLED) for path in paths)


def is_bundled(source: Source) -> bool:
    """Whether a source reads the samples that come with Acord."""
    return any(path.startswith(BUNDLED) for path in source.paths)


def data_set_link(name: str) -> str:
    """A data set of the hub."""
    return link(md(name), f"{HUB}datasets/{name}")


def licence_shown(licence: str | None, words: Wording) -> str:
    """A licence, linked where it is one of the usual ones."""
    if not licence:
        return words.say("unknown")
    known = LICENCES.get(licence.lower())
    return md(licence) if known is None else link(known.name, known.url)


def languages_of(evidence: Evidence) -> Iterable[str]:
    """Languages of the pairs that were trained on or held out."""
    return evidence.counts.by_language
