"""A session: what a person types is a question or a command, until they leave."""

from acord.languages import text
from acord.serve.talk.actions import act, commands_of
from acord.serve.talk.answering import answer
from acord.serve.talk.commands import called
from acord.serve.talk.judging import VERDICTS, prefer
from acord.serve.talk.misused import Misused
from acord.serve.talk.reading import Reader, Typed
from acord.serve.talk.state import Asked, Talk
from acord.serve.talk.status import greeting


def converse(talk: Talk, read: Reader) -> None:
    """Talk until the person leaves, by /quit or the end of their input."""
    for line in greeting(talk):
        talk.screen.note(line)
    while True:
        try:
            typed = read()
        except EOFError:
            talk.screen.left_line()
            return
        except KeyboardInterrupt:
            talk.screen.left_line()
            talk.screen.note(text("talk_leave_hint"))
            continue
        except UnicodeDecodeError:
            talk.screen.note(text("talk_no_text"))
            continue
        try:
            if not take(talk, typed):
                return
        except Misused as misused:
            talk.screen.note(str(misused))
        except KeyboardInterrupt:
            talk.screen.note(text("talk_leave_hint"))


def take(talk: Talk, typed: Typed) -> bool:
    """Do what was typed. Whether the session goes on. Raises Misused."""
    written = typed.text if typed.literal else typed.text.strip()
    if not written.strip():
        return True
    is_command = not typed.literal and written.startswith("/") and not written.startswith("//")
    if is_command:
        command = called(written, commands_of(talk))
        if command.name == "quit":
            return False
        act(talk, command)
        return True
    if talk.ballot is not None:
        if written.lower() not in VERDICTS:
            raise Misused(text("talk_judge_first"))
        prefer(talk, written)
        return True
    talk.draw = 0
    question = written[1:] if written.startswith("//") and not typed.literal else written
    answer(talk, Asked(question, talk.conversation))
    return True
