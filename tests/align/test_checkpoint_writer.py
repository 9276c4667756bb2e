"""Checkpoints written beside training, when they are due, what signals do, and that a writer's fault is never lost."""

import errno
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import acord.align.checkpoints.writer as writer_module
from acord.align.checkpoints.files import read_tensors, told_state
from acord.align.checkpoints.folder import Checkpoints, seal_of
from acord.align.checkpoints.when import Call, Schedule, Signals, signals_noted
from acord.align.checkpoints.writer import Moment, Writer
from acord.processes import ALONE, World


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def schedule(clock: Clock, **changes: Any) -> Schedule:
    return Schedule(**{"every": 10, "minutes": 5.0, "wanted": frozenset(), "total": 100, "now": clock, **changes})


def test_checkpoints_come_after_so_many_steps_and_after_so_many_minutes() -> None:
    clock, signals = Clock(), Signals()
    due = schedule(clock)
    assert [due.after(step, signals, idle=True) for step in (1, 9, 10)] == [Call.GO_ON, Call.GO_ON, Call.SAVE]
    due.saved(signals)
    clock.seconds = 299.0
    assert due.after(11, signals, idle=True) == Call.GO_ON
    clock.seconds = 300.0
    assert due.after(12, signals, idle=True) == Call.SAVE
    due.saved(signals)
    assert due.after(13, signals, idle=True) == Call.GO_ON
    never = schedule(clock, minutes=None)
    clock.seconds = 1e9
    assert never.after(1, signals, idle=True) == Call.GO_ON


def test_one_that_is_due_while_the_disk_is_busy_comes_with_the_first_step_that_finds_it_idle() -> None:
    clock, signals = Clock(), Signals()
    due = schedule(clock, wanted=frozenset({12}))
    assert due.after(10, signals, idle=False) == Call.GO_ON
    assert due.after(11, signals, idle=False) == Call.GO_ON
    assert due.after(12, signals, idle=False) == Call.SAVE, "a step that is kept is waited for"
    assert due.after(13, signals, idle=True) == Call.SAVE
    due.saved(signals)
    assert due.after(14, signals, idle=True) == Call.GO_ON


def test_the_last_step_has_one_where_much_would_be_lost() -> None:
    clock, signals = Clock(), Signals()
    due = schedule(clock)
    clock.seconds = 59.0
    assert due.after(100, signals, idle=True) == Call.GO_ON
    clock.seconds = 61.0
    assert due.after(100, signals, idle=True) == Call.SAVE
    assert schedule(clock, minutes=None).after(100, signals, idle=True) == Call.GO_ON


def test_signals_are_noted_while_training_and_handled_as_before_afterwards() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)}
    due = schedule(Clock())
    with signals_noted() as noted:
        assert due.after(1, noted, idle=True) == Call.GO_ON
        os.kill(os.getpid(), signal.SIGUSR1)
        assert due.after(1, noted, idle=False) == Call.SAVE
        due.saved(noted)
        assert due.after(2, noted, idle=True) == Call.GO_ON
        os.kill(os.getpid(), signal.SIGTERM)
        assert due.after(3, noted, idle=False) == Call.STOP
        assert signal.getsignal(signal.SIGINT) == before[signal.SIGINT], "Ctrl-C ends a run as ever"
    assert {number: signal.getsignal(number) for number in before} == before


def test_another_thread_than_the_main_one_notes_nothing() -> None:
    seen: list[Signals] = []

    def train() -> None:
        with signals_noted() as noted:
            seen.append(noted)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert seen == [Signals()]


@pytest.fixture
def moment(tmp_path: Path) -> Callable[[int], Moment]:
    lines = tmp_path / "metrics.jsonl"
    lines.write_bytes(b"{}\n")
    return lambda steps: Moment(steps, {"skipped": steps}, seal_of(lines.read_bytes()), lines)


def test_training_goes_on_while_a_checkpoint_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Callable[[int], Moment]
) -> None:
    may_write, entered = threading.Event(), threading.Event()
    write_parts = writer_module.write_parts

    def slowly(*arguments: Any) -> Any:
        entered.set()
        assert may_write.wait(10)
        return write_parts(*arguments)

    monkeypatch.setattr(writer_module, "write_parts", slowly)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    writer = Writer(checkpoints, ALONE)
    weight = torch.tensor([1.0, 2.0])
    writer.begin({"weight.a": weight}, moment(3))
    assert entered.wait(10)
    weight += 1  # the next update, while step 3 is still being written
    assert not writer.idle
    assert checkpoints.numbers() == []
    assert writer.last_good == "the base"
    may_write.set()
    writer.wait()
    assert checkpoints.numbers() == [3]
    assert writer.last_good == str(checkpoints.place(3))
    assert told_state(checkpoints.place(3)).memory == {"skipped": 3}
    assert read_tensors(checkpoints.place(3), {"weight.a": weight})["weight.a"].tolist() == [1.0, 2.0]
    buffer = writer._copies._buffers["weight.a"].data_ptr()
    writer.begin({"weight.a": weight}, moment(4))
    writer.wait()
    assert writer._copies._buffers["weight.a"].data_ptr() == buffer, "one copy of the state, used again"
    assert read_tensors(checkpoints.place(4), {"weight.a": weight})["weight.a"].tolist() == [2.0, 3.0]


def test_without_memory_for_a_copy_training_waits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: Callable[[int], Moment],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(writer_module, "free_host_bytes", lambda: 10)
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    writer = Writer(checkpoints, ALONE)
    for steps in (1, 2):
        writer.begin({"weight.a": torch.ones(100)}, moment(steps))
        assert writer.idle
        assert checkpoints.numbers()[-1] == steps
    assert capsys.readouterr().err.count("memory is short") == 1


def test_a_writers_fault_is_raised_once_and_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Callable[[int], Moment]
) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    writer = Writer(checkpoints, ALONE)
    writer.begin({"weight.a": torch.ones(3)}, moment(1))
    writer.wait()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(writer_module, "write_state", full)
        writer.begin({"weight.a": torch.ones(3)}, moment(2))
        while not writer.idle:
            pass
        assert writer.failed
        with pytest.raises(OSError, match="No space left") as fault:
            writer.begin({"weight.a": torch.ones(3)}, moment(3))
        assert fault.value.errno == errno.ENOSPC
    assert [path.name for path in checkpoints.root.iterdir()] == ["step-1"]
    writer.begin({"weight.a": torch.ones(3)}, moment(4))
    writer.wait()
    assert checkpoints.numbers() == [1, 4]


def test_every_file_and_folder_is_on_the_disk_before_the_name_is_and_the_older_goes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Callable[[int], Moment]
) -> None:
    done: list[str] = []
    fsync, rename, unlink = os.fsync, Path.rename, os.unlink

    def noted_fsync(descriptor: int) -> None:
        done.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().relative_to(tmp_path)}")
        fsync(descriptor)

    def noted_rename(self: Path, target: Path) -> Path:
        done.append(f"rename {self.relative_to(tmp_path)} {Path(target).name}")
        return rename(self, target)

    def noted_unlink(path: Any, **named: Any) -> None:
        done.append(f"unlink {Path(path).name}")
        unlink(path, **named)

    writer = Writer(Checkpoints(tmp_path / "c"), ALONE)
    for steps in (1, 2):
        writer.begin({"weight.a": torch.ones(3), "step.a": torch.ones(())}, moment(steps))
    writer.wait()
    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    monkeypatch.setattr(os, "unlink", noted_unlink)
    writer.begin({"weight.a": torch.ones(3), "step.a": torch.ones(())}, moment(3))
    writer.wait()
    partial = "c/.step-3.partial"
    assert done[:10] == [
        f"sync {partial}/weights-00001.safetensors",
        f"sync {partial}/moments-00001.safetensors",
        "sync metrics.jsonl",
        f"sync {partial}/state.json",
        f"sync {partial}",
        "sync .",
        f"rename {partial} step-3",
        "sync c",
        "rename c/step-1 .step-1.gone",
        done[9],
    ]
    assert all(line.startswith("unlink") for line in done[9:])


def test_rank_0_waits_for_the_others_pieces_and_names_them_all(tmp_path: Path, moment: Callable[[int], Moment]) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    first, second = Writer(checkpoints, World(0, 2)), Writer(checkpoints, World(1, 2))
    first.begin({"weight.a": torch.ones(3)}, moment(1))
    assert checkpoints.numbers() == []
    second.begin({"weight.a": torch.ones(3)}, moment(1))
    second.wait()
    first.wait()
    assert checkpoints.numbers() == [1]
    state = told_state(checkpoints.place(1))
    assert state.processes == 2
    assert list(state.files) == ["weights-00001.safetensors"], "what all hold alike is written once"
    assert {path.name for path in checkpoints.place(1).iterdir()} == {"state.json", "weights-00001.safetensors"}


def test_a_process_that_breaks_off_does_not_wait_for_one_that_is_gone(
    tmp_path: Path, moment: Callable[[int], Moment]
) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    writer = Writer(checkpoints, World(0, 2))
    writer.begin({"weight.a": torch.ones(3)}, moment(1))
    writer.leave()
    assert checkpoints.numbers() == []
