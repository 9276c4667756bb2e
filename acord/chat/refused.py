"""Why a conversation cannot be encoded: the row is refused, never the run."""

from typing import Literal

Reason = Literal[
    "unknown role",
    "content is not text",
    "no user turn to answer",
    "no assistant reply",
    "template refuses the conversation",
    "template rewrites the text",
    "template history is not prefix-stable",
    "text does not survive encoding",
    "control token out of place",
    "too long",
]


class Refused(Exception):
    """One conversation cannot become tokens faithfully.

    reason: one of a closed list, to count by. detail: what was found, for a person.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason: Reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)
