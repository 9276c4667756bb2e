"""A bundle turned into what libraries read: the hub's cache, the cache of `datasets`, files, finished stages.

Every file is written beside its place, compared with its hash and renamed. Nothing is read from a tar's headers, and
nothing that lies in the way is written through: links are replaced.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from acord.console import Tracker, say, track
from acord.errors import InputError
from acord.languages import text
from acord.run.bundle.layout import AGAIN, UNPACKED, Bundle, Entry, Repository, safe_name
from acord.run.bundle.parts import read_piece
from acord.run.disk import disk_faults, remove, sync_tree
from acord.whole import written_whole

MARK, PREPARED = "unpacked.json", "prepared.json"
BUNDLES = "bundles"


def unpack(bundle: Bundle, folder: Path, cache: Path) -> Path:
    """Unpack the bundle in `folder` under `cache`, unless it is there already, and return its place: <cache>/<id>.

    Processes may do so at once: one works, the others wait. Raises InputError that names the part where a file does not
    have its hash.
    """
    place = cache / bundle.id
    with disk_faults(place):
        if _is_whole(place, bundle):
            return place
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / f"{bundle.id}.lock"):
            if not _is_whole(place, bundle):
                say(text("bundle_unpacks", folder=str(folder), place=str(place)))
                _unpack(bundle, folder, place)
    return place


def _unpack(bundle: Bundle, folder: Path, place: Path) -> None:
    wanted = [entry for entry in bundle.entries if entry.kind in UNPACKED]
    with track("unpack", sum(entry.bytes for entry in wanted), "B") as tracker:
        for entry in wanted:
            _write(entry, folder, place, tracker)
    for repository in bundle.repositories:
        _lay_out(repository, place)
    for name in ("hub", "datasets", "modules"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (place / PREPARED).write_text(json.dumps(bundle.prepared, indent=1) + "\n", encoding="utf-8")
    sync_tree(place)
    with written_whole(place / MARK) as beside:
        beside.write_text(json.dumps(_mark(bundle)), encoding="utf-8")


def _mark(bundle: Bundle) -> dict[str, Any]:
    return {"id": bundle.id, "files": {one.path: one.bytes for one in bundle.entries if one.kind in UNPACKED}}


def _is_whole(place: Path, bundle: Bundle) -> bool:
    """Whether it was unpacked to its end, and every file still has its size."""
    try:
        told = json.loads((place / MARK).read_text(encoding="utf-8"))
        return bool(
            told == _mark(bundle) and all((place / name).stat().st_size == size for name, size in told["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _write(entry: Entry, folder: Path, place: Path, tracker: Tracker) -> None:
    target = _below(place, entry.path)
    if target.is_file() and not target.is_symlink() and _has_hash(target, entry):
        tracker.advance(entry.bytes)
        return
    remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as beside:
        # A process that was killed may have had this number.
        beside.unlink(missing_ok=True)
        with beside.open("xb") as file:
            _copy(entry, folder, file, tracker)


def _copy(entry: Entry, folder: Path, file: BinaryIO, tracker: Tracker) -> None:
    hasher = hashlib.sha256()
    for piece in entry.pieces:
        try:
            for chunk in read_piece(folder, piece):
                hasher.update(chunk)
                file.write(chunk)
                tracker.advance(len(chunk))
        except (EOFError, FileNotFoundError):
            raise _corrupt(entry, folder) from None
    if hasher.hexdigest() != entry.sha256:
        raise _corrupt(entry, folder)


def _has_hash(file: Path, entry: Entry) -> bool:
    if file.stat().st_size != entry.bytes:
        return False
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == entry.sha256


def _corrupt(entry: Entry, folder: Path) -> InputError:
    parts = ", ".join(dict.fromkeys(piece.part for piece in entry.pieces))
    return InputError(f"{entry.path} does not have its hash: {parts} is damaged", where=str(folder), fix=AGAIN)


def _below(place: Path, name: str) -> Path:
    """The path of a name that stays below `place`, with no link on the way. Raises ValueError otherwise."""
    if not safe_name(name):
        raise ValueError(f"{name} leads elsewhere")
    way = place
    for part in name.split("/")[:-1]:
        way /= part
        if way.is_symlink():
            way.unlink()
    return place / name


def _lay_out(repository: Repository, place: Path) -> None:
    """snapshots/<commit>/ with links to the blobs, and refs/<revision>, as huggingface_hub lays out its cache."""
    root = place / repository.folder
    for name, blob in repository.files.items():
        link = _below(root, f"snapshots/{repository.commit}/{name}")
        target = os.path.relpath(place / blob, link.parent)
        if link.is_symlink() and str(link.readlink()) == target:
            continue
        remove(link)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    revision = repository.revision or "main"
    if revision != repository.commit:
        ref = _below(root, f"refs/{revision}")
        remove(ref)
        ref.parent.mkdir(parents=True, exist_ok=True)
        # Without a line's end: the hub's client reads the file as it is.
        ref.write_text(repository.commit, encoding="utf-8")


def unpack_artefacts(bundle: Bundle, folder: Path, runs: Path) -> int:
    """Put finished stages into the store, each as a whole where it is not there yet. Returns how many were put."""
    put = 0
    for name in bundle.artefacts:
        final = runs / "artefacts" / name
        with disk_faults(final):
            if final.exists():
                continue
            (runs / "artefacts").mkdir(parents=True, exist_ok=True)
            with _alone(runs / "artefacts" / f".{name}.lock"):
                if final.exists():
                    continue
                beside = final.with_name(f".{name}.unpacking")
                remove(beside)
                _write_all(bundle, folder, beside, prefix=f"artefacts/{name}/")
                sync_tree(beside)
                beside.rename(final)
                put += 1
    return put


def _write_all(bundle: Bundle, folder: Path, target: Path, *, prefix: str) -> None:
    entries = [entry for entry in bundle.entries if entry.path.startswith(prefix)]
    with track("unpack", sum(entry.bytes for entry in entries), "B") as tracker:
        for entry in entries:
            moved = Entry(entry.path.removeprefix(prefix), entry.kind, entry.bytes, entry.sha256, entry.pieces)
            _write(moved, folder, target, tracker)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process that holds it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


Place = Callable[[str], str]


def placed(bundle: Bundle, place: Path) -> Place:
    """Where a local place that the recipe writes is unpacked; other places stay as they are."""

    def at(written: str) -> str:
        found = bundle.local.get(written)
        return written if found is None else str((place / found).resolve())

    return at
