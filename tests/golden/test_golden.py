"""The output of every stage on a tiny recipe is the golden one, or the stage has a new version."""

import copy
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def golden():
    specification = importlib.util.spec_from_file_location("golden", ROOT / "scripts" / "golden.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def expected():
    return json.loads((ROOT / "tests" / "golden" / "stages.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_stages_that_keep_their_version_keep_their_output(golden, expected, monkeypatch):
    import torch

    monkeypatch.chdir(ROOT)
    threads = torch.get_num_threads()
    outputs = golden.current_outputs()
    torch.set_num_threads(threads)
    assert golden.unversioned_changes(expected, outputs) == []
    versions = {name: stage["version"] for name, stage in outputs.items()}
    assert versions == {name: stage["version"] for name, stage in expected.items()}, "run make golden"


def test_a_changed_output_under_the_same_version_is_told(golden, expected):
    changed = copy.deepcopy(expected)
    changed["plan"]["output"]["token_ids_sha256"] = "0"
    (line,) = golden.unversioned_changes(expected, changed)
    assert line.startswith("stage plan changed its output (token_ids_sha256: ")
    assert line.endswith("raise its version in acord/run/stages.py and run make golden")
    changed["plan"]["version"] += 1
    assert golden.unversioned_changes(expected, changed) == []


def test_figures_may_differ_by_the_tolerance_and_no_more(golden, expected):
    changed = copy.deepcopy(expected)
    changed["align"]["output"]["loss"][1] += 0.9e-4
    assert golden.unversioned_changes(expected, changed) == []
    changed["align"]["output"]["loss"][1] += 0.2e-4
    (line,) = golden.unversioned_changes(expected, changed)
    assert line.startswith("stage align changed its output (loss[1]: ")


def test_a_stage_with_fewer_or_more_figures_has_changed(golden, expected):
    changed = copy.deepcopy(expected)
    changed["align"]["output"]["loss"].pop()
    assert len(golden.unversioned_changes(expected, changed)) == 1


def test_the_first_golden_loss_is_ln_2(expected):
    assert expected["align"]["output"]["loss"][0] == pytest.approx(0.693147, abs=1e-6)
    assert expected["align"]["output"]["margin"][0] == 0
