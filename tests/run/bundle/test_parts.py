"""Parts of a bundle: what is written is what is read, a stopped bundle goes on, and damage is always seen."""

import tarfile
from pathlib import Path

import pytest

from acord.cli import main_with
from acord.errors import InputError
from acord.hashing import hash_file
from acord.run.bundle.layout import MANIFEST, RECIPE, Bundle, Repository, read_bundle, write_bundle
from acord.run.bundle.parts import PROGRESS, Member, Written, write_parts
from acord.run.bundle.unpack import unpack
from acord.run.bundle.verify import verify

PART = 4_096
COMMIT = "a" * 40


@pytest.fixture
def members(tmp_path: Path) -> list[Member]:
    """Files of no bytes, of a few, of just a part, and of several parts; one with a long name of other letters."""
    source = tmp_path / "source"
    source.mkdir()
    sizes = {"empty": 0, "small": 10, "just": PART, "large": 3 * PART + 7, "last": 100}
    made = []
    for number, (name, size) in enumerate(sizes.items()):
        (source / name).write_bytes(bytes((number + index * 7) % 251 for index in range(size)))
        path = f"hub/models--o--n/blobs/{name}" if name != "last" else f"files/{'à' * 60}/{'b' * 60}/last"
        kind = "models" if name != "last" else "files"
        made.append(member_of(path, kind, source / name))
    return made


def member_of(path: str, kind: str, source: Path) -> Member:
    state = source.stat()
    return Member(path, kind, source, state.st_size, hash_file(source), state.st_mtime_ns)


def finish(folder: Path, written: Written) -> Bundle:
    (folder / RECIPE).write_text("name: mine\n")
    blobs = {entry.path.rsplit("/", 1)[1]: entry.path for entry in written.entries if entry.kind == "models"}
    repository = Repository("model", "o/n", None, COMMIT, {f"deep/{name}": path for name, path in blobs.items()})
    bundle = Bundle("mine", hash_file(folder / RECIPE), "1", "now", written.parts, written.entries, (repository,))
    write_bundle(bundle, folder)
    return bundle


def test_parts_are_plain_tars_and_unpack_to_the_cache_of_the_hub(members: list[Member], tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = finish(folder, write_parts(members, folder, part_bytes=PART))
    assert [part.name for part in bundle.parts] == ["files-000.tar", *(f"models-00{n}.tar" for n in range(6))]
    assert max(part.bytes for part in bundle.parts) <= PART + 4 * 512
    found: dict[str, bytes] = {}
    for part in bundle.parts:
        with tarfile.open(folder / part.name) as tar:
            for info in tar:
                assert info.isreg()
                opened = tar.extractfile(info)
                assert opened is not None
                name = info.name.rsplit(".piece-", 1)[0]
                found[name] = found.get(name, b"") + opened.read()
    assert found == {member.path: member.source.read_bytes() for member in members}

    assert read_bundle(folder) == bundle
    place = unpack(bundle, folder, tmp_path / "cache")
    for member in members:
        assert (place / member.path).read_bytes() == member.source.read_bytes()
    root = place / "hub/models--o--n"
    assert (root / "refs/main").read_text() == COMMIT
    assert (root / f"snapshots/{COMMIT}/deep/large").read_bytes() == members[3].source.read_bytes()
    assert (root / f"snapshots/{COMMIT}/deep/large").is_symlink()

    for part in bundle.parts:
        (folder / part.name).unlink()
    assert unpack(bundle, folder, tmp_path / "cache") == place  # read no part: all is there
    (place / members[1].path).write_bytes(b"other")
    with pytest.raises(InputError, match=r"models-000\.tar is damaged"):
        unpack(bundle, folder, tmp_path / "cache")


def test_a_bundle_that_was_stopped_keeps_its_whole_parts_and_ends_in_the_same_bytes(
    members: list[Member], tmp_path: Path
) -> None:
    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "bundle"
    wanted = write_parts(members, undisturbed, part_bytes=PART)
    lost = members[3].source.rename(tmp_path / "lost")
    with pytest.raises(FileNotFoundError):
        write_parts(members, folder, part_bytes=PART)
    left = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.tar")}
    assert 0 < len(left) < len(wanted.parts)
    assert not [path for path in folder.iterdir() if path.name not in {*left, PROGRESS}]
    lost.rename(members[3].source)
    damaged = folder / "files-000.tar"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    written = write_parts(members, folder, part_bytes=PART)
    assert written.kept == len(left) - 1
    assert (written.parts, written.entries) == (wanted.parts, wanted.entries)
    assert all((folder / name).stat().st_mtime_ns == time for name, time in left.items() if name != damaged.name)
    for part in wanted.parts:
        assert (folder / part.name).read_bytes() == (undisturbed / part.name).read_bytes()


@pytest.mark.parametrize("which", [1, 3])
def test_a_file_that_changes_meanwhile_is_told(members: list[Member], tmp_path: Path, which: int) -> None:
    members[which].source.write_bytes(bytes(members[which].bytes))
    with pytest.raises(InputError, match="changed while it was bundled"):
        write_parts(members, tmp_path / "bundle", part_bytes=PART)


def test_every_file_that_is_cut_flipped_or_gone_is_named(members: list[Member], tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    finish(folder, write_parts(members, folder, part_bytes=PART))
    assert not verify(folder).faults
    for path in sorted(folder.iterdir()):
        if path.name == PROGRESS:
            continue
        whole = path.read_bytes()
        for damaged in (whole[:-2], whole[: len(whole) // 2], b"", *flipped(whole), None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            if path.name == MANIFEST:
                with pytest.raises(InputError, match=r"manifest is damaged|no finished bundle|another version"):
                    verify(folder)
            else:
                assert [fault.part for fault in verify(folder).faults] == [path.name]
            path.write_bytes(whole)
    assert not verify(folder).faults


def flipped(whole: bytes) -> list[bytes]:
    """One bit changed, at places all over."""
    return [
        whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]
        for place in range(0, len(whole), max(1, len(whole) // 12))
    ]


def test_what_is_damaged_is_not_unpacked(members: list[Member], tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    bundle = finish(folder, write_parts(members, folder, part_bytes=PART))
    for entry in (entry for entry in bundle.entries if entry.bytes):
        for piece in entry.pieces:
            path = folder / piece.part
            whole = path.read_bytes()
            for damaged in (
                flip(whole, piece.offset),
                flip(whole, piece.offset + piece.bytes - 1),
                whole[: piece.offset],
            ):
                path.write_bytes(damaged)
                with pytest.raises(InputError, match=f"{piece.part}.* is damaged"):
                    unpack(bundle, folder, tmp_path / "cache")
            path.write_bytes(whole)
    place = unpack(bundle, folder, tmp_path / "cache")
    assert (place / members[3].path).read_bytes() == members[3].source.read_bytes()


def flip(whole: bytes, place: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]


def test_verify_ends_with_1_and_says_what_to_copy(
    members: list[Member], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bundle"
    finish(folder, write_parts(members, folder, part_bytes=PART))
    (folder / "models-002.tar").unlink()
    (folder / "models-004.tar").write_bytes(b"half")
    assert main_with(["bundle", "verify", str(folder), "--language", "en"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == ["models-002.tar: is missing", "models-004.tar: has 4 bytes instead of 5,632"]
    assert said.err.endswith("2 files are missing or differ. Copy again: models-002.tar models-004.tar\n")
