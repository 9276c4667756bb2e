"""The sealed text of token ids that come one by one: what decoding them all at once gives, without doing it again."""

import codecs
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

_BYTE_TOKEN = re.compile(r"<0x[0-9A-Fa-f]{2}>")
_REPLACEMENT = "\ufffd"
_CACHED_TOKENS = 65_536


class GrowingText(Protocol):
    """Ids in, text out. The texts that push and finish give, joined, are those of all ids decoded together."""

    def push(self, number: int) -> str:
        """The text that is certain with one more id; empty where what comes next can still change it."""
        ...

    def finish(self) -> str:
        """The text of what was held back: nothing comes any more."""
        ...


class Decoding:
    """How a tokenizer turns ids into text, as far as that matters for doing it bit by bit. Threads may share it.

    native: a `tokenizers.Tokenizer`. anchor: an id that stands before everything, since some decoders treat the first
    token in their own way; its own text is left out.
    """

    def __init__(self, native: Any, anchor: int) -> None:
        self._native = native
        self._anchor = anchor
        self._anchor_text = self._decode([anchor])
        kinds = _kinds(native)
        self._whole_bytes = kinds == ["ByteLevel"]
        self._part_bytes = "ByteLevel" in kinds
        self._byte_tokens = "ByteFallback" in kinds
        self._token = lru_cache(maxsize=_CACHED_TOKENS)(native.id_to_token)

    def begin(self) -> GrowingText:
        """A text of no tokens yet."""
        return _Bytes(self) if self._whole_bytes else _Window(self)

    def token(self, number: int) -> str | None:
        """A token as the vocabulary writes it; None for an id that has none and decodes to nothing."""
        found: str | None = self._token(number)
        return found

    def after_anchor(self, ids: Sequence[int]) -> str:
        """Text of ids in the middle of a sequence."""
        return self._decode([self._anchor, *ids]).removeprefix(self._anchor_text)

    def may_change(self, token: str, text: str) -> bool:
        """Whether what a token says, the last of a text, depends on the ones that come after it."""
        return (self._byte_tokens and _BYTE_TOKEN.fullmatch(token) is not None) or (
            self._part_bytes and text.endswith(_REPLACEMENT)
        )

    def _decode(self, ids: Sequence[int]) -> str:
        text: str = self._native.decode(list(ids), skip_special_tokens=False)
        return text


class _Bytes:
    """Of a byte-level vocabulary: every token is some bytes, and characters are read from them as they come."""

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding
        self._characters = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, number: int) -> str:
        token = self._decoding.token(number)
        return "" if token is None else self._characters.decode(_bytes_of(token))

    def finish(self) -> str:
        return self._characters.decode(b"", final=True)


class _Window:
    """Of any other: the newest tokens are decoded behind the last one before them.

    Bytes in tokens of their own are held back until another token comes: one that fits no character makes all those
    of the same run unreadable.
    """

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding
        self._before: list[int] = []
        self._before_text = ""
        self._new: list[int] = []

    def push(self, number: int) -> str:
        token = self._decoding.token(number)
        if token is None:
            return ""
        self._new.append(number)
        if self._decoding.may_change(token, ""):
            return ""
        text = self._decoding.after_anchor([*self._before, *self._new])
        if self._decoding.may_change(token, text):
            return ""
        self._before, self._new = self._new[-1:], []
        told = text.removeprefix(self._before_text)
        self._before_text = self._decoding.after_anchor(self._before)
        return told

    def finish(self) -> str:
        held, self._new = self._new, []
        return self._decoding.after_anchor([*self._before, *held]).removeprefix(self._before_text) if held else ""


def _kinds(native: Any) -> list[str]:
    """Kinds of the decoders that work one after the other."""
    if native.decoder is None:
        return []
    content = json.loads(native.decoder.__getstate__())
    parts = content["decoders"] if content["type"] == "Sequence" else [content]
    return [part["type"] for part in parts]


@lru_cache(maxsize=_CACHED_TOKENS)
def _bytes_of(token: str) -> bytes:
    """Of a token of a byte-level vocabulary. One that has other characters, an added one, is plain text."""
    of_character = _byte_of_character()
    if any(character not in of_character for character in token):
        return token.encode()
    return bytes(of_character[character] for character in token)


@lru_cache(maxsize=1)
def _byte_of_character() -> dict[str, int]:
    """Bytes that print are written as themselves, the others as the characters from 256 on (GPT-2's byte-level BPE)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [number for number in range(256) if number not in plain]
    return {**{chr(number): number for number in plain}, **{chr(256 + n): number for n, number in enumerate(others)}}
