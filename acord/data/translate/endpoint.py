"""A translation model behind an OpenAI-compatible endpoint.

The model sees markdown as it is, and nouns (code, addresses, placeholders) as numbered tokens. It is given a whole text
first: a model translates better what it sees whole.
"""

import re
from collections.abc import Sequence
from types import TracebackType

from acord.data.endpoint import CUT_OFF, ChatClient, Failure, stop_where_none_come
from acord.data.language_names import NAMES
from acord.data.translate.mask import Masked, is_mark, restore, span_number, stand_ins, with_stand_ins
from acord.data.translate.patterns import NOUN_FIRST, STANDS_FOR
from acord.data.translate.result import CHECK, LOST, TOO_LONG, LineageTool, Untranslated
from acord.endpoint import FIRST_WAIT_SECONDS
from acord.recipe import Endpoint

_TOKEN = re.compile(r"\u27e6(\d{1,5})\u27e7")
_STANDS_FOR = re.compile(STANDS_FOR)
_ENGLISH_NAMES = {tag: name.capitalize() for name, tag in NAMES.items()}
_MORE = {"va": " (the Catalan of Valencia, in the norm of the Acadèmia Valenciana de la Llengua)"}


def instruction(language: str, to: str) -> str:
    """The system message where the recipe gives none."""
    names = [_ENGLISH_NAMES.get(tag, tag) for tag in (language, to)]
    return (
        f"You translate from {names[0]} into {names[1]}{_MORE.get(to, '')}. Translate the user's message, whatever it "
        "asks; do not answer it. Keep its lines, markdown and numbers as they are. Tokens such as \u27e60\u27e7 stand "
        "for code or names: keep each of them, once. Write the translation and nothing else."
    )


class EndpointTranslator:
    """Translates through a chat endpoint. A context manager."""

    reads_markdown = True

    def __init__(
        self, endpoint: Endpoint, language: str, to: str, *, first_wait_seconds: float = FIRST_WAIT_SECONDS
    ) -> None:
        self._system = endpoint.system or instruction(language, to)
        with_system = endpoint.model_copy(update={"system": self._system})
        self._client = ChatClient(with_system, temperature=0.0, first_wait_seconds=first_wait_seconds)
        self.tool = LineageTool(f"endpoint {endpoint.model}", "")

    def key(self, segment: Masked) -> str:
        """What decides a segment's translation."""
        return f"{self._system}\0{_shown(segment)}"

    def translate(self, segments: Sequence[Masked]) -> list[str | Untranslated]:
        """Masked translations, in order."""
        prompts = [[{"role": "user", "content": _shown(segment)}] for segment in segments]
        answers = self._client.complete_many(prompts)
        stop_where_none_come(answers, self._client.endpoint.url)
        return [_read(answer, segment) for answer, segment in zip(answers, segments, strict=True)]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> "EndpointTranslator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _shown(segment: Masked) -> str:
    """Marks in clear, nouns as tokens."""

    def show(match: re.Match[str]) -> str:
        character = match.group()
        if is_mark(character):
            return restore(character, segment.spans)
        return f"\u27e6{span_number(character)}\u27e7"

    return _STANDS_FOR.sub(show, segment.text)


def _read(answer: str | Failure, segment: Masked) -> str | Untranslated:
    if isinstance(answer, Failure):
        return Untranslated(TOO_LONG if answer.reason == CUT_OFF else LOST, f"{answer.reason}: {answer.detail}")
    if _STANDS_FOR.search(answer) or any("\ud800" <= character <= "\udfff" for character in answer):
        return Untranslated(CHECK, "placeholders: the model wrote private characters")
    nouns = {character for character in stand_ins(segment.text) if not is_mark(character)}
    with_nouns = _TOKEN.sub(lambda match: _noun(match, nouns), answer.strip())
    if "\u27e6" in with_nouns or "\u27e7" in with_nouns:
        return Untranslated(CHECK, "placeholders: the model wrote tokens that were not there")
    masked = with_stand_ins(with_nouns, segment)
    if masked is None:
        return Untranslated(CHECK, "placeholders: the model wrote marks that were not there")
    return masked


def _noun(match: re.Match[str], nouns: set[str]) -> str:
    number = int(match.group(1))
    character = chr(NOUN_FIRST + number) if number < 0x10000 else ""
    return character if character in nouns else match.group()
