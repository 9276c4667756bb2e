"""The bundled preferences: their schema, their ranks, and the number of pairs that the documentation promises."""

import itertools
import json
from collections import Counter
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from acord.bundled import bundled_path
from acord.errors import InputError

OASST_KEYS = {
    "message_id",
    "parent_id",
    "text",
    "role",
    "lang",
    "review_count",
    "review_result",
    "deleted",
    "rank",
    "synthetic",
    "model_name",
    "message_tree_id",
    "tree_state",
    "labels",
}
LANGUAGES = {"english": "en", "spanish": "es", "valencian": "va"}
ROWS = {"oasst": 124, "helpsteer3": 37, "openorca_gpt4": 11, "openorca_gpt35": 10}
PAIRS = {
    ("oasst", "en"): 18,
    ("oasst", "es"): 22,
    ("oasst", "va"): 27,
    ("helpsteer3", "en"): 9,
    ("helpsteer3", "es"): 12,
    ("helpsteer3", "va"): 13,
    ("openorca", "en"): 9,
}


class Sample(NamedTuple):
    """One preference, read straight from its file and not through the package's adapters."""

    source: str
    language: str
    prompt: str
    chosen: str
    rejected: str


def rows(name: str) -> list[dict[str, Any]]:
    with bundled_path(f"preferences/{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def ranked_replies() -> dict[str, list[dict[str, Any]]]:
    """Replies that count, by the prompt's id, best first."""
    messages = rows("oasst")
    present = {message["message_id"] for message in messages}
    replies = [
        message
        for message in messages
        if message["role"] == "assistant"
        and message["rank"] is not None
        and not message["deleted"]
        and message["review_result"]
        and message["parent_id"] in present
    ]
    ordered = sorted(replies, key=lambda reply: (reply["parent_id"], reply["rank"]))
    return {prompt: list(group) for prompt, group in itertools.groupby(ordered, key=lambda reply: reply["parent_id"])}


def samples() -> list[Sample]:
    texts = {message["message_id"]: message for message in rows("oasst")}
    found = [
        Sample("oasst", texts[prompt]["lang"], prompt, chosen["text"], rejected["text"])
        for prompt, replies in ranked_replies().items()
        for chosen, rejected in itertools.combinations(replies, 2)
    ]
    for row in rows("helpsteer3"):
        replies = [row["response1"], row["response2"]]
        if row["overall_preference"] > 0:
            replies.reverse()
        if row["overall_preference"]:
            found.append(Sample("helpsteer3", LANGUAGES[row["language"]], json.dumps(row["context"]), *replies))
    worse = {(row["system_prompt"], row["question"]): row["response"] for row in rows("openorca_gpt35")}
    for row in rows("openorca_gpt4"):
        prompt = (row["system_prompt"], row["question"])
        if prompt in worse:
            found.append(Sample("openorca", "en", json.dumps(prompt), row["response"], worse[prompt]))
    return found


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_are_one_object_a_line_in_plain_utf8(name: str) -> None:
    text = bundled_path(f"preferences/{name}.jsonl").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert len(text.splitlines()) == text.count("\n") == ROWS[name]
    assert "\\u" not in text


def test_pairs_by_source_and_language() -> None:
    assert Counter((sample.source, sample.language) for sample in samples()) == PAIRS


def test_readme_states_the_same_totals() -> None:
    readme = bundled_path("preferences/README.md").read_text(encoding="utf-8")
    totals = [sum(count for (_, of), count in PAIRS.items() if of == language) for language in ("en", "es", "va")]
    assert totals == [36, 34, 40]
    assert f"| pairs | {totals[0]} | {totals[1]} | {totals[2]} | {sum(totals)} |" in readme
    assert all(f"| `{name}.jsonl` | {count} |" in readme for name, count in ROWS.items())


def test_chosen_differs_from_rejected_and_no_pair_stands_twice() -> None:
    every = samples()
    assert all(sample.chosen.strip() != sample.rejected.strip() for sample in every)
    assert len({(sample.prompt, sample.chosen, sample.rejected) for sample in every}) == len(every)


def test_no_text_stands_twice() -> None:
    texts = [message["text"] for message in rows("oasst")]
    texts += [row[reply] for row in rows("helpsteer3") for reply in ("response1", "response2")]
    texts += [row["context"][-1]["content"] for row in rows("helpsteer3")]
    texts += [row["response"] for name in ("openorca_gpt4", "openorca_gpt35") for row in rows(name)]
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    assert all(text and text == text.strip() for text in texts)


def test_replies_have_the_promised_length() -> None:
    words = sorted(len(text.split()) for sample in samples() for text in (sample.chosen, sample.rejected))
    assert words[-1] <= 90
    assert sum(count >= 7 for count in words) == len(words) - 1  # one answer of a single word was asked for


def test_oasst_rows_follow_the_schema() -> None:
    messages = rows("oasst")
    identifiers = [str(UUID(message["message_id"])) for message in messages]
    assert len(set(identifiers)) == len(messages)
    for message in messages:
        assert set(message) == OASST_KEYS
        assert message["role"] in {"prompter", "assistant"}
        assert message["lang"] in LANGUAGES.values()
        assert message["tree_state"] == "ready_for_export"
        labels = message["labels"]
        assert (labels is None) == message["deleted"]
        if labels is not None:
            assert len(labels["name"]) == len(labels["value"]) == len(labels["count"]) > 0
            assert all(0 <= value <= 1 for value in labels["value"])


def test_oasst_trees_alternate_roles_and_keep_their_language() -> None:
    messages = {message["message_id"]: message for message in rows("oasst")}
    for message in messages.values():
        parent = messages.get(message["parent_id"])
        if message["parent_id"] is None:
            assert message["role"] == "prompter"
            assert message["message_tree_id"] == message["message_id"]
        elif parent is not None:
            assert parent["role"] != message["role"]
            assert parent["message_tree_id"] == message["message_tree_id"]
            assert parent["lang"] == message["lang"]


def test_oasst_ranks_count_up_from_the_best() -> None:
    groups = ranked_replies()
    assert sorted(Counter(len(replies) for replies in groups.values()).items()) == [(1, 1), (2, 19), (3, 8), (4, 4)]
    for replies in groups.values():
        assert [reply["rank"] for reply in replies] == list(range(len(replies)))
    assert all(message["rank"] is None for message in rows("oasst") if message["role"] == "prompter")


def test_oasst_holds_rows_that_must_be_dropped() -> None:
    messages = rows("oasst")
    present = {message["message_id"] for message in messages}
    kept = [message for message in messages if not message["deleted"] and message["review_result"]]
    assert sum(message["deleted"] for message in messages) == 3
    assert sum(message["review_result"] is False for message in messages) == 3
    assert sum(message["parent_id"] not in present | {None} for message in messages) == 2
    assert sum(message["role"] == "assistant" and message["rank"] is None for message in kept) == 4


def test_helpsteer3_rows_follow_the_schema() -> None:
    expected = {"domain", "language", "context", "response1", "response2"}
    expected |= {"overall_preference", "individual_preference"}
    for row in rows("helpsteer3"):
        assert set(row) == expected
        assert row["domain"] in {"general", "stem", "multilingual"}
        assert [turn["role"] for turn in row["context"]] == (["user", "assistant"] * 2)[: len(row["context"])]
        assert row["context"][-1]["role"] == "user"
        assert row["overall_preference"] in range(-3, 4)
        opinions = row["individual_preference"]
        assert all(set(opinion) == {"score", "reasoning", "feedback1", "feedback2"} for opinion in opinions)
        mean = sum(opinion["score"] for opinion in opinions) / len(opinions)
        assert abs(mean - row["overall_preference"]) < 0.5
    assert Counter(row["language"] for row in rows("helpsteer3") if row["overall_preference"] == 0) == {
        "english": 1,
        "spanish": 1,
        "valencian": 1,
    }


def test_openorca_rows_join_on_the_prompt() -> None:
    better, worse = rows("openorca_gpt4"), rows("openorca_gpt35")
    assert all(set(row) == {"id", "system_prompt", "question", "response"} for row in better + worse)
    assert len({row["id"] for row in better + worse}) == len(better) + len(worse)
    prompts = [{(row["system_prompt"], row["question"]) for row in side} for side in (better, worse)]
    assert [len(prompts[0]), len(prompts[1]), len(prompts[0] & prompts[1])] == [11, 10, 9]


def test_bundled_path_finds_files_and_folders() -> None:
    assert bundled_path("preferences").is_dir()
    assert bundled_path("preferences/oasst.jsonl").is_file()


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("preferences/oast.jsonl", "Did you mean preferences/oasst.jsonl?"),
        ("../errors.py", "Known are: "),
        ("__init__.py", "Known are: "),
        ("", "Known are: "),
    ],
)
def test_bundled_path_refuses_what_is_not_there(name: str, fix: str) -> None:
    with pytest.raises(InputError, match="nothing bundled is called") as caught:
        bundled_path(name)
    assert caught.value.fix.startswith(fix)
    assert "\n" not in str(caught.value)
