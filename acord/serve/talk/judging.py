"""Which of two replies a person prefers: written as feedback, then revealed."""

from typing import Literal

from acord.errors import AcordError
from acord.feedback.record import new_preference
from acord.languages import text
from acord.serve.talk.answering import keep
from acord.serve.talk.misused import Misused
from acord.serve.talk.state import Talk

Verdict = Literal["1", "2", "tie"]
VERDICTS: dict[str, Verdict] = {"1": "1", "2": "2", "tie": "tie", "t": "tie", "empat": "tie", "empate": "tie"}


def prefer(talk: Talk, written: str) -> None:
    """Record a verdict on what waits to be judged, say who was who, and go on with the preferred reply, the first
    where neither is. Raises Misused; then nothing was recorded, and it still waits.
    """
    ballot = talk.ballot
    verdict = VERDICTS.get(written.lower())
    if ballot is None or talk.store is None:
        raise Misused(text("talk_nothing_to_judge"))
    if verdict is None:
        raise Misused(text("talk_no_verdict", written=written))
    try:
        preference = new_preference(
            prompt=ballot.asked.before.messages(ballot.asked.question),
            replies=[one.reply.text for one in ballot.shown],
            models=[one.voice.name for one in ballot.shown],
            choice=verdict,
        )
        talk.store.add(preference)
    except AcordError as error:
        raise Misused(text("talk_not_recorded", reason=str(error))) from None
    file = str(talk.store.path)
    _go_on(talk, 1 if verdict == "2" else 0, text("talk_recorded", id=preference.id, file=file))


def skip(talk: Talk) -> None:
    """Go on with the first reply, and record nothing. Raises Misused where nothing waits."""
    if talk.ballot is None:
        raise Misused(text("talk_nothing_to_judge"))
    _go_on(talk, 0, text("talk_skipped"))


def _go_on(talk: Talk, chosen: int, line: str) -> None:
    ballot = talk.ballot
    assert ballot is not None  # noqa: S101  both callers have looked
    talk.ballot = None
    talk.last = ballot.shown
    first, second = (one.voice.name for one in ballot.shown)
    talk.screen.note(line)
    talk.screen.note(text("talk_revealed", first=first, second=second, label=str(chosen + 1)))
    keep(talk, ballot.asked, ballot.shown[chosen])
