"""Apertium as it is installed: its modes, the programs of a mode, versions."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from acord.data.translate.result import LineageTool
from acord.errors import InputError

# cg3 and apertium-lex-tools are named because Debian 12's apertium-spa-cat runs their programs and does not depend on
# their packages; without them apertium prints nothing.
PACKAGES = ("apertium", "apertium-spa-cat", "apertium-lex-tools", "cg3")
INSTALL = f"Install it: apt-get install {' '.join(PACKAGES)}"
MODES = {
    ("va", "any"): ("spa-cat_valencia",),
    ("va", "gva"): ("spa-cat_valencia",),
    ("va", "university"): ("spa-cat_valencia_uni", "spa-cat_valencia"),
}
_WAIT_SECONDS = 30.0


class Mode(NamedTuple):
    """A mode of Apertium: its name and the commands of its pipe, one argument list each."""

    name: str
    commands: tuple[tuple[str, ...], ...]


def find_mode(language: str, to: str, variety: str) -> Mode:
    """The mode for a pair of languages. Raises InputError where Apertium cannot do it, or is not there."""
    names = _names(language, to, variety)
    if shutil.which("apertium") is None:
        raise InputError("the program apertium is not there", where="translate", fix=f"{INSTALL}.")
    there = _output(["apertium", "-l"]).split()
    name = next((name for name in names if name in there), None)
    if name is None:
        raise InputError(f"Apertium has no mode {names[0]}", where="translate", fix=f"{INSTALL}.")
    path = Path(os.environ.get("APERTIUM_DATADIR", "/usr/share/apertium")) / "modes" / f"{name}.mode"
    if not path.is_file():
        raise InputError(f"{path} is not there", where="translate", fix="Set APERTIUM_DATADIR to Apertium's folder.")
    mode = Mode(name, commands_of(path.read_text()))
    for program in dict.fromkeys(command[0] for command in mode.commands):
        if shutil.which(program) is None:
            raise InputError(f"{name} needs the program {program}, which is not there", where="translate",
                             fix=f"{INSTALL}.")  # fmt: skip
    return mode


def _names(language: str, to: str, variety: str) -> Sequence[str]:
    if language == "en":
        raise InputError(
            f"Apertium does not translate English into {to}: its words are unusable, and it can lose input silently",
            where="translate",
            fix="Give an endpoint with a translation model in through:.",
        )
    if language == "es" and to == "ca":
        return ("spa-cat",)
    if language != "es" or (to, variety) not in MODES:
        raise InputError(f"Apertium translates es to va and es to ca here, not {language} to {to}",
                         where="translate", fix="Give an endpoint with a translation model in through:.")  # fmt: skip
    return MODES[to, variety]


def commands_of(mode: str) -> tuple[tuple[str, ...], ...]:
    """The commands of a .mode file, to be fed a stream: $1 leaves unknown words unmarked, $2 (ambiguity) is empty.

    `-z` makes each of them hand on what it has at every NUL.
    """
    commands = []
    for part in mode.strip().split("|"):
        program, *arguments = shlex.split(part)
        given = ["-n" if argument == "$1" else argument for argument in arguments if argument != "$2"]
        commands.append((program, "-z", *given))
    return tuple(commands)


def apertium_tool(mode: Mode) -> LineageTool:
    """Name and version of Apertium in this mode."""
    versions = [f"{name} {version}" for name in PACKAGES if (version := _debian_version(name))]
    return LineageTool(f"apertium {mode.name}", ", ".join(versions) or _output(["apertium", "-V"]).strip())


def _debian_version(package: str) -> str:
    if shutil.which("dpkg-query") is None:
        return ""
    return _output(["dpkg-query", "-W", "-f", "${Version}", package]).strip()


def _output(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603  fixed programs, no shell
            command, capture_output=True, text=True, timeout=_WAIT_SECONDS, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{command[0]} cannot be run ({type(error).__name__})", where="translate",
                         fix=f"{INSTALL}.") from None  # fmt: skip
    return done.stdout if done.returncode == 0 else ""
