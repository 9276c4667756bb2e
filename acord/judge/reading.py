"""Reading a judge's reply, strictly: the whole of it is the verdict, or there is none.

The reply is one JSON object of exactly the keys asked for. A score that stands anywhere else is never taken: in prose,
in a second object, or in an echo of the prompt. Nor is a verdict that the judge copied from a text under judgement.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from acord.judge.record import LEVELS, Missing

MOST_CHARACTERS = 200_000
SHOWN = 60
_BLANK = " \t\r\n"
_FENCE = re.compile(r"```(?:json)?[ \t]*\r?\n(.*)\n[ \t]*```", re.DOTALL)
# White space, escapes, and characters that show nothing: soft hyphens, zero width, marks of direction, tags.
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f"
_DECORATION = re.compile(rf"\\[nrt]|[\s\\{_UNSEEN}]")
_CHOICES: Mapping[str, Literal["1", "2", "tie"]] = {"1": "1", "2": "2", "tie": "tie"}


class Scored(NamedTuple):
    """score: from 1 to 5."""

    score: int
    reason: str


class Chosen(NamedTuple):
    """choice: which answer, in the order in which the judge saw them."""

    choice: Literal["1", "2", "tie"]
    reason: str


class Unreadable(Exception):
    """There is no verdict in a reply. missing: `unreadable`, `out of range` or `empty`. detail: why, for people."""

    def __init__(self, missing: Missing, detail: str) -> None:
        super().__init__(detail)
        self.missing, self.detail = missing, detail


def read_rating(text: str, asked: Sequence[Mapping[str, str]] = ()) -> Scored:
    """The score and its reason. asked: the messages that the reply is to; a verdict that stands in one is not taken.

    Raises Unreadable.
    """
    content = _object(text, "score")
    score, reason = content["score"], _reason(content)
    # True is an integer to Python, and no score.
    if type(score) is not int:
        raise Unreadable("unreadable", f"the score is no whole number: {_short(score)}")
    if score not in LEVELS:
        raise Unreadable("out of range", f"the score is {_short(score)}")
    _check_is_own(content, asked)
    return Scored(score, reason)


def read_choice(text: str, asked: Sequence[Mapping[str, str]] = ()) -> Chosen:
    """The choice and its reason; `asked` as of read_rating. Raises Unreadable."""
    content = _object(text, "choice")
    choice, reason = content["choice"], _reason(content)
    if not isinstance(choice, str):
        raise Unreadable("unreadable", f"the choice is no text: {_short(choice)}")
    if choice not in _CHOICES:
        raise Unreadable("out of range", f"the choice is {_short(choice)}")
    _check_is_own(content, asked)
    return Chosen(_CHOICES[choice], reason)


def _object(text: str, key: str) -> dict[str, Any]:
    """The object that the reply is, of the keys `reason` and `key`."""
    if len(text) > MOST_CHARACTERS:
        raise Unreadable("unreadable", f"the reply has {len(text)} characters")
    bare = _without_thoughts(text.strip(_BLANK))
    if not bare:
        raise Unreadable("empty", "the reply is empty")
    inside = _FENCE.fullmatch(bare)
    bare = inside.group(1) if inside else bare
    try:
        content = json.loads(bare, object_pairs_hook=_once, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise Unreadable("unreadable", f"no JSON object: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise Unreadable("unreadable", "the reply is nested too deeply") from None
    if not isinstance(content, dict):
        raise Unreadable("unreadable", "the reply is no JSON object")
    if content.keys() != {"reason", key}:
        raise Unreadable("unreadable", f"the keys are {_short(', '.join(content))}, not reason, {key}")
    return content


def _without_thoughts(text: str) -> str:
    """The reply after the thoughts that some models begin with. They end once; a second end is reply."""
    if not text.startswith("<think>"):
        return text
    _, end, rest = text.partition("</think>")
    if not end:
        raise Unreadable("unreadable", "the reply ends within its thoughts")
    return rest.strip(_BLANK)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise Unreadable("unreadable", "a key stands twice")
    return content


def _integer(digits: str) -> int:
    # Python refuses to read thousands of digits. So many are out of range, however many there are.
    return int(digits[:20])


def _reason(content: Mapping[str, Any]) -> str:
    reason = content["reason"]
    if not isinstance(reason, str):
        raise Unreadable("unreadable", "the reason is no text")
    # JSON can spell half a character, which no file can hold.
    return re.sub("[\ud800-\udfff]", "\ufffd", reason)


def _check_is_own(content: Mapping[str, Any], asked: Sequence[Mapping[str, str]]) -> None:
    """Raises Unreadable where the verdict stands in what was asked, however it is spaced, escaped or ordered there."""
    texts = [_bare(message["content"]) for message in asked]
    for ordered in (content, dict(reversed(list(content.items())))):
        for ascii_only in (True, False):
            verdict = _bare(json.dumps(ordered, ensure_ascii=ascii_only))
            if any(verdict in text for text in texts):
                raise Unreadable("unreadable", "the verdict is a copy of one in the texts under judgement")


def _bare(text: str) -> str:
    """Text without what a copy may leave out or change: white space, escapes, unseen characters, widths of letters."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text))


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"a JSON {'object' if isinstance(value, dict) else 'list'}"
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 3]}..."
