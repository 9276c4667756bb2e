"""Why a filter leaves a pair out."""

from typing import NamedTuple


class Fault(NamedTuple):
    """reason: a short phrase from a closed list, counted in the figures. detail: what was found in this pair."""

    reason: str
    detail: str
