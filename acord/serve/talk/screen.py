"""Where a session is seen: a model's words as they come, and Acord's own lines told apart from them."""

import os
from collections.abc import Mapping
from typing import TextIO

from acord.visible import visible, visible_line

_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Screen:
    """Writes to one stream, at once. Nothing of what a model or a person wrote can command the terminal."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        """environment: NO_COLOR and TERM=dumb take the shades away."""
        self._stream = stream
        self.shaded = stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"
        self._at_start = True

    def say(self, words: str) -> None:
        """A piece of what a model says, which need not end a line."""
        if words:
            self._write(visible(words))
            self._at_start = words.endswith("\n")

    def end(self) -> None:
        """What was said is complete: what follows begins a line."""
        if not self._at_start:
            self._write("\n")
            self._at_start = True

    def note(self, line: str = "") -> None:
        """A line of Acord's."""
        self.end()
        self._write((f"{_DIM}{visible_line(line)}{_PLAIN}" if self.shaded and line else visible_line(line)) + "\n")

    def head(self, line: str) -> None:
        """A line above what follows."""
        self.end()
        self._write((f"{_BOLD}{visible_line(line)}{_PLAIN}" if self.shaded else visible_line(line)) + "\n")

    def left_line(self) -> None:
        """The person ended a line by a key that writes none, such as Ctrl-D."""
        self._at_start = False
        self.end()

    def _write(self, written: str) -> None:
        self._stream.write(written)
        self._stream.flush()
