"""Reading evidence: what it holds, and what is said of a file that is missing, changed, added or damaged."""

import json
import shutil
from pathlib import Path

import pytest

from acord.card.evidence import INDEX, Evidence, index_faults, read_evidence
from acord.card.gather import write_index_of
from acord.errors import InputError
from acord.languages import interface_language


@pytest.fixture
def copy(evidence: Evidence, tmp_path: Path) -> Path:
    return Path(shutil.copytree(evidence.folder, tmp_path / "evidence"))


def test_counts_are_those_of_the_pairs(evidence: Evidence) -> None:
    counts = evidence.counts
    assert counts.total == 30
    assert counts.by_source == {"rows-en": 10, "rows-va": 10, "rows-es": 10}
    assert list(counts.by_source) == ["rows-en", "rows-va", "rows-es"]
    assert sum(counts.by_language_and_split.values()) == sum(counts.groups.values()) == 30
    assert counts.by_licence == {"CC0-1.0": 30}
    assert counts.steps == {"personal_data": 3}
    assert counts.dropped["rows-va"] == {"chosen equals rejected": 1, "duplicate": 1}


def test_tables_of_the_judge_speak_the_language_asked_for(evidence: Evidence) -> None:
    before = interface_language()
    valencian = evidence.scores_in("va")
    assert evidence.scores is not None
    assert valencian is not None
    assert (evidence.scores.label("maths"), valencian.label("maths")) == ("Maths", "Matemàtiques")
    assert evidence.scores.status["en"] != valencian.status["en"]
    assert interface_language() is before


def test_names_of_the_two_models(evidence: Evidence) -> None:
    assert (evidence.model_name, evidence.base_name) == ("tiny", "tiny-base")
    assert [one.model.name for one in evidence.results] == ["tiny-base", "tiny"]
    assert evidence.figures("align")["steps"] == len(evidence.metrics)
    assert evidence.figures("nothing") == {}


def test_every_file_is_held_against_the_index(copy: Path) -> None:
    (copy / "align" / "metrics.jsonl").write_bytes(b"{}\n")
    (copy / "recipe.yaml").unlink()
    (copy / "more.txt").write_text("more")
    (copy / "answers" / "answers.jsonl").rename(copy.parent / "answers.jsonl")
    (copy / "answers" / "answers.jsonl").symlink_to(copy.parent / "answers.jsonl")
    found = {fault.file: fault.what for fault in index_faults(copy)}
    assert found == {
        "align/metrics.jsonl": "sha256 is not what index.json says",
        "answers/answers.jsonl": "this is a link and no file",
        "more.txt": "index.json does not name this file",
        "recipe.yaml": "the file is missing",
    }
    with pytest.raises(InputError, match=r"align/metrics.jsonl: sha256 is not what index.json says.*Build the card"):
        read_evidence(copy)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (INDEX, "[]"),
        ("recipe.yaml", "name: [1"),
        ("align/metrics.jsonl", "[1]\n"),
        ("align/manifest.json", "{}"),
        ("answers/answers.jsonl", '{"language": "en"}\n'),
        ("evaluate/comparison.json", '{"models": 1}'),
        ("evaluate/tiny/results.json", "{}"),
        ("judge/judgement.json", "{}"),
        ("pairs/index.parquet", "no table"),
        ("pairs/dropped.parquet", "no table"),
    ],
)
def test_a_damaged_file_is_told_in_one_line(copy: Path, file: str, content: str) -> None:
    (copy / file).write_text(content)
    if file != INDEX:
        write_index_of(copy)
    with pytest.raises(InputError) as caught:
        read_evidence(copy)
    assert "\n" not in str(caught.value)
    assert file.split("/")[0] in str(caught.value)


def test_the_index_names_every_file_once(evidence: Evidence) -> None:
    index = json.loads((evidence.folder / INDEX).read_text())
    there = {path.relative_to(evidence.folder).as_posix() for path in evidence.folder.rglob("*") if path.is_file()}
    assert set(index) == there - {INDEX}
    assert {"align/replies.parquet", "evaluate/tiny/items/good.parquet", "judge/label_ratings.jsonl"} <= set(index)
