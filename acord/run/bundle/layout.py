"""What a bundle is: bundle.json, recipe.yaml and parts, which are plain tar files.

DIR/bundle.json          the manifest: what, from where, which commit, bytes and sha256 of every file; written last
DIR/recipe.yaml          the recipe, byte for byte
DIR/<kind>-000.tar ...   uncompressed; a file that is larger than a part goes on in the next, as name.piece-001

Files are read at the places that the manifest states and compared with their hashes; a tar's own headers decide
nothing, so no link and no name in one leads anywhere. Names of what is unpacked are checked by `safe_name`.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from acord.errors import InputError
from acord.hashing import digest
from acord.run.disk import disk_faults, write_atomically

MANIFEST, RECIPE = "bundle.json", "recipe.yaml"
FORMAT = 1
# In the order in which they are written. Wheels and artefacts are not part of what a run unpacks into its cache.
KINDS = ("files", "models", "data", "evaluation", "wheels", "artefacts")
UNPACKED = ("files", "models", "data", "evaluation")
PART_NAME = re.compile(r"[a-z]+-\d{3,}\.tar")
SHA256 = re.compile(r"[0-9a-f]{64}")
AGAIN = "Copy it again: acord bundle verify names what to copy."


class Piece(NamedTuple):
    """Bytes of a file inside a part. offset, bytes: counted in the part."""

    part: str
    offset: int
    bytes: int


class Part(NamedTuple):
    """One tar file. members: hash of what it was to hold, by which a stopped bundle knows that it is the same."""

    name: str
    bytes: int
    sha256: str
    members: str


@dataclass(frozen=True)
class Entry:
    """One file. path: where it is unpacked, relative, with forward slashes. pieces: in order."""

    path: str
    kind: str
    bytes: int
    sha256: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Repository:
    """One repository of the hub at one commit. kind: model or dataset. revision: as the recipe asked, None for main.

    files: name in the repository -> path of the entry with its bytes.
    """

    kind: str
    name: str
    revision: str | None
    commit: str
    files: dict[str, str]

    @property
    def folder(self) -> str:
        """Its folder in the hub's cache."""
        return f"hub/{self.kind}s--{self.name.replace('/', '--')}"


@dataclass(frozen=True)
class Bundle:
    """A bundle's manifest.

    recipe: its name; recipe_sha256: of recipe.yaml. acord: the version that made it. made: UTC. local: place as the
    recipe writes it -> path of what is unpacked. rows: row of a suite, as `suite/row` -> where its data is from.
    left_out: such a row -> why it was left out. prepared: task -> split -> paths of what is unpacked. metrics: of the
    `evaluate` library. artefacts: folders of finished stages.
    """

    recipe: str
    recipe_sha256: str
    acord: str
    made: str
    parts: tuple[Part, ...]
    entries: tuple[Entry, ...]
    repositories: tuple[Repository, ...]
    local: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    prepared: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    artefacts: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """12 digits that name what is unpacked; artefacts and wheels that come later leave them as they are."""
        contents = {entry.path: entry.sha256 for entry in self.entries if entry.kind in UNPACKED}
        return digest([contents, [asdict(one) for one in self.repositories], self.local, self.prepared])[:12]

    @property
    def bytes(self) -> int:
        """Of all parts."""
        return sum(part.bytes for part in self.parts)


def write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the manifest, beside its place and renamed."""
    content = {**asdict(bundle), "parts": [part._asdict() for part in bundle.parts]}
    content = {"format": FORMAT, "digest": digest(content), **content}
    write_atomically(folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle's manifest. Raises InputError where it is missing, damaged, or names a place outside."""
    file = folder / MANIFEST
    try:
        with disk_faults(file):
            content = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"this is no finished bundle: it has no {MANIFEST}", where=str(folder), fix="Run acord bundle again."
        ) from None
    except ValueError:
        raise InputError("the manifest is damaged", where=str(file), fix=AGAIN) from None
    if isinstance(content, dict) and content.get("format", FORMAT) != FORMAT:
        raise InputError(
            "the bundle is of another version's form",
            where=str(file),
            fix="Use the Acord that made it, or make it anew.",
        )
    try:
        bundle = _bundle_of(content)
    except (TypeError, KeyError, ValueError, AttributeError):
        raise InputError("the manifest is damaged", where=str(file), fix=AGAIN) from None
    return bundle


def _bundle_of(content: dict[str, Any]) -> Bundle:
    """Raises ValueError, TypeError or KeyError for a manifest that is not as Acord writes it."""
    fields = {name: value for name, value in content.items() if name not in ("format", "digest")}
    if digest(fields) != content["digest"]:
        raise ValueError("it was changed")
    parts = tuple(Part(**_typed(one, name=str, bytes=int, sha256=str, members=str)) for one in _listed(fields, "parts"))
    names = {part.name for part in parts}
    entries = tuple(_entry_of(one, names) for one in _listed(fields, "entries"))
    paths = {entry.path for entry in entries}
    repositories = tuple(
        Repository(**{**_typed(one, kind=str, name=str, commit=str, files=dict), "revision": one["revision"]})
        for one in _listed(fields, "repositories")
    )
    bad = (
        any(not PART_NAME.fullmatch(part.name) or not SHA256.fullmatch(part.sha256) for part in parts)
        or len(paths) != len(entries)
        or any(not _is_sound(one, paths) for one in repositories)
        or not all(safe_name(path) for path in fields["local"].values())
        or not all(path in paths for task in fields["prepared"].values() for split in task.values() for path in split)
        or not all(safe_name(name) and "/" not in name for name in fields["artefacts"])
    )
    if bad:
        raise ValueError("a name or a hash is not as it should be")
    return Bundle(
        **{
            **fields,
            "parts": parts,
            "entries": entries,
            "repositories": repositories,
            "metrics": tuple(fields["metrics"]),
            "artefacts": tuple(fields["artefacts"]),
        }
    )


def _listed(fields: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return list(fields[key])


def _typed(one: dict[str, Any], **types: type) -> dict[str, Any]:
    if any(type(one[key]) is not wanted for key, wanted in types.items()):
        raise TypeError("a value of another type")
    return {key: one[key] for key in types}


def _entry_of(one: dict[str, Any], parts: set[str]) -> Entry:
    pieces = tuple(Piece(str(part), int(offset), int(size)) for part, offset, size in one["pieces"])
    values = _typed(one, path=str, kind=str, bytes=int, sha256=str)
    sound = (
        safe_name(values["path"])
        and values["kind"] in KINDS
        and SHA256.fullmatch(values["sha256"])
        and all(piece.part in parts and piece.offset >= 0 and piece.bytes >= 0 for piece in pieces)
        and sum(piece.bytes for piece in pieces) == values["bytes"]
    )
    if not sound:
        raise ValueError(f"entry {values['path']}")
    return Entry(**values, pieces=pieces)


def _is_sound(repository: Repository, paths: set[str]) -> bool:
    return (
        repository.kind in ("model", "dataset")
        and safe_name(repository.name)
        and repository.name.count("/") <= 1
        and re.fullmatch(r"[0-9a-f]{40}", repository.commit) is not None
        and (repository.revision is None or safe_name(repository.revision))
        and all(safe_name(name) and path in paths for name, path in repository.files.items())
    )


def safe_name(path: str) -> bool:
    """Whether a relative name stays below the folder that it is joined to."""
    parts = path.split("/")
    plain = not PurePosixPath(path).is_absolute() and "\0" not in path and "\\" not in path
    return plain and all(part not in ("", ".", "..") for part in parts)
