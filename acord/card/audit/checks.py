"""What a rule is: a function from a card, and what its tables measure, to findings."""

from collections.abc import Callable, Iterable

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure

Check = Callable[[Card, tuple[Measure, ...]], Iterable[Finding]]
