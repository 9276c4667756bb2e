"""What is published, and what is refused: a model with its verified card, or a data set with its own.

Only kinds of files that are known are sent. Pickled weights, code, links and hidden files are refused, whatever they
are called. Nothing here asks anybody.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from acord.console import say
from acord.errors import InputError
from acord.languages import text

Kind = Literal["model", "dataset"]

KINDS = (
    *(".safetensors", ".json", ".jsonl", ".jinja", ".model", ".txt", ".md", ".yaml", ".yml", ".html"),
    *(".parquet", ".csv", ".tsv", ".png", ".jpg", ".jpeg", ".svg", ".asc", ".sig", ".minisig"),
)
PLAIN_NAMES = ("LICENSE", "LICENCE", "NOTICE")
HIDDEN = (".gitattributes", ".eval_results")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".msgpack", ".ot")
TAKE_OUT = "Take it out of the folder."
# A pickle of protocol 2 or later, or the archive in which torch wraps one.
PICKLE_BEGINS = re.compile(rb"\x80[\x02-\x05]|PK\x03\x04")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Publication:
    """What would be sent. files: by relative path, with bytes. notes: what the user should know besides."""

    folder: Path
    repository: str
    kind: Kind
    files: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(self.files.values())

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "repository": self.repository,
            "kind": self.kind,
            "folder": str(self.folder),
            "files": self.files,
            "bytes": self.bytes,
            "notes": list(self.notes),
        }

    def shown(self) -> str:
        """Every file with its size."""
        head = text(
            "publish_files",
            repository=self.repository,
            kind=text(f"publish_{self.kind}"),
            files=len(self.files),
            megabytes=self.bytes / 1e6,
        )
        return "\n".join([head, *(f"  {size:>14,}  {name}" for name, size in self.files.items())])


def prepare(folder: Path, repository: str, kind: Kind) -> Publication:
    """Check a folder, and list what would be sent.

    Raises InputError for a folder that is not to be published, CheckFailed for a card that does not verify.
    """
    from acord.card.publishable import check_data_set, check_model

    check_name(repository)
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), fix="Give what acord export wrote.")
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in checked_files(folder)}
    if "README.md" not in files:
        made_by = "acord export of a run with a card" if kind == "model" else "acord data export --format hf-dataset"
        raise InputError("there is no card (README.md)", where=str(folder), fix=f"Publish what {made_by} wrote.")
    say(text("publish_checking", folder=str(folder)))
    notes = check_model(folder, repository) if kind == "model" else check_data_set(folder, files)
    return Publication(folder, repository, kind, dict(sorted(files.items())), notes)


def check_name(repository: str) -> None:
    """Raises InputError for what is no name of a repository."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    fault = "" if REPOSITORY.fullmatch(repository) else "it is not owner/name"
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        fault = fault or str(error).splitlines()[0].rstrip(".")
    if fault:
        raise InputError(fault, where=f"--to {repository}", fix="Write owner/name as the hub has it.")


def checked_files(folder: Path) -> Iterator[Path]:
    """Every file of the folder. Raises InputError for the first that is not to be published."""
    for place, folders, names in os.walk(folder):
        for name in sorted([*folders, *names]):
            path = Path(place) / name
            if path.is_symlink():
                raise InputError("a link is not published", where=str(path), fix="Put the file itself there.")
            if name.startswith(".") and name not in HIDDEN:
                raise InputError("hidden files are not published", where=str(path), fix=TAKE_OUT)
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            _check_kind(path)
            yield path


def _check_kind(path: Path) -> None:
    if path.suffix.lower() in PICKLED:
        raise InputError("files that may hold pickled code are not published", where=str(path), fix=TAKE_OUT)
    known = path.suffix.lower() in KINDS or path.stem in PLAIN_NAMES or path.name in HIDDEN
    if not known or not path.is_file():
        raise InputError("files of this kind are not published", where=str(path), fix=TAKE_OUT)
    with path.open("rb") as file:
        begins = file.read(9)
    if path.suffix == ".safetensors":
        # Eight bytes of length, then a header in JSON.
        if begins[8:9] != b"{":
            raise InputError("this is no safetensors file", where=str(path), fix=TAKE_OUT)
    elif PICKLE_BEGINS.match(begins):
        raise InputError("files that may hold pickled code are not published", where=str(path), fix=TAKE_OUT)
