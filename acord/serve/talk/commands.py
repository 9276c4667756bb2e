"""What a line beginning with / asks for: names in full, abbreviated, or nearly right."""

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

from acord.languages import text
from acord.serve.talk.misused import Misused


class Command(NamedTuple):
    """argument: as the help writes it, empty where there is none. needed: whether it cannot be left out.
    comparing: whether there is something for it to do only where two replies are compared."""

    name: str
    argument: str = ""
    needed: bool = False
    comparing: bool = False

    @property
    def explained(self) -> str:
        """What it does, in the interface's language."""
        return text(f"talk_help_{self.name}")


COMMANDS = (
    Command("new"),
    Command("system", "[TEXT]"),
    Command("set", "[NAME VALUE]"),
    Command("status"),
    Command("history"),
    Command("retry"),
    Command("undo"),
    Command("save", "FILE", needed=True),
    Command("prefer", "1|2|tie", needed=True, comparing=True),
    Command("skip", comparing=True),
    Command("help"),
    Command("quit"),
)
# Abbreviations that would stand for two, and names that people bring from elsewhere.
_ALSO = {"h": "help", "?": "help", "q": "quit", "exit": "quit", "bye": "quit", "clear": "new", "reset": "new"}
REPLACING = "!"  # after a command's name: it may replace a file


class Called(NamedTuple):
    """name: in full. argument: what followed it, without spaces around. replacing: whether it had `!`."""

    name: str
    argument: str
    replacing: bool


def called(line: str, commands: Sequence[Command] = COMMANDS) -> Called:
    """The command that a line beginning with / asks for. Raises Misused."""
    word, _, argument = re.sub(r"\s", " ", line.removeprefix("/"), count=1).partition(" ")
    argument = argument.strip()
    replacing = word.endswith(REPLACING)
    name = full_name(word.removesuffix(REPLACING).lower(), [command.name for command in commands], "/")
    command = next(one for one in commands if one.name == name)
    if command.needed and not argument:
        raise Misused(text("talk_needs", command=f"/{name} {command.argument}"))
    if not command.argument and argument:
        raise Misused(text("talk_takes_nothing", command=f"/{name}"))
    return Called(name, argument, replacing)


def full_name(word: str, names: Sequence[str], mark: str = "") -> str:
    """The name that a word stands for, whole or abbreviated. mark: written before each. Raises Misused."""
    word = _ALSO.get(word, word) if mark else word
    if word in names:
        return word
    begun = [name for name in names if word and name.startswith(word)]
    if len(begun) == 1:
        return begun[0]
    shown = f"{mark}{word}"
    if begun:
        raise Misused(text("talk_several", word=shown, names=", ".join(mark + name for name in begun)))
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    key = "talk_unknown" if mark else "talk_unknown_name"
    if close:
        raise Misused(text(f"{key}_close", word=shown, close=mark + close[0]))
    raise Misused(text(key, word=shown, names=", ".join(names)))
