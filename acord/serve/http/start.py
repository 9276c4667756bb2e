"""From settings to a server that runs: models opened, routes built, the address told."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from acord.serve.defaults import Defaults
from acord.serve.http.app import build_app
from acord.serve.http.door import door
from acord.serve.http.figures import Figures
from acord.serve.http.keys import Keys
from acord.serve.http.limits import Limits
from acord.serve.http.opening import Kind, open_model
from acord.serve.http.opinions import Opinions
from acord.serve.http.served import Served
from acord.serve.http.serving import Told, address_of, listen, serve
from acord.serve.http.traffic import Traffic


@dataclass(frozen=True)
class Settings:
    """What a server is started with. model, compare: folders or hub names. name: as clients know the model, None for
    its own. hosts: further names that clients may ask for. slots: replies side by side, None by the machine."""

    model: str
    host: str
    port: int
    keys: Keys
    hosts: tuple[str, ...] = ()
    name: str | None = None
    kind: Kind = "transformers"
    slots: int | None = None
    compare: str | None = None
    opinions: Opinions = field(default_factory=Opinions)
    limits: Limits = field(default_factory=Limits)


class Listening(NamedTuple):
    """A server that takes requests. address: a URL. model, other: names, None for no other."""

    address: str
    model: str
    other: str | None
    defaults: Defaults


def start(settings: Settings, listening: Callable[[Listening], None], told: Told) -> None:
    """Serve until a signal ends it. listening: called once requests are taken. told: of what happens to the engines.

    Raises InputError before that: for a model that is none, an address that cannot be had.
    """
    limits = settings.limits
    with listen(settings.host, settings.port) as listener:
        model = open_model(settings.model, settings.kind, slots=settings.slots, queue=limits.queue, name=settings.name)
        other = None
        try:
            if settings.compare is not None:
                other = open_model(settings.compare, settings.kind, slots=settings.slots, queue=limits.queue)
            engines = {"model": model.engine} | ({} if other is None else {"compare": other.engine})
            served = Served(model, limits, Figures(engines), Traffic(), bool(settings.keys), other)
            front = build_app(served, door(settings.host, settings.keys, settings.hosts), settings.opinions, _log)
            address = address_of(listener)
            taken = Listening(address, model.name, None if other is None else other.name, model.defaults)
            serve(front, listener, served, told, lambda: listening(taken))
        finally:
            model.engine.close()
            if other is not None:
                other.engine.close()


def _log(line: str) -> None:
    sys.stderr.write(line + "\n")
