"""What models answer to the suite's questions: generated here and kept, or read from a file of answers made elsewhere.

A file of answers has one JSON object a line: category, language, item, wording (0 where it is left out) and text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from acord.data.row import is_unicode
from acord.errors import InputError
from acord.evaluate.run import Candidate
from acord.judge.record import Answer, Question

Place = tuple[str, str, str, int]
FILE_SUFFIX = ".jsonl"


class Answering(NamedTuple):
    """How answers are generated: greedily, each of at most so many tokens. digest: sha256 of a file."""

    precision: Literal["auto", "float32", "bfloat16"]
    engine: Literal["transformers", "vllm"]
    new_tokens: int
    digest: Callable[[Path], str]


def place_of(question: Question) -> Place:
    """Where a question stands in its suite."""
    return (question.category, question.language, question.item, question.wording)


def answers_of(
    candidate: Candidate, questions: Sequence[Question], how: Answering, *, store: Path
) -> tuple[Answer, ...]:
    """A model's answers, in the order of the questions. store: the file of all that was generated, shared.

    Raises InputError for a model that cannot be loaded or has no usable chat template, for questions that its template
    or its length cannot hold, and for a file of answers that is no such file or lacks some.
    """
    if candidate.base.endswith(FILE_SUFFIX) and Path(candidate.base).is_file():
        return _read(candidate, questions)
    return _generate(candidate, questions, how, store)


def _generate(candidate: Candidate, questions: Sequence[Question], how: Answering, store: Path) -> tuple[Answer, ...]:
    from acord.chat.refused import Refused
    from acord.evaluate.lm import AcordLM, load
    from acord.evaluate.store import ItemStore
    from acord.generate import Request

    loaded = load(candidate.base, how.precision, digest=how.digest)
    if loaded.chat is None:
        raise InputError(loaded.no_chat, where=candidate.base, fix="Give a model with a chat template.")
    with ItemStore(store) as kept:
        lm = AcordLM(loaded, store=kept, engine=how.engine)
        room = lm.max_length - how.new_tokens
        requests = []
        for question in questions:
            messages = [{"role": "user", "content": question.prompt}]
            try:
                ids = loaded.chat.encode_prompt(messages).ids
            except Refused as refused:
                raise InputError(f"the prompt cannot be encoded: {refused}", where=_named(question),
                                 fix="Mend the prompt, or leave the item out.") from None  # fmt: skip
            if len(ids) > room:
                raise InputError(
                    f"the prompt has {len(ids)} tokens, and {candidate.name} reads {lm.max_length}, its reply included",
                    where=_named(question),
                    fix="Lower judge.answer_tokens, or leave the item out.",
                )
            requests.append(Request(tuple(ids), how.new_tokens))
        texts = lm.reply_to(requests)
    return tuple(
        Answer(question, candidate.name, text.strip(), loaded.identity)
        for question, text in zip(questions, texts, strict=True)
    )


def _named(question: Question) -> str:
    return f"{question.category} {question.language} {question.item}"


def _read(candidate: Candidate, questions: Sequence[Question]) -> tuple[Answer, ...]:
    found: dict[Place, str] = {}
    path = Path(candidate.base)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix="Give a file of answers.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place, text = _row(line, f"{path} line {number}")
        if found.setdefault(place, text) != text:
            raise InputError(f"a second answer to {' '.join(map(str, place))}", where=f"{path} line {number}",
                             fix="Leave one of them.")  # fmt: skip
    missing = [question for question in questions if place_of(question) not in found]
    if missing:
        raise InputError(
            f"{len(missing)} of {len(questions)} questions have no answer, the first is {_named(missing[0])} "
            f"wording {missing[0].wording}",
            where=str(path),
            fix="Answer them, or choose fewer with --limit, --wordings, --categories or --languages.",
        )
    return tuple(Answer(question, candidate.name, found[place_of(question)]) for question in questions)


def _row(line: bytes, where: str) -> tuple[Place, str]:
    fix = "Each line is an object with category, language, item, text, and wording where there are several."
    try:
        row = json.loads(line.decode("utf-8"))
        words = [row[key] for key in ("category", "language", "item", "text")]
        wording = row.get("wording", 0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("this is no answer", where=where, fix=fix) from None
    if not (all(isinstance(word, str) for word in words) and type(wording) is int):
        raise InputError("this is no answer", where=where, fix=fix)
    category, language, item, text = words
    if not is_unicode("".join(words)):
        raise InputError("half a character, which no request can hold", where=where, fix="Mend its text.")
    return (category, language, item, wording), text


def by_place(answers: Sequence[Answer]) -> Mapping[Place, Answer]:
    """Answers of one model by where their question stands."""
    return {place_of(answer.question): answer for answer in answers}
