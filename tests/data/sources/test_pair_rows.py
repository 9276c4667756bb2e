"""Pairs as people bring them: each form, its optional columns, its faults."""

from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError

from ..samples import FORGERY, write_jsonl, write_parquet
from .reading import Read, read


def built(tmp_path: Path, rows: list[Any], **more: Any) -> Read:
    return read(tmp_path, format="pairs", path=write_jsonl(tmp_path / "mine.jsonl", rows), **more)


def turn(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def forms(prompt: str, chosen: str, rejected: str) -> dict[str, dict[str, Any]]:
    """One pair in every form."""
    user, good, bad = turn("user", prompt), turn("assistant", chosen), turn("assistant", rejected)
    return {
        "texts": {"prompt": prompt, "chosen": chosen, "rejected": rejected},
        "messages": {"prompt": [user], "chosen": [good], "rejected": [bad]},
        "messages, replies as texts": {"prompt": [user], "chosen": chosen, "rejected": rejected},
        "implicit prompt": {"chosen": [user, good], "rejected": [user, bad]},
        "prompt repeated": {"prompt": prompt, "chosen": [user, good], "rejected": [user, bad]},
        "turns with from and value": {
            "conversations": [{"from": "human", "value": prompt}],
            "chosen": {"from": "gpt", "value": chosen},
            "rejected": {"from": "gpt", "value": rejected},
        },
        "question": {"system": "", "question": prompt, "chosen": chosen, "rejected": rejected},
    }


@pytest.mark.parametrize("form", forms("", "", ""))
@pytest.mark.parametrize("text", ["Ask", FORGERY])
def test_every_form_gives_the_same_pair_with_its_text_untouched(tmp_path: Path, form: str, text: str) -> None:
    (pair,) = built(tmp_path, [forms(text, text + "+", text + "-")[form]]).pairs
    assert pair.prompt == [turn("user", text)]
    assert (pair.chosen, pair.rejected) == (text + "+", text + "-")
    assert (pair.language, pair.licence, pair.origin) == ("und", "unknown", "unknown")
    assert (pair.margin, pair.weight, pair.source_id) == (None, 1.0, "mine.jsonl:1")


@pytest.mark.parametrize("form", ["messages", "turns with from and value", "question"])
def test_parquet_holds_the_same_forms(tmp_path: Path, form: str) -> None:
    row = forms("Ask", "good", "bad")[form]
    path = write_parquet(tmp_path / "mine.parquet", [row])
    (pair,) = read(tmp_path, format="pairs", path=path).pairs
    assert (pair.prompt, pair.chosen, pair.rejected) == ([turn("user", "Ask")], "good", "bad")


def test_a_system_message_comes_first_unless_there_is_one(tmp_path: Path) -> None:
    question = {"system": "Be brief", "question": "Ask", "chosen": "good", "rejected": "bad"}
    own = [turn("system", "Mine"), turn("user", "Ask")]
    rows = [question, {"system": "Theirs", "prompt": own, "chosen": "good", "rejected": "bad"}]
    first, second = built(tmp_path, rows).pairs
    assert first.prompt == [turn("system", "Be brief"), turn("user", "Ask")]
    assert second.prompt == own


def test_optional_columns_are_kept(tmp_path: Path) -> None:
    stated = {"language": "ca-valencia", "id": 7, "group": "g", "licence": "CC0", "margin": 2, "weight": 0.5}
    row = {**forms("a", "b", "c")["texts"], **stated, "origin": "translated"}
    (pair,) = built(tmp_path, [row]).pairs
    assert (pair.language, pair.source_id, pair.group, pair.licence) == ("va", "7", "g", "CC0")
    assert (pair.margin, pair.weight, pair.origin) == (2.0, 0.5, "translated")
    (pair,) = built(tmp_path, [row], licence="MIT").pairs
    assert pair.licence == "MIT"


def test_the_recipe_states_a_language_that_rows_do_not(tmp_path: Path) -> None:
    rows = [forms("a", "b", "c")["texts"], {**forms("a", "b", "d")["texts"], "language": "en"}]
    assert [pair.language for pair in built(tmp_path, rows, language="es").pairs] == ["es", "en"]
    result = built(tmp_path, rows, languages=["en"])
    assert result.dropped == [("mine.jsonl:1", "language not asked for", "und")]


def test_unusable_rows_have_reasons(tmp_path: Path) -> None:
    good = forms("a", "b", "c")["texts"]
    user, reply = turn("user", "a"), turn("assistant", "b")
    rows = [
        good,
        {**good, "chosen": "c"},
        {**good, "rejected": ""},
        {**good, "rejected": None},
        {**good, "prompt": " "},
        {**good, "prompt": []},
        {**good, "prompt": [user, reply]},
        {**good, "prompt": [turn("tool", "a")]},
        {**good, "prompt": [turn("user", [{"type": "image"}])]},
        {"chosen": [user, reply], "rejected": [turn("user", "z"), reply]},
        {"chosen": [user, reply], "rejected": [user]},
        {"prompt": "other", "chosen": [user, reply], "rejected": [user, turn("assistant", "z")]},
        {**good, "chosen": "half \udc00"},
    ]
    result = built(tmp_path, rows)
    assert list(result.reasons.values()) == [
        "chosen equals rejected",
        "empty text",
        "empty text",
        "empty text",
        "the prompt does not end with a user turn",
        "the prompt does not end with a user turn",
        "unknown role",
        "content is not text",
        "the prompts differ",
        "no reply of the assistant at the end",
        "the prompts differ",
        "text is not valid Unicode",
    ]


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"prompt": 3}, "prompt should be a list of messages", "it is a number"),
        ({"prompt": [3]}, "prompt should hold messages, {role, content}", "it holds a number"),
        ({"prompt": [{"content": "a"}]}, "prompt should hold messages, {role, content}", "it holds an object"),
        ({"prompt": None}, "prompt should be text or a list of messages", "it is null"),
        ({"prompt": "a\0"}, "text holds a NUL character", "a user turn of the prompt"),
        ({"prompt": [turn("\ud800\n", "a")]}, "unknown role", "prompt: \\ud800\\n"),
        ({"prompt": [turn(["user"], "a")]}, "unknown role", "prompt: a list"),
        ({"chosen": 3}, "chosen should be a list of messages", "it is a number"),
        ({"chosen": {"role": "assistant"}}, "empty text", "the chosen reply"),
        ({"rejected": True}, "rejected should be a list of messages", "it is true or false"),
        ({"margin": "2"}, "margin should be a finite number", "it is text"),
        ({"margin": float("nan")}, "margin should be a finite number", "it is a number"),
        ({"margin": float("-inf")}, "margin should be a finite number", "it is a number"),
        ({"margin": 10**400}, "margin should be a finite number", "it is a number"),
        ({"margin": False}, "margin should be a finite number", "it is true or false"),
        ({"weight": 0}, "weight should be greater than 0", "it is a number"),
        ({"origin": "martian"}, "unknown origin", "martian; it should be one of human, model, translated, unknown"),
        ({"language": 3.5}, "language should be text", "it is a number"),
        ({"system": ["a"]}, "system should be text", "it is a list"),
        ({"group": "\udfff"}, "group is not valid Unicode", "\\udfff"),
        ({"licence": {}}, "licence should be text", "it is an object"),
        ({"id": []}, "id should be text", "it is a list"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_reason(
    tmp_path: Path, change: dict[str, Any], reason: str, detail: str
) -> None:
    result = built(tmp_path, [forms("a", "b", "c")["texts"], {**forms("a", "b", "d")["texts"], **change}])
    assert len(result.pairs) == 1
    assert result.dropped == [("mine.jsonl:2", reason, detail)]


@pytest.mark.parametrize("column", ["prompt", "chosen", "rejected"])
def test_a_missing_column_is_the_reason_of_a_json_row_and_the_fault_of_a_table(tmp_path: Path, column: str) -> None:
    row = forms("a", "b", "c")["texts"]
    del row[column]
    there = ", ".join(row)
    assert built(tmp_path, [row]).dropped == [
        ("mine.jsonl:1", f"the column {column} is missing", f"columns there: {there}")
    ]
    path = write_parquet(tmp_path / "mine.parquet", [row])
    expected = rf"mine.parquet row 1: the column {column} is missing. Columns there: {there}\. "
    with pytest.raises(InputError, match=expected):
        read(tmp_path, format="pairs", path=path)


def test_transcripts_are_sent_to_their_own_format(tmp_path: Path) -> None:
    rows = [{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}]
    assert built(tmp_path, rows).by_reason == {"a transcript of a whole dialogue (set format: hh)": 1}


def test_what_people_prefer_while_they_chat_is_read_as_any_other_row(tmp_path: Path) -> None:
    prompt = [turn("system", "Breu"), turn("user", "Bon dia"), turn("assistant", "Bon dia!"), turn("user", "Què fas?")]
    row = {"prompt": prompt, "chosen": "Pense.", "rejected": "Res.", "language": "va"}
    row |= {"origin": "human", "id": "2026-01-05-3", "group": "2026-01-05"}
    (pair,) = built(tmp_path, [row]).pairs
    assert pair.prompt == prompt
    assert (pair.chosen, pair.rejected, pair.language, pair.origin) == ("Pense.", "Res.", "va", "human")
    assert (pair.source_id, pair.group) == ("2026-01-05-3", "2026-01-05")
