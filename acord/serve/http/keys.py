"""The keys that open the server: from the environment or a file, never from the command line; compared in constant
time."""

import hashlib
import hmac
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from acord.console import say
from acord.errors import InputError
from acord.languages import text

# Shorter ones can be guessed; `openssl rand -hex 32` gives 64 characters.
SHORTEST = 16
FIX = "Make one with: openssl rand -hex 32"


class Keys:
    """What opens the server. Holds digests alone, so that no key can end in a log."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [_digest(key.encode()) for key in keys]

    def __bool__(self) -> bool:
        """Whether a key is needed."""
        return bool(self._digests)

    def fit(self, authorization: str) -> bool:
        """Whether an `Authorization` header opens. Takes as long for a wrong key as for any of the right ones."""
        scheme, _, given = authorization.partition(" ")
        digest = _digest(given.strip().encode("latin-1", "replace"))
        fits = False
        for known in self._digests:
            fits |= hmac.compare_digest(digest, known)
        return fits and scheme.lower() == "bearer"


def read_keys(variables: Sequence[str], files: Sequence[Path]) -> Keys:
    """One key from each environment variable, one from each line of each file.

    Raises InputError, which never holds a key, where one is missing, short or no plain ASCII.
    """
    keys = [_checked(_variable(name), f"the variable {name}") for name in variables]
    for file in files:
        lines = [line.strip() for line in _lines(file)]
        found = [_checked(line, f"{file}:{number}") for number, line in enumerate(lines, start=1) if line]
        if not found:
            raise InputError("the file holds no key", where=str(file), fix=FIX)
        keys += found
    return Keys(keys)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _variable(name: str) -> str:
    # Taken out, so that no process started from here has it.
    key = os.environ.pop(name, "").strip()
    if not key:
        raise InputError(
            "no such variable in the environment, or it is empty",
            where=f"--key-variable {name[:100]}",
            fix="Give the name of a variable that holds the key, not the key.",
        )
    return key


def _lines(file: Path) -> list[str]:
    try:
        open_to_others = stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"the file cannot be read: {error.strerror}", where=str(file), fix="Give a file of keys."
        ) from None
    except UnicodeDecodeError:
        raise InputError("the file is no UTF-8", where=str(file), fix="Give one key a line.") from None
    if open_to_others:
        say(text("serve_key_file_open", file=str(file)))
    return lines


def _checked(key: str, where: str) -> str:
    if len(key) < SHORTEST:
        raise InputError(f"a key of fewer than {SHORTEST} characters can be guessed", where=where, fix=FIX)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InputError("a key has characters that no header can carry", where=where, fix=FIX)
    return key
