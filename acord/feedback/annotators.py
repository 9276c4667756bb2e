"""Who joined sessions of preferences: kept beside the file of preferences, so that a server that starts again knows
them. Tokens are kept as hashes: whoever reads the file can answer in nobody's name.
"""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from acord.errors import InputError
from acord.feedback.files import locked, replace, trouble
from acord.sections import STRICT

_Name = Annotated[str, Field(min_length=1)]


class _Annotator(BaseModel):
    model_config = STRICT

    shown: _Name
    session: _Name
    tokens: tuple[_Name, ...]


class _Roster(BaseModel):
    model_config = STRICT

    annotators: tuple[_Annotator, ...] = ()


class Roster:
    """The annotators of every session whose preferences go into one file. Safe from any thread and process."""

    def __init__(self, preferences: Path) -> None:
        self.path = preferences.with_name(f"{preferences.name}.annotators.json")

    def join(self, session: str, shown: str) -> str:
        """A new token for the annotator; one that is there already gets another beside those they have.

        Raises InputError where the file cannot be read or written.
        """
        token = secrets.token_urlsafe(24)
        with locked(self.path):
            everyone = list(self._read())
            found = next((one for one in everyone if (one.session, one.shown) == (session, shown)), None)
            if found is None:
                everyone.append(_Annotator(shown=shown, session=session, tokens=(_hash(token),)))
            else:
                tokens = (*found.tokens, _hash(token))
                everyone[everyone.index(found)] = found.model_copy(update={"tokens": tokens})
            self._write(everyone)
        return token

    def shown_of_token(self, token: str, session: str | None = None) -> str | None:
        """The annotator that a token belongs to, in one session or in any; None where nobody has it."""
        wanted = _hash(token)
        return next(
            (one.shown for one in self._read() if wanted in one.tokens and session in (None, one.session)), None
        )

    def of_session(self, session: str) -> list[str]:
        """Who joined, in the order of joining."""
        return [one.shown for one in self._read() if one.session == session]

    def knows(self, shown: str) -> bool:
        """Whether somebody of that name or pseudonym joined any session."""
        return any(one.shown == shown for one in self._read())

    def forget(self, shown: str) -> None:
        """Take an annotator off the list, with every token."""
        if not self.knows(shown):
            return
        with locked(self.path):
            self._write([one for one in self._read() if one.shown != shown])

    def _read(self) -> tuple[_Annotator, ...]:
        try:
            return _Roster.model_validate_json(self.path.read_bytes()).annotators
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise trouble(error, self.path) from None
        except ValidationError:
            raise InputError(
                "no list of annotators", where=str(self.path), fix="Take the file away; everybody joins again."
            ) from None

    def _write(self, everyone: list[_Annotator]) -> None:
        content = _Roster(annotators=tuple(everyone)).model_dump(mode="json")
        try:
            replace(self.path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
        except OSError as error:
            raise trouble(error, self.path) from None


def _hash(token: str) -> str:
    # The tokens are random, 192 bits: nothing to guess, hence no slow hash.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
