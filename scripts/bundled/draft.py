"""What the model learns from, as text."""

from typing import NamedTuple


class Draft(NamedTuple):
    """One exchange. task: what it exercises. group: drafts of one group begin alike. language: of the reply.

    before: earlier turns as (role, text), a system message among them.
    """

    task: str
    group: str
    language: str
    prompt: str
    reply: str
    before: tuple[tuple[str, str], ...] = ()
