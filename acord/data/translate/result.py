"""What a translator says of itself and of a text that it could not translate."""

from typing import NamedTuple

CHECK, LOST, TOO_LONG = "translation broke the text", "translator failed", "too long to translate"


class LineageTool(NamedTuple):
    """Who translated: the tool with its mode or model, and its version ('' where it tells none)."""

    tool: str
    version: str


class Untranslated(NamedTuple):
    """Why a text has no translation. reason: one of this module's constants. detail: what exactly was wrong."""

    reason: str
    detail: str
