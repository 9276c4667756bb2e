"""Audits a model card: every rule over what the card says."""

from pathlib import Path

from acord.card.audit import rules_numbers, rules_prose
from acord.card.audit.document import Card, read_card
from acord.card.audit.findings import Audit, Finding, in_order
from acord.card.audit.measures import Measure, measures_of
from acord.card.audit.names import RATES
from acord.card.audit.rules_numbers.proportions import items_of
from acord.errors import InputError

CHECKS = (*rules_numbers.CHECKS, *rules_prose.CHECKS)


def audit(text: str, name: str) -> Audit:
    """What is wrong, misleading or missing in the card that the Markdown `text` holds; `name` is how it is called.

    Raises InputError for a text that is too long to be a card.
    """
    card = read_card(text)
    measures = tuple(one for table in card.tables for one in measures_of(table))
    found = [*_unread(card), *(finding for check in CHECKS for finding in check(card, measures))]
    numbers = sum(len(one.numbers) for one in measures)
    return Audit(name, in_order(found), len(card.tables), numbers, sum(map(_untested, measures)))


def audit_file(path: Path) -> Audit:
    """The card in a file. Raises InputError for one that cannot be read or is no text."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix="Give a card's file.") from None
    except UnicodeDecodeError:
        raise InputError("this is not UTF-8 text", where=str(path), fix="Give a card in Markdown.") from None
    return audit(text, str(path))


def _unread(card: Card) -> list[Finding]:
    found = [
        Finding("note", "table-unread", line, "HTML", "This table is in HTML; only those in Markdown are checked.", {})
        for line in card.unread
    ]
    if card.metadata_fault is not None:
        found.append(Finding("warning", "metadata-unread", 1, "metadata", f"No metadata: {card.metadata_fault}.", {}))
    return found


def _untested(one: Measure) -> int:
    """Accuracies and the like whose number of items is neither in the table nor known."""
    return len(one.numbers) if one.metric in RATES and not one.average and items_of(one) is None else 0
