"""One run for all tests of cards, and one card of it; tests that change something work on a copy."""

from hashlib import sha256

import pytest

from acord.card.evidence import Evidence
from acord.card.gather import gather
from acord.card.texts import texts_of
from tests.card.made import Made, make_run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_run(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def evidence(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Of the whole run. Its folder lies in a card's folder, `evidence.folder.parent`: leave both as they are."""
    return gather(made.inputs, made.recipe, tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="session")
def texts_by_evidence() -> dict[str, dict[str, bytes]]:
    """What `written_once` has written, by a digest of the evidence."""
    return {}


@pytest.fixture
def written_once(texts_by_evidence: dict[str, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that build or verify one card again and again: its texts, whose pictures take seconds, are written once
    for all evidence of the same bytes."""

    def once(evidence: Evidence) -> dict[str, bytes]:
        key = sha256()
        for path in sorted(evidence.folder.rglob("*")):
            if path.is_file():
                key.update(f"{path.relative_to(evidence.folder)}\0{path.stat().st_size}\0".encode())
                key.update(path.read_bytes())
        if key.hexdigest() not in texts_by_evidence:
            texts_by_evidence[key.hexdigest()] = texts_of(evidence)
        return texts_by_evidence[key.hexdigest()]

    monkeypatch.setattr("acord.card.texts.texts_of", once)
    monkeypatch.setattr("acord.card.verify.texts_of", once)
