"""The command line as a user meets it: in a process of its own, by its exit code, stdout and stderr."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

from acord.cli import common, main_with
from acord.languages import INTERFACE_TAGS
from acord.manifest import damage, read_manifest

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"

RECIPE = """
name: small
model: {{base: "{base}", tokenizer: {tokenizer}, vocabulary: 400}}
data:
  sources:
    - {{name: here, format: {format}, path: "{path}"}}
align: {{batch_pairs: 4}}
"""


def start(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.Popen:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "ACORD_"))}
    command = [sys.executable, "-c", "from acord.cli import main; main()", *arguments]
    # No test may ask the network whether a model exists.
    settings = clean | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"} | environment
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has Ctrl-C switched off for all that they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def acord(*arguments: str, cwd: Path = ROOT, patience: float = 300, **environment: str) -> subprocess.CompletedProcess:
    """patience: seconds that it may take, on a machine that others use."""
    process = start(*arguments, cwd=cwd, **environment)
    out, err = process.communicate(timeout=patience)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def write_recipe(folder: Path, path: str, *, form: str = "pairs", base: str = "random:llama-1x64", extra: str = ""):
    file = folder / "recipe.yaml"
    tokenizer = "train" if base.startswith("random:") else "base"
    file.write_text(RECIPE.format(path=path, format=form, base=base, tokenizer=tokenizer) + extra)
    return str(file)


def is_one_line_of_error(done: subprocess.CompletedProcess, *parts: str) -> None:
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("acord: error: ")
    for part in parts:
        assert part in lines[0]


def holds_only_complete_artefacts(runs: Path) -> None:
    for folder in (runs / "artefacts").glob("*"):
        assert damage(folder, key=read_manifest(folder).key) is None


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from acord.cli import main_with\n"
        "code = main_with(['--help'])\n"
        "heavy = {'torch', 'transformers', 'polars', 'pydantic', 'pyarrow', 'numpy'} & sys.modules.keys()\n"
        "sys.exit(code or (f'imported: {sorted(heavy)}' if heavy else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for verb in ("demo", "plan", "run", "data", "chat"):
        assert f"\n  {verb} " in done.stdout


def test_the_languages_offered_are_those_of_the_interface():
    assert get_args(common.Language) == INTERFACE_TAGS


@pytest.mark.slow
def test_version_and_help_of_every_verb():
    assert acord("--version").stdout.startswith("acord 0.")
    for verb in (["demo"], ["plan"], ["run"], ["data", "build"], ["chat"], ["evaluate"], ["compare"]):
        done = acord(*verb, "--help")
        assert done.returncode == 0
        assert f"Example: acord {' '.join(verb)}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["plan"], "Missing argument 'RECIPE'"),
        (["rum"], "No such command 'rum'"),
        (["demo", "--langauge", "va"], "--language"),
        (["demo", "--language", "fr"], "'en', 'es', 'va'"),
        (["chat", "folder"], "stdin: the prompt is empty"),
        (["chat", "folder", "--prompt", " "], "--prompt: the prompt is empty"),
        (["chat", "folder", "--prompt", "x", "--seed", "9" * 25], "--seed"),
        (["chat", "folder", "--prompt", "x", "--max-new-tokens", "0"], "--max-new-tokens"),
        (["chat", "folder", "--prompt", "x", "--temperature", "-1"], "--temperature"),
        (["plan", "."], "Is a directory"),
        (["plan", str(GOLDEN / "recipe.yaml"), "--runs", "a" * 300], "the name is too long"),
        (["data", "build", str(GOLDEN / "recipe.yaml"), "--runs", "/proc/nowhere"], "no folder can be made there"),
        (["run", str(GOLDEN / "recipe.yaml"), "--runs", "/dev/null"], "a file stands where"),
    ],
)
def test_a_wrong_usage_is_one_line(monkeypatch, capsys, arguments, part):
    """In this process; the tests after this one see the same of a process of its own."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    code = main_with(arguments)
    is_one_line_of_error(subprocess.CompletedProcess(arguments, code, *capsys.readouterr()), part)


@pytest.mark.parametrize("group", [[], ["data"]])
def test_no_verb_shows_the_help(group):
    done = acord(*group)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Commands:" in done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_one_line(tmp_path, unbuffered):
    code = "from acord.cli import main; main()"
    settings = os.environ | {"PYTHONUNBUFFERED": unbuffered}  # what waits in a buffer is written at the very end
    command = [sys.executable, "-c", code, "plan", write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"))]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=ROOT, env=settings, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr.startswith("acord: error: the output cannot be written: No space left")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_reader_that_stops_reading_leaves_no_traceback(tmp_path):
    process = start("plan", write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl")))
    process.stdout.close()
    err = process.stderr.read()
    process.wait(timeout=60)
    assert err == ""


@pytest.mark.slow
def test_letters_that_the_terminal_lacks_are_replaced_and_names_may_have_any(tmp_path):
    folder = tmp_path / "dàta files 🎉"
    folder.mkdir()
    shutil.copy(GOLDEN / "pairs.jsonl", folder / "pärs 1.jsonl")
    recipe = write_recipe(folder, str(folder / "pärs 1.jsonl"))
    done = acord("data", "build", recipe, "--runs", str(folder / "runs ü"))
    assert done.returncode == 0, done.stderr
    assert (folder / "runs ü" / "small" / "pairs" / "pairs.parquet").is_file()
    done = acord("plan", recipe, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "d?ta files" in done.stdout


@pytest.mark.slow
def test_bad_input_is_one_line_and_leaves_nothing_half_written(tmp_path):
    """Every case in one store, so that anything left behind would show."""
    good = '{"prompt": "p", "chosen": "a", "rejected": "b"}\n'
    tie = '{"domain": "general", "language": "english", "context": [{"role": "user", "content": "q"}], '
    tie += '"response1": "a", "response2": "b", "overall_preference": 0}\n'
    files = {
        "broken.jsonl": "{not json\n" * 2,
        "column.jsonl": '{"prompt": "p", "chosen": "a"}\n' * 2,
        "empty.jsonl": "",
        "ties.jsonl": tie * 3,
        "good.jsonl": good * 3,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    cases = [
        (write_case(tmp_path, "absent.jsonl"), ["absent.jsonl", "no such file"]),
        (write_case(tmp_path, "broken.jsonl"), ["broken.jsonl", "all 2 rows were dropped: not JSON"]),
        (write_case(tmp_path, "column.jsonl"), ["column.jsonl", "the column rejected is missing"]),
        (write_case(tmp_path, "empty.jsonl"), ["empty.jsonl"]),
        (write_case(tmp_path, "ties.jsonl", form="helpsteer3"), ["ties.jsonl", "dropped"]),
        (write_case(tmp_path, "good.jsonl", base="no/such-model"), ["no/such-model"]),
        (write_case(tmp_path, "good.jsonl", base=str(tmp_path)), ["config.json"]),
        (write_case(tmp_path, "good.jsonl", extra="lerning: 1\n"), ["lerning"]),
        (str(tmp_path / "absent.yaml"), ["absent.yaml", "cannot read the recipe"]),
    ]
    for recipe, parts in cases:
        is_one_line_of_error(acord("run", recipe, "--runs", str(tmp_path / "runs")), *parts)
        holds_only_complete_artefacts(tmp_path / "runs")
    done = acord("run", cases[0][0], "--runs", str(tmp_path / "runs"), "--json")
    is_one_line_of_error(done, "absent.jsonl")
    assert "absent.jsonl" in json.loads(done.stdout)["error"]


def write_case(tmp_path: Path, name: str, **arguments: str) -> str:
    folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    return write_recipe(folder, str(tmp_path / name), **arguments)


def test_plan_shows_states_and_marks_and_writes_nothing(tmp_path):
    recipe = write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"), extra="inferred: {align.batch_pairs: a guess}\n")
    done = acord("plan", recipe, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Stages"
    assert [line.split()[0] for line in lines[1:6]] == ["pairs", "base", "plan", "reference", "align"]
    assert all("to build" in line for line in lines[1:6])
    assert "10 rows" in lines[8]
    assert re.search(r"^  align\.batch_pairs +4 +inferred: a guess$", done.stdout, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]
    content = json.loads(acord("plan", recipe, "--json", cwd=tmp_path).stdout)
    assert content["sources"][0]["rows"] == 10
    assert {"key": "align.batch_pairs", "value": 4, "inferred": "a guess"} in content["values"]


def test_plan_imports_no_torch(tmp_path):
    recipe = write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"))
    code = (
        "import sys; from acord.cli import main_with\n"
        f"code = main_with(['plan', {recipe!r}])\n"
        "heavy = {'torch', 'transformers', 'polars'} & sys.modules.keys()\n"
        "sys.exit(code or (f'imported: {sorted(heavy)}' if heavy else 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_plan_of_a_missing_source_shows_all_and_fails(tmp_path):
    done = acord("plan", write_recipe(tmp_path, "absent.jsonl"), cwd=tmp_path)
    is_one_line_of_error(done, "absent.jsonl", "no such file")
    assert "missing" in done.stdout
    assert "align.beta" in done.stdout


def test_plan_fetches_nothing(tmp_path):
    """The network is not switched off here: a plan must not ask for it."""
    recipe = write_recipe(tmp_path, "hf://nobody/nothing", base="nobody/no-model")
    cache = {"HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hub"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = acord("plan", recipe, cwd=tmp_path, **cache)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("not fetched yet") == 1
    assert done.stdout.count("something it needs is not here yet") == 5


@pytest.mark.slow
def test_every_recipe_of_the_project_can_be_planned(tmp_path):
    for recipe in sorted((ROOT / "recipes").glob("*.yaml")):
        needs_files = "../shared/" in recipe.read_text()
        if needs_files and not (ROOT / "../shared/data/preferences").is_dir():
            pytest.skip(f"{recipe.name} reads ../shared/data/preferences, which is not here")
        done = acord("plan", str(recipe), "--runs", str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert "inferred: " in done.stdout


def test_the_locale_and_the_option_choose_the_language(tmp_path):
    recipe = write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"))
    assert acord("plan", recipe, LANG="ca_ES.UTF-8@valencia").stdout.startswith("Etapes\n")
    assert acord("plan", recipe, "--language", "es", LANG="ca_ES.UTF-8").stdout.startswith("Etapas\n")


@pytest.mark.slow
def test_data_build_counts_every_row(tmp_path):
    recipe = write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"))
    done = acord("data", "build", recipe, ACORD_RUNS=str(tmp_path / "runs"))
    assert done.returncode == 0, done.stderr
    assert "8 pairs from 10 rows (8 used, 2 dropped)" in done.stderr
    assert str(tmp_path / "runs" / "small" / "pairs" / "pairs.parquet") in done.stdout
    assert (tmp_path / "runs" / "small" / "pairs" / "pairs.parquet").is_file()
    dropped = [line.split()[-2] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert sum(map(int, dropped)) == 2
    content = json.loads(acord("data", "build", recipe, "--runs", str(tmp_path / "runs"), "--json").stdout)
    assert content["stages"][0]["reused"] is True
    assert content["stages"][0]["figures"]["rows_in"] == 10


@pytest.mark.slow
def test_run_then_chat_then_what_chat_refuses(tmp_path):
    """One model for all of it: making one takes most of the time."""
    runs = tmp_path / "runs"
    done = acord("run", str(GOLDEN / "recipe.yaml"), "--runs", str(runs))
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stderr.splitlines() if ";" in line] == [
        "pairs",
        "base",
        "plan",
        "reference",
        "align",
    ]
    holds_only_complete_artefacts(runs)
    model = runs / "golden" / "align" / "model"
    assert str(model) in done.stdout
    again = acord("run", str(GOLDEN / "recipe.yaml"), "--runs", str(runs), "--json")
    assert again.stderr == ""
    assert all(stage["reused"] for stage in json.loads(again.stdout)["stages"])

    asked = ["chat", str(model), "--prompt", "Name a fruit.", "--max-new-tokens", "5", "--json"]
    drawn = [json.loads(acord(*asked, "--temperature", "1", "--seed", seed).stdout) for seed in ("1", "1", "2")]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0]["reply_tokens"] == 5
    assert drawn[0]["finished"] is False
    plain = acord(*asked[:-1], "--system", "Be brief.", "--temperature", "0")
    assert plain.returncode == 0
    assert "cut at 5 tokens" in plain.stderr

    without = tmp_path / "without"
    shutil.copytree(model, without)
    for file in without.glob("token*"):
        file.unlink()
    (tmp_path / "empty").mkdir()
    for folder, part in [(without, "no tokenizer"), (tmp_path / "empty", "no model"), (tmp_path / "no", "no such")]:
        is_one_line_of_error(acord("chat", str(folder), "--prompt", "x"), str(folder), part)


@pytest.mark.slow
def test_the_demo_end_to_end_then_reused_without_torch(tmp_path):
    runs = str(tmp_path / "runs")
    done = acord("demo", "--runs", runs, patience=1_200)
    assert done.returncode == 0, done.stderr
    for name in ("align/model", "align/metrics.jsonl", "card/manifest.json", "card/README.md"):
        assert str(Path(runs) / "demo" / name) in done.stdout
        assert (Path(runs) / "demo" / name).exists()
    assert f"chat {runs}/demo/align/model --prompt" in done.stdout
    code = (
        "import sys, time; from acord.cli import main_with\n"
        "started = time.monotonic()\n"
        f"code = main_with(['demo', '--runs', {runs!r}, '--language', 'va'])\n"
        "assert time.monotonic() - started < 10\n"
        "sys.exit(code or ('torch was imported' if 'torch' in sys.modules else 0))"
    )
    again = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("es reutilitza") == 8
    answers = [line.split("after", 1)[1].strip() for line in done.stdout.splitlines() if line.startswith("  after")]
    assert len(answers) == 9
    for answer in answers:
        assert answer in again.stdout
    the_demos_figures_are_what_was_promised(json.loads(acord("demo", "--runs", runs, "--json").stdout))


def the_demos_figures_are_what_was_promised(told):
    """With some room beneath what docs/bundled-model.md says, as machines round differently."""
    figures = told["figures"]
    assert [one["language"] for one in figures["preferences"]] == ["en", "es", "va"]
    for one in figures["preferences"]:
        assert one["after"]["value"] > 0.7 > one["detector"]["value"] > one["length"]["value"]
        assert one["after"]["low"] > one["length"]["high"]
        assert one["likelier_after"]["value"] > one["likelier_before"]["value"]
    for one in figures["in_language"]:
        assert one["after"]["n"] == 40
        assert one["after"]["value"] > 0.55
        assert one["chosen"]["value"] >= 0.975
    assert figures["translation"]["change"]["low"] < 0 < figures["translation"]["change"]["high"]
    assert [len({one["before"], one["after"]}) for one in told["answers"]].count(2) >= 6


@pytest.mark.slow
def test_ctrl_c_is_one_line_and_leaves_nothing_half_written(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(json.dumps({"prompt": str(n), "chosen": "a", "rejected": "b"}) + "\n" for n in range(400_000))
    )
    process = start("run", write_recipe(tmp_path, str(rows)), "--runs", str(tmp_path / "runs"))
    until = time.monotonic() + 60
    while not list((tmp_path / "runs").glob("artefacts/*.partial/*")):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("acord: stopped; finished stages are kept")
    assert "Traceback" not in err
    # What was read waits for the next attempt; nothing there could be taken for an artefact.
    left = {path.name.split(".", 1)[1] for path in (tmp_path / "runs" / "artefacts").iterdir()}
    assert left == {"partial", "partial.inputs"}


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs Linux and root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path, small_disk):
    done = acord("run", write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl")), "--runs", str(small_disk))
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert lines[-1].startswith(f"acord: error: {small_disk}")
    assert lines[-1].endswith("the disk is full. Free some space, or give another folder with --runs.")
    assert "Traceback" not in done.stderr
    holds_only_complete_artefacts(small_disk)
    left = [folder.name.split("-")[0] for folder in (small_disk / "artefacts").iterdir()]
    assert left == ["pairs"]


@pytest.mark.slow
def test_a_read_only_store_is_read_and_refuses_to_be_written(tmp_path, small_disk):
    recipe = write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"))
    assert acord("data", "build", recipe, "--runs", str(small_disk)).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = acord("data", "build", recipe, "--runs", str(small_disk))
    assert done.returncode == 0, done.stderr
    assert done.stderr.rstrip().endswith("reused")
    other = write_recipe(tmp_path, str(GOLDEN / "pairs.jsonl"), extra="seed: 1\n")
    is_one_line_of_error(
        acord("data", "build", other, "--runs", str(small_disk)), str(small_disk), "read-only", "--runs"
    )
