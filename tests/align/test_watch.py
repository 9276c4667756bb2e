"""The view of a training, and its scalars for TensorBoard and Weights & Biases."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from acord import console
from acord.align.loop import Training, run_steps
from acord.align.panel import panel_lines, plain_line
from acord.align.progress import Progress
from acord.align.reference import score_examples
from acord.align.scalar_logs import WandbLog, scalars_of
from acord.align.usage import Usage, UsageMeter
from acord.align.watch import watching
from acord.languages import set_language
from acord.recipe import Align
from tests.align.samples import policy_of, random_pairs, small_llama

ALIGN = Align(learning_rate=1e-3, batch_pairs=24)
USAGE = Usage("cpu", 0.97, 2, 1_200_000_000, 25_300_000_000)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """Of twelve real steps."""
    policy, pairs = policy_of(small_llama(), ALIGN), random_pairs(24, seed=3)
    reference = score_examples(policy.scorer, pairs, 64, "reference")
    return run_steps(policy, Training([[pairs]] * 12, reference, ALIGN, tmp_path_factory.mktemp("run")))


@pytest.fixture(autouse=True)
def in_english():
    yield
    set_language("en")


def test_means_are_weighted_by_pairs_and_the_time_left_follows_from_the_pairs_left() -> None:
    def record(step: int, pairs: int, loss: float, *, skipped: bool = False) -> dict:
        figures = {} if skipped else {"accuracy": loss, "languages": {"va": {"pairs": pairs, "accuracy": loss}}}
        return {
            "step": step, "loss": None if skipped else loss, "learning_rate": 0.1, "grad_norm": 1.0, "pairs": pairs,
            "skipped": skipped, "tokens_distinct": 100, "seconds": 0.5, **figures,
        }  # fmt: skip

    progress = Progress(steps=10, pairs_left=40, started=100.0)
    progress.earlier([record(1, 3, 0.5)])
    # The first step of a process is slow and sets no rate: the others take one second for four pairs.
    progress.step(record(2, 4, 1.0), 4, 160.0)
    progress.step(record(3, 4, 0.0, skipped=True), 4, 161.0)
    progress.step(record(4, 9, 0.25), 4, 162.0)
    standing = progress.standing()
    assert standing.loss == pytest.approx((3 * 0.5 + 4 * 1.0 + 9 * 0.25) / 16)
    assert standing.languages == {"va": standing.loss}
    assert (standing.latest, standing.skipped, standing.step) == (3, 1, 4)
    assert standing.seconds_left == pytest.approx(28 / 4)
    assert standing.tokens_a_second == pytest.approx(200)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["step 12 of 20", "loss 0.", "accuracy", "tokens/s", "CPU 97%", "1.2 of 25.3 GB", "left"]),
        ("va", ["pas 12 de 20", "pèrdua 0,", "encert", "tokens/s", "CPU 97 %", "1,2 de 25,3 GB", "falt"]),
        ("es", ["paso 12 de 20", "pérdida 0,", "acierto", "tokens/s", "CPU 97 %", "1,2 de 25,3 GB", "falt"]),
    ],
)
def test_the_panel_says_everything_within_80_columns(records: list[dict], language: str, said: list[str]) -> None:
    set_language(language)
    progress = Progress(steps=20, pairs_left=160, started=0.0)
    for number, record in enumerate(records, 1):
        progress.step(record, 8, number * 0.5)
    lines = panel_lines(progress.standing(), USAGE)
    assert max(map(cell_len, lines)) <= 80
    for words in (*said, "en 0", "es 0", "va 0"):
        assert words in "\n".join(lines)
        assert words in plain_line(progress.standing(), USAGE)


def test_the_panel_is_drawn_on_a_terminal_in_its_width_and_taken_away(
    records: list[dict], monkeypatch, tmp_path
) -> None:
    written = io.StringIO()
    terminal = Console(file=written, force_terminal=True, width=44, height=24, soft_wrap=True, highlight=False)
    monkeypatch.setattr(console, "_console", terminal)
    monkeypatch.setattr(console, "SHOW_AFTER_SECONDS", 0.0)
    with watching(tmp_path / "align-1.partial", [], 12, 96) as watch:
        for record in records:
            watch.step(record, 8)
    shown = written.getvalue()
    assert "aligning: step 1 of 12" in shown
    assert (
        max(len(line) for line in Console(width=200).render_str(shown).plain.splitlines() if "\x1b" not in line) <= 44
    )
    assert "\x1b[?25h" in shown  # the cursor is there again


def test_elsewhere_a_line_now_and_then(records: list[dict], monkeypatch, tmp_path, capsys) -> None:
    for name in ("SHOW_AFTER_SECONDS", "PLAIN_EVERY_SECONDS"):
        monkeypatch.setattr(console, name, 0.0)
    with watching(tmp_path / "align-1.partial", records[:4], 12, 64) as watch:
        watch.step(records[4], 8)
    assert capsys.readouterr().err.startswith("aligning: step 5 of 12, loss 0.")


@pytest.mark.parametrize("terminal", [False, True])
def test_nothing_is_shown_where_all_is_quiet(records: list[dict], monkeypatch, tmp_path, terminal: bool) -> None:
    written = io.StringIO()
    monkeypatch.setattr(console, "_console", Console(file=written, force_terminal=terminal, width=80))
    for name in ("SHOW_AFTER_SECONDS", "PLAIN_EVERY_SECONDS"):
        monkeypatch.setattr(console, name, 0.0)
    monkeypatch.setitem(console._state, "quiet", True)
    with watching(tmp_path / "align-1.partial", [], 12, 96) as watch:
        watch.step(records[0], 8)
    assert written.getvalue() == ""


def test_memory_and_the_share_of_the_processor_are_measured() -> None:
    usage = UsageMeter().read()
    assert 50_000_000 < usage.memory < usage.of
    assert usage.share is None or 0 <= usage.share <= 1


def events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard itself reads: tag -> steps and values."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder))
    read.Reload()
    return {tag: [(event.step, event.value) for event in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def test_tensorboard_reads_every_step_once_however_often_the_run_was_resumed(
    records: list[dict], monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("ACORD_TENSORBOARD", str(tmp_path / "tb"))
    folder = tmp_path / "artefacts" / "align-1.partial"
    killed = watching(folder, records[:2], 12, 80).__enter__()
    for record in records[2:7]:  # never closed, as a killed process
        killed.step(record, 8)
    with watching(folder, records[:5], 12, 56) as watch:
        for record in records[5:]:
            watch.step(record, 8)
    read = events(tmp_path / "tb" / "align-1")
    for name, value in scalars_of(records[0]).items():
        assert [step for step, _ in read[name]] == list(range(1, 13)), name
        assert read[name][0][1] == pytest.approx(value, rel=1e-6), name
    assert {"loss", "grad_norm", "learning_rate", "accuracy/va", "margin/es", "rejected_shift/en", "tokens/s"} <= set(
        read
    )
    assert not folder.exists()  # nothing goes into the artefact


def test_a_training_writes_its_own_metrics_to_tensorboard(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("ACORD_TENSORBOARD", str(tmp_path / "tb"))
    policy, pairs = policy_of(small_llama(), ALIGN), random_pairs(24, seed=3)
    reference = score_examples(policy.scorer, pairs, 64, "reference")
    made = run_steps(policy, Training([[pairs]] * 3, reference, ALIGN, tmp_path / "align-2.partial"))
    losses = events(tmp_path / "tb" / "align-2")["loss"]
    assert losses == [(record["step"], pytest.approx(record["loss"], rel=1e-6)) for record in made]


def test_a_log_that_cannot_be_written_does_not_end_the_training(
    records: list[dict], monkeypatch, tmp_path, capsys
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ACORD_TENSORBOARD", str(tmp_path / "file"))
    with watching(tmp_path / "align-1.partial", [], 12, 96) as watch:
        watch.step(records[0], 8)
    assert "tensorboard is left aside, and the training goes on: " in capsys.readouterr().err


def test_weights_and_biases_keeps_an_offline_run_with_each_step_once(
    records: list[dict], monkeypatch, tmp_path
) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    note = tmp_path / "align-1.wandb"
    one = WandbLog("acord", note, [])
    for record in records[:7]:
        one.write(record["step"], scalars_of(record))
    one.close(done=False)
    identity = json.loads(note.read_text())["identity"]
    two = WandbLog("acord", note, records[:5])
    for record in records[5:]:
        two.write(record["step"], scalars_of(record))
    two.close(done=True)
    assert not note.exists()
    files = sorted(
        (tmp_path / "wandb").glob(f"offline-run-*/run-{identity}.wandb"), key=lambda file: file.stat().st_mtime
    )
    told = [record for file in files for record in wandb_records(file.read_bytes())]
    history = [record.history for record in told if record.WhichOneof("record_type") == "history"]
    assert [one.step.num for one in history] == list(range(1, 13))
    values = {"/".join(item.nested_key) or item.key: item.value_json for item in history[-1].item}
    assert json.loads(values["loss"]) == records[-1]["loss"]
    written = [file for file in (tmp_path / "wandb").rglob("*") if file.is_file()]
    assert not any(b"k" * 40 in file.read_bytes() for file in written)


def wandb_records(content: bytes) -> Iterator[Any]:
    """Of a file that fits in one block of its log: after seven bytes, each with a checksum, its length and a kind."""
    from wandb.proto.wandb_internal_pb2 import Record

    place = 7
    while place + 7 <= len(content) < 32_768:
        length = int.from_bytes(content[place + 4 : place + 6], "little")
        yield Record.FromString(content[place + 7 : place + 7 + length])
        place += 7 + length
