"""Versions of a recipe that was run: remembered, listed, set side by side, watched, whatever else lies there."""

import json
import os
import shutil
from pathlib import Path

import pytest

from acord.cli import main_with
from acord.errors import InputError
from acord.languages import set_language, text
from acord.run.follow import standing_of
from acord.run.history import read_history
from acord.run.run_diff import diff_runs
from acord.run.run_list import find_run, list_runs
from acord.run.run_recipe import run_recipe
from acord.run.show_runs import show_diff, show_runs
from tests.run.fake_stages import first, recipe, second

ROWS = 24
RECIPE = """
name: tiny
model: {{base: "random:llama-1x64", tokenizer: train, vocabulary: 400}}
data:
  sources: [{{name: one, format: pairs, path: {rows}}}]
  held_out: 0.25
  filters: {{language: false, repetition: false}}
  duplicates: {{near: null}}
chat: {{max_length: 256}}
align: {{batch_pairs: 6, learning_rate: {rate}, precision: float32, threads: 1}}
{inferred}
"""


def write_recipe(folder: Path, rate: str, inferred: str = "") -> Path:
    rows = folder / "rows.jsonl"
    if not rows.exists():
        tags = ("en", "es", "va")
        lines = [
            {"prompt": f"Is {n}?", "chosen": f"Yes, {n}.", "rejected": f"No, not {n} at all.", "language": tags[n % 3]}
            for n in range(ROWS)
        ]  # fmt: skip
        rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    path = folder / "recipe.yaml"
    path.write_text(RECIPE.format(rows=rows, rate=rate, inferred=inferred))
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """Two real versions of one recipe."""
    folder = tmp_path_factory.mktemp("history")
    for rate, inferred in (("1e-3", ""), ("2e-3", "inferred: {align.learning_rate: tried}")):
        assert (
            main_with(["run", str(write_recipe(folder, rate, inferred)), "--runs", str(folder / "runs"), "--json"]) == 0
        )
    return folder / "runs"


@pytest.fixture(autouse=True)
def in_english():
    set_language("en")
    yield
    set_language("en")


def fake(tmp_path: Path, *, stages=None, until=None, **changes):
    return run_recipe(recipe(tmp_path, **changes), tmp_path / "runs", stages=stages or (first(), second()), until=until)


def names(tmp_path: Path) -> list[str]:
    return [version.name for version in read_history(tmp_path / "runs").versions]


def test_each_change_is_a_version_and_a_run_of_before_adds_nothing(tmp_path):
    history = tmp_path / "runs" / "history.jsonl"
    fake(tmp_path)
    once = history.read_bytes()
    fake(tmp_path)
    assert history.read_bytes() == once
    fake(tmp_path, beta=0.2)
    (tmp_path / "source.jsonl").write_text('{"text": "other"}\n')
    fake(tmp_path, beta=0.2)
    assert names(tmp_path) == ["fake@1", "fake@2", "fake@3"]
    four = history.read_bytes()
    fake(tmp_path, beta=0.2)
    assert history.read_bytes() == four
    assert [version.content["align"]["beta"] for version in read_history(tmp_path / "runs").versions] == [0.1, 0.2, 0.2]


def test_a_run_that_ends_early_is_the_version_that_it_later_becomes(tmp_path):
    fake(tmp_path, until="first")
    only = read_history(tmp_path / "runs").versions
    assert [(version.name, version.line, version.finished) for version in only] == [
        ("fake@1", ("first", "second"), None)
    ]
    fake(tmp_path)
    assert names(tmp_path) == ["fake@1"]
    assert read_history(tmp_path / "runs").versions[0].finished is not None


def test_a_stopped_run_is_listed_with_the_stage_that_is_missing(tmp_path):
    def stop(job):  # noqa: ARG001  stages have one signature
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fake(tmp_path, stages=(first(), second(build=stop)))
    run = find_run("fake@1", tmp_path / "runs")
    assert (run.state, run.missing) == ("begun", ("second",))
    assert "not there: second" in show_runs(list_runs(tmp_path / "runs"))


@pytest.mark.parametrize("kept", [0.3, 0.99])
def test_a_torn_line_is_passed_over_and_the_next_one_stands_alone(tmp_path, kept):
    fake(tmp_path)
    history = tmp_path / "runs" / "history.jsonl"
    lines = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(b"".join(lines[:-1]) + lines[-1][: int(len(lines[-1]) * kept)])
    fake(tmp_path, beta=0.2)
    # That it was begun and that it is complete: two lines more, of which none is lost with the torn one.
    assert history.read_bytes().count(b"\n") == len(lines) + 2
    read = read_history(tmp_path / "runs")
    assert ([version.name for version in read.versions], read.unreadable) == (["fake@1", "fake@2"], 1)


TOLD = {"recipe": "a", "when": "", "line": [], "keys": {}, "content": {}, "facts": None}


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[]", b"{}", *(json.dumps({**TOLD, key: 1}).encode() for key in TOLD)])
def test_lines_of_another_making_are_counted(tmp_path, line):
    (tmp_path / "history.jsonl").write_bytes(line + b"\n")
    assert read_history(tmp_path) == ((), 1)
    assert "1 lines cannot be read" in show_runs(list_runs(tmp_path))


def test_where_nothing_can_be_written_a_run_goes_on_and_says_so(tmp_path, capsys):
    fake(tmp_path)
    history = tmp_path / "runs" / "history.jsonl"
    history.unlink()
    history.mkdir()  # even root cannot write it
    capsys.readouterr()
    assert [stage.reused for stage in fake(tmp_path, beta=0.2).stages] == [True, False]
    assert "history.jsonl cannot be written (Is a directory)" in capsys.readouterr().err


@pytest.mark.slow
def test_foreign_and_broken_folders_are_named_and_hinder_nothing(runs, tmp_path):
    there = tmp_path / "runs"
    shutil.copytree(runs, there, symlinks=True)
    (there / "notes").mkdir()
    for name, content in (
        ("torn", '{"recipe": "x", "sta'),
        ("other", "[1]"),
        ("half", '{"stages": [{}], "complete": true}'),
    ):
        (there / name).mkdir()
        (there / name / "run.json").write_text(content)
    (there / "gone").mkdir()
    (there / "gone" / "run.json").write_text('{"stages": [{"stage": "pairs", "key": "ab"}], "complete": false}')
    align = next((there / "artefacts").glob("align-*"))
    manifest = json.loads((align / "manifest.json").read_text())
    (align / "manifest.json").write_text(json.dumps({**manifest, "figures": [1], "outside": 3, "files": {}}))
    found = list_runs(there)
    assert {(one.folder.name, one.reason) for one in found.strange} == {
        ("notes", "no_run"), ("torn", "unreadable"), ("other", "unreadable"), ("half", "unreadable"),
    }  # fmt: skip
    assert [(run.name, run.state) for run in found.runs if run.recipe == "gone"] == [("gone", "begun")]
    shown = show_runs(found)
    for word in ("tiny@1", "tiny@2", "gone", "notes holds no run.json", "torn: its run.json cannot be read"):
        assert word in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "held-out pairs"), ("va", "parells reservats"), ("es", "pares reservados")],
)
def test_the_list_says_data_results_and_state_of_every_version(runs, language, words):
    set_language(language)
    found = list_runs(runs)
    assert [(run.name, run.latest, run.state) for run in found.runs] == [
        ("tiny@1", False, "complete"), ("tiny@2", True, "complete"),
    ]  # fmt: skip
    shown = show_runs(found)
    assert words in shown
    assert "en 8, es 8, va 8" in shown
    assert text("runs_accuracy") in shown
    assert text("runs_judge") not in shown  # no run has one
    figures = json.loads((runs / "tiny" / "align" / "manifest.json").read_text())["figures"]["held_out"]["after"]
    assert found.as_json()["runs"][1]["held_out"]["after"]["margin"] == figures["margin"]


@pytest.mark.slow
def test_what_differs_is_listed_and_what_is_equal_is_counted(runs):
    diff = diff_runs(find_run("tiny@1", runs), find_run("tiny", runs))
    sections = {one.section: one for one in diff.sections}
    changed = sections["recipe"].differences
    assert [(row.key, row.first, row.second, row.inferred) for row in changed] == [
        ("align.learning_rate", 0.001, 0.002, ("", "tried"))
    ]
    for same in ("sources", "base", "pairs", "plan"):
        assert not sections[same].differences
        assert sections[same].equal > 0
    margins = {row.key: row for row in sections["held_out"].differences}
    manifests = [
        json.loads((find_run(name, runs).folders["align"] / "manifest.json").read_text())
        for name in ("tiny@1", "tiny@2")
    ]
    before, after = (one["figures"]["held_out"]["after"]["margin"] for one in manifests)
    assert margins["overall.margin"].change == pytest.approx(after - before)
    shown = show_diff(diff)
    assert "inferred: tried" in shown
    assert "Equal: sources (sha256) (" in shown
    assert "vocabulary" not in shown


@pytest.mark.slow
def test_a_changed_source_shows_as_another_sha256_and_fewer_rows(runs, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    path = write_recipe(folder, "1e-3")
    rows = (folder / "rows.jsonl").read_text().splitlines(keepends=True)
    (folder / "rows.jsonl").write_text("".join(rows[:-3]))
    assert main_with(["data", "build", str(path), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    diff = diff_runs(find_run(str(runs / "tiny"), tmp_path), find_run("tiny", tmp_path / "runs"))
    sections = {one.section: one for one in diff.sections}
    assert [row.key for row in sections["sources"].differences] == ["one.path.rows.jsonl"]
    assert {row.key: row.change for row in sections["pairs"].differences}["rows_in"] == -3
    assert sections["held_out"].absent == (1,)


@pytest.mark.slow
def test_figures_outlive_the_artefacts(runs, tmp_path):
    there = tmp_path / "runs"
    shutil.copytree(runs, there, symlinks=True)
    shutil.rmtree(find_run("tiny@1", there).folders["align"])
    old = find_run("tiny@1", there)
    assert (old.state, old.missing) == ("removed", ("align",))
    assert old.facts["held_out"] == find_run("tiny@1", runs).facts["held_out"]


@pytest.mark.slow
def test_a_run_that_is_not_there_is_told_with_those_that_are(runs):
    with pytest.raises(InputError, match=r"tiny@7: no such run\. Among those there: tiny@1, tiny@2"):
        find_run("tiny@7", runs)


@pytest.mark.slow
def test_a_training_of_another_process_is_read_up_to_its_last_whole_line(runs, tmp_path):
    there = tmp_path / "runs"
    shutil.copytree(runs, there, symlinks=True)
    align = find_run("tiny", there).folders["align"]
    with pytest.raises(InputError, match="no training of it is under way"):
        standing_of(find_run("tiny", there))
    partial = align.with_name(f"{align.name}.partial")
    os.rename(align, partial)  # noqa: PTH104  as a run leaves it before it is complete
    lines = (partial / "metrics.jsonl").read_text().splitlines(keepends=True)
    (partial / "metrics.jsonl").write_text("".join(lines[:2]) + lines[2][:40])
    standing = standing_of(find_run("tiny", there))
    assert (standing.step, standing.steps, sorted(standing.languages)) == (2, 3, ["en", "es", "va"])
    assert standing.seconds_left is not None


@pytest.mark.parametrize("option", [("--wandb", "acord")])
def test_a_missing_library_is_told_before_anything_starts(tmp_path, capsys, monkeypatch, option):
    monkeypatch.setitem(__import__("sys").modules, option[0][2:], None)
    assert main_with(["run", str(write_recipe(tmp_path, "1e-3")), "--runs", str(tmp_path / "runs"), *option]) == 2
    assert "is not installed" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
