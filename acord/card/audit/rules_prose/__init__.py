"""Rules on what a card says in words: links, claims, totals, and the evidence that is not there."""

from acord.card.audit.checks import Check
from acord.card.audit.rules_prose.claims import claims_against_tables
from acord.card.audit.rules_prose.evidence import evidence_missing
from acord.card.audit.rules_prose.links import links_to_others
from acord.card.audit.rules_prose.totals import wrong_totals

CHECKS: tuple[Check, ...] = (links_to_others, claims_against_tables, wrong_totals, evidence_missing)
