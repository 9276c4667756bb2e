"""Who may come in: the Host that was asked for, the page that asks, and the key."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from acord.serve.http.errors import ApiError
from acord.serve.http.keys import Keys

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
# The page itself, what it needs before a key is typed, and whether the server lives. None tells of anyone's data.
OPEN_PATHS = ("/", "/health", "/acord/about")
OPEN_FOLDER = "/page/"


@dataclass(frozen=True)
class Door:
    """keys: one of them opens; none are needed where there are none. hosts: names that a client may ask for, without
    port; None for any."""

    keys: Keys
    hosts: tuple[str, ...] | None

    def check(self, scope: Scope) -> None:
        """Raises ApiError: 403 for another host or another page, 401 without a key that fits."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.hosts is not None and _name(host) not in self.hosts:
            # A page that has its own name point to this machine would otherwise read what is served here.
            raise ApiError(
                403,
                "the Host of the request is none that this server answers to. Ask for localhost, or start the server "
                "with --allowed-host.",
                code="host_not_allowed",
            )
        origin = headers.get("origin")
        if origin is not None and not self._own(origin, host):
            raise ApiError(
                403,
                "pages of another site may not ask this server. Behind a proxy, pass the Host header on or start the "
                "server with --allowed-host.",
                code="origin_not_allowed",
            )
        if self.keys and not is_open(scope["path"]) and not self.keys.fit(headers.get("authorization", "")):
            raise ApiError(
                401,
                "the API key is missing or wrong. Send it as: Authorization: Bearer KEY",
                code="invalid_api_key",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _own(self, origin: str, host: str) -> bool:
        netloc = origin.partition("://")[2].lower()
        return netloc == host.lower() or (self.hosts is not None and _name(netloc) in self.hosts[len(LOOPBACK_HOSTS) :])


def door(address: str, keys: Keys, allowed: Sequence[str]) -> Door:
    """allowed: further names that clients may ask for. Bound to another address, any name opens unless some are given:
    the key is what keeps others out there."""
    named = tuple(name.lower() for name in allowed)
    return Door(keys, (*LOOPBACK_HOSTS, *named) if named or is_loopback(address) else None)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDER)


def _name(host: str) -> str:
    """A Host header without its port."""
    try:
        split = urlsplit(f"//{host}")
        _ = split.port
    except ValueError:
        return ""
    if split.username is not None or split.path or split.query or split.fragment:
        return ""
    name = split.hostname or ""
    return f"[{name}]" if ":" in name else name
