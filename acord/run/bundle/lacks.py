"""What a recipe needs and a bundle does not hold, told before anything is unpacked or started."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path

from acord.errors import AcordError
from acord.evaluate.suite import load_suite
from acord.languages import text
from acord.recipe import Recipe
from acord.run.bundle.layout import Bundle, Repository, read_bundle
from acord.run.bundle.verify import size_fault
from acord.run.bundle.wants import (
    HubSource,
    files_of,
    hub_source,
    is_hub_name,
    models_of,
    suite_files_of,
    suites_of,
)


def missing_from(folder: Path, recipe: Recipe) -> list[str]:
    """One line for each thing that the recipe needs and the bundle in `folder` lacks; empty where it has all.

    Parts are seen by their size, which takes no time. Raises InputError for a folder that is no finished bundle.
    """
    bundle = read_bundle(folder)
    faults = (size_fault(folder, part) for part in bundle.parts if not part.name.startswith("wheels"))
    parts = [fault.shown() for fault in faults if fault is not None]
    return list(dict.fromkeys([*parts, *_models(bundle, recipe), *_sources(bundle, recipe), *_files(bundle, recipe),
                               *_rows(bundle, recipe)]))  # fmt: skip


def _models(bundle: Bundle, recipe: Recipe) -> Iterator[str]:
    for wanted in models_of(recipe):
        if wanted.place in bundle.local:
            continue
        if is_hub_name(wanted.place):
            found = _repository(bundle, "model", wanted.place, wanted.revision)
            if found is None or "config.json" not in found.files:
                shown = wanted.place + (f"@{wanted.revision}" if wanted.revision else "")
                yield text("bundle_lacks_model", where=wanted.key, name=shown)
        elif not Path(wanted.place).expanduser().exists():
            yield text("bundle_lacks_file", where=wanted.key, name=wanted.place)


def _sources(bundle: Bundle, recipe: Recipe) -> Iterator[str]:
    for source in recipe.data.sources:
        for place in (*source.paths, *source.against_paths):
            wanted = hub_source(place)
            if wanted is not None and not _is_there(bundle, wanted):
                yield text("bundle_lacks_data", where=f"data.sources.{source.name}", name=place)


def _is_there(bundle: Bundle, wanted: HubSource) -> bool:
    found = _repository(bundle, "dataset", wanted.name, wanted.revision)
    if found is None:
        return False
    patterns = [wanted.inside, f"{wanted.inside}/*"] if wanted.inside else ["*"]
    return any(fnmatch.fnmatch(file, pattern) for file in found.files for pattern in patterns)


def _repository(bundle: Bundle, kind: str, name: str, revision: str | None) -> Repository | None:
    """The repository at the revision that is asked for, by the name that was asked for or by its commit."""
    for one in bundle.repositories:
        if (one.kind, one.name) == (kind, name) and (one.revision == revision or one.commit == revision):
            return one
    return None


def _files(bundle: Bundle, recipe: Recipe) -> Iterator[str]:
    for wanted in (*files_of(recipe), *suite_files_of(recipe)):
        if wanted.place not in bundle.local and not Path(wanted.place).expanduser().exists():
            yield text("bundle_lacks_file", where=wanted.key, name=wanted.place)


def _rows(bundle: Bundle, recipe: Recipe) -> Iterator[str]:
    """Rows of suites that the bundle knows nothing of. Of a suite's file that is still packed, the names are enough."""
    for name in suites_of(recipe):
        if name in bundle.local:
            continue
        try:
            suite = load_suite(name)
        except AcordError:
            continue  # told among the files
        known = bundle.rows.keys() | bundle.left_out.keys()
        lacking = [row.id for row in suite.rows if f"{suite.name}/{row.id}" not in known]
        if lacking:
            yield text("bundle_lacks_rows", suite=suite.name, rows=", ".join(lacking))
