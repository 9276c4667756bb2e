"""Signatures by OpenSSH: made, checked, and refused for another evidence, key or purpose."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from acord.card.signing import SIGNATURE, sign, signer_of
from acord.errors import CheckFailed, InputError

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / "index.json").write_text(json.dumps({"recipe.yaml": {"sha256": "0" * 64, "bytes": 1}}))
    return folder


def key(folder: Path, name: str) -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path


def signers(folder: Path, *names: str) -> Path:
    lines = [f"{name}@example.org {(folder / f'{name}.pub').read_text()}" for name in names]
    path = folder / "signers"
    path.write_text("".join(lines))
    return path


def test_a_signature_names_who_stands_for_the_card(card: Path, tmp_path: Path) -> None:
    key(tmp_path, "other")
    assert sign(card, key(tmp_path, "mine")) == card / SIGNATURE
    assert signer_of(card, signers(tmp_path, "other", "mine")) == "mine@example.org"
    with pytest.raises(CheckFailed, match="nobody of these"):
        signer_of(card, signers(tmp_path, "other"))


def test_another_evidence_is_not_signed(card: Path, tmp_path: Path) -> None:
    sign(card, key(tmp_path, "mine"))
    index = card / "evidence" / "index.json"
    index.write_text(index.read_text().replace("0", "1", 1))
    with pytest.raises(CheckFailed, match="another evidence"):
        signer_of(card, signers(tmp_path, "mine"))


def test_a_signature_for_something_else_does_not_count(card: Path, tmp_path: Path) -> None:
    mine = key(tmp_path, "mine")
    index = card / "evidence" / "index.json"
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(mine), "-n", "git", str(index)], check=True)
    index.with_name("index.json.sig").rename(card / SIGNATURE)
    with pytest.raises(CheckFailed):
        signer_of(card, signers(tmp_path, "mine"))


def test_what_cannot_be_used_is_told(card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckFailed, match="not signed"):
        signer_of(card, tmp_path / "signers")
    (tmp_path / "text").write_text("no key")
    with pytest.raises(InputError, match="cannot be signed"):
        sign(card, tmp_path / "text")
    assert not (card / SIGNATURE).exists()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="not installed"):
        sign(card, tmp_path / "text")
