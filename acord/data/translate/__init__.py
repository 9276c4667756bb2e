"""Translation of texts: masked, translated by segments, checked, put together, cached.

A segment whose translation fails a check is translated again in smaller parts (lines, sentences, clauses); a text with
a segment that still fails is refused with the reason, never half translated.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol

from acord.data.text_cache import TextCache, cache_key
from acord.data.translate.apertium import Apertium
from acord.data.translate.check import find_fault
from acord.data.translate.endpoint import EndpointTranslator
from acord.data.translate.layout import Layout, clauses, lines, paragraphs, put_together, sentences, take_apart, whole
from acord.data.translate.mask import Masked, TooManySpans, restore
from acord.data.translate.programs import apertium_tool, find_mode
from acord.data.translate.result import CHECK, LOST, TOO_LONG, LineageTool, Untranslated
from acord.recipe import Translate, Variety

__all__ = ["CHECK", "LOST", "TOO_LONG", "LineageTool", "Translator", "Untranslated", "translator"]

CACHE_FILE = "translations.sqlite"
MASKING = "1"  # raise it when masking, segments or the stream's form change: what is cached is then made again
_SMALLER: tuple[Callable[[Masked], Layout], ...] = (paragraphs, lines, sentences, clauses)
_MENDABLE = (CHECK, TOO_LONG)
_EXCERPT = 80
LONGEST_TEXT, LONGEST_SEGMENT = 200_000, 4_000  # characters; Apertium's taggers take a sentence as a whole


class Backend(Protocol):
    """Something that translates masked segments. reads_markdown: it is given whole texts first."""

    @property
    def reads_markdown(self) -> bool: ...

    def key(self, segment: Masked) -> str: ...

    def translate(self, segments: Sequence[Masked]) -> list[str | Untranslated]: ...

    def close(self) -> None: ...


class Counts(NamedTuple):
    """What was done so far: segments that were translated, found in the cache, and taken into smaller parts."""

    translated: int
    cached: int
    parted: int


def translator(settings: Translate, *, variety: Variety, cache: Path, processes: int) -> "Translator":
    """The translator that a recipe asks for; `cache` is a folder, `processes` how many pipes of Apertium run.

    Raises InputError where Apertium or the pair is not there, cannot be had (English through Apertium), or an
    endpoint's key is not set.
    """
    if settings.through == "apertium":
        mode = find_mode(settings.language, settings.to, variety)
        backend: Backend = Apertium(mode, processes=processes)
        tool = apertium_tool(mode)
    else:
        through = EndpointTranslator(settings.through, settings.language, settings.to)
        backend, tool = through, through.tool
    scope = (*tool, settings.language, settings.to, variety, MASKING)
    return Translator(backend, tool, TextCache(cache / CACHE_FILE), scope)


class Translator:
    """Translates texts. A context manager. identity: who translates."""

    def __init__(self, backend: Backend, identity: LineageTool, cache: TextCache, scope: Sequence[str]) -> None:
        self.identity = identity
        self._backend = backend
        self._cache = cache
        self._scope = tuple(scope)
        self._translated = self._cached = self._parted = 0

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return Counts(self._translated, self._cached, self._parted)

    def translate(self, texts: Sequence[str]) -> list[str | Untranslated]:
        """Each text's translation, or why it has none, in order. Texts that hold no letter come back as they are."""
        layouts = [_layout(text, whole if self._backend.reads_markdown else take_apart) for text in texts]
        segments = [segment for layout in layouts if isinstance(layout, Layout) for segment in layout.segments]
        results = iter(self._cached_or_new(segments))
        translated: list[str | Untranslated] = []
        for layout in layouts:
            if isinstance(layout, Untranslated):
                translated.append(layout)
                continue
            parts = [next(results) for _ in layout.segments]
            translated.append(_joined(layout, parts))
        return translated

    def _cached_or_new(self, segments: Sequence[Masked]) -> list[str | Untranslated]:
        keys = [cache_key(*self._scope, self._backend.key(segment)) for segment in segments]
        unique = dict(zip(keys, segments, strict=True))
        known: dict[bytes, str | Untranslated] = dict(self._cache.get_many(list(unique)))
        self._cached += len(known)
        new = {key: segment for key, segment in unique.items() if key not in known}
        if new:
            made = dict(zip(new, self._new(list(new.values()), 0), strict=True))
            self._cache.put_many({key: one for key, one in made.items() if isinstance(one, str)})
            self._translated += len(made)
            known.update(made)
        return [known[key] for key in keys]

    def _new(self, segments: Sequence[Masked], depth: int) -> list[str | Untranslated]:
        """Masked translations that hold every check; where one does not, in the parts that `_SMALLER[depth:]` make."""
        return self._mended(segments, self._attempt(segments), depth)

    def _attempt(self, segments: Sequence[Masked]) -> list[str | Untranslated]:
        too_long = Untranslated(TOO_LONG, f"a segment of over {LONGEST_SEGMENT:,} characters")
        results: list[str | Untranslated] = [too_long] * len(segments)
        fitting = [number for number, segment in enumerate(segments) if len(segment.text) <= LONGEST_SEGMENT]
        answers = self._backend.translate([segments[number] for number in fitting])
        for number, answer in zip(fitting, answers, strict=True):
            results[number] = _checked(segments[number], answer)
        return results

    def _mended(
        self, segments: Sequence[Masked], results: Sequence[str | Untranslated], depth: int
    ) -> list[str | Untranslated]:
        mended = list(results)
        failed = [number for number, result in enumerate(results) if isinstance(result, Untranslated)]
        failed = [number for number in failed if results[number][0] in _MENDABLE]
        if not failed or depth == len(_SMALLER):
            return mended
        layouts = {number: _SMALLER[depth](segments[number]) for number in failed}
        # What this level makes no smaller is not asked for again, but handed to the next one.
        same = [number for number in failed if layouts[number].segments == (segments[number],)]
        parted = [number for number in failed if layouts[number].segments != (segments[number],)]
        handed_on = self._mended([segments[number] for number in same], [results[number] for number in same], depth + 1)
        mended_later = dict(zip(same, handed_on, strict=True))
        self._parted += len(parted)
        made = iter(self._new([part for number in parted for part in layouts[number].segments], depth + 1))
        for number in parted:
            parts = [next(made) for _ in layouts[number].segments]
            mended_later[number] = _rejoined(segments[number], layouts[number], parts)
        for number, result in mended_later.items():
            mended[number] = result
        return mended

    def close(self) -> None:
        """End processes or connections, close the cache."""
        self._backend.close()
        self._cache.close()

    def __enter__(self) -> "Translator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _layout(text: str, take: Callable[[str], Layout]) -> Layout | Untranslated:
    if len(text) > LONGEST_TEXT:
        return Untranslated(TOO_LONG, f"{len(text):,} characters, over {LONGEST_TEXT:,}")
    try:
        return take(text)
    except TooManySpans:
        return Untranslated(TOO_LONG, "more code, addresses and marks than can be masked")


def _checked(segment: Masked, answer: str | Untranslated) -> str | Untranslated:
    if isinstance(answer, Untranslated):
        return answer
    fault = find_fault(segment.text, answer)
    if fault is None:
        return answer
    excerpt = " ".join(restore(segment.text, segment.spans).split())[:_EXCERPT]
    return Untranslated(CHECK, f"{fault.check}: {fault.detail}, in: {excerpt}")


def _rejoined(segment: Masked, layout: Layout, parts: Sequence[str | Untranslated]) -> str | Untranslated:
    """A segment's masked translation from those of its parts."""
    failed = next((part for part in parts if isinstance(part, Untranslated)), None)
    if failed is not None:
        return failed
    joined = layout.gaps[0] + "".join(f"{part}{gap}" for part, gap in zip(parts, layout.gaps[1:], strict=True))
    return _checked(segment, joined)


def _joined(layout: Layout, parts: Sequence[str | Untranslated]) -> str | Untranslated:
    failed = next((part for part in parts if isinstance(part, Untranslated)), None)
    return failed or put_together(layout, [part for part in parts if isinstance(part, str)])
