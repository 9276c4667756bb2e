"""`acord card build`: a card of the run as it was measured; nothing is made anew, and nothing edited becomes a card."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.run.card import build_card_of, card_at_fault
from tests.card.made import Made

# Wherever the keys of a run would be others today, as after an update of a library.
NEWER = "acord.run.line.library_versions"


@pytest.fixture
def run(made: Made, tmp_path: Path) -> Path:
    """A copy of the whole run."""
    runs = made.inputs["pairs"].parents[1]
    return Path(shutil.copytree(runs, tmp_path / "runs", symlinks=True)) / "tiny"


def artefacts(run: Path) -> set[str]:
    return {path.name for path in (run.parent / "artefacts").iterdir()}


@pytest.mark.parametrize(
    ("file", "content"),
    [("align/metrics.jsonl", lambda old: old.replace(b"0.6", b"0.5")), ("pairs/dropped.parquet", lambda old: old[:-9])],
)
def test_what_was_edited_after_the_run_is_refused_and_not_made_anew(
    run: Path, file: str, content: Callable[[bytes], bytes]
) -> None:
    before = artefacts(run)
    path = run / file
    old = path.read_bytes()
    path.write_bytes(content(old))
    assert path.read_bytes() != old
    with pytest.raises(InputError, match="changed after the run"):
        build_card_of(run)
    assert artefacts(run) == before
    assert path.read_bytes() == content(old)


def test_a_run_that_is_not_finished_and_a_folder_that_is_none(run: Path) -> None:
    (run / "evaluate").unlink()
    with pytest.raises(InputError, match="the run has no evaluate yet"):
        build_card_of(run)
    (run / "evaluate").symlink_to((run / "align").readlink())
    with pytest.raises(InputError, match="the link is to another artefact"):
        build_card_of(run)
    with pytest.raises(InputError, match="this is no run"):
        build_card_of(run.parent)


@pytest.mark.slow
def test_neither_newer_libraries_nor_lost_sources_make_the_model_anew(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = run / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace(".jsonl", "-lost.jsonl"), encoding="utf-8")
    monkeypatch.setattr(NEWER, lambda names: dict.fromkeys(names, "99.0"))
    before = artefacts(run)
    built = build_card_of(run)
    assert {name.split("-")[0] for name in artefacts(run) - before} == {"answers", "card"}
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["complete"]
    # A card that somebody edited since is written again; one that nobody edited is not.
    assert card_at_fault(built.folder) is None
    readme = built.folder / "README.md"
    readme.write_bytes(readme.read_bytes().replace(b"7", b"8", 1))
    assert card_at_fault(built.folder) == "README.md was edited"
