"""Judged conversations as rows of HelpSteer3, configuration `preference`: two replies, and what people said of them."""

from collections.abc import Mapping
from typing import Any

from samples.draw import number
from samples.faults import Fault, Kind, Turn
from samples.judged import Judged
from samples.phrase import Language

_NAMES: Mapping[Language, str] = {"va": "valencian", "es": "spanish", "en": "english"}
_STRENGTH: Mapping[Kind, int] = {
    "spanish": 3,
    "valencian": 3,
    "english": 3,
    "rude": 3,
    "beside": 3,
    "catalan": 2,
    "figure": 2,
    "cut": 2,
    "repetitive": 1,
}
_FEEDBACK: Mapping[Kind, str] = {
    "spanish": "It answers in Spanish, which is not the language of the question.",
    "valencian": "It answers in Valencian, which is not the language of the question.",
    "english": "It answers in English, which is not the language of the question.",
    "catalan": "It uses forms that the norm of the AVL does not admit.",
    "figure": "It states a fact that is not the one asked for.",
    "cut": "It stops in the middle of a sentence.",
    "beside": "It answers another question.",
    "rude": "It insults the person who asks.",
    "repetitive": "It says the same thing again and again.",
}
_GOOD = (
    "It answers what was asked, in plain words.",
    "Correct, complete and polite.",
    "Right, and in the language of the question.",
)


def helpsteer3_row(judged: Judged) -> dict[str, Any]:
    """The row. Which reply stands first is drawn."""
    ranked = judged.turns[0]
    turn = ranked.turn
    first_is_good = number(turn.prompt, "first") % 2 == 0
    if judged.tie:
        replies = [fault.text for fault in ranked.faults]
        feedback = [_FEEDBACK[fault.kind] for fault in ranked.faults]
        preference = 0
    else:
        (fault,) = ranked.faults
        replies, feedback = [turn.reply, fault.text], [_good(turn), _FEEDBACK[fault.kind]]
        preference = -_strength(fault, turn)
        if not first_is_good:
            replies.reverse()
            feedback.reverse()
            preference = -preference
    return {
        "domain": "stem" if judged.conversation.family.topic == "sums" else "general",
        "language": _NAMES[judged.conversation.language],
        "context": _context(judged, turn),
        "response1": replies[0],
        "response2": replies[1],
        "overall_preference": preference,
        "individual_preference": [
            {"score": score, "reasoning": _reasoning(score), "feedback1": feedback[0], "feedback2": feedback[1]}
            for score in _scores(preference, turn)
        ],
    }


def _context(judged: Judged, turn: Turn) -> list[dict[str, str]]:
    one = judged.conversation
    before = [("user", one.prompt), ("assistant", one.reply)] if judged.dialogue else []
    return [{"role": role, "content": content} for role, content in [*before, ("user", turn.prompt)]]


def _good(turn: Turn) -> str:
    return _GOOD[number(turn.prompt, "good") % len(_GOOD)]


def _strength(fault: Fault, turn: Turn) -> int:
    """How much better the good reply is: 1 to 3. People do not always say the same of one fault."""
    drawn = number(turn.prompt, "strength") % 4
    return max(1, min(3, _STRENGTH[fault.kind] + {0: -1, 1: 1}.get(drawn, 0)))


def _scores(preference: int, turn: Turn) -> list[int]:
    """What one to three people said: their mean is nearer to the overall preference than to any other."""
    count = 1 + number(turn.prompt, "people") % 3
    if preference == 0:
        return [[0], [1, -1], [1, 0, -1]][count - 1]
    if count < 3:
        return [preference] * count
    milder = preference - (1 if preference > 0 else -1)
    return [preference, preference, milder if number(turn.prompt, "milder") % 2 else preference]


def _reasoning(score: int) -> str:
    if score == 0:
        return "Neither response is better than the other."
    better, worse = (1, 2) if score < 0 else (2, 1)
    degree = ("slightly", "clearly", "much")[abs(score) - 1]
    return f"Response {better} is {degree} better than response {worse}."
