"""The requests under way: how long one takes, and how the server ends without cutting them short."""

import asyncio
import math
from dataclasses import dataclass, field

from acord.serve.http.errors import shutting_down
from acord.serve.http.exchange import Exchange
from acord.serve.protocol import Load

# Of what a reply takes: how much a new one says about the next.
WEIGHT = 0.1
LONGEST_RETRY = 60
# Seconds in which replies that are cut can still tell their clients.
LAST_WORDS = 1.0


@dataclass
class Traffic:
    """ending: whether new requests are refused. typical: seconds that a request with a reply takes."""

    ending: bool = False
    typical: float = 1.0
    _exchanges: dict[int, Exchange] = field(default_factory=dict)

    def enter(self, exchange: Exchange) -> None:
        self._exchanges[id(exchange)] = exchange

    def leave(self, exchange: Exchange, seconds: float) -> None:
        del self._exchanges[id(exchange)]
        if exchange.reply_tokens:
            self.typical += WEIGHT * (seconds - self.typical)

    def retry_after(self, load: Load) -> int:
        """Seconds until a place should be free, where slots and queue are full."""
        return max(1, min(LONGEST_RETRY, math.ceil(self.typical / max(load.slots, 1))))

    async def end(self, seconds: float) -> None:
        """Refuse what is new, let what runs finish within so many seconds, and cut the rest."""
        self.ending = True
        await self._until_quiet(seconds)
        self.cut()
        await self._until_quiet(LAST_WORDS)

    def cut(self) -> None:
        """End every request that is under way."""
        self.ending = True
        for exchange in list(self._exchanges.values()):
            exchange.cut(shutting_down())

    async def _until_quiet(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._exchanges and loop.time() < until:
            await asyncio.sleep(0.02)
