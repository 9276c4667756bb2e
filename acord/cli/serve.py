"""The verb `serve`: a model behind OpenAI's API, with a page for people."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from acord.cli.common import Json, Speech, begin, write_json
from acord.errors import InputError
from acord.visible import visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acord.serve.http.opinions import Opinions
    from acord.serve.http.start import Listening
    from acord.serve.protocol import State

NONE_YET: list[str] = []
NO_FILES: list[Path] = []


def serve(
    model: Annotated[str, typer.Argument(help="A model's folder, or its hub name.", show_default=False)],
    host: Annotated[str, typer.Option(help="The address to listen on; another than this needs a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes one that is free.")] = 8000,
    key_variable: Annotated[
        list[str], typer.Option(help="The environment variable that holds an API key.", show_default=False)
    ] = NONE_YET,
    key_file: Annotated[
        list[Path], typer.Option(help="A file of API keys, one a line.", show_default=False)
    ] = NO_FILES,
    allowed_host: Annotated[
        list[str], typer.Option(help="A further Host to answer to, behind a tunnel or proxy.", show_default=False)
    ] = NONE_YET,
    name: Annotated[
        str | None, typer.Option(help="What clients call the model. [default: its own]", show_default=False)
    ] = None,
    engine: Annotated[Literal["transformers", "vllm"], typer.Option(help="What computes.")] = "transformers",
    slots: Annotated[
        int | None, typer.Option(min=1, help="Replies side by side. [default: by the machine]", show_default=False)
    ] = None,
    queue: Annotated[int, typer.Option(min=0, help="Requests that may wait for a slot; the next gets 429.")] = 64,
    compare: Annotated[
        str | None, typer.Option(help="A second model for compare mode. [default: itself]", show_default=False)
    ] = None,
    feedback: Annotated[
        Path | None, typer.Option(help="Keep preferences in this .jsonl file.", show_default=False)
    ] = None,
    session: Annotated[
        Path | None, typer.Option(help="A preference session, a YAML file; needs --feedback.", show_default=False)
    ] = None,
    max_body: Annotated[int, typer.Option(min=1_024, help="Bytes of a request.")] = 4 << 20,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens of one reply.")] = 32_768,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for a request, waiting included.")] = 600,
    read_timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a client to send or take its part.")] = 30,
    shutdown_timeout: Annotated[float, typer.Option(min=0, help="Seconds for running replies at the end.")] = 30,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Serve a model: OpenAI's API, a page to talk to it, and preferences. Its address goes to stdout."""
    begin(as_json, language)
    from acord.serve.http.door import is_loopback
    from acord.serve.http.keys import read_keys
    from acord.serve.http.limits import Limits
    from acord.serve.http.start import Settings, start

    keys = read_keys(key_variable, key_file)
    if not keys and not is_loopback(host):
        raise InputError(
            "others can reach this address, and there is no key",
            where=f"--host {host}",
            fix="Give --key-variable or --key-file, or leave --host out.",
        )
    settings = Settings(
        *(model, host, port, keys),
        hosts=tuple(allowed_host),
        name=name,
        kind=engine,
        slots=slots,
        compare=compare,
        opinions=_opinions(feedback, session),
        limits=Limits(max_body, max_tokens, queue, timeout, read_timeout, shutdown_timeout),
    )
    start(settings, lambda listening: _show(listening, as_json), _Telling())


def _show(listening: "Listening", as_json: bool) -> None:
    """The address for a script on stdout, the rest for people."""
    from acord.console import say, write_result
    from acord.languages import text

    if as_json:
        shown = listening._asdict() | {"defaults": asdict(listening.defaults)}
        write_json(shown)
        return
    defaults = listening.defaults
    say(text("serve_begins", model=visible_line(listening.model), address=listening.address))
    say(
        text(
            "serve_defaults",
            temperature=f"{defaults.temperature:g}",
            top_p=f"{defaults.top_p:g}",
            top_k=str(defaults.top_k),
            tokens=defaults.max_new_tokens,
        )
    )
    write_result(listening.address)


class _Telling:
    """Lines about the engines and the end, as `acord.serve.http.serving.Told` has them."""

    def engine(self, name: str, state: "State", lines: "Sequence[str]") -> None:
        from acord.console import say
        from acord.languages import text

        if state == "ready":
            say(text("serve_ready", model=visible_line(name)))
            for line in lines:
                say(f"{visible_line(name)}: {visible_line(line)}")
        else:
            say(text("serve_not_ready", model=visible_line(name), why=visible_line("; ".join(lines))))

    def ending(self) -> None:
        from acord.console import say
        from acord.languages import text

        say(text("serve_ending"))


def _opinions(feedback: Path | None, session: Path | None) -> "Opinions":
    from acord.feedback.session import FeedbackSession, load_session
    from acord.feedback.store import FeedbackStore
    from acord.serve.http.opinions import Opinions

    if feedback is None:
        if session is not None:
            raise InputError("a session needs a file for its preferences", where="--session", fix="Give --feedback.")
        return Opinions()
    store = FeedbackStore(feedback)
    store.read()  # a file that is none is told of now, not when somebody has answered
    return Opinions(store, None if session is None else FeedbackSession(load_session(session), store))
