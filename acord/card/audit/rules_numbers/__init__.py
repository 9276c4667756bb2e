"""Rules on the figures of tables: each a function from a card and its measures to findings."""

from acord.card.audit.checks import Check
from acord.card.audit.rules_numbers.averages import check_averages
from acord.card.audit.rules_numbers.bold import check_bold
from acord.card.audit.rules_numbers.decimals import check_decimals
from acord.card.audit.rules_numbers.degenerate import check_complements, check_constant
from acord.card.audit.rules_numbers.labels import check_labels
from acord.card.audit.rules_numbers.proportions import check_proportions
from acord.card.audit.rules_numbers.spreads import check_spreads

CHECKS: tuple[Check, ...] = (
    check_bold,
    check_decimals,
    check_proportions,
    check_complements,
    check_constant,
    check_spreads,
    check_averages,
    check_labels,
)
