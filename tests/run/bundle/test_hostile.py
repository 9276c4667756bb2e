"""Manifests of others: no name leads outside, and no link that lies in the way is written through."""

import json
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError
from acord.hashing import digest
from acord.run.bundle.layout import MANIFEST, Bundle, read_bundle, safe_name, write_bundle
from acord.run.bundle.parts import write_parts
from acord.run.bundle.unpack import unpack
from tests.run.bundle.test_parts import COMMIT, finish, member_of


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    source = tmp_path / "weights"
    source.write_bytes(b"weights")
    member = member_of("hub/models--o--n/blobs/b", "models", source)
    folder = tmp_path / "bundle"
    return finish(folder, write_parts([member], folder, part_bytes=1_000))


def changed(folder: Path, change: Any) -> None:
    """Change the manifest, with a digest that is right, as somebody would who wants to be believed."""
    content = json.loads((folder / MANIFEST).read_text())
    change(content)
    fields = {name: value for name, value in content.items() if name not in ("format", "digest")}
    (folder / MANIFEST).write_text(json.dumps({**content, "digest": digest(fields)}))


BAD_NAMES = ("../../../evil", "/evil", "hub/../../evil", "hub//evil", "hub/./evil", "", "hub\\..\\evil", "a\0b")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leads_elsewhere_is_refused_wherever_it_stands(bundle: Bundle, tmp_path: Path, name: str) -> None:
    assert not safe_name(name)

    def entry(content: Any) -> None:
        content["entries"][0]["path"] = name

    def file(content: Any) -> None:
        content["repositories"][0]["files"] = {name: bundle.entries[0].path}

    def revision(content: Any) -> None:
        content["repositories"][0]["revision"] = name

    def repository(content: Any) -> None:
        content["repositories"][0]["name"] = name

    def local(content: Any) -> None:
        content["local"] = {"data.jsonl": name}

    def part(content: Any) -> None:
        content["parts"][0]["name"] = name

    def commit(content: Any) -> None:
        content["repositories"][0]["commit"] = name

    def artefact(content: Any) -> None:
        content["artefacts"] = [name]

    for change in (entry, file, revision, repository, local, part, commit, artefact):
        folder = tmp_path / "bundle"
        write_bundle(bundle, folder)
        assert read_bundle(folder) == bundle
        changed(folder, change)
        with pytest.raises(InputError, match="the manifest is damaged"):
            read_bundle(folder)


@pytest.mark.parametrize("content", ["[]", "3", "null", "{}", '{"format": 1}', '{"format": 1, "parts": 3}', "{", "\0"])
def test_what_is_no_manifest_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(InputError, match="the manifest is damaged"):
        read_bundle(tmp_path)


def test_links_that_lie_in_the_way_are_replaced_and_not_followed(bundle: Bundle, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("mine")
    place = tmp_path / "cache" / bundle.id
    (place / "hub/models--o--n/snapshots").mkdir(parents=True)
    (place / "hub/models--o--n/blobs").symlink_to(outside)
    (place / f"hub/models--o--n/snapshots/{COMMIT}").symlink_to(outside)
    (place / "hub/models--o--n/refs").mkdir()
    (place / "hub/models--o--n/refs/main").symlink_to(outside / "file")
    assert unpack(bundle, tmp_path / "bundle", tmp_path / "cache") == place
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text() == "mine"
    assert (place / f"hub/models--o--n/snapshots/{COMMIT}/deep/b").read_bytes() == b"weights"


def test_a_part_that_is_a_link_counts_as_missing(bundle: Bundle, tmp_path: Path) -> None:
    from acord.run.bundle.verify import verify

    part = tmp_path / "bundle" / bundle.parts[0].name
    part.rename(tmp_path / "elsewhere.tar")
    part.symlink_to(tmp_path / "elsewhere.tar")
    assert [fault.kind for fault in verify(tmp_path / "bundle").faults] == ["missing"]
