"""One run for all tests of cards, and one card of it; tests that change something work on a copy."""

import pytest

from acord.card.evidence import Evidence
from acord.card.gather import gather
from tests.card.made import Made, make_run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_run(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def evidence(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Of the whole run. Its folder lies in a card's folder, `evidence.folder.parent`: leave both as they are."""
    return gather(made.inputs, made.recipe, tmp_path_factory.mktemp("card"))
