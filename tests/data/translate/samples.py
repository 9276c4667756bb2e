"""Backends that are not Apertium, and the real one where it is installed."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from acord.data.text_cache import TextCache
from acord.data.translate import LineageTool, Translator, Untranslated, translator
from acord.data.translate.mask import Masked
from acord.recipe.data import Translate

PROGRAMS = ("apertium", "lt-proc", "cg-proc", "lrx-proc")
needs_apertium = pytest.mark.skipif(
    any(shutil.which(program) is None for program in PROGRAMS) or not Path("/usr/share/apertium/modes").is_dir(),
    reason="Apertium (Debian: apertium apertium-spa-cat apertium-lex-tools cg3) is not installed",
)


class FunctionBackend:
    """Translates by a function; remembers what it was asked for."""

    def __init__(self, function: Callable[[str], str | Untranslated], *, reads_markdown: bool = False) -> None:
        self.function = function
        self.reads_markdown = reads_markdown
        self.asked: list[str] = []
        self.closed = False

    def key(self, segment: Masked) -> str:
        return segment.text

    def translate(self, segments: Sequence[Masked]) -> list[str | Untranslated]:
        self.asked += [segment.text for segment in segments]
        return [self.function(segment.text) for segment in segments]

    def close(self) -> None:
        self.closed = True


def with_backend(backend: FunctionBackend, folder: Path, scope: Sequence[str] = ("test",)) -> Translator:
    """A translator over a backend, with its cache in `folder`."""
    return Translator(backend, LineageTool("test", "1"), TextCache(folder / "translations.sqlite"), scope)


def settings(**more: object) -> Translate:
    """Spanish to Valencian through Apertium, but for what is given."""
    return Translate.model_validate({"from": "source", "language": "es", "to": "va", **more})


def apertium(folder: Path, *, variety: str = "any", processes: int = 1, to: str = "va") -> Translator:
    """The real one."""
    return translator(settings(to=to), variety=variety, cache=folder, processes=processes)  # type: ignore[arg-type]  # tests name varieties
