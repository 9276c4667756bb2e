"""What each command of a session does."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from acord.chat import Refused
from acord.languages import INTERFACE_TAGS, set_language, text
from acord.serve.talk.answering import answer
from acord.serve.talk.commands import COMMANDS, Called, Command, full_name
from acord.serve.talk.conversation import Conversation, roles_and_texts
from acord.serve.talk.judging import prefer, skip
from acord.serve.talk.misused import Misused
from acord.serve.talk.saving import save
from acord.serve.talk.settings import NAMES, OWN
from acord.serve.talk.state import Asked, Talk
from acord.serve.talk.status import settings, status

LANGUAGE = "language"


def commands_of(talk: Talk) -> list[Command]:
    """Those that have something to do here."""
    return [command for command in COMMANDS if talk.comparing or not command.comparing]


def act(talk: Talk, called: Called) -> None:
    """Do what a command says; /quit is the session's own. Raises Misused, with one line."""
    _ACTIONS[called.name](talk, called)


def _new(talk: Talk, _: Called) -> None:
    talk.conversation = Conversation(talk.conversation.system)
    talk.asked, talk.ballot, talk.last, talk.draw, talk.told_of_dropped = None, None, (), 0, False
    talk.screen.note(text("talk_new"))


def _system(talk: Talk, called: Called) -> None:
    system = talk.conversation.system
    if not called.argument:
        talk.screen.note(text("talk_no_system") if system is None else text("talk_system", system=system))
        return
    if talk.ballot is not None:
        raise Misused(text("talk_judge_first"))
    asked = None if called.argument == OWN else called.argument
    for voice in talk.voices:
        try:
            voice.chat.encode_prompt(Conversation(asked).messages("a"))
        except Refused as refused:
            raise Misused(text("talk_refused", reason=str(refused))) from None
    talk.conversation = replace(talk.conversation, system=asked)
    talk.screen.note(text("talk_system_off") if asked is None else text("talk_system_set"))


def _set(talk: Talk, called: Called) -> None:
    if not called.argument:
        for voice in talk.voices:
            talk.screen.note(f"{voice.name}:")
            for line in settings(talk, voice):
                talk.screen.note(line)
        return
    word, _, value = called.argument.partition(" ")
    name, value = full_name(word.replace("-", "_"), [*NAMES, LANGUAGE]), value.strip()
    if not value:
        raise Misused(text("talk_needs", command=f"/set {name} VALUE"))
    if name == LANGUAGE:
        set_language(full_name(value, INTERFACE_TAGS))
    else:
        talk.settings = talk.settings.set(name, value)
        talk.draw = 0
    talk.screen.note(text("talk_set", name=name, value=value))


def _status(talk: Talk, _: Called) -> None:
    for line in status(talk):
        talk.screen.note(line)


def _history(talk: Talk, _: Called) -> None:
    messages = talk.conversation.messages()
    if not messages:
        talk.screen.note(text("talk_no_history"))
    for role, content in roles_and_texts(messages):
        talk.screen.head(text(f"talk_role_{role}"))
        talk.screen.say(content)
        talk.screen.end()


def _retry(talk: Talk, _: Called) -> None:
    if talk.asked is None:
        raise Misused(text("talk_nothing_to_retry"))
    if all(voice.temperature(talk.settings) == 0 for voice in talk.voices):
        talk.screen.note(text("talk_retry_same"))
    talk.draw += 1
    # The system message may be another by now.
    before = replace(talk.asked.before, system=talk.conversation.system)
    answer(talk, Asked(talk.asked.question, before))


def _undo(talk: Talk, _: Called) -> None:
    if talk.ballot is not None:
        question, talk.ballot = talk.ballot.asked.question, None
    elif talk.conversation.exchanges:
        question = talk.conversation.exchanges[-1].question
        talk.conversation = talk.conversation.without_last()
    else:
        raise Misused(text("talk_nothing_to_undo"))
    talk.asked, talk.last, talk.draw = _last_asked(talk.conversation), (), 0
    talk.screen.note(text("talk_undone", question=question))


def _last_asked(conversation: Conversation) -> Asked | None:
    if not conversation.exchanges:
        return None
    return Asked(conversation.exchanges[-1].question, conversation.without_last())


def _save(talk: Talk, called: Called) -> None:
    if not talk.conversation.exchanges:
        raise Misused(text("talk_no_history"))
    names = list(dict.fromkeys(exchange.model for exchange in talk.conversation.exchanges))
    saved = save(talk.conversation, ", ".join(names), called.argument, replace=called.replacing)
    talk.screen.note(text("talk_replaced" if saved.replaced else "talk_saved", file=str(saved.path)))


def _help(talk: Talk, _: Called) -> None:
    commands = commands_of(talk)
    written = [f"/{command.name} {command.argument}".rstrip() for command in commands]
    width = max(map(len, written))
    for command, name in zip(commands, written, strict=True):
        talk.screen.note(f"  {name:{width}}  {command.explained}")
    talk.screen.note(text("talk_help_typing"))
    talk.screen.note(text("talk_help_keys"))


_ACTIONS: Mapping[str, Callable[[Talk, Called], None]] = {
    "new": _new,
    "system": _system,
    "set": _set,
    "status": _status,
    "history": _history,
    "retry": _retry,
    "undo": _undo,
    "save": _save,
    "prefer": lambda talk, called: prefer(talk, called.argument),
    "skip": lambda talk, _: skip(talk),
    "help": _help,
}
