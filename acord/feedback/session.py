"""A session of preferences in progress: who takes part, which prompt comes next, how far it is."""

import secrets
import threading
import unicodedata
from collections import Counter
from collections.abc import Mapping, Set
from typing import NamedTuple

from acord.errors import InputError
from acord.feedback.agreement import agreement_of
from acord.feedback.record import LONGEST_NAME, Preference
from acord.feedback.session_file import Session, SessionPrompt
from acord.feedback.session_file import load_session as load_session
from acord.feedback.store import FeedbackStore


class Annotator(NamedTuple):
    """token: what they show from now on, a secret of theirs. shown: how answers name them, a name or a pseudonym."""

    token: str
    shown: str


class Done(NamedTuple):
    """How far one annotator is. of: what they have answered, and what is still open for them."""

    shown: str
    done: int
    of: int


class Progress(NamedTuple):
    """How far a session is. prompts: all of them. complete: those with as many answers as wanted. agreement:
    Krippendorff's alpha over which model was preferred, None while nothing can be compared."""

    annotators: tuple[Done, ...]
    prompts: int
    complete: int
    agreement: float | None


class FeedbackSession:
    """A session whose answers go into a store. Safe from any thread.

    The store is read again when it has changed, so other processes may answer and delete meanwhile.
    """

    def __init__(self, session: Session, store: FeedbackStore) -> None:
        self.session, self.store = session, store
        self._offered: dict[str, str] = {}
        self._lock = threading.Lock()
        self._seen: tuple[tuple[int, int, int] | None, list[Preference]] = (None, [])

    def join(self, name: str, agreed: bool) -> Annotator:
        """Take part. agreed: to purpose and retention, which were shown before.

        A named session knows whoever comes back by the name. A pseudonymous one keeps no name: each joining has a
        random pseudonym, and only the token leads back to it; else anyone could learn a colleague's by their name.
        Raises InputError without agreement, for a name that cannot be one, and where the list cannot be written.
        """
        if not agreed:
            raise InputError(
                "the notice was not agreed to", where=self.session.name, fix="Read purpose and retention, and agree."
            )
        roster = self.store.roster
        if self.session.annotators == "pseudonymous":
            shown = f"anon-{secrets.token_hex(4)}"
        else:
            wanted = _name(name)
            known = roster.of_session(self.session.name)
            shown = next((one for one in known if one.casefold() == wanted.casefold()), wanted)
        return Annotator(roster.join(self.session.name, shown), shown)

    def shown(self, token: str) -> str:
        """The annotator that a token belongs to, as answers name them. Raises InputError for an unknown token."""
        shown = self.store.roster.shown_of_token(token, self.session.name)
        if shown is None:
            raise InputError("nobody of this session has that token", where=self.session.name, fix="Join the session.")
        return shown

    def next_prompt(self, token: str) -> SessionPrompt | None:
        """What to answer next; the same until it is answered, or others have given all the answers wanted.

        See `choose` for which. None where nothing is left for this annotator. Raises InputError for an unknown token.
        """
        shown = self.shown(token)
        with self._lock:
            answered_by = self._answered_by()
            offered = {who: prompt for who, prompt in self._offered.items() if who != shown}
            chosen = choose(
                [prompt.id for prompt in self.session.prompts],
                answered_by,
                shown,
                overlap=self.session.overlap,
                offered=Counter(offered.values()),
                before=self._offered.get(shown),
            )
            self._offered = offered if chosen is None else {**offered, shown: chosen}
        return next((prompt for prompt in self.session.prompts if prompt.id == chosen), None)

    def done(self, token: str) -> Done:
        """How far an annotator is. Raises InputError for an unknown token."""
        return self._done(self.shown(token), self._answered_by())

    def progress(self) -> Progress:
        """How far everybody is. Annotators stand in the order of joining."""
        answered_by = self._answered_by()
        known = self.store.roster.of_session(self.session.name)
        # Answers may be of people who are on no list: of a file that was brought here without it.
        others = sorted({who for people in answered_by.values() for who in people} - {*known})
        agreement = agreement_of(self._answers())
        return Progress(
            annotators=tuple(self._done(shown, answered_by) for shown in [*known, *others]),
            prompts=len(self.session.prompts),
            complete=sum(len(people) >= self.session.overlap for people in answered_by.values()),
            agreement=None if agreement is None else agreement.alpha,
        )

    def _done(self, shown: str, answered_by: Mapping[str, Set[str]]) -> Done:
        done = sum(shown in people for people in answered_by.values())
        left = sum(shown not in people and len(people) < self.session.overlap for people in answered_by.values())
        return Done(shown, done, done + left)

    def _answers(self) -> list[Preference]:
        try:
            stat = self.store.path.stat()
            state = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        except OSError:
            state = None
        if state is None or state != self._seen[0]:
            everything = self.store.read()
            self._seen = (state, [one for one in everything if one.session == self.session.name])
        return self._seen[1]

    def _answered_by(self) -> dict[str, set[str]]:
        """Of every prompt of the session, who has answered it."""
        people: dict[str, set[str]] = {prompt.id: set() for prompt in self.session.prompts}
        for one in self._answers():
            if one.prompt_id in people and one.annotator is not None:
                people[one.prompt_id].add(one.annotator)
        return people


def choose(
    prompts: list[str],
    answered_by: Mapping[str, Set[str]],
    shown: str,
    *,
    overlap: int,
    offered: Mapping[str, int],
    before: str | None = None,
) -> str | None:
    """The prompt that an annotator answers next, by its id; None where nothing is left for them.

    Never one that they have answered, nor one that has as many answers as wanted. Of the others the one with the fewest
    answers, those included that others are about to give; of several such the first in the file. offered: id -> how
    many others have it before them. before: what this annotator has, which they are offered again while it is open.
    """
    open_ids = [one for one in prompts if shown not in answered_by[one] and len(answered_by[one]) < overlap]
    if before in open_ids:
        return before
    return min(open_ids, key=lambda one: len(answered_by[one]) + offered.get(one, 0), default=None)


def _name(name: str) -> str:
    """A name as it is kept: composed characters, single spaces. Raises InputError for what is no name."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept or len(kept) > LONGEST_NAME or not kept.isprintable() or kept.startswith("pref_"):
        raise InputError(
            "that is no name",
            where="name",
            fix=f"Give 1 to {LONGEST_NAME} printable characters, not starting with pref_.",
        )
    return kept
