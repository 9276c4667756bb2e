"""The state of every session in a file of preferences, for people and for scripts."""

from typing import Any, NamedTuple

from acord.agreement import Agreement
from acord.feedback.agreement import agreement_of
from acord.feedback.session import Done, FeedbackSession
from acord.feedback.session_file import Session
from acord.feedback.store import FeedbackStore
from acord.languages import text


class Overview(NamedTuple):
    """One session. name: None for answers outside of any. preferences: how many rows. prompts, complete: None where the
    session's file was not given; `of` is then what there is of answers.
    """

    name: str | None
    preferences: int
    annotators: tuple[Done, ...]
    prompts: int | None
    complete: int | None
    agreement: Agreement | None

    def as_json(self) -> dict[str, Any]:
        return {
            **self._asdict(),
            "annotators": [one._asdict() for one in self.annotators],
            "agreement": None if self.agreement is None else self.agreement._asdict(),
        }


def overview_of(store: FeedbackStore, session: Session | None) -> list[Overview]:
    """One session, or without its file every session that the preferences name, in the order of their first answers."""
    everything = store.read()
    if session is not None:
        rows = [one for one in everything if one.session == session.name]
        state = FeedbackSession(session, store).progress()
        return [Overview(session.name, len(rows), state.annotators, state.prompts, state.complete, agreement_of(rows))]
    overviews = []
    for name in dict.fromkeys(one.session for one in everything):
        rows = [one for one in everything if one.session == name]
        counted: dict[str, int] = {}
        for one in rows:
            if one.annotator is not None:
                counted[one.annotator] = counted.get(one.annotator, 0) + 1
        people = tuple(Done(who, number, number) for who, number in counted.items())
        overviews.append(Overview(name, len(rows), people, None, None, agreement_of(rows)))
    return overviews


def shown(one: Overview) -> str:
    """As lines of text in the interface's language."""
    lines = [text("feedback_session", name=one.name or text("feedback_no_session"), number=one.preferences)]
    if one.prompts is not None and one.complete is not None:
        lines.append(text("feedback_complete", complete=one.complete, prompts=one.prompts))
    for who in one.annotators:
        if one.prompts is None:
            lines.append(text("feedback_session", name=f"  {who.shown}", number=who.done))
        else:
            lines.append(text("feedback_annotator_of", name=who.shown, done=who.done, of=who.of))
    if one.agreement is None:
        lines.append(text("feedback_no_agreement"))
    else:
        lines.append(text("feedback_agreement", **one.agreement._asdict()))
    return "\n".join(lines)
