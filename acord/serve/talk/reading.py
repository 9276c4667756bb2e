"""What a person types: lines with editing and recall, and texts of several lines."""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

QUOTES = '"""'
CONTINUED = "\\"
PROMPT, MORE = "> ", ". "
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class Typed(NamedTuple):
    """literal: it was put between triple quotes, so that it is no command whatever it begins with."""

    text: str
    literal: bool = False


class Reader(Protocol):
    """Where a session's inputs come from."""

    def __call__(self) -> Typed:
        """The next input. Raises EOFError at the end, and KeyboardInterrupt where the person takes it back."""
        ...


def whole_input(line: Callable[[str], str]) -> Typed:
    """An input of one line, or of several: after a backslash at a line's end, or between triple quotes.

    line: reads one, given the prompt to show. Raises what it raises.
    """
    first = line(PROMPT)
    if first.lstrip().startswith(QUOTES):
        return Typed(_quoted(first.lstrip().removeprefix(QUOTES), line), literal=True)
    lines = [first]
    while lines[-1].endswith(CONTINUED):
        lines[-1] = lines[-1].removesuffix(CONTINUED)
        lines.append(line(MORE))
    return Typed("\n".join(lines))


def _quoted(rest: str, line: Callable[[str], str]) -> str:
    lines = [rest]
    while not lines[-1].rstrip().endswith(QUOTES):
        lines.append(line(MORE))
    lines[-1] = lines[-1].rstrip().removesuffix(QUOTES)
    return "\n".join(lines).strip("\n")


class TerminalReader:
    """Reads from the terminal, by GNU readline where Python has it. What was typed is recalled until the session
    ends and written nowhere: it may be private."""

    def __init__(self, shaded: bool, commands: Sequence[str]) -> None:
        """shaded: whether the prompt may be bold. commands: what the tabulator completes."""
        self._shaded = shaded
        self._edited = _edit_lines(commands)

    def __call__(self) -> Typed:
        return whole_input(self._line)

    def _line(self, prompt: str) -> str:
        return input(self._shown(prompt))

    def _shown(self, prompt: str) -> str:
        if not self._shaded:
            return prompt
        if not self._edited:
            return f"{_BOLD}{prompt}{_PLAIN}"
        # Readline counts columns: what takes none stands between these marks.
        return f"\x01{_BOLD}\x02{prompt}\x01{_PLAIN}\x02"


def _edit_lines(commands: Sequence[str]) -> bool:
    """Switch line editing on. Whether there is any: it needs a terminal on both sides."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        import readline
    except ImportError:
        return False
    offered = [f"/{name}" for name in commands]

    def complete(begun: str, number: int) -> str | None:
        found = [name for name in offered if name.startswith(begun)] if begun.startswith("/") else []
        return found[number] if number < len(found) else None

    readline.set_completer_delims(" \t\n")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    return True
