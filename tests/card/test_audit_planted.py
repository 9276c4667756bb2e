"""The audit on cards drawn at random: nothing wrong is found in correct ones, and one planted error is found."""

import pytest

from acord.card.audit.audit import audit
from tests.card.planted import KINDS, Planted, correct_card, planted_card

CORRECT, A_KIND = 50, 12  # 20 kinds: 240 cards with one error each


def caught(card: Planted) -> bool:
    findings = audit(card.text, "card").findings
    return any(one.rule in card.rules and one.line in card.lines for one in findings)


@pytest.mark.slow
def test_correct_cards_have_no_errors_and_no_warnings() -> None:
    for seed in range(CORRECT):
        findings = audit(correct_card(seed), f"card {seed}").findings
        assert [one for one in findings if one.severity != "note"] == [], seed


@pytest.mark.slow
def test_planted_errors_are_caught_by_the_right_rule_at_the_right_line() -> None:
    cards = [planted_card(kind, seed) for kind in KINDS for seed in range(1000, 1000 + A_KIND)]
    missed = [(card.kind, card.seed) for card in cards if not caught(card)]
    assert len(KINDS) >= 12
    assert len(cards) >= 200
    assert len(missed) <= 0.02 * len(cards), missed


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_card_of_each_kind(kind: str) -> None:
    card = planted_card(kind, 7)
    assert caught(card), (card.rules, card.lines)


def test_a_correct_card_is_clean() -> None:
    assert [one for one in audit(correct_card(7), "card").findings if one.severity != "note"] == []


def test_cards_are_varied() -> None:
    cards = [correct_card(seed) for seed in range(40)]
    for sign in ("±", "<b>", "__", "↓", " ↑", "%", "===", "| Model |", "| Δ |", "<u>", " 0,", "| n |", "Average"):
        assert 0 < sum(sign in card for card in cards) < len(cards), sign
    assert len(set(cards)) == len(cards)
