"""Where a source lies: local files and folders, and hf://owner/name[@revision][/file or folder] on the hub."""

import fnmatch
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from acord.data.read import ENDINGS, SourceFile
from acord.errors import InputError
from acord.recipe import Source

HUB_ADDRESS = re.compile(
    r"hf://(?:datasets/)?(?P<name>[^/@\s]+/[^/@\s]+)(?:@(?P<revision>[^/\s]+))?(?:/(?P<inside>.*))?"
)

# A dataset's repository may hold the same rows twice (OASST: ready, all, spam, as trees and as messages) or rows of
# another kind (HelpSteer3: feedback, edits). An address without a file means these, where the repository has them.
HUB_FILES: dict[str, tuple[str, ...]] = {
    "oasst": ("data/*.parquet",),
    "helpsteer3": ("preference/*",),
    "hh": ("harmless-base/*", "helpful-base/*", "helpful-online/*", "helpful-rejection-sampled/*"),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of a source in reading order. against: OpenOrca's files of rejected replies."""

    files: tuple[SourceFile, ...]
    against: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    parts: tuple[str, ...]
    address: str


def locate(source: Source, *, download: bool = True) -> Inputs:
    """The files of a source. Hub files come through the hub's cache; with download=False from nowhere else.

    Raises InputError, one line, for a path with nothing there, a file ending that is not read, a name that is not on
    the hub, or a hub that cannot be reached.
    """
    files = [found for path in source.paths for found in _find(path, str(source.format), download=download)]
    against = [found for path in source.against_paths for found in _find(path, str(source.format), download=download)]
    labelled = _label([*files, *against])
    return Inputs(tuple(labelled[: len(files)]), tuple(labelled[len(files) :]))


def _find(path: str, source_format: str, *, download: bool) -> list[_Found]:
    if path.startswith("hf://"):
        return _find_on_hub(path, source_format, download=download)
    try:
        place = Path(path).expanduser()
        is_folder = place.is_dir()
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "nobody has that home folder"
        raise InputError(f"no such file or folder: {why}", where=path, fix="Check the path.") from None
    if is_folder:
        files = _readable_files(place)
        if not files:
            raise InputError("the folder holds no file to read", where=path, fix=f"Put {_endings()} files there.")
    elif place.name.endswith(ENDINGS):
        if not place.exists():
            raise InputError("no such file", where=path, fix="Check the path; it counts from the working directory.")
        files = [place]
    else:
        what = "unknown file ending" if place.exists() else "no such file or folder"
        raise InputError(what, where=path, fix=f"Give a folder or a file that ends in {_endings()}.")
    return [_Found(file, file.parts, "") for file in files]


def _readable_files(folder: Path) -> list[Path]:
    inside = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file() and file.name.endswith(ENDINGS))
    shown = [file for file in inside if not any(part.startswith(".") for part in file.parts)]
    return [folder / file for file in sorted(shown, key=lambda file: file.as_posix())]


def _endings() -> str:
    return f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"


def _find_on_hub(address: str, source_format: str, *, download: bool) -> list[_Found]:
    match = HUB_ADDRESS.fullmatch(address)
    if match is None:
        raise InputError("no hub address", where=address, fix="Write hf://owner/name[@revision][/file or folder].")
    name, revision, inside = match["name"], match["revision"], (match["inside"] or "").strip("/")
    patterns = [inside, f"{inside}/*"] if inside else [*HUB_FILES.get(source_format, ())]
    files: list[Path] = []
    if patterns:
        snapshot = _snapshot(address, name, revision, patterns, download=download)
        files = _matching(snapshot, patterns)
    if not files and not inside:
        patterns = [f"*{ending}" for ending in ENDINGS]
        snapshot = _snapshot(address, name, revision, patterns, download=download)
        files = _matching(snapshot, patterns)
    if not files:
        raise InputError(
            f"no {_endings()} file there, as far as it can be seen",
            where=address,
            fix=f"Name one of the dataset's files; without network, one that {_download(name)} has fetched.",
        )
    found = []
    for file in files:
        relative = file.relative_to(snapshot)
        parts = (*name.split("/"), *relative.parts)
        found.append(_Found(file, parts, f"hf://{name}@{snapshot.name}/{relative.as_posix()}"))
    return found


def _download(name: str) -> str:
    return f"hf download {name} --repo-type dataset"


def _matching(snapshot: Path, patterns: Sequence[str]) -> list[Path]:
    if not snapshot.is_dir():
        return []
    return [
        file
        for file in _readable_files(snapshot)
        if any(fnmatch.fnmatch(file.relative_to(snapshot).as_posix(), pattern) for pattern in patterns)
    ]


def _snapshot(address: str, name: str, revision: str | None, patterns: list[str], *, download: bool) -> Path:
    # Imported late: a run on local files needs no hub.
    import huggingface_hub
    from huggingface_hub import errors

    by_hand = f"Download it on a machine with network ({_download(name)}) or give a local path."
    try:
        folder = huggingface_hub.snapshot_download(
            name, repo_type="dataset", revision=revision, allow_patterns=patterns, local_files_only=not download
        )
    except errors.GatedRepoError:
        raise InputError(
            "the dataset asks for its terms to be accepted", where=address, fix="Accept them on the hub and log in."
        ) from None
    except errors.RevisionNotFoundError:
        raise InputError("the dataset has no such revision", where=address, fix="Check what follows the @.") from None
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        raise InputError(
            "no such dataset on the hub, or it is private", where=address, fix=f"Check the name, log in, or: {by_hand}"
        ) from None
    except errors.LocalEntryNotFoundError as error:
        reached = isinstance(error.__cause__, errors.OfflineModeIsEnabled) or not download
        why = "the hub is switched off" if reached else "the hub cannot be reached"
        raise InputError(f"not in the local cache, and {why}", where=address, fix=by_hand) from None
    except Exception as error:
        # Below the hub's own errors lie those of its network library, which are of no common kind.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"cannot be fetched ({type(error).__name__})", where=address, fix=by_hand) from error
    return Path(folder)


def _label(found: Sequence[_Found]) -> list[SourceFile]:
    longest = max((len(file.parts) for file in found), default=1)
    for length in range(1, longest + 1):
        labels = ["/".join(file.parts[-length:]) for file in found]
        if len({*labels}) == len(labels):
            break
    else:
        # The same file is read twice; its rows are told apart by the file's place in the list.
        labels = [f"{label}#{index}" for index, label in enumerate(labels, start=1)]
    # A name that is not UTF-8 is shown by its bytes: it goes into tables, which hold text.
    labels = [os.fsencode(label).decode("utf-8", "backslashreplace") for label in labels]
    return [SourceFile(file.path, label, file.address or label) for file, label in zip(found, labels, strict=True)]
