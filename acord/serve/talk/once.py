"""One question, one answer: for the command line and for pipes."""

from acord.console import track
from acord.errors import InputError, MachineError
from acord.serve.talk.conversation import Conversation
from acord.serve.talk.screen import Screen
from acord.serve.talk.settings import Settings
from acord.serve.talk.voice import Reply, Unanswered, Voice, ask


def answer_once(
    voice: Voice, question: str, settings: Settings, *, system: str | None = None, screen: Screen | None = None
) -> Reply:
    """The answer to a question. screen: where it is shown as it comes, if anywhere.

    Raises InputError for what cannot be asked, MachineError where the engine ends.
    """
    try:
        speaking = ask(voice, Conversation(system).messages(question), settings)
    except Unanswered as error:
        if error.refused:
            raise InputError(
                f"the conversation cannot be encoded: {error}", where="--prompt or --system", fix="Change what it says."
            ) from None
        raise MachineError(f"no answer: {error}", fix="Start again.") from None
    limit = voice.defaults.max_new_tokens if settings.max_new_tokens is None else settings.max_new_tokens
    try:
        if screen is None:
            with track("answering", limit, "tokens") as progress:
                reply = speaking.hear(lambda piece: progress.advance(len(piece.ids)))
        else:
            reply = speaking.hear(lambda piece: screen.say(piece.text))
            screen.end()
    finally:
        speaking.cancel()
    if reply.gone:
        raise MachineError(f"the answer broke off: {reply.gone}", fix="Start again.")
    return reply
