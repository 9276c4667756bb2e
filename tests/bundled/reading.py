"""The bundled preferences, read straight from their files and not through the package's adapters."""

import itertools
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from acord.bundled import bundled_path
from acord.data.pairs import pair_id

LANGUAGES = {"english": "en", "spanish": "es", "valencian": "va"}
PAIRS_A_PROMPT = 2
TRUTH = Path(__file__).with_name("truth.jsonl")


class Truth(NamedTuple):
    """What the grammar says of a pair. detail: the wrong figure, the forms, the template whose reply it is."""

    pair: str
    template: str
    language: str
    source: str
    held_out: bool
    kind: str
    detail: str


class Sample(NamedTuple):
    """One preference. group: what the split is by."""

    source: str
    language: str
    prompt: tuple[tuple[str, str], ...]
    chosen: str
    rejected: str
    group: str | None

    @property
    def id(self) -> str:
        """The pair's id, as the pipeline has it."""
        turns = [{"role": role, "content": content} for role, content in self.prompt]
        return pair_id(turns, self.chosen, self.rejected)


def rows(name: str) -> list[dict[str, Any]]:
    with bundled_path(f"preferences/{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def truth() -> dict[str, Truth]:
    """By the pair's id."""
    entries = [Truth(**json.loads(line)) for line in TRUTH.read_text(encoding="utf-8").splitlines()]
    return {entry.pair: entry for entry in entries}


def usable_messages() -> dict[str, dict[str, Any]]:
    """OASST's rows that may stand in a pair, for what they say themselves, by their ids."""
    return {
        message["message_id"]: message
        for message in rows("oasst")
        if not message["deleted"]
        and message["review_result"]
        and message["tree_state"] == "ready_for_export"
        and max(labels_of(message)[name] for name in ("spam", "lang_mismatch", "pii")) < 0.5
    }


def labels_of(message: dict[str, Any]) -> dict[str, float]:
    return dict(zip(message["labels"]["name"], message["labels"]["value"], strict=True))


def ranked_replies() -> dict[str, list[dict[str, Any]]]:
    """Replies that count, by the prompt's id, the best first."""
    messages = usable_messages()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message in messages.values():
        if message["role"] == "assistant" and message["rank"] is not None and message["parent_id"] in messages:
            found[message["parent_id"]].append(message)
    return {prompt: sorted(replies, key=lambda reply: reply["rank"]) for prompt, replies in found.items()}


def samples() -> list[Sample]:
    """All pairs: of each of OASST's rankings the best reply with the two worst ones."""
    return [*_oasst(), *_helpsteer3(), *_openorca()]


def _oasst() -> list[Sample]:
    messages = usable_messages()
    found = []
    for prompt, replies in ranked_replies().items():
        path = [messages[prompt]]
        while path[0]["parent_id"] is not None:
            path.insert(0, messages[path[0]["parent_id"]])
        roles = itertools.cycle(("user", "assistant"))
        turns = tuple((role, message["text"]) for role, message in zip(roles, path, strict=False))
        for rejected in replies[1:][-PAIRS_A_PROMPT:]:
            group = path[0]["message_tree_id"]
            found.append(Sample("oasst", path[0]["lang"], turns, replies[0]["text"], rejected["text"], group))
    return found


def _helpsteer3() -> list[Sample]:
    found = []
    for row in rows("helpsteer3"):
        replies = [row["response1"], row["response2"]]
        if row["overall_preference"] > 0:
            replies.reverse()
        if row["overall_preference"]:
            turns = tuple((turn["role"], turn["content"]) for turn in row["context"])
            found.append(Sample("helpsteer3", LANGUAGES[row["language"]], turns, replies[0], replies[1], None))
    return found


def _openorca() -> list[Sample]:
    worse = {(row["system_prompt"], row["question"]): row["response"] for row in rows("openorca_gpt35")}
    found = []
    for row in rows("openorca_gpt4"):
        system, question = row["system_prompt"], row["question"]
        if (system, question) in worse:
            turns = (*((("system", system),) if system else ()), ("user", question))
            found.append(Sample("openorca", "en", turns, row["response"], worse[system, question], None))
    return found
