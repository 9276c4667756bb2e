"""A file of hostile rows in every format: each is dropped with a reason, none ends the build, the rest is used."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from acord.data.read import MOST_BYTES, MOST_NESTED
from acord.errors import InputError

from .samples import HH_TEST, OASST1_VALIDATION, OASST_100_TREES, build, helpsteer3_row, message, openorca_row, real
from .sources.reading import Read, read

FORMATS = ["oasst", "helpsteer3", "hh", "pairs"]
LONGEST_INTEGER = b"9" * 5_000

# What no format can read: a line each, and the reason.
BROKEN_LINES: list[tuple[bytes, str]] = [
    (b"no JSON", "not JSON"),
    (b'{"text": "cut', "not JSON"),
    (b'{"text": "a\0b"}', "not JSON"),
    (b"\0", "not JSON"),
    (b'{"a": 1}{"b": 2}', "not JSON"),
    (b'{"id": ' + LONGEST_INTEGER + b"}", "not JSON"),
    (b'{"id": 1e999', "not JSON"),
    (b"[]", "the row is no JSON object"),
    (b"null", "the row is no JSON object"),
    (b"1e999", "the row is no JSON object"),
    (b'"text"', "the row is no JSON object"),
    (b'{"text": "caf\xe9"}', "not UTF-8"),
    (b'{"text": "\xed\xb0\x80"}', "not UTF-8"),
    (b'{"deep": ' + b"[" * 1_000 + b"]" * 1_000 + b"}", "nested too deeply"),
    (b'{"deep": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", "nested too deeply"),
    (b'{"deep": ' + b"[" * 100_000, "nested too deeply"),
    (b'{"deep": ' + b"[" * MOST_NESTED + b"]" * MOST_NESTED + b"}", "nested too deeply"),
    (b'{"text": "' + b"a" * (50 << 20) + b'"}', "the row is longer than 16 MiB"),
    (b"[" * (MOST_BYTES + 1), "the row is longer than 16 MiB"),
]

HARMLESS = {"beside": [[[1e308]]], "twice": "\ud800", "user_id": "\0"}  # in columns that nobody looks at


def variants(good: dict[str, Any], changes: Sequence[tuple[dict[str, Any], str]]) -> list[tuple[bytes, str]]:
    """Rows that are good but for one thing, as lines, with the reason. A column that is ... is left out."""
    rows = [
        ({key: value for key, value in {**good, **change}.items() if value is not ...}, why) for change, why in changes
    ]
    return [(json.dumps(row).encode(), why) for row, why in rows]


def wrong_types(column: str, wanted: str, *values: Any) -> list[tuple[dict[str, Any], str]]:
    return [({column: value}, f"{column} should be {wanted}") for value in values]


def hostile_pairs() -> tuple[list[dict[str, Any]], list[tuple[bytes, str]]]:
    good = {"prompt": "Where is the register?", "chosen": "On the ground floor.", "rejected": "Nobody knows."}
    listed = "a list of messages"
    changes = [
        *wrong_types("prompt", listed, 1, True, {}, float("inf")),
        *wrong_types("chosen", listed, 1, False, 1e308),
        *wrong_types("rejected", listed, -1),
        *wrong_types("margin", "a finite number", "1", [], float("inf"), 10**400, True),
        *wrong_types("language", "text", {}, []),
        *wrong_types("id", "text", {}, 1.5),
        *wrong_types("system", "text", 0),
        ({"prompt": None}, "prompt should be text or a list of messages"),
        ({"prompt": ...}, "the column prompt is missing"),
        ({"chosen": ...}, "the column chosen is missing"),
        ({"chosen": None}, "empty text"),
        ({"rejected": " \u2003\n"}, "empty text"),
        ({"chosen": "half \ud800"}, "text is not valid Unicode"),
        ({"prompt": [{"role": "user", "content": "\udfff"}]}, "text is not valid Unicode"),
        ({"rejected": "a\0"}, "text holds a NUL character"),
        ({"prompt": "\0"}, "text holds a NUL character"),
        ({"prompt": []}, "the prompt does not end with a user turn"),
        ({"prompt": [[]]}, "prompt should hold messages, {role, content}"),
        ({"prompt": [{"role": {}, "content": "a"}]}, "unknown role"),
        ({"prompt": [{"role": "\ud800", "content": "a"}]}, "unknown role"),
        ({"prompt": [{"role": "user", "content": {}}]}, "content is not text"),
        ({"conversations": {"from": "human"}}, "conversations should be a list of messages"),
        ({"id": "\ud800"}, "id is not valid Unicode"),
        ({"group": "a\0"}, "group is not valid Unicode"),
        ({"id": "i" * 100_000}, "id is longer than 1,000 characters"),
        ({"origin": "o" * 999}, "unknown origin"),
        ({"weight": -1}, "weight should be greater than 0"),
    ]
    return [good], variants(good, changes)


def hostile_hh() -> tuple[list[dict[str, Any]], list[tuple[bytes, str]]]:
    good = {
        "chosen": "\n\nHuman: Where is it?\n\nAssistant: Downstairs.",
        "rejected": "\n\nHuman: Where is it?\n\nAssistant: No.",
    }
    changes = [
        *wrong_types("chosen", "text", 1, [], {}, True),
        *wrong_types("id", "text", []),
        ({"rejected": ...}, "the column rejected is missing"),
        ({"chosen": None}, "no transcript"),
        ({"chosen": "\n\nHuman: " * 10_000}, "the transcript does not end with an assistant turn"),
        ({"chosen": good["chosen"] + "\ud83d"}, "text is not valid Unicode"),
        ({"chosen": good["chosen"] + "\0"}, "text holds a NUL character"),
    ]
    return [good], variants(good, changes)


def hostile_helpsteer3() -> tuple[list[dict[str, Any]], list[tuple[bytes, str]]]:
    good = helpsteer3_row(-2)
    scale, said = "a whole number from -3 to 3", "a list of {score}, each from -3 to 3"
    changes = [
        *wrong_types("overall_preference", scale, "2", None, 0.5, 4, 10**400, float("nan"), float("inf"), [], True),
        *wrong_types("context", "a list of messages", None, "Ask", {}, 1),
        *wrong_types("response1", "text", [], {}, 1),
        *wrong_types("language", "text", 1.5, {}),
        *wrong_types("individual_preference", said, "2", [2], {"score": 2}),
        *wrong_types("individual_preference", said, [{"score": "2"}], [{"score": float("inf")}], [{"score": 10**400}]),
        ({"context": []}, "the prompt does not end with a user turn"),
        ({"context": [None]}, "context should hold messages, {role, content}"),
        ({"response2": ...}, "the column response2 is missing"),
        ({"response2": None}, "empty text"),
        ({"response2": "\udc00"}, "text is not valid Unicode"),
        ({"response2": "\0"}, "text holds a NUL character"),
        ({"overall_preference": 0}, "tie (overall_preference 0)"),
    ]
    return [good], variants(good, changes)


def hostile_oasst() -> tuple[list[dict[str, Any]], list[tuple[bytes, str]]]:
    good = [message("a", None, "Ask"), message("a1", "a", "best", rank=0), message("a2", "a", "worst", rank=1)]
    ranks = ("0", True, 0.5, -1, 2**31, 10**400, float("inf"), [], {})
    flags = ("true", 1, [])
    changes = [
        *wrong_types("rank", "a whole number from 0 or null", *ranks),
        *wrong_types("deleted", "true or false", *flags),
        *wrong_types("review_result", "true or false", *flags),
        *wrong_types("text", "text", 1, [], {}),
        *wrong_types("lang", "text", {}),
        *wrong_types("parent_id", "text", 1.5, []),
        *wrong_types("message_tree_id", "text", {}, float("inf")),
        *wrong_types("message_id", "text", {}, 1.5, True),
        *wrong_types("labels", "an object", "spam", []),
        ({"message_id": ...}, "the column message_id is missing"),
        ({"role": ...}, "the column role is missing"),
        ({"text": ...}, "the column text is missing"),
        ({"text": None}, "empty text"),
        ({"text": "half \udbff"}, "text is not valid Unicode"),
        ({"text": "a\0b"}, "text holds a NUL character"),
        ({"role": {}}, "unknown role"),
        ({"role": None}, "unknown role"),
        ({"labels": {"name": ["spam"], "value": []}}, "labels should be lists of one length"),
        ({"labels": {"spam": float("inf")}}, "labels should have values from 0 to 1"),
        ({"message_id": "\ud800"}, "message_id is not valid Unicode"),
        ({"message_id": "i\0"}, "message_id is not valid Unicode"),
        ({"message_id": "i" * 100_000}, "message_id is longer than 1,000 characters"),
        ({"message_id": "a1"}, "repeated message id"),
        ({"message_id": "self", "parent_id": "self"}, "orphaned"),
        ({"message_id": "one", "parent_id": "two"}, "orphaned"),
        ({"message_id": "two", "parent_id": "three"}, "orphaned"),
        ({"message_id": "three", "parent_id": "one"}, "orphaned"),
        ({"message_id": "under a loop", "parent_id": "two"}, "orphaned"),
        ({"message_id": "lost", "parent_id": "not there"}, "orphaned"),
        ({"message_id": "b9", "message_tree_id": "b"}, "orphaned"),
        ({"message_id": "unranked", "rank": None}, "unranked reply"),
        ({"prompt": "a text in a tree's place"}, "prompt and replies should be messages"),
        ({"prompt": [{"message_id": "c"}]}, "prompt and replies should be messages"),
        (
            {"prompt": {**good[1], "message_id": "c", "rank": None, "replies": 1}},
            "replies should be a list of messages",
        ),
        ({"prompt": {"replies": []}}, "the column message_id is missing"),
    ]
    numbered = [({"message_id": f"h{number}", **change}, why) for number, (change, why) in enumerate(changes)]
    lines = variants(message("h", "a", "an answer", rank=2, role="assistant", message_tree_id="a"), numbered)
    # A tree whose replies are nested ten thousand deep is one row that cannot be read.
    reply = json.dumps({**message("d", None, "deep"), "replies": []}).encode()
    deep = reply[:-2] * 10_000 + b"]}" * 10_000
    lines.append((b'{"message_tree_id": "d", "prompt": ' + deep + b"}", "nested too deeply"))
    return good, lines


HOSTILE = {
    "oasst": hostile_oasst,
    "helpsteer3": hostile_helpsteer3,
    "hh": hostile_hh,
    "pairs": hostile_pairs,
}


def write(path: Path, good: list[dict[str, Any]], lines: list[bytes]) -> str:
    """The good rows spread over the hostile ones: first, in the middle, last; and blank lines, which are no rows."""
    third = len(good) // 3 or 1
    rows = [json.dumps({**row, **HARMLESS}).encode() for row in good]
    middle = len(lines) // 2
    spread = [
        *rows[:third],
        b"",
        *lines[:middle],
        *rows[third : 2 * third],
        b" \t",
        *lines[middle:],
        *rows[2 * third :],
    ]
    content = b"\n".join(spread)
    path.write_bytes(gzip.compress(content, 1) if path.name.endswith(".gz") else content)
    return str(path)


def contents(result: Read) -> list[tuple[Any, ...]]:
    return sorted((pair.id, pair.chosen, pair.rejected, pair.language) for pair in result.pairs)


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
@pytest.mark.parametrize("format_name", FORMATS)
def test_hostile_rows_are_dropped_with_a_reason_and_the_rest_is_used(
    tmp_path: Path, format_name: str, name: str
) -> None:
    good, hostile = HOSTILE[format_name]()
    hostile = [*hostile, *BROKEN_LINES]
    clean = read(tmp_path / "clean", format=format_name, path=write(tmp_path / "clean.jsonl", good, []))
    assert (clean.rows_in, clean.rows_used, len(clean.pairs)) == (len(good), len(good), 1)
    result = read(
        tmp_path / "all", format=format_name, path=write(tmp_path / name, good, [line for line, _ in hostile])
    )
    assert contents(result) == contents(clean)
    assert result.rows_used == len(good)
    assert result.rows_in == len(good) + len(hostile)
    expected = [reason for _, reason in hostile]
    assert result.by_reason == {reason: expected.count(reason) for reason in sorted(set(expected))}
    assert len({row for row, _, _ in result.dropped} | {"a1"}) >= len(hostile)
    assert max(len(text) for row in result.dropped for text in row) <= 1_000


@pytest.mark.parametrize("format_name", FORMATS)
def test_each_hostile_row_alone_has_its_reason(tmp_path: Path, format_name: str) -> None:
    good, hostile = HOSTILE[format_name]()
    for number, (line, reason) in enumerate(hostile):
        path = write(tmp_path / "one.jsonl", good, [line])
        result = read(tmp_path / f"{number}", format=format_name, path=path)
        assert [why for _, why, _ in result.dropped] == [reason]
        assert result.rows_used == len(good)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_build_goes_through_hostile_rows(tmp_path: Path, format_name: str) -> None:
    good, hostile = HOSTILE[format_name]()
    lines = [line for line, _ in [*hostile, *BROKEN_LINES] if len(line) < MOST_BYTES]
    result = build(
        tmp_path / "out", {"name": "all", "format": format_name, "path": write(tmp_path / "a.jsonl", good, lines)}
    )
    assert result.figures["rows_in"] == len(good) + len(lines)
    assert result.figures["rows_used"] == len(good)
    assert len(result.pairs) == 1


def test_a_build_joins_files_of_hostile_rows(tmp_path: Path) -> None:
    good = openorca_row("Where is it?", "Downstairs.")
    changes = [
        *wrong_types("question", "text", 1, [], {}),
        *wrong_types("response", "text", True),
        *wrong_types("id", "text", {}),
        ({"question": ...}, "the column question is missing"),
        ({"question": ""}, "empty text"),
        ({"response": "half \ud800"}, "text is not valid Unicode"),
        ({"response": "a\0"}, "text holds a NUL character"),
    ]
    lines = [line for line, _ in [*variants(good, changes), *BROKEN_LINES]]
    path = write(tmp_path / "gpt4.jsonl", [good], lines)
    against = write(tmp_path / "gpt35.jsonl", [{**good, "response": "No."}], lines)
    source = {"name": "all", "format": "openorca", "path": path, "against": against}
    result = build(tmp_path / "out", source)
    assert [(pair.chosen, pair.rejected) for pair in result.pairs] == [("Downstairs.", "No.")]
    assert result.figures["rows_in"] == 2 * (len(lines) + 1)
    assert result.figures["rows_used"] == 2


@pytest.mark.parametrize("format_name", FORMATS)
def test_nothing_but_hostile_rows_is_nothing_to_learn_from(tmp_path: Path, format_name: str) -> None:
    _, hostile = HOSTILE[format_name]()
    lines = [line for line, _ in hostile]
    with pytest.raises(InputError, match="nothing to learn from") as error:
        build(tmp_path / "out", {"name": "all", "format": format_name, "path": write(tmp_path / "a.jsonl", [], lines)})
    assert "\n" not in str(error.value)
    assert "is missing" in str(error.value)


@pytest.mark.parametrize("key", ["prompt", "chosen"])
def test_a_key_with_another_name_in_every_row_is_named(tmp_path: Path, key: str) -> None:
    good, _ = hostile_pairs()
    rows = [{**good[0], "other": good[0][key]} for _ in range(3)]
    for row in rows:
        del row[key]
    with pytest.raises(
        InputError, match=rf"all 3 rows were dropped: the column {key} is missing.*nothing to learn from"
    ):
        build(tmp_path / "out", {"name": "all", "format": "pairs", "path": write(tmp_path / "a.jsonl", rows, [])})


@pytest.mark.parametrize(
    ("format_name", "path", "rows"),
    [("oasst", OASST1_VALIDATION, 2022), ("oasst", OASST_100_TREES, 1167), ("hh", HH_TEST, 2312)],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
@pytest.mark.parametrize("more", [{}, {"labelled": "keep", "policy": "best_worst"}, {"languages": ["es"]}])
def test_rows_are_conserved_in_real_files(
    tmp_path: Path, format_name: str, path: Path, rows: int, more: dict[str, Any]
) -> None:
    result = read(tmp_path, format=format_name, path=real(path), **more)
    names = [name for name, _, _ in result.dropped]
    assert len({*names}) == len(names)
    assert result.rows_in == rows == result.rows_used + len(names)
    assert (result.rows_used > 0) == ("languages" not in more)


@pytest.mark.parametrize("path", [OASST1_VALIDATION, OASST_100_TREES, HH_TEST], ids=lambda path: path.name)
def test_rows_are_conserved_where_every_ninth_line_is_cut(tmp_path: Path, path: Path) -> None:
    with gzip.open(real(path), "rb") as stream:
        lines = stream.readlines()
    cut = [line[: len(line) // 2] + b"\n" if number % 9 == 4 else line for number, line in enumerate(lines)]
    (tmp_path / "cut.jsonl").write_bytes(b"".join(cut))
    format_name = "hh" if path == HH_TEST else "oasst"
    result = read(tmp_path / "cut", format=format_name, path=str(tmp_path / "cut.jsonl"))
    whole = read(tmp_path / "whole", format=format_name, path=str(path))
    broken = result.by_reason["not JSON"] + result.by_reason.get("not UTF-8", 0)
    assert broken == sum(number % 9 == 4 for number in range(len(lines)))
    assert 0.4 * len(whole.pairs) < len(result.pairs) < len(whole.pairs)
    assert {*contents(result)} < {*contents(whole)}
