"""What a judge is asked: a system turn that is Acord's own, and a user turn with the texts under judgement, fenced.

A fence is two lines, [BEGIN ANSWER mark] and [END ANSWER mark], with the text between them byte for byte. The mark
follows from all the texts and stands in none of them, so that no text can end its fence or forge another's. What the
texts ask for is the judge's to resist: forms.py tells it to, and reading.py takes no verdict that one of them holds.

Nothing here keeps a server from reading control tokens such as <|im_end|> in the texts as its model's own; a server
that does so hands the text under judgement a turn of its own.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from acord.judge.forms import AGAIN, FORMS, PAIR, PAIR_REPLY, RATING_REPLY, Form
from acord.judge.record import LEVELS, Answer
from acord.judge.suite import Rubric
from acord.languages import LANGUAGES

__all__ = ["FORMS", "PAIR_SCHEMA", "RATING_SCHEMA", "Messages", "again", "fenced", "pair_messages", "rating_messages"]

Messages = tuple[dict[str, str], ...]

MARK_DIGITS = 16


def _schema(key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        # The reason is written first, so that the verdict follows from it.
        "properties": {"reason": {"type": "string"}, key: values},
        "required": ["reason", key],
        "additionalProperties": False,
    }


RATING_SCHEMA = _schema("score", {"type": "integer", "enum": list(LEVELS)})
PAIR_SCHEMA = _schema("choice", {"type": "string", "enum": ["1", "2", "tie"]})


def rating_messages(rubric: Rubric, answer: Answer, form: int = 0) -> Messages:
    """System and user turn that ask for a score of one answer. form: which of FORMS."""
    return _messages(FORMS[form], RATING_REPLY, rubric, answer, {"answer": answer.text})


def pair_messages(rubric: Rubric, first: Answer, second: Answer) -> Messages:
    """System and user turn that ask which of two answers is better. Raises ValueError: they answer two questions."""
    if first.question != second.question:
        raise ValueError("the answers are to different questions")
    return _messages(PAIR, PAIR_REPLY, rubric, first, {"answer 1": first.text, "answer 2": second.text})


def again(messages: Sequence[Mapping[str, str]]) -> Messages:
    """The same once more, after a reply that could not be read: the last user turn says so and repeats the form.

    Each use gives other messages than the one before.
    """
    *before, last = (dict(message) for message in messages)
    system = messages[0]["content"]
    reply = next(one for one in (RATING_REPLY, PAIR_REPLY) if system.endswith(one))
    return (*before, last | {"content": f"{last['content']}\n\n{AGAIN} {reply}"})


def fenced(messages: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The texts between the fences of messages made here, byte for byte, in their order.

    Keys: `question`, `reference` where there is one, and `answer`, or `answer 1` and `answer 2` of a pair.
    Raises ValueError for other messages.
    """
    content = messages[-1]["content"]
    found: dict[str, str] = {}
    # The first line is always a fence; its mark stands in no text, so what looks like one and has it is one.
    first = re.match(rf"\[BEGIN QUESTION ([0-9a-f]{{{MARK_DIGITS}}})\]\n", content)
    if first is None:
        raise ValueError("these messages hold no fences")
    mark = first.group(1)
    for begin in re.finditer(rf"\[BEGIN ([A-Z]+(?: [12])?) {mark}\]\n", content):
        end = content.index(f"\n[END {begin.group(1)} {mark}]", begin.end())
        found[begin.group(1).lower()] = content[begin.end() : end]
    return found


def _messages(form: Form, reply: str, rubric: Rubric, answer: Answer, answers: Mapping[str, str]) -> Messages:
    question = answer.question
    texts = {"question": question.prompt}
    if question.reference is not None:
        texts["reference"] = question.reference
    texts |= answers
    levels = _levels(rubric, form)
    language = _language(rubric, question.language)
    mark = _mark(texts, (rubric.category, rubric.criterion, levels, language))
    system = form.system.format(
        category=rubric.category,
        criterion=rubric.criterion,
        levels=levels,
        language=language,
        parts=_listed([name if name[-1].isdigit() else f"the {name}" for name in texts]),
        fences=_listed([f"[{edge} {name.upper()} {mark}]" for name in texts for edge in ("BEGIN", "END")]),
        mark=mark,
        reply=reply,
    )
    parts = [f"[BEGIN {name.upper()} {mark}]\n{text}\n[END {name.upper()} {mark}]" for name, text in texts.items()]
    return {"role": "system", "content": system}, {"role": "user", "content": "\n\n".join([*parts, form.closing])}


def _mark(texts: Mapping[str, str], others: Sequence[str]) -> str:
    """Hexadecimal digits that follow from the texts, and stand in none of them nor in the others."""
    everything = json.dumps(list(texts.items()), ensure_ascii=True).encode("ascii")
    written = [text.lower() for text in (*texts.values(), *others)]
    for made in count():
        mark = hashlib.sha256(b"%d:" % made + everything).hexdigest()[:MARK_DIGITS]
        if not any(mark in text for text in written):
            return mark
    raise AssertionError  # count() does not end


def _levels(rubric: Rubric, form: Form) -> str:
    order = reversed(LEVELS) if form.falling else LEVELS
    return "\n".join(f"{level}: {rubric.levels[level]}" for level in order)


def _language(rubric: Rubric, tag: str) -> str:
    name = LANGUAGES[tag].names["en"] if tag in LANGUAGES else tag
    anchor = rubric.anchors.get(tag)
    return f"The question was put in {name}." + (f" For this language: {anchor}" if anchor else "")


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
