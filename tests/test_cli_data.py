"""`acord data stats | show | export` as a user meets them: exit codes, stdout and stderr."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from acord.cli import main_with
from acord.console import configure
from acord.data.pairs import PAIRS_FILE
from acord.languages import set_language
from tests.data.tables import dropped_row, pair_row
from tests.run.built import write_run
from tests.test_cli import GOLDEN, acord, write_recipe

PAIRS = [
    pair_row("one", "good\x1b[31m \x9b2J", "bad", source_id="1", licence="unknown"),
    pair_row("two", "bo", "roí", language="va", source_id="2", split="held_out"),
    pair_row([("user", "a"), ("assistant", "b"), ("user", "c")], "d", "e", source_id="3"),
]
DROPPED = [dropped_row("duplicate", "4", detail="duplicate of 1")]


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    set_language("en")
    configure(quiet=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs, PAIRS, DROPPED, base=True)
    return runs


@pytest.mark.slow
def test_stats_of_a_run_by_folder_by_name_and_by_its_pairs(runs, capsys):
    done = acord("data", "stats", str(runs / "made"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "Rows of the sources"
    assert lines[1].split() == ["source", "in", "used", "dropped", "duplicates", "near", "duplicates", "contaminated"]
    assert ["all", "all", "3", "2", "1", "3", "0", "0", "0"] in [line.split() for line in lines]
    for named in ("made", str(runs / "made" / "pairs"), str(runs / "made" / "pairs" / PAIRS_FILE)):
        assert main_with(["data", "stats", named, "--runs", str(runs), "--language", "en"]) == 0
        assert capsys.readouterr().out == done.stdout
    content = json.loads(acord("data", "stats", str(runs / "made"), "--json").stdout)
    assert content["total"]["pairs"] == 3
    assert content["rows"][0]["duplicates"] == 1
    assert acord("data", "stats", str(runs / "made"), "--language", "va").stdout.startswith("Files de les fonts\n")


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_picture_is_written_whole_and_over_an_older_one(runs, tmp_path, capsys, ending, start):
    picture = tmp_path / f"a.{ending}"
    picture.write_text("older")
    asked = ["data", "stats", str(runs / "made"), "--language", "en", "--picture", str(picture)]
    assert main_with(asked) == 0
    assert capsys.readouterr().out.endswith(f"picture  {picture}\n")
    content = picture.read_bytes()
    assert content.startswith(start)
    assert main_with(asked) == 0
    assert picture.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [picture.name]


@pytest.mark.slow
def test_show_says_what_a_terminal_can_bear(runs, capsys):
    done = acord("data", "show", "1", str(runs / "made"))
    assert done.returncode == 0, done.stderr
    assert "[scored]good\\x1b[31m \\x9b2J[control]<|im_end|>[/control][/scored]" in done.stdout
    assert main_with(["data", "show", PAIRS[0]["id"][:12], str(runs / "made" / "pairs" / PAIRS_FILE), "--json"]) == 0
    as_json = capsys.readouterr().out
    assert "\x9b" not in as_json
    content = json.loads(as_json)
    assert content["pair"]["chosen"] == PAIRS[0]["chosen"]
    assert content["tokens"]["chosen"] > 1
    assert main_with(["data", "show", "4", str(runs / "made"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dropped"][0]["detail"] == "duplicate of 1"


def test_export_says_what_it_wrote_and_left_out(runs, tmp_path):
    done = acord("data", "export", str(runs / "made"), "--format", "orca", "--to", str(tmp_path / "orca"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"pairs in {tmp_path / 'orca'}: 2", "  held_out.jsonl", "  train.jsonl"]
    assert done.stderr == "pairs left out, since this format cannot hold their turns: 1\n"
    chosen = ["--pair-language", "va", "--source", "one", "--split", "held_out", "--as", "parquet", "--json"]
    done = acord("data", "export", "made", "--runs", str(runs), "--to", str(tmp_path / "va"), *chosen)
    content = json.loads(done.stdout)
    assert (content["pairs"], content["files"], done.stderr) == (1, ["held_out.parquet"], "")


def test_export_imports_no_torch(runs, tmp_path):
    arguments = ["data", "export", str(runs / "made"), "--to", str(tmp_path / "set"), "--format", "hf-dataset"]
    code = (
        "import sys; from acord.cli import main_with\n"
        f"code = main_with({[*arguments, '--pair-language', 'va']!r})\n"
        "sys.exit(code or ('imported' if {'torch', 'transformers'} & sys.modules.keys() else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "set" / "README.md").is_file()


def is_one_line(capsys, arguments: list[str], part: str) -> None:
    """In this process, which is quicker: what `main` adds is tested with the other verbs."""
    assert main_with(["data", *arguments]) == 2
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("acord: error: ")
    assert part in line
    assert printed.out == ""


def test_a_wrong_usage_is_one_line(runs, tmp_path, capsys):
    made, to = str(runs / "made"), str(tmp_path / "to")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    cases = [
        (["stats", "nowhere"], "no such run, folder or recipe"),
        (["stats", str(tmp_path)], "no pairs lie there"),
        (["stats", made, "--picture", "a.gif"], "no PNG or SVG"),
        (["stats", made, "--picture", str(tmp_path / "no" / "a.png")], "no file can be written there"),
        (["stats", write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl")), "--runs", to], "its pairs are not built yet"),
        (["stats", str(tmp_path / "no.yaml")], "cannot read the recipe"),
        (["stats", "a" * 300], "the name is too long"),
        (["show", "zz", made], "no pair and no dropped row"),
        (["show", "1", made, "--model", str(tmp_path)], "no config.json"),
        (["show", "1"], "Missing argument 'RUN'"),
        (["export", made], "Missing option '--to'"),
        (["export", made, "--to", to, "--format", "csv"], "'llama-factory'"),
        (["export", made, "--to", to, "--pair-language", "fr"], "no pair has the language fr"),
        (["export", made, "--to", to, "--format", "hf-dataset"], "Set licence: for one"),
        (["export", made, "--to", to, "--format", "hf-dataset", "--as", "jsonl"], "a data set is Parquet"),
        (["export", made, "--to", str(tmp_path / "full")], "the folder is not empty"),
        (["export", made, "--to", "/proc/no/where"], "no folder can be made there"),
    ]
    for arguments, part in cases:
        is_one_line(capsys, arguments, part)
    assert not Path(to).exists()


def test_damaged_pairs_are_one_line(tmp_path, capsys):
    run = write_run(tmp_path, PAIRS)
    file = run / "pairs" / PAIRS_FILE
    file.write_bytes(file.read_bytes()[:-20])
    is_one_line(capsys, ["stats", str(run)], "it is damaged: pairs.parquet has")
    (run / "pairs" / "manifest.json").unlink()
    is_one_line(capsys, ["stats", str(run)], "no valid Parquet file")


@pytest.mark.slow
def test_what_a_recipe_built(tmp_path):
    recipe, runs = str(GOLDEN / "recipe.yaml"), str(tmp_path)
    assert acord("data", "build", recipe, "--runs", runs).returncode == 0
    stats = json.loads(acord("data", "stats", recipe, "--runs", runs, "--json").stdout)
    by_run = json.loads(acord("data", "stats", "golden", "--runs", runs, "--json").stdout)
    assert {**stats, "folder": ""} == {**by_run, "folder": ""}
    assert sum(one["rows_in"] for one in stats["rows"]) == sum(
        one["rows_used"] + one["rows_dropped"] for one in stats["rows"]
    )
    assert stats["total"]["pairs"] > 10
    done = acord("data", "export", recipe, "--runs", runs, "--to", str(tmp_path / "out"))
    again = write_recipe(tmp_path, str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert acord("data", "build", again, "--runs", str(tmp_path / "again")).returncode == 0
    built = json.loads(acord("data", "stats", again, "--runs", str(tmp_path / "again"), "--json").stdout)
    assert built["total"]["pairs"] == stats["total"]["pairs"]
    assert built["total"]["lengths"] == stats["total"]["lengths"]
