"""What is sent to a hub and what is refused, by the real client against a stand-in of the hub's HTTP API."""

import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import huggingface_hub.constants
import pytest

from acord.card.evidence import Evidence, load_evidence
from acord.card.export import ADAPTER_FILES, check_weights_are_there
from acord.card.gather import write_index_of
from acord.card.hub import send
from acord.card.publish import Kind, Publication, checked_files, prepare
from acord.card.publishable import check_column_before
from acord.data.export import Selection
from acord.errors import AcordError, CheckFailed, InputError
from acord.run.built_pairs import find_built_pairs
from acord.run.export_pairs import export
from acord.run.exporting import export_model
from tests.card.exporting import run_with_card
from tests.card.hub_server import HubServer
from tests.card.made import Made

NAME = "owner/tiny"


@pytest.fixture(scope="module")
def exported(made: Made, evidence: Evidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export with its card; not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    run = run_with_card(made, evidence, folder / "runs")
    export_model(str(run), folder, folder / "out", "merged", None)
    return folder / "out"


@pytest.fixture(scope="module")
def publication(exported: Path) -> Publication:
    """Of that export: to check it takes a while, and connects to nobody."""

    def refuse(*_: object) -> None:
        raise AssertionError("somebody was asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.socket.connect", refuse)
        patch.setattr("socket.getaddrinfo", refuse)
        return prepare(exported, NAME, "model")


@pytest.fixture
def copy(exported: Path, tmp_path: Path, written_once: None) -> Path:  # noqa: ARG001  verified with texts written once
    return Path(shutil.copytree(exported, tmp_path / "out"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        use(server, monkeypatch)
        yield server


def use(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
    # Their other protocol needs a storage server of its own; the one for large files is spoken here.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", "/nowhere")
    monkeypatch.setenv("HF_TOKEN", server.token)


def listed(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(folder: Path, kind: Kind = "model", name: str = NAME) -> AcordError:
    with pytest.raises(AcordError) as refused:
        prepare(folder, name, kind)
    assert "\n" not in str(refused.value)
    return refused.value


def test_everything_is_sent_and_only_that(exported: Path, publication: Publication, hub: HubServer) -> None:
    published = send(publication, private=False)
    assert hub.files("model", NAME) == listed(exported)
    assert {"report", "evidence"} <= {name.split("/")[0] for name in hub.files("model", NAME)}
    assert published.url == f"{hub.url}/{NAME}"
    assert published.commit[:12] in published.shown()
    assert hub.commits == 1
    assert hub.private[f"model:{NAME}"] is False
    assert hub.token not in json.dumps(published.as_json())


def test_a_later_version_takes_the_place_of_an_earlier_one(
    exported: Path, publication: Publication, hub: HubServer
) -> None:
    hub.repositories[f"model:{NAME}"] = {
        "model-00001-of-00002.safetensors": b"old",
        "evidence/old.json": b"{}",
        "docs/of-the-owner.md": b"kept",
    }
    hub.private[f"model:{NAME}"] = False
    send(publication, private=False)
    assert hub.files("model", NAME) == {**listed(exported), "docs/of-the-owner.md": b"kept"}


def test_what_would_be_sent_is_listed(exported: Path, publication: Publication) -> None:
    assert publication.files == {name: len(content) for name, content in sorted(listed(exported).items())}
    assert f"{publication.files['model.safetensors']:,}  model.safetensors" in publication.shown()
    assert "do not name owner/tiny" in publication.notes[0]


def test_results_in_their_hidden_folder_are_sent_too(tmp_path: Path, hub: HubServer) -> None:
    file = tmp_path / ".eval_results" / "a[1].yaml"
    file.parent.mkdir()
    file.write_text("- value: 1\n", encoding="utf-8")
    files = {path.relative_to(tmp_path).as_posix(): path.stat().st_size for path in checked_files(tmp_path)}
    send(Publication(tmp_path, NAME, "model", files), private=False)
    assert hub.files("model", NAME) == {".eval_results/a[1].yaml": b"- value: 1\n"}


def test_private_is_private_or_nothing_is_sent(publication: Publication, hub: HubServer) -> None:
    send(publication, private=True)
    assert hub.private[f"model:{NAME}"] is True
    hub.repositories["model:owner/open"], hub.private["model:owner/open"] = {}, False
    with pytest.raises(InputError, match="public already"):
        send(replace(publication, repository="owner/open"), private=True)
    assert hub.files("model", "owner/open") == {}


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        ({"/api/repos/create": 403}, "the token may not write there"),
        ({"/api/models/owner/tiny/preupload": 401}, "the hub does not take the token"),
        ({"/put": 403}, "the token may not write there"),
        ({"/api/models/owner/tiny/commit": 422}, "the hub answers 422"),
    ],
)
def test_a_refusal_is_one_line_without_the_token(
    publication: Publication, monkeypatch: pytest.MonkeyPatch, refuse: dict[str, int], said: str
) -> None:
    with HubServer(refuse=refuse) as server:
        use(server, monkeypatch)
        with pytest.raises(InputError) as refused:
            send(publication, private=False)
        assert said in str(refused.value)
        assert "\n" not in str(refused.value)
        assert server.token not in str(refused.value)
        assert server.files("model", NAME) == {} if f"model:{NAME}" in server.repositories else True


def test_nobody_logged_in_and_no_hub_are_said(
    publication: Publication, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="cannot be sent"):
        send(publication, private=False)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(InputError, match="nobody is logged in"):
        send(publication, private=False)
    assert hub.requests == []


def test_a_file_that_the_hub_leaves_out_is_missed(publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(ignored=("evidence/index.json",)) as server:
        use(server, monkeypatch)
        with pytest.raises(CheckFailed, match=r"evidence/index.json is missing there"):
            send(publication, private=False)


@pytest.mark.slow
def test_a_card_that_does_not_verify_is_refused(copy: Path) -> None:
    readme = copy / "README.md"
    content = readme.read_text(encoding="utf-8")
    at = next(place for place in range(len(content) // 2, len(content)) if content[place].isdigit())
    readme.write_text(f"{content[:at]}{(int(content[at]) + 1) % 10}{content[at + 1 :]}", encoding="utf-8")
    refused = refusal(copy)
    assert isinstance(refused, CheckFailed)
    assert f"README.md:{content.count(chr(10), 0, at) + 1}" in str(refused)


@pytest.mark.slow
def test_a_model_that_is_not_the_cards_is_refused(copy: Path) -> None:
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert "model.safetensors" in str(refusal(copy))
    weights.unlink()
    assert "there is no model.safetensors" in str(refusal(copy))


@pytest.mark.slow
@pytest.mark.usefixtures("written_once")
def test_an_export_in_another_shape_is_held_against_its_record(made: Made, evidence: Evidence, tmp_path: Path) -> None:
    run = run_with_card(made, evidence, tmp_path / "runs")
    export_model(str(run), tmp_path, tmp_path / "out", "merged", "float16")
    assert "model.safetensors" in prepare(tmp_path / "out", NAME, "model").files
    record = json.loads((tmp_path / "out" / "export.json").read_text(encoding="utf-8"))
    record["source"]["files"]["model.safetensors"] = "0" * 64
    (tmp_path / "out" / "export.json").write_text(json.dumps(record), encoding="utf-8")
    assert "another model than the card" in str(refusal(tmp_path / "out"))


def test_a_card_without_the_column_before_is_refused(copy: Path) -> None:
    comparison = copy / "evidence" / "evaluate" / "comparison.json"
    content = json.loads(comparison.read_text(encoding="utf-8"))
    comparison.write_text(json.dumps({**content, "before": None}, indent=2), encoding="utf-8")
    write_index_of(copy / "evidence")
    with pytest.raises(CheckFailed, match="no column before alignment"):
        check_column_before(copy, load_evidence(copy / "evidence"))


def test_pickles_links_code_and_hidden_files_are_refused(copy: Path) -> None:
    for name, content, said in (
        ("pytorch_model.bin", b"", "pickled"),
        ("extra.txt", pickle.dumps({"a": 1}), "pickled"),
        ("evidence/x.json", b"PK\x03\x04 and more", "pickled"),
        ("adapter.safetensors", pickle.dumps({"a": 1}), "no safetensors file"),
        ("modeling.py", b"print()", "of this kind"),
        (".env", b"HF_TOKEN=x", "hidden"),
    ):
        (copy / name).write_bytes(content)
        refused = refusal(copy)
        assert said in str(refused)
        assert name in str(refused)
        (copy / name).unlink()
    (copy / "NOTICE").write_text("of somebody", encoding="utf-8")
    (copy / "link.json").symlink_to("/etc/hostname")
    assert "a link" in str(refusal(copy))
    (copy / "link.json").unlink()
    assert copy / "NOTICE" in list(checked_files(copy))


@pytest.mark.parametrize(
    "name", ["tiny", "a/b/c", "../tiny", "owner/tiny.git", "owner/-tiny", "https://hub/owner/tiny"]
)
def test_a_name_that_is_none_is_refused(exported: Path, name: str) -> None:
    assert "owner/name" in str(refusal(exported, name=name))


def test_a_folder_without_a_card_is_refused(made: Made, tmp_path: Path) -> None:
    assert "there is no card" in str(refusal(made.inputs["align"] / "model"))
    assert "no such folder" in str(refusal(tmp_path / "nowhere"))


def test_a_data_set_is_sent_as_one(made: Made, tmp_path: Path, hub: HubServer) -> None:
    built = find_built_pairs(str(made.inputs["pairs"]), tmp_path)
    export(built, tmp_path / "set", "hf-dataset", Selection(), None)
    send(prepare(tmp_path / "set", "owner/set", "dataset"), private=False)
    assert hub.files("dataset", "owner/set") == listed(tmp_path / "set")
    (tmp_path / "set" / "data" / "more.parquet").write_bytes((tmp_path / "set/data/train.parquet").read_bytes())
    assert "data/more.parquet" in str(refusal(tmp_path / "set", "dataset"))
    shutil.move(tmp_path / "set/data/more.parquet", tmp_path / "set/data/held_out.parquet")
    assert "the card counts others" in str(refusal(tmp_path / "set", "dataset"))
    assert isinstance(refusal(tmp_path / "set"), InputError)


@pytest.mark.slow
def test_the_verb_takes_address_and_token_from_the_environment(exported: Path, tmp_path: Path) -> None:
    program = "from acord.cli import main; main()"
    with HubServer() as server:
        environment = {"HF_ENDPOINT": server.url, "HF_TOKEN": server.token, "HF_HUB_DISABLE_XET": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program, "publish", str(exported), "--to", NAME, "--language", "va"],
            env={"HOME": str(tmp_path), "HF_HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert f"publicat: {server.url}/{NAME}" in done.stdout
        assert server.files("model", NAME) == listed(exported)
        assert server.token not in done.stdout + done.stderr


def test_an_adapter_stands_for_weights_only_when_it_is_whole(tmp_path: Path) -> None:
    for name in ADAPTER_FILES:
        with pytest.raises(InputError, match=r"there is no model.safetensors"):
            check_weights_are_there(tmp_path)
        (tmp_path / name).touch()
    check_weights_are_there(tmp_path)


def test_a_publication_counts_its_bytes() -> None:
    assert Publication(Path("x"), NAME, "model", {"a": 3, "b": 4}).bytes == 7
