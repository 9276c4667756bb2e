"""acord chat: talk to a model, ask it once, or compare two."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acord.cli.common import Json, Speech, begin, write_json
from acord.errors import InputError
from acord.languages import text

if TYPE_CHECKING:
    from acord.serve.talk.settings import Settings
    from acord.serve.talk.voice import Voice

STDIN = "-"
PREFERENCES = Path("preferences.jsonl")


def chat(
    model: Annotated[str, typer.Argument(help="A model's folder, or its hub name.", show_default=False)],
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", help="Ask this once; - reads it from stdin. [default: a session]", show_default=False),
    ] = None,
    system: Annotated[str | None, typer.Option(help="A system message to put first.", show_default=False)] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens of the answer at most. [default: the model's]", show_default=False)
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(min=0.0, help="0 always takes the likeliest token. [default: the model's]", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of the draws, where tokens are drawn.")] = 0,
    compare: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Compare with another, blind; the same draws twice.", show_default=False),
    ] = None,
    feedback: Annotated[Path, typer.Option(help="Where preferences between two go.")] = PREFERENCES,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Talk to a model through its chat template, or ask it once. What is piped in is one prompt."""
    begin(as_json, language)
    question = _question(prompt, as_json=as_json, compare=compare)
    from acord.serve.talk.settings import Settings

    settings = Settings(temperature=temperature, max_new_tokens=max_new_tokens, seed=seed)
    if question is None:
        _talk(model, compare, feedback, settings, system)
    else:
        _ask(model, question, settings, system, as_json=as_json)


def _question(prompt: str | None, *, as_json: bool, compare: str | None) -> str | None:
    """What to ask once, None for a session: where there is no prompt, and a person at the keyboard."""
    if prompt is None and sys.stdin.isatty():
        if as_json:
            raise InputError("--json is for one answer", where="--json", fix="Give --prompt too.")
        return None
    where = "stdin" if prompt in (None, STDIN) else "--prompt"
    question = _piped() if where == "stdin" else prompt
    if not question or not question.strip():
        raise InputError("the prompt is empty", where=where, fix="Write what to ask, between quotes.")
    if compare is not None:
        raise InputError(
            "two models are compared in a session",
            where="--compare",
            fix="Leave --prompt and pipes out.",
        )
    return question


def _piped() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the prompt is not UTF-8, from byte {error.start} on", where="stdin", fix="Convert it first."
        ) from None


def _ask(model: str, question: str, settings: "Settings", system: str | None, *, as_json: bool) -> None:
    from acord.console import say, write_result
    from acord.serve.talk.once import answer_once
    from acord.serve.talk.screen import Screen

    screen = Screen(sys.stdout) if sys.stdout.isatty() and not as_json else None
    voice = _voice(model)
    try:
        reply = answer_once(voice, question, settings, system=system, screen=screen)
    finally:
        voice.engine.close()
    if as_json:
        write_json(
            {
                "answer": reply.text,
                "finished": reply.finish == "stop",
                "prompt_tokens": reply.prompt_tokens,
                "reply_tokens": reply.reply_tokens,
            }
        )
        return
    if screen is None:
        write_result(reply.text)
    if reply.finish == "length":
        say(text("chat_cut", limit=reply.reply_tokens))
    elif not reply.text:
        say(text("chat_empty"))


def _talk(model: str, other: str | None, feedback: Path, settings: "Settings", system: str | None) -> None:
    from acord.feedback.store import FeedbackStore
    from acord.models import find_model
    from acord.serve.talk.actions import commands_of
    from acord.serve.talk.conversation import Conversation
    from acord.serve.talk.reading import TerminalReader
    from acord.serve.talk.screen import Screen
    from acord.serve.talk.session import converse
    from acord.serve.talk.state import Talk
    from acord.serve.talk.voice import beside

    store = None if other is None else FeedbackStore(feedback)
    twice = other is not None and find_model(other).resolve() == find_model(model).resolve()
    first = _voice(model, slots=2 if twice else 1)
    voices: tuple[Voice, ...] = (first,)
    try:
        if other is not None:
            voices = beside(first, first if twice else _voice(other))
        talk = Talk(voices, Screen(sys.stdout), settings, Conversation(system), store)
        names = [command.name for command in commands_of(talk)]
        converse(talk, TerminalReader(talk.screen.shaded, names))
    finally:
        for voice in voices:
            voice.engine.close()


def _voice(model: str, *, slots: int = 1) -> "Voice":
    """slots: replies side by side, each of which takes memory."""
    from acord.console import say
    from acord.serve.engine import open_engine
    from acord.serve.talk.voice import Voice

    loaded = open_engine(model, slots=slots)
    for line in loaded.reasons:
        say(line)
    return Voice(loaded.name, str(loaded.folder), loaded.engine, loaded.chat, loaded.defaults)
