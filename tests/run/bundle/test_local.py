"""Wheels of a lock file, from an index that is a folder; and what comes of a bundle of local files."""

import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from acord.errors import InputError
from acord.recipe import load_recipe
from acord.run.bundle.gather import make_bundle
from acord.run.bundle.layout import read_bundle
from acord.run.bundle.unpack import placed, unpack
from acord.run.bundle.verify import verify
from acord.run.bundle.wants import with_places

PAIR = '{"prompt": "What is one?", "chosen": "A number.", "rejected": "No."}\n'


def recipe_of(folder: Path) -> Path:
    """A recipe that names a file, a folder, a template and a suite that extends another one beside it."""
    (folder / "data/more").mkdir(parents=True)
    (folder / "data/pairs.jsonl").write_text(PAIR)
    (folder / "data/more/a.jsonl").write_text(PAIR)
    (folder / "data/more/notes.txt").write_text("of nobody's concern")
    (folder / "chat.jinja").write_text("{{ messages }}")
    (folder / "tasks").mkdir()
    (folder / "tasks/helper.py").write_text("X = 1\n")
    (folder / "suite.yaml").write_text(
        yaml.safe_dump({"name": "mine", "title": "Mine", "extends": "under.yaml", "include": ["tasks"], "rows": []})
    )
    (folder / "under.yaml").write_text(yaml.safe_dump({"name": "under", "title": "U", "extends": "bundled"}))
    sources = [
        {"name": "one", "format": "pairs", "path": str(folder / "data/pairs.jsonl"), "language": "en"},
        {"name": "two", "format": "pairs", "path": str(folder / "data/more"), "language": "en"},
    ]
    file = folder / "recipe.yaml"
    recipe = {
        "name": "mine",
        "model": {"base": "bundled:model"},
        "data": {"sources": sources},
        "chat": {"template": str(folder / "chat.jinja")},
        "evaluate": {"suite": str(folder / "suite.yaml")},
    }
    file.write_text(yaml.safe_dump(recipe))
    return file


def test_local_files_come_along_and_the_recipe_finds_them(tmp_path: Path) -> None:
    there = tmp_path / "there"
    recipe_file = recipe_of(there)
    folder = tmp_path / "bundle"
    made = make_bundle(recipe_file, folder, tmp_path / "runs")
    assert sorted(path.name for path in folder.iterdir()) == ["bundle.json", "files-000.tar", "recipe.yaml"]
    names = {entry.path.removeprefix(f"files{there}/") for entry in made.bundle.entries}
    assert names == {
        "data/pairs.jsonl",
        "data/more/a.jsonl",
        "chat.jinja",
        "suite.yaml",
        "under.yaml",
        "tasks/helper.py",
    }
    there.rename(tmp_path / "gone")
    bundle = read_bundle(folder)
    place = unpack(bundle, folder, tmp_path / "cache")
    recipe = with_places(load_recipe(folder / "recipe.yaml"), placed(bundle, place))
    assert [Path(path).is_relative_to(place) for source in recipe.data.sources for path in source.paths] == [True, True]
    assert Path(recipe.data.sources[0].paths[0]).read_text() == PAIR
    assert Path(recipe.chat.template).read_text() == "{{ messages }}"
    assert recipe.evaluate is not None
    from acord.evaluate.suite import load_suite

    assert len(load_suite(recipe.evaluate.suite).rows) == len(load_suite("bundled").rows)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "files-000.tar").write_text("of somebody's own")
    with pytest.raises(InputError, match=r"holds something else: files-000\.tar"):
        make_bundle(recipe_of(tmp_path / "there"), folder, tmp_path / "runs")
    assert [path.name for path in folder.iterdir()] == ["files-000.tar"]


@pytest.mark.slow
def test_wheels_are_those_of_the_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    for version in ("1.0", "2.0"):
        wheel(index, version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    lock = tmp_path / "requirements.lock"
    lock.write_text("nothing-much==1.0\n")
    folder = tmp_path / "bundle"
    recipe_file = recipe_of(tmp_path / "there")
    make_bundle(recipe_file, folder, tmp_path / "runs", wheels=lock)
    assert not verify(folder).faults
    with tarfile.open(folder / "wheels-000.tar") as tar:
        assert tar.getnames() == ["wheels/nothing_much-1.0-py3-none-any.whl"]
    assert not (folder / ".wheels").exists()
    lock.write_text("nothing-much==3.0\n")
    with pytest.raises(InputError, match=r"pip download failed: .*nothing-much==3.0"):
        make_bundle(recipe_file, folder, tmp_path / "runs", wheels=lock)


def wheel(index: Path, version: str) -> None:
    """A distribution that holds nothing."""
    index.mkdir(exist_ok=True)
    about = f"nothing_much-{version}.dist-info"
    with zipfile.ZipFile(index / f"nothing_much-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: nothing-much\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
