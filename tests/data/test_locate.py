"""Local files and folders, and hub addresses: from the cache, and what is said where there is none."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import huggingface_hub.errors
import pytest

from acord.data.locate import locate
from acord.errors import InputError
from acord.recipe import Data, Source

from .samples import build, write_jsonl, write_parquet

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROW = {"prompt": "a", "chosen": "b", "rejected": "c"}


def source(path: str | list[str], source_format: str = "pairs", **more: Any) -> Source:
    return Source.model_validate({"name": "s", "format": source_format, "path": path, **more})


def labels(path: str | list[str], source_format: str = "pairs") -> list[str]:
    return [file.label for file in locate(source(path, source_format)).files]


def error_of(path: str | list[str], *, download: bool = True) -> str:
    with pytest.raises(InputError) as error:
        locate(source(path), download=download)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_gives_its_files_sorted_hidden_and_other_ones_left_out(tmp_path: Path) -> None:
    for name in ["b.jsonl", "a/z.parquet", "a/c.jsonl.gz", ".git/x.jsonl", "README.md", "a/notes.json", "B.jsonl"]:
        write_jsonl(tmp_path / name, [ROW])
    found = locate(source(str(tmp_path))).files
    assert [file.path for file in found] == [
        tmp_path / n for n in ["B.jsonl", "a/c.jsonl.gz", "a/z.parquet", "b.jsonl"]
    ]
    assert [file.label for file in found] == ["B.jsonl", "c.jsonl.gz", "z.parquet", "b.jsonl"]
    assert [file.address for file in found] == [file.label for file in found]


def test_labels_tell_files_of_one_name_apart(tmp_path: Path) -> None:
    paths = [write_jsonl(tmp_path / folder / "test.jsonl", [ROW]) for folder in ("one", "two")]
    assert labels(paths) == ["one/test.jsonl", "two/test.jsonl"]
    assert labels([paths[0], paths[0]])[1].endswith("one/test.jsonl#2")


def test_every_file_is_listed_in_reading_order(tmp_path: Path) -> None:
    names = ["a.jsonl", "b.jsonl", "c.parquet"]
    paths = [write_jsonl(tmp_path / name, [ROW]) for name in names]
    data = Data(
        sources=[
            Source(name="orca", format="openorca", path=paths[1], against=paths[2]),
            Source(name="mine", format="pairs", path=paths[0]),
        ]
    )
    located = [locate(source) for source in data.sources]
    found = [file.path.name for inputs in located for file in (*inputs.files, *inputs.against)]
    assert found == ["b.jsonl", "c.parquet", "a.jsonl"]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.jsonl")
    assert error_of(gone).startswith(f"{gone}: no such file. Check the path")
    assert error_of(str(tmp_path / "gone")).startswith(f"{tmp_path / 'gone'}: no such file or folder. Give a folder")
    (tmp_path / "a.csv").write_text("x")
    assert error_of(str(tmp_path / "a.csv")).startswith(
        f"{tmp_path / 'a.csv'}: unknown file ending. Give a folder or a file that ends in .jsonl, .jsonl.gz or .par"
    )
    (tmp_path / "empty").mkdir()
    assert "the folder holds no file to read" in error_of(str(tmp_path / "empty"))


@pytest.mark.parametrize("address", ["hf://acme", "hf://", "hf://acme/b c", "hf://acme/prefs@", "hf:///x"])
def test_a_malformed_address_is_named(address: str) -> None:
    assert error_of(address) == f"{address}: no hub address. Write hf://owner/name[@revision][/file or folder]."


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A hub that is switched off, and a way to put files into its cache as the hub's own tools lay them out."""
    cache = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    def put(*names: str, repository: str = "acme/prefs", revision: str = "main") -> Path:
        folder = cache / f"datasets--{repository.replace('/', '--')}"
        (folder / "refs").mkdir(parents=True, exist_ok=True)
        (folder / "refs" / revision).write_text(COMMIT)
        for name in names:
            write = write_parquet if name.endswith(".parquet") else write_jsonl
            write(folder / "snapshots" / COMMIT / name, [ROW])
        return folder / "snapshots" / COMMIT

    return put


def test_a_cached_dataset_is_read_without_network(cached: Callable[..., Path], tmp_path: Path) -> None:
    snapshot = cached("data/train.parquet", "more/train.jsonl.gz", "README.md")
    found = locate(source("hf://acme/prefs")).files
    assert [file.path for file in found] == [snapshot / "data/train.parquet", snapshot / "more/train.jsonl.gz"]
    assert [file.address for file in found] == [
        f"hf://acme/prefs@{COMMIT}/data/train.parquet",
        f"hf://acme/prefs@{COMMIT}/more/train.jsonl.gz",
    ]
    assert labels("hf://acme/prefs/data") == ["train.parquet"]
    assert labels("hf://acme/prefs/more/train.jsonl.gz") == ["train.jsonl.gz"]
    assert labels("hf://datasets/acme/prefs/data/") == ["train.parquet"]
    assert labels(f"hf://acme/prefs@{COMMIT}/data") == ["train.parquet"]
    (pair,) = build(tmp_path / "out", {"name": "s", "format": "pairs", "path": "hf://acme/prefs/data"}).pairs
    assert pair.lineage[0].detail == f"pair row of hf://acme/prefs@{COMMIT}/data/train.parquet"


def test_a_revision_has_its_own_files(cached: Callable[..., Path]) -> None:
    cached("a.jsonl", revision="v1")
    assert labels("hf://acme/prefs@v1") == ["a.jsonl"]
    assert error_of("hf://acme/prefs").startswith(
        "hf://acme/prefs: not in the local cache, and the hub is switched off"
    )


@pytest.mark.parametrize(
    ("source_format", "expected"),
    [
        ("oasst", ["a.parquet"]),
        ("helpsteer3", ["train.jsonl.gz"]),
        ("hh", ["test.jsonl.gz"]),
        ("pairs", ["ready.jsonl.gz", "a.parquet", "test.jsonl.gz", "train.jsonl.gz"]),
    ],
)
def test_a_bare_address_means_the_formats_own_files(
    cached: Callable[..., Path], source_format: str, expected: list[str]
) -> None:
    cached("ready.jsonl.gz", "data/a.parquet", "preference/train.jsonl.gz", "harmless-base/test.jsonl.gz")
    assert sorted(labels("hf://acme/prefs", source_format)) == sorted(expected)


def test_a_bare_address_means_all_files_where_the_formats_own_are_not_there(cached: Callable[..., Path]) -> None:
    cached("mine.jsonl")
    assert labels("hf://acme/prefs", "oasst") == ["mine.jsonl"]


def test_what_is_not_cached_is_named_with_the_remedy(cached: Callable[..., Path]) -> None:
    cached("a.jsonl")
    remedy = "Download it on a machine with network (hf download acme/gone --repo-type dataset) or give a local path."
    expected = f"hf://acme/gone: not in the local cache, and the hub is switched off. {remedy}"
    assert error_of("hf://acme/gone") == error_of("hf://acme/gone", download=False) == expected
    assert error_of("hf://acme/prefs/b.jsonl").startswith("hf://acme/prefs/b.jsonl: no .jsonl, .jsonl.gz or .parquet")
    assert "no such dataset on the hub" in error_of("hf://acme/b..d")


class Response:
    """As much of an answer as the hub's errors ask for."""

    status_code = 404
    headers: dict[str, str] = {}  # noqa: RUF012  never changed
    request = None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("RepositoryNotFoundError", "no such dataset on the hub, or it is private. Check the name"),
        ("GatedRepoError", "the dataset asks for its terms to be accepted. Accept them"),
        ("RevisionNotFoundError", "the dataset has no such revision. Check what follows the @."),
        ("HfHubHTTPError", "cannot be fetched (HfHubHTTPError). Download it on a machine"),
    ],
)
def test_what_the_hub_answers_becomes_one_line(monkeypatch: pytest.MonkeyPatch, error: str, expected: str) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise getattr(huggingface_hub.errors, error)("a\nlong\nmessage", response=Response())

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    assert error_of("hf://acme/prefs@v9").startswith(f"hf://acme/prefs@v9: {expected}")


def test_a_full_disk_is_no_fault_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(OSError, match="No space left"):
        locate(source("hf://acme/prefs"))


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom acord.data.locate import locate\nfrom acord.errors import InputError\n"
        "from acord.recipe import Source\n"
        "try:\n    locate(Source(name='s', format='pairs', path='hf://acme/prefs'))\n"
        "except InputError as error:\n    sys.stdout.write(str(error))\n"
    )
    # Port 9 of this machine: nothing answers there, at once.
    outside = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **outside}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "hf://acme/prefs: not in the local cache, and the hub cannot be reached. Download it on a machine with network "
        "(hf download acme/prefs --repo-type dataset) or give a local path."
    )


def test_a_file_name_that_is_not_utf8_is_shown_by_its_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jsonl")
    (tmp_path / name).write_text('{"prompt": "p", "chosen": "a", "rejected": "b"}\n')
    source = Source(name="mine", format="pairs", path=str(tmp_path))
    (file,) = locate(source).files
    assert file.path.read_bytes()
    assert (file.label, file.address) == ("caf\\xe9.jsonl", "caf\\xe9.jsonl")
