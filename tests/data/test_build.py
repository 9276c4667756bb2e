"""The stage `pairs`: order, duplicates, splits, figures, and the same bytes every time."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from acord.data.split import fraction
from acord.errors import InputError

from .samples import NO_FILTERS, build, helpsteer3_row, message, openorca_row, write_jsonl

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from pathlib import Path
import acord.data.pairs
from acord.data.build import build_pairs
from acord.recipe import Data
acord.data.pairs.__version__ = "0"
build_pairs(Data.model_validate(json.loads(sys.argv[1])), seed=3, folder=Path(sys.argv[2]))
"""
# They change with the tables' contents or pyarrow's writer: then the version of the stage `pairs` changes too.
GOLDEN = {
    "pairs.parquet": "1cb73c77e65bfe0a9cc050df43481089338ae2ec85a51542d5d5a59522531b9b",
    "dropped.parquet": "42d0908e897318d6ff8914ba67ea6a0efadc3a2973e5647d031cd07030083bcf",
}


def write_sources(folder: Path) -> list[dict[str, Any]]:
    """A source of every format, small."""
    oasst = [message("a", None, "Ask"), message("a1", "a", "best", rank=0), message("a2", "a", "worst", rank=1)]
    write_jsonl(folder / "oasst.jsonl", [*oasst, message("a3", "a", "gone", rank=2, deleted=True)])
    write_jsonl(folder / "hs.jsonl.gz", [helpsteer3_row(-2), helpsteer3_row(0), helpsteer3_row(1, language="catalan")])
    write_jsonl(folder / "gpt4.jsonl", [openorca_row("q", "good"), openorca_row("r", "x")])
    write_jsonl(folder / "gpt35.jsonl", [openorca_row("q", "bad")])
    dialogue = "\n\nHuman: a\n\nAssistant: "
    write_jsonl(folder / "hh.jsonl", [{"chosen": dialogue + "b", "rejected": dialogue + "c"}])
    mine = [{"prompt": "Ask", "chosen": "best", "rejected": "worst"}, {"prompt": "p", "chosen": "b", "rejected": "c"}]
    write_jsonl(folder / "mine.jsonl", mine)
    return [
        {"name": "oasst", "format": "oasst", "path": "oasst.jsonl"},
        {"name": "hs", "format": "helpsteer3", "path": "hs.jsonl.gz"},
        {"name": "orca", "format": "openorca", "path": "gpt4.jsonl", "against": "gpt35.jsonl"},
        {"name": "hh", "format": "hh", "path": "hh.jsonl"},
        {"name": "mine", "format": "pairs", "path": "mine.jsonl", "language": "va"},
    ]


def test_sources_keep_their_order_and_the_first_of_equal_pairs_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = build(tmp_path / "out", *write_sources(tmp_path))
    assert [(pair.source, pair.chosen) for pair in result.pairs] == [
        ("oasst", "best"),
        ("hs", "one"),
        ("hs", "two"),
        ("orca", "good"),
        ("hh", "b"),
        ("mine", "b"),
    ]
    assert [(row["source"], row["source_id"], row["reason"]) for row in result.dropped] == [
        ("oasst", "a3", "deleted"),
        ("hs", "hs.jsonl.gz:2", "tie (overall_preference 0)"),
        ("orca", "flan.r", "no reply to the same prompt on the other side"),
        ("mine", "mine.jsonl:1", "duplicate"),
    ]
    assert result.dropped[-1]["detail"] == f"the same texts as pair {result.pairs[0].id[:16]}"
    figures = result.figures
    assert (figures["rows_in"], figures["rows_used"], figures["rows_dropped"]) == (13, 9, 4)
    assert figures["by_language"] == {"en": 4, "ca": 1, "va": 1}
    assert figures["by_source"] == {"hs": 2, "hh": 1, "mine": 1, "oasst": 1, "orca": 1}
    assert figures["by_origin"] == {"human": 4, "model": 1, "unknown": 1}
    assert figures["by_split"] == {"train": 6}
    assert figures["rows_by_source"]["hs"]["dropped_by_reason"] == {"tie (overall_preference 0)": 1}


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    settings = {"filters": NO_FILTERS, "duplicates": {"near": None}}
    data = json.dumps({"sources": write_sources(tmp_path), "held_out": 0.3, **settings})
    for hash_seed in ("0", "1", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        arguments = [sys.executable, "-c", PROGRAM, data, hash_seed]
        subprocess.run(arguments, cwd=tmp_path, env=environment, check=True)
        digests = {name: hashlib.sha256((tmp_path / hash_seed / name).read_bytes()).hexdigest() for name in GOLDEN}
        assert digests == GOLDEN


def rows_of_groups(count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": f"p{index}", "chosen": f"a{reply}", "rejected": "b", "group": f"g{index}"}
        for index in range(count)
        for reply in range(2)
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_no_group_is_split_and_both_splits_have_one(tmp_path: Path, seed: int, share: float) -> None:
    path = write_jsonl(tmp_path / "mine.jsonl", rows_of_groups(6))
    source = {"name": "mine", "format": "pairs", "path": path}
    result = build(tmp_path / "out", source, seed=seed, held_out=share)
    held_out = {pair.group for pair in result.pairs if pair.split == "held_out"}
    train = {pair.group for pair in result.pairs if pair.split == "train"}
    assert held_out.isdisjoint(train)
    assert held_out
    assert train
    by_hash = {f"g{index}" for index in range(6) if fraction(seed, f"g{index}") < share}
    assert len(by_hash ^ held_out) <= 1
    assert result.figures["groups"] == 6
    assert result.figures["groups_held_out"] == len(held_out)
    assert result.figures["by_split"] == {split: 2 * len(g) for split, g in (("train", train), ("held_out", held_out))}
    assert [pair.prompt[0]["content"] for pair in result.pairs] == [row["prompt"] for row in rows_of_groups(6)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dropped.parquet", "pairs.parquet"]


def test_a_single_group_is_trained_on(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "mine.jsonl", rows_of_groups(1))
    result = build(tmp_path / "out", {"name": "mine", "format": "pairs", "path": path}, held_out=0.001)
    assert result.figures["by_split"] == {"train": 2}


def test_a_source_that_only_repeats_another_gives_nothing_and_is_no_mistake(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "mine.jsonl", rows_of_groups(2))
    again = write_jsonl(tmp_path / "again.jsonl", rows_of_groups(2))
    result = build(
        tmp_path / "out",
        {"name": "mine", "format": "pairs", "path": path},
        {"name": "again", "format": "pairs", "path": again},
    )
    assert result.figures["by_source"] == {"mine": 4}
    assert result.figures["rows_by_source"]["again"]["dropped_by_reason"] == {"duplicate": 4}
    details = {f"the same texts as pair {pair.id[:16]}" for pair in result.pairs}
    assert {row["detail"] for row in result.dropped} == details


def test_a_conversation_that_two_exports_hold_gives_its_pairs_once(tmp_path: Path) -> None:
    """OASST1 and OASST2 have the same message ids; the later one has another reply, and one text was corrected."""
    first = [message("a", None, "Ask"), message("a1", "a", "best", rank=0), message("a2", "a", "worst", rank=1)]
    second = [*first[:2], message("a2", "a", "the worst", rank=1), message("a3", "a", "poor", rank=2)]
    result = build(
        tmp_path / "out",
        {"name": "oasst1", "format": "oasst", "path": write_jsonl(tmp_path / "1.jsonl", first)},
        {"name": "oasst2", "format": "oasst", "path": write_jsonl(tmp_path / "2.jsonl", second)},
    )
    assert [(pair.source, pair.chosen, pair.rejected) for pair in result.pairs] == [
        ("oasst1", "best", "worst"),
        ("oasst2", "best", "poor"),
        ("oasst2", "the worst", "poor"),
    ]
    assert {pair.group for pair in result.pairs} == {"a"}


def test_filters_and_near_duplicates_are_on_unless_the_recipe_says_otherwise(tmp_path: Path) -> None:
    mine = [
        {"prompt": "Where do I renew my library card?", "chosen": "At the desk.", "rejected": "no idea", "group": "1"},
        {"prompt": "where do I renew my library card", "chosen": "At the door.", "rejected": "no", "group": "2"},
        {"prompt": "What are the hours?", "chosen": "From nine to two.", "rejected": "from nine to two", "group": "3"},
    ]
    source = {"name": "mine", "format": "pairs", "path": write_jsonl(tmp_path / "m.jsonl", mine), "language": "en"}
    result = build(tmp_path / "out", source, filters={}, duplicates={})
    assert len(result.pairs) == 1
    assert sorted(row["reason"] for row in result.dropped) == ["near-duplicate prompt", "replies differ in form only"]
    assert len(build(tmp_path / "off", source).pairs) == 3


def test_a_source_without_a_pair_lists_its_reasons(tmp_path: Path) -> None:
    rows = [helpsteer3_row(0), helpsteer3_row(0), helpsteer3_row(1, response1="two")]
    path = write_jsonl(tmp_path / "hs.jsonl", rows)
    with pytest.raises(InputError) as error:
        build(tmp_path / "out", {"name": "hs", "format": "helpsteer3", "path": path})
    assert str(error.value) == (
        f"source hs ({path}): none of the 3 rows makes a pair (2 tie (overall_preference 0), 1 chosen equals rejected)"
        "; nothing to learn from. Give other data, or take the source out of the recipe."
    )


def test_data_needs_neither_torch_nor_transformers() -> None:
    program = (
        "import sys, acord.data.build\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'huggingface_hub')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_language_that_cannot_be_told_is_named_before_anything_is_read(tmp_path: Path) -> None:
    source = {"name": "mine", "format": "pairs", "path": str(tmp_path / "not there.jsonl"), "language": "xx"}
    with pytest.raises(InputError, match="the language identifier does not know xx"):
        build(tmp_path / "out", source, filters={})
