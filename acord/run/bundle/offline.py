"""Running from a bundle: no library asks any hub, and what is missing is told before the first stage starts."""

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from acord.console import say
from acord.errors import AcordError, InputError
from acord.evaluate import registry
from acord.evaluate.availability import check_rows
from acord.evaluate.suite import load_suite
from acord.languages import text
from acord.recipe import Endpoint, Recipe, load_recipe
from acord.run.bundle.lacks import missing_from
from acord.run.bundle.layout import Bundle, read_bundle
from acord.run.bundle.unpack import BUNDLES, PREPARED, placed, unpack, unpack_artefacts
from acord.run.bundle.wants import suites_of, with_places
from acord.run.store import Store

SWITCHED_OFF = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_EVALUATE_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    "WANDB_MODE": "offline",
}
# Names of places that would lead past the bundle's cache.
OTHER_NAMES = ("HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE", "HF_HUB_CACHE")
PROBE_SECONDS = 3.0


def from_bundle(folder: Path, recipe_file: Path, runs: Path, cache: Path | None) -> Recipe:
    """Make ready to run without a network: check, unpack, switch the hub off, and return the recipe with its places.

    cache: where to unpack, under `runs` where None. After a line for each thing that is missing raises InputError. To
    be called before any library of the hub is imported.
    """
    bundle = read_bundle(folder)
    recipe = load_recipe(recipe_file)
    _refuse(missing_from(folder, recipe), folder)
    place = unpack(bundle, folder, cache or runs / BUNDLES).resolve()
    unpack_artefacts(bundle, folder, runs)
    switch_off(place)
    located = with_places(recipe, placed(bundle, place))
    _refuse([*_rows(bundle, located), *_machine(located, _finished(located, runs))], folder)
    return located


def switch_off(place: Path) -> None:
    """Environment variables, which processes that are started inherit: no hub, and the bundle's caches."""
    if "huggingface_hub.constants" in sys.modules:
        raise RuntimeError("libraries of the hub read their variables when they are imported, and have been")
    for name in OTHER_NAMES:
        os.environ.pop(name, None)
    os.environ.update(SWITCHED_OFF)
    os.environ["HF_HOME"] = str(place)
    os.environ["HF_HUB_CACHE"] = str(place / "hub")
    os.environ["HF_DATASETS_CACHE"] = str(place / "datasets")
    os.environ["HF_MODULES_CACHE"] = str(place / "modules")
    os.environ[registry.PREPARED] = str(place / PREPARED)


def _refuse(lacking: Sequence[str], folder: Path) -> None:
    for line in lacking:
        say(line)
    if lacking:
        raise InputError(
            f"not all is there to run without a network: {len(lacking)} things are missing",
            where=str(folder),
            fix="Mend what the lines above name: copy parts again, or make the bundle anew on a connected machine.",
        )


def _rows(bundle: Bundle, recipe: Recipe) -> Iterator[str]:
    """Rows whose data cannot be read from the bundle, but for those that it was made without."""
    for name in suites_of(recipe):
        suite = load_suite(name)
        for one in check_rows(suite):
            key = f"{suite.name}/{one.row}"
            if one.state != "present" and key not in bundle.left_out:
                yield text("bundle_lacks_row", row=key, reason=one.shown())


def _finished(recipe: Recipe, runs: Path) -> set[str]:
    """Stages that are there, whose servers are not asked again; none where that cannot be seen yet."""
    from acord.run.identity import Outside
    from acord.run.line import locate_bundled, steps_of
    from acord.run.stages import STAGES

    store = Store(runs)
    hashes = store.hashes()
    try:
        steps = steps_of(locate_bundled(recipe), STAGES, Outside(hashes, fetch=True))
    except AcordError:
        return set()  # the run tells it
    hashes.save()
    return {step.stage.name for step in steps if store.is_complete(step.stage.name, step.key)}


def _machine(recipe: Recipe, finished: set[str]) -> Iterator[str]:
    """Programs and servers that no bundle holds, of stages that are still to be run."""
    for source in recipe.data.sources:
        if source.translate is not None and source.translate.through == "apertium" and not shutil.which("apertium"):
            yield text("bundle_lacks_program", where=f"data.sources.{source.name}", name="apertium")
    judges = recipe.judge.panel if recipe.judge and "judge" not in finished else []
    engines = [section.engine for section in (recipe.evaluate, recipe.judge) if section]
    if ("vllm" in engines or any(judge.serve for judge in judges)) and importlib.util.find_spec("vllm") is None:
        yield text("bundle_lacks_program", where="engine, judge.serve", name="vllm")
    yield from _servers(recipe, finished)


def _servers(recipe: Recipe, finished: set[str]) -> Iterator[str]:
    asked: dict[str, str] = {}
    for source in recipe.data.sources if "pairs" not in finished else []:
        through = source.translate.through if source.translate else source.rejected_from
        if isinstance(through, Endpoint):
            asked.setdefault(through.url, f"data.sources.{source.name}")
    for judge in recipe.judge.panel if recipe.judge and "judge" not in finished else []:
        if judge.endpoint is not None:
            asked.setdefault(judge.endpoint, f"judge: {judge.shown}")
    for url, key in asked.items():
        if not _answers(url):
            yield text("bundle_lacks_server", where=key, host=urlsplit(url).netloc.rpartition("@")[2])


def _answers(url: str) -> bool:
    address = urlsplit(url)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        with socket.create_connection((address.hostname or "", port), timeout=PROBE_SECONDS):
            return True
    except (OSError, ValueError):
        return False
