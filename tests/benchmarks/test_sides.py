"""Both sides of a measurement on a tiny model: the same weights, a first loss of ln 2, figures that hang together."""

from dataclasses import asdict
from importlib.util import find_spec
from math import log
from pathlib import Path

import pytest
from acord_side import measure
from dpo_vs_trl import USUAL, settings_to_screen, summarise
from measurement import AcordJob, Failed, Job, Setting, TrlJob, run_apart
from random_model import shape_of

from acord.align.encoded import write_encoded
from tests.align.samples import VOCABULARY, random_pairs


def job(folder: Path, precision: str = "float32") -> Job:
    pairs = random_pairs(24, seed=4)
    write_encoded(pairs, folder / "pairs.parquet")
    ids = [pair.id for pair in pairs]
    return Job(shape_of(1, 64, VOCABULARY), str(folder / "pairs.parquet"), ids[:8], ids[8:], 8, precision, threads=1)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_acords_side(tmp_path: Path, precision: str) -> None:
    row = measure(asdict(AcordJob(job(tmp_path, precision), token_budget=64)))
    assert row["pairs"] == 16
    assert row["shared"]
    assert row["skipped"] == 0
    assert row["losses"][0] == pytest.approx(log(2), abs=5e-3)
    assert row["seconds"] == pytest.approx(row["reference_seconds"] + row["training_seconds"])
    assert 0 < row["flops"] < 1e10
    assert min(row["rates"]) > 1e8
    assert 0 < row["tokens"] <= 16 * 2 * 24


def test_settings_screened() -> None:
    settings = settings_to_screen(16, 8)
    assert USUAL not in settings
    assert len(settings) == len(set(settings)) == 6
    assert Setting(8, grouped=True) in settings
    assert [setting.batch for setting in settings_to_screen(4, 4)] == [1, 2, 4, 2]
    assert str(Setting(2, grouped=True)) == "batch 2, length grouping"


def row(seconds: float, flops: int, weights: float = 1.5) -> dict[str, object]:
    return {"seconds": seconds, "reference_seconds": 0.0, "pairs": 8, "tokens": 10, "flops": flops,
            "rates": [90.0, 110.0], "peak_memory_gb": 1.0, "weights": weights}  # fmt: skip


def test_summary_by_hand() -> None:
    sides = {"trl_usual": [row(16, 800)], "trl_best": [row(8, 400), row(9, 400), row(7, 400)],
             "acord": [row(4, 200), row(5, 200), row(2, 200)]}  # fmt: skip
    summary = summarise(sides)
    assert summary["acord"]["pairs_per_second"] == 2.0
    assert (summary["ratio_usual"], summary["ratio_best"]) == (4.0, 2.0)
    assert (summary["flop_ratio_usual"], summary["flop_ratio_best"]) == (4.0, 2.0)
    assert summary["share_of_flops"] == 1.0
    assert summary["acord"]["share_of_machine"] == 200 / 4 / 100


def test_the_usual_setting_may_be_the_best() -> None:
    sides = {"trl_usual": [row(5, 300)], "trl_best": [row(8, 400)], "acord": [row(4, 200)]}
    assert summarise(sides)["ratio_best"] == 1.25


def test_different_weights_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="different weights"):
        summarise({"trl_usual": [row(5, 3)], "trl_best": [row(5, 3)], "acord": [row(5, 3, weights=1.6)]})


@pytest.mark.slow
def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    broken = Job(**{**vars(job(tmp_path)), "examples": str(tmp_path / "absent.parquet")})
    with pytest.raises(Failed, match=r"absent\.parquet"):
        run_apart("acord_side", AcordJob(broken))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("trl") is None, reason="needs the [bench] extra")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_trls_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    """In this process: TRL takes seconds to import. That it runs in one of its own is for test_dpo_vs_trl to see."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    import trl_side

    same = job(tmp_path, precision)
    settings = [Setting(4), Setting(8, precompute=True), Setting(2, activation_checkpointing=True, grouped=True)]
    rows = trl_side.measure(asdict(TrlJob(same, settings)))
    acord = measure(asdict(AcordJob(same, token_budget=64)))
    assert [row["setting"] for row in rows] == [str(setting) for setting in settings]
    for row in rows:
        assert row["weights"] == pytest.approx(acord["weights"], rel=1e-12)
        assert row["loss"] == pytest.approx(log(2), abs=5e-3)
        assert row["pairs"] == 16
        assert row["tokens"] > acord["tokens"]
        assert row["flops"] > acord["flops"]
        assert row["training_seconds"] > 0
    assert rows[1]["reference_seconds"] > 0
    assert rows[0]["reference_seconds"] == rows[2]["reference_seconds"] == 0
    assert rows[2]["tokens"] <= rows[0]["tokens"]
