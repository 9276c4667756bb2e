"""A recipe bundled from a hub, and run where there is no network: by the real commands and the real libraries."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from acord.recipe import load_recipe
from acord.run.bundle.lacks import missing_from
from acord.run.bundle.layout import read_bundle
from tests.hub.client import environment
from tests.hub.served import MODEL, PREFERENCES, QUESTIONS, fill, write_recipe
from tests.hub.stand_in import StandIn

pytestmark = pytest.mark.slow
PARTS = ("--part-gb", 0.005)
ACORD = Path(sys.executable).with_name("acord")
# The libraries by themselves, by the names that things have on the hub.
LIBRARIES = f"""
import sys
from pathlib import Path
from acord.run.bundle.offline import switch_off
switch_off(Path(sys.argv[1]))
from transformers import AutoConfig, AutoTokenizer
print(AutoConfig.from_pretrained("{MODEL}").model_type, len(AutoTokenizer.from_pretrained("{MODEL}")))
import datasets, evaluate
print(len(datasets.load_dataset("{QUESTIONS}", "va")["test"]))
print(evaluate.load("mine").compute(predictions=[3, 5], references=[1, 0])["mine"])
"""


def acord(*arguments: object, env: dict[str, str], before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, str(ACORD), *map(str, arguments), "--language", "en"],
        env={**env, "GOMP_SPINCOUNT": "1000"},
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )


def alone(home: Path) -> dict[str, str]:
    """Variables of a machine on which nothing was ever fetched."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS"))}
    return {**kept, "HF_HOME": str(home), "HOME": str(home)}


@pytest.fixture(scope="module")
def hub() -> Iterator[StandIn]:
    with StandIn() as hub:
        fill(hub)
        yield hub


class Bundled:
    """A bundle. environment: of the machine that reaches the hub."""

    def __init__(self, hub: StandIn, folder: Path) -> None:
        self.recipe, self.folder = write_recipe(folder / "there"), folder / "bundle"
        self.environment = environment(hub, folder / "home")
        arguments = ("bundle", self.recipe, "--out", self.folder, *PARTS, "--runs", folder / "runs-there")
        with hub.misbehave("cut", MODEL, file="model.safetensors", times=1):
            self.made = acord(*arguments, env=self.environment)


@pytest.fixture(scope="module")
def bundled(hub: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Bundled:
    return Bundled(hub, tmp_path_factory.mktemp("closed"))


def test_a_bundle_is_few_files_and_says_where_all_is_from(hub: StandIn, bundled: Bundled) -> None:
    assert bundled.made.returncode == 0, bundled.made.stderr
    bundle = read_bundle(bundled.folder)
    assert len(list(bundled.folder.iterdir())) == len(bundle.parts) + 2 <= 10
    commits = {(one.kind, one.name): one.commit for one in bundle.repositories}
    assert commits == {
        ("model", MODEL): hub.repositories["model", MODEL].commit,
        ("dataset", PREFERENCES): hub.repositories["dataset", PREFERENCES].commit,
    }
    asked = f"{QUESTIONS}@{hub.repositories['dataset', QUESTIONS].commit}"
    assert bundle.rows == {"mine/asked": asked, "mine/asked_va": asked}


def test_it_runs_without_any_network(bundled: Bundled, tmp_path: Path) -> None:
    closed = ("unshare", "-rn")
    if shutil.which("unshare") is None or subprocess.run([*closed, "true"], check=False).returncode:
        pytest.skip("unshare -rn does not work here: no namespaces for users")
    there = bundled.recipe.parent
    gone = there.rename(there.with_name("gone"))
    ran = acord(
        "run", "--bundle", bundled.folder, "--runs", tmp_path / "runs", env=alone(tmp_path / "home"), before=closed
    )
    assert ran.returncode == 0, ran.stderr
    assert "evaluate   2 rows, 2 models; 0 rows n/a" in ran.stderr
    gone.rename(there)
    libraries = subprocess.run(
        [*closed, sys.executable, "-c", LIBRARIES, str(next((tmp_path / "runs/bundles").glob("*/")))],
        env=alone(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert libraries.stdout.split() == ["llama", "4096", "5", "7"], libraries.stderr
    # What it made goes along, beside the parts that are there already, and is reused where the runs lie elsewhere.
    more = shutil.copytree(bundled.folder, tmp_path / "more")
    parts = len(read_bundle(more).parts)
    arguments = ("bundle", bundled.recipe, "--out", more, *PARTS, "--artefacts", "--runs", tmp_path / "runs")
    made = acord(*arguments, env=bundled.environment)
    assert made.returncode == 0, made.stderr
    assert f"({parts} parts were there already)" in made.stdout
    ran = acord("run", "--bundle", more, "--runs", tmp_path / "others", env=alone(tmp_path / "home"), before=closed)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("reused") == 6


def test_what_is_missing_is_told_before_anything_starts(bundled: Bundled, tmp_path: Path) -> None:
    recipe = yaml.safe_load((bundled.folder / "recipe.yaml").read_text())
    recipe["model"]["base"] = "owner/larger"
    recipe["evaluate"].update(against=["owner/other", MODEL], suite="aitana")
    recipe["data"]["sources"] += [
        {"name": "more", "format": "hh", "path": f"hf://{PREFERENCES}/harmless-base", "language": "en"},
        {"name": "mine", "format": "pairs", "path": "nowhere/mine.jsonl", "language": "en"},
    ]
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe))
    copy = tmp_path / "bundle"
    shutil.copytree(bundled.folder, copy)
    (copy / "models-002.tar").unlink()
    ran = acord("run", file, "--bundle", copy, "--runs", tmp_path / "runs", env=alone(tmp_path / "home"))
    assert ran.returncode == 2
    told = ran.stderr.splitlines()
    assert told[:-2] == [
        "models-002.tar: is missing",
        "missing: the model owner/larger (model.base)",
        "missing: the model owner/other (evaluate.against)",
        f"missing: the data hf://{PREFERENCES}/harmless-base (data.sources.more)",
        "missing: the file or folder nowhere/mine.jsonl (data.sources.mine)",
    ]
    assert told[-2].startswith("missing: data of the suite aitana for xnli_va, cocoteros_va, phrases_ca-va,")
    assert told[-1].startswith(
        f"acord: error: {copy}: not all is there to run without a network: 6 things are missing."
    )
    assert not (tmp_path / "runs").exists()
    assert missing_from(bundled.folder, load_recipe(bundled.folder / "recipe.yaml")) == []


def test_all_that_the_hub_refuses_is_told_at_once_and_incomplete_leaves_rows_out(hub: StandIn, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "there")
    env = environment(hub, tmp_path / "home", HF_TOKEN="hf_AnotherToken")
    arguments: tuple[Any, ...] = ("bundle", recipe, "--out", tmp_path / "bundle", "--runs", tmp_path / "runs")
    with hub.misbehave("gated", QUESTIONS):
        with hub.misbehave("gated", MODEL):
            refused = acord(*arguments, env=env)
        left_out = acord(*arguments, "--incomplete", env=env)
    assert refused.returncode == 2
    assert f"{MODEL}: the model is gated. Accept its licence at {hub.url}/{MODEL}, and set HF_TOKEN" in refused.stderr
    assert (
        f"{QUESTIONS}: the dataset is gated (row asked_va). Accept its licence at {hub.url}/datasets/{QUESTIONS},"
        in (refused.stderr)
    )
    assert refused.stderr.splitlines()[-1].startswith("acord: error: 3 things that the recipe needs cannot be had.")
    assert "hf_Another" not in refused.stderr + refused.stdout
    assert left_out.returncode == 0, left_out.stderr
    assert read_bundle(tmp_path / "bundle").left_out.keys() == {"mine/asked", "mine/asked_va"}
