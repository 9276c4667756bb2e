"""What a session tells of its models: who they are, how they are asked, how long and how fast it goes."""

from collections.abc import Iterator

from acord.chat import Refused
from acord.languages import interface_language, shown, text
from acord.serve.talk.state import Answered, Talk
from acord.serve.talk.voice import Voice


def greeting(talk: Talk) -> Iterator[str]:
    """The first lines: that it is an AI model, which one, its limits, and how to get help."""
    names = [voice.name for voice in talk.voices]
    if not talk.comparing:
        yield text("talk_first", name=names[0])
    elif talk.voices[1].second:
        yield text("talk_first_twice", name=names[0])
    else:
        yield text("talk_first_two", first=names[0], second=names[1])
    for voice in talk.voices[:1] if talk.comparing and talk.voices[1].second else talk.voices:
        yield _limits(talk, voice)
    if talk.store is not None:
        yield text("talk_compare", file=str(talk.store.path))
    yield text("talk_help_hint")


def status(talk: Talk) -> Iterator[str]:
    """All of /status."""
    for voice in talk.voices:
        yield text("talk_model", name=voice.name, folder=voice.folder)
        yield text("talk_template", hash=str(voice.chat.describe()["template_sha256"])[:12])
        yield from settings(talk, voice)
        yield _length(talk, voice)
        if voice.engine.state() != "ready":
            yield text("talk_engine", reason=voice.engine.why())
    yield from (_speed(one) for one in talk.last)


def settings(talk: Talk, voice: Voice) -> Iterator[str]:
    """The values that hold, and the model's own where they differ."""
    for name, (value, own) in talk.settings.changed(voice.defaults).items():
        if name == "temperature":
            value = voice.temperature(talk.settings)
        line = f"{name} {number(value)}"
        yield "  " + (line if value == own else text("talk_changed", setting=line, own=number(own)))
    yield f"  seed {talk.settings.seed}"


def number(value: float) -> str:
    """As the interface's language writes it, with no more digits than it has."""
    form = "d" if isinstance(value, int) else "g"
    return f"{shown(value, interface_language()):{form}}"


def length(talk: Talk, voice: Voice) -> int | None:
    """Tokens of the conversation as this model would read it whole, None where its template does not take it."""
    conversation = talk.conversation
    if not conversation.exchanges:
        return 0
    last = conversation.exchanges[-1]
    try:
        asked = voice.chat.encode_prompt(conversation.without_last().messages(last.question)).ids
        return len(asked) + len(voice.chat.encode_reply(last.answer))
    except Refused:
        return None


def _length(talk: Talk, voice: Voice) -> str:
    tokens = length(talk, voice)
    values = {"turns": len(talk.conversation.exchanges), "tokens": "?" if tokens is None else tokens}
    if voice.defaults.longest is None:
        return text("talk_length_open", **values)
    return text("talk_length", **values, longest=voice.defaults.longest)


def _limits(talk: Talk, voice: Voice) -> str:
    asked = talk.settings.max_new_tokens
    limit = voice.defaults.max_new_tokens if asked is None else asked
    heat = number(voice.temperature(talk.settings))
    if voice.defaults.longest is None:
        return text("talk_limits_open", name=voice.name, limit=limit, temperature=heat)
    longest = voice.defaults.longest
    return text("talk_limits", name=voice.name, longest=longest, limit=min(limit, longest), temperature=heat)


def _speed(answered: Answered) -> str:
    reply = answered.reply
    rate = reply.tokens_per_second
    return text(
        "talk_speed",
        name=answered.voice.name,
        tokens=reply.reply_tokens,
        rate="?" if rate is None else rate,
        first=f"{shown(reply.first_seconds, interface_language()):.2f}",
        cached=reply.cached,
        prompt=reply.prompt_tokens,
    )
