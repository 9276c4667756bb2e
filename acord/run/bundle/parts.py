"""Parts of a bundle: tar files of bounded size, written one after the other; those that are whole are kept."""

import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from acord.console import Tracker, track
from acord.errors import InputError
from acord.hashing import digest, hash_file
from acord.run.bundle.layout import KINDS, MANIFEST, PART_NAME, RECIPE, Entry, Part, Piece
from acord.run.disk import disk_faults, write_atomically
from acord.whole import sync, written_whole

PROGRESS, WHEELS = ".progress.json", ".wheels"
BESIDE = re.compile(rf"\.{PART_NAME.pattern}\.\d+\.\d+")
BLOCK, CHUNK = 512, 1 << 20
HEADER = BLOCK


@dataclass(frozen=True)
class Member:
    """A file to be bundled. path: where it is unpacked. source: where it lies now. changed_ns: when it last changed."""

    path: str
    kind: str
    source: Path
    bytes: int
    sha256: str
    changed_ns: int


class _Slice(NamedTuple):
    """Bytes of a member that go into one part. number: of the piece; name: in the tar."""

    member: Member
    start: int
    bytes: int
    name: str


class Written(NamedTuple):
    """All parts, and every file with its places in them. kept: parts that were there already."""

    parts: tuple[Part, ...]
    entries: tuple[Entry, ...]
    kept: int


def write_parts(members: Sequence[Member], folder: Path, *, part_bytes: int) -> Written:
    """Write every member into parts of at most part_bytes (a small file's headers more) in `folder`.

    A part that an earlier call completed, with the same members and an undamaged file, is kept. Parts of another
    division are removed. Raises InputError where a file changes while it is read, MachineError for the disk.
    """
    planned = _plan(members, part_bytes)
    with disk_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        done = _read_progress(folder)
        _refuse_others(folder)
        _write_progress(folder, done)
        for name in done.keys() - planned.keys():
            (folder / name).unlink(missing_ok=True)
        for stray in folder.glob(".*.tar.*"):
            # What a call that was killed was writing.
            if BESIDE.fullmatch(stray.name):
                stray.unlink()
        parts: list[Part] = []
        pieces: dict[str, list[Piece]] = {member.path: [] for member in members}
        kept = 0
        with track("bundle", sum(member.bytes for member in members), "B") as tracker:
            for name, slices in planned.items():
                identity = digest([[one.name, one.member.sha256, one.start, one.bytes] for one in slices])
                part = _whole_part(folder, name, identity, done)
                if part is None:
                    # From here on the manifest of an earlier bundle is not true; its parts are in the note.
                    (folder / MANIFEST).unlink(missing_ok=True)
                    part = _write_part(folder / name, slices, identity, tracker)
                    done[name] = part
                    _write_progress(folder, done)
                else:
                    kept += 1
                    tracker.advance(sum(one.bytes for one in slices))
                parts.append(part)
                for one, offset in _offsets(slices):
                    pieces[one.member.path].append(Piece(name, offset, one.bytes))
    entries = tuple(Entry(one.path, one.kind, one.bytes, one.sha256, tuple(pieces[one.path])) for one in members)
    return Written(tuple(parts), entries, kept)


def _refuse_others(folder: Path) -> None:
    """A folder with files of the user's is none for parts, which might have their names."""
    ours = {MANIFEST, PROGRESS, RECIPE, WHEELS}
    if not (folder / MANIFEST).exists() and not (folder / PROGRESS).exists():
        others = sorted(path.name for path in folder.iterdir() if path.name not in ours)
        if others:
            raise InputError(
                f"the folder holds something else: {others[0]}", where=str(folder), fix="Give an empty folder to --out."
            )


def forget_progress(folder: Path) -> None:
    """Remove the note of a bundle that is complete."""
    (folder / PROGRESS).unlink(missing_ok=True)


def _plan(members: Sequence[Member], part_bytes: int) -> dict[str, list[_Slice]]:
    """Which bytes go into which part: in order, a kind's parts filled one after the other."""
    planned: dict[str, list[_Slice]] = {}
    for kind in KINDS:
        number, room = -1, 0
        for member in (one for one in members if one.kind == kind):
            start, piece = 0, 0
            while True:
                left = member.bytes - start
                # A file that fits into a part is not cut; one that does not fills what it is given.
                if number < 0 or room < min(left, part_bytes):
                    number, room = number + 1, part_bytes
                taken = min(left, room)
                whole = start == 0 and taken == member.bytes
                name = member.path if whole else f"{member.path}.piece-{piece:03d}"
                planned.setdefault(f"{kind}-{number:03d}.tar", []).append(_Slice(member, start, taken, name))
                start, room, piece = start + taken, room - taken - HEADER, piece + 1
                if start == member.bytes:
                    break
    return planned


def _offsets(slices: Sequence[_Slice]) -> Iterator[tuple[_Slice, int]]:
    """Where each slice's bytes begin in its tar, which is written without surprises: headers of known length."""
    place = 0
    for one in slices:
        place += len(_header(one))
        yield one, place
        place += -(-one.bytes // BLOCK) * BLOCK


def _header(one: _Slice) -> bytes:
    info = tarfile.TarInfo(one.name)
    info.size, info.mode, info.mtime = one.bytes, 0o644, 0
    return info.tobuf(format=tarfile.PAX_FORMAT, encoding="utf-8")


def _write_part(path: Path, slices: Sequence[_Slice], identity: str, tracker: Tracker) -> Part:
    hasher = hashlib.sha256()
    with written_whole(path) as beside, beside.open("wb") as file:

        def put(data: bytes) -> None:
            hasher.update(data)
            file.write(data)

        for one in slices:
            put(_header(one))
            for chunk in _bytes_of(one):
                put(chunk)
                tracker.advance(len(chunk))
            put(bytes(-one.bytes % BLOCK))
        put(bytes(2 * BLOCK))
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    sync(path.parent)
    return Part(path.name, size, hasher.hexdigest(), identity)


def _bytes_of(one: _Slice) -> Iterator[bytes]:
    """A slice's bytes; of a whole file they are compared with its hash, of a part of one its time alone."""
    changed = InputError("the file changed while it was bundled", where=str(one.member.source), fix="Run it again.")
    whole = one.bytes == one.member.bytes
    hasher, left = hashlib.sha256(), one.bytes
    with one.member.source.open("rb") as file:
        if os.fstat(file.fileno()).st_mtime_ns != one.member.changed_ns:
            raise changed
        file.seek(one.start)
        while left:
            chunk = file.read(min(CHUNK, left))
            if not chunk:
                raise changed
            hasher.update(chunk)
            left -= len(chunk)
            yield chunk
        if os.fstat(file.fileno()).st_mtime_ns != one.member.changed_ns:
            raise changed
    if whole and hasher.hexdigest() != one.member.sha256:
        raise changed


def _whole_part(folder: Path, name: str, identity: str, done: dict[str, Part]) -> Part | None:
    """The part as an earlier call left it, None where it is to be written."""
    part = done.get(name)
    path = folder / name
    if part is None or part.members != identity or path.is_symlink() or not path.is_file():
        return None
    same = path.stat().st_size == part.bytes and hash_file(path) == part.sha256
    return part if same else None


def _read_progress(folder: Path) -> dict[str, Part]:
    """Parts that are complete: of a bundle that was stopped, or of one that is there and is made again."""
    done: dict[str, Part] = {}
    for name in (MANIFEST, PROGRESS):
        # What cannot be read is written again: that costs time alone.
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            done |= {part.name: part for part in (Part(**one) for one in content["parts"])}
    return done


def _write_progress(folder: Path, done: dict[str, Part]) -> None:
    write_atomically(folder / PROGRESS, json.dumps({"parts": [part._asdict() for part in done.values()]}) + "\n")


def read_piece(folder: Path, piece: Piece) -> Iterator[bytes]:
    """The bytes of a piece. Raises EOFError where the part ends before."""
    left = piece.bytes
    with (folder / piece.part).open("rb", buffering=io.DEFAULT_BUFFER_SIZE) as file:
        file.seek(piece.offset)
        while left:
            chunk = file.read(min(CHUNK, left))
            if not chunk:
                raise EOFError
            left -= len(chunk)
            yield chunk
