"""Our own cards under our own audit: there is nothing to be found in them."""

import pytest

from acord.card.audit.audit import audit
from acord.card.evidence import Evidence
from acord.card.writing import render_card


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["en", "va", "es"])
def test_our_own_cards_have_no_findings(evidence: Evidence, tag: str) -> None:
    found = audit(render_card(evidence, tag), "README.md")
    assert found.findings == ()
    assert found.tables > 10
