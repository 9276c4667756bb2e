"""Every benchmark script runs at tiny size, and what it writes names machine and versions."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import eval_vs_lmeval
import pytest
from real_pairs import DATA

ROOT = Path(__file__).parents[2]
needs_pairs = pytest.mark.skipif(not DATA.is_dir(), reason="the preference sets are not beside the repository")
needs_trl = pytest.mark.skipif(find_spec("trl") is None, reason="needs the [bench] extra")


def run(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, f"benchmarks/{script}.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def only_entry(path: Path) -> dict[str, Any]:
    (entry,) = json.loads(path.read_text())
    assert entry["machine"]["torch"]
    assert entry["machine"]["transformers"]
    assert entry["machine"]["processor"]
    return dict(entry)


@pytest.mark.slow
@needs_pairs
@needs_trl
def test_dpo_vs_trl(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    done = run("dpo_vs_trl", "--quick", "--cases", "oasst1/fp32/32k", "--pairs", "8", "--results", str(path))
    assert done.returncode == 0, done.stderr
    entry = only_entry(path)
    assert (entry["pairs"], entry["step_pairs"], entry["precision"]) == (8, 8, "float32")
    assert entry["ratio_best"] == pytest.approx(
        entry["acord"]["pairs_per_second"] / entry["trl_best"]["pairs_per_second"]
    )
    assert entry["ratio_best"] <= entry["ratio_usual"]
    assert entry["acord"]["tokens"] < entry["trl_usual"]["tokens"]
    assert "| oasst1/fp32/32k |" in done.stdout
    again = run("dpo_vs_trl", "--table", "--results", str(path))
    assert "| oasst1/fp32/32k |" in again.stdout


@pytest.mark.slow
@needs_pairs
def test_engine_limits(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    done = run("engine_limits", "--quick", "--cases", "hh/bf16/256k", "--results", str(path))
    assert done.returncode == 0, done.stderr
    entry = only_entry(path)
    assert entry["time_over_ideal"] > 1.0
    assert 0 < entry["largest_pack"] <= entry["token_budget"]
    assert 0 <= entry["memory_beyond_state_gb"] < 1.0
    assert "| hh/bf16/256k |" in done.stdout


def test_gpu_benchmark_without_a_gpu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import gpu_2b

    monkeypatch.setattr("sys.argv", ["gpu_2b.py"])
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit, match=r"^2$"):
        gpu_2b.main()
    assert capsys.readouterr().err == "needs a CUDA GPU\n"


@pytest.mark.slow
def test_gpu_benchmark_rehearsed_on_the_cpu(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    shape = ("--device", "cpu", "--layers", "1", "--hidden", "64", "--vocabulary", "2000", "--peak-tflops", "1")
    size = ("--steps", "2", "--step-pairs", "8", "--longest", "100", "--token-budget", "512")
    done = run("gpu_2b", *shape, *size, "--results", str(path))
    assert done.returncode == 0, done.stderr
    entry = only_entry(path)
    acord, lengths = entry["acord"], entry["lengths"]
    assert acord["pairs"] == lengths["pairs"] == 16
    assert acord["tokens"] == pytest.approx(lengths["distinct_a_pair"] * 16)
    assert lengths["sequence_length_deciles"][-1] <= 100
    assert acord["whole_run_minutes"] == pytest.approx(146_180 / acord["pairs_per_second"] / 60)
    assert acord["utilisation"] == pytest.approx(acord["flops"] / acord["seconds"] / 1e12)
    assert entry["saving"]["model_bytes"] > 2 * (entry["parameters"] - 1)
    assert entry["saving"]["checkpoint_bytes"] > 12 * entry["parameters"]


def test_data_that_is_missing_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import engine_limits

    monkeypatch.setattr("sys.argv", ["engine_limits.py", "--data", str(tmp_path / "absent")])
    with pytest.raises(SystemExit, match=r"^2$"):
        engine_limits.main()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--data" in said


def test_the_pages_show_the_results_as_they_are() -> None:
    from write_tables import PAGES, tables_of, with_tables

    pages = {"performance.md", "plan.md", "reliability.md", "translation.md", "valencian.md"}
    assert {page.name for page in PAGES} == pages
    for path in PAGES:
        page, tables = path.read_text(encoding="utf-8"), tables_of(path)
        assert page == with_tables(page, tables), f"{path.name}: run python benchmarks/write_tables.py"
        for name in tables:
            with pytest.raises(ValueError, match=f"no marks for {name}"):
                with_tables(page.replace(f"<!-- {name} -->", ""), tables)


@pytest.mark.slow
@pytest.mark.skipif(not eval_vs_lmeval.DATA.is_dir(), reason="the evaluation sets are not beside the repository")
def test_eval_vs_lmeval(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    done = run("eval_vs_lmeval", "--quick", "--cases", "truthfulqa/32k", "--results", str(path))
    assert done.returncode == 0, done.stderr
    entry = only_entry(path)
    assert entry["items"] == 6
    assert entry["same_argmax"] == 1.0
    assert entry["largest_difference"] < 1e-3
    assert "| truthfulqa/32k |" in done.stdout
