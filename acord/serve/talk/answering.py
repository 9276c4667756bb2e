"""A question is answered: by one model into the conversation, or by two for the person to judge."""

from acord.languages import text
from acord.serve.talk.conversation import Exchange
from acord.serve.talk.misused import Misused
from acord.serve.talk.state import Answered, Asked, Ballot, Talk
from acord.serve.talk.voice import Reply, Speaking, Unanswered, Voice, ask, stopped_by_interrupt


def answer(talk: Talk, asked: Asked) -> None:
    """Ask; the conversation changes where an answer comes. Raises Misused where none can."""
    talk.asked = asked
    talk.ballot = None
    if talk.comparing:
        _answer_twice(talk, asked)
        return
    (voice,) = talk.voices
    speaking = _begin(talk, voice, asked)
    with stopped_by_interrupt(speaking):
        reply = _heard(talk, speaking)
    talk.last = (Answered(voice, reply),)
    _explain(talk, voice, reply)
    keep(talk, asked, talk.last[0])


def keep(talk: Talk, asked: Asked, answered: Answered) -> None:
    """Go on with this answer. An empty one is no turn that a template could write: the question is left out too."""
    reply = answered.reply
    if reply.text.strip():
        cut = reply.finish not in ("stop", "length")
        talk.conversation = asked.before.adding(Exchange(asked.question, reply.text, cut, answered.voice.name))
    else:
        talk.screen.note(text("talk_empty"))


def _answer_twice(talk: Talk, asked: Asked) -> None:
    first, second = talk.voices
    order = (first, second) if talk.chance.random() < 0.5 else (second, first)
    # Both are asked before one is heard: they speak side by side, and the wait for the second tells nothing.
    speaking = [_begin(talk, order[0], asked)]
    try:
        speaking.append(_begin(talk, order[1], asked))
        replies: list[Reply] = []
        with stopped_by_interrupt(*speaking):
            for label, one in enumerate(speaking, start=1):
                talk.screen.head(text("talk_reply", label=str(label)))
                replies.append(_heard(talk, one))
                if replies[-1].finish in (None, "cancelled"):
                    break
    finally:
        for one in speaking:
            one.cancel()
    if len(replies) < 2 or replies[1].finish in (None, "cancelled"):
        # Half a reply is no sample of what a model says.
        _explain_gone(talk, replies[-1])
        raise Misused(text("talk_not_compared"))
    ballot = Ballot(asked, (Answered(order[0], replies[0]), Answered(order[1], replies[1])))
    _explain_dropped(talk, max(ballot.shown, key=lambda one: one.reply.dropped))
    for label, reply in enumerate(replies, start=1):
        if reply.finish == "length":
            talk.screen.note(text("talk_cut_of_two", label=str(label), limit=reply.reply_tokens))
    if replies[0].text == replies[1].text:
        talk.last = ballot.shown
        talk.screen.note(text("talk_same"))
        keep(talk, asked, ballot.shown[0])
        return
    talk.last = ()  # how fast and how long each spoke would tell who is who
    talk.ballot = ballot
    talk.screen.note(text("talk_judge"))


def _begin(talk: Talk, voice: Voice, asked: Asked) -> Speaking:
    try:
        return ask(voice, asked.before.messages(asked.question), talk.settings, draw=talk.draw)
    except Unanswered as error:
        if error.too_long:
            raise Misused(text("talk_too_long", longest=voice.defaults.longest or 0)) from None
        raise Misused(text("talk_refused" if error.refused else "talk_engine", reason=str(error))) from None


def _heard(talk: Talk, speaking: Speaking) -> Reply:
    reply = speaking.hear(lambda piece: talk.screen.say(piece.text))
    talk.screen.end()
    return reply


def _explain(talk: Talk, voice: Voice, reply: Reply) -> None:
    _explain_dropped(talk, Answered(voice, reply))
    _explain_gone(talk, reply)
    if reply.finish == "length":
        talk.screen.note(text("talk_cut", limit=reply.reply_tokens))
    elif reply.finish == "cancelled":
        talk.screen.note(text("talk_stopped" if reply.text.strip() else "talk_stopped_empty"))


def _explain_gone(talk: Talk, reply: Reply) -> None:
    if reply.gone:
        talk.screen.note(text("talk_engine", reason=reply.gone))


def _explain_dropped(talk: Talk, answered: Answered) -> None:
    if answered.reply.dropped and not talk.told_of_dropped:
        talk.told_of_dropped = True
        longest = answered.voice.defaults.longest or 0
        talk.screen.note(text("talk_dropped", longest=longest, dropped=answered.reply.dropped))
