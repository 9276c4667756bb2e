"""A run that was stopped at any step goes on to the same bits: weights, moments, metrics, and what its guard knows."""

import errno
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import acord.align.checkpoints.writer as writer_module
from acord.align import loop
from acord.align.guard import Guard
from acord.align.loop import Training, run_steps
from acord.align.policy import Policy, with_adapter
from acord.align.reference import ReplyScores
from acord.align.step import train_step
from acord.errors import Stopped
from acord.recipe import Adapter, Align
from acord.tree.scoring import ScoringModel
from tests.align.samples import random_pairs, small_llama

STEPS = 7
ALIGN = Align(learning_rate=1e-2, checkpoint_steps=2, displacement_floor=0.01, skipped_updates=5)
LORA = ALIGN.model_copy(update={"adapter": Adapter(rank=4, alpha=8)})
KINDS = {"fp32": (ALIGN, torch.float32), "bf16": (ALIGN, torch.bfloat16), "LoRA bf16": (LORA, torch.bfloat16)}


class Killed(Exception):
    """Stands for a kill between two steps."""


def fresh(align: Align, dtype: torch.dtype) -> Policy:
    model: Any = small_llama()
    policy = Policy(ScoringModel(model if align.adapter is None else with_adapter(model, align.adapter)), align)
    if dtype != torch.float32:
        policy.compute_in(dtype)
    return policy


def training(align: Align, folder: Path) -> Training:
    """Seven steps of two packs; the third and the sixth have no finite gradient, and replies fall below the floor."""
    pairs = random_pairs(STEPS * 32, seed=4)
    reference: dict[str, ReplyScores] = {pair.id: (-20.0, -31.0) for pair in pairs}
    steps = [[pairs[at : at + 16], pairs[at + 16 : at + 32]] for at in range(0, STEPS * 32, 32)]
    for poisoned in (2, 5):
        bad = replace(steps[poisoned][0][0], id=f"bad-{poisoned}")
        reference[bad.id] = (float("nan"), 0.0)
        steps[poisoned][0] = [bad, *steps[poisoned][0][1:]]
    return Training(steps, reference, align, folder)


def after_so_many_steps(number: int, act: Callable[[], None]) -> Callable[..., Any]:
    """train_step, with something that happens in one of its calls, counted from 1."""
    calls = [0]

    def step(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == number:
            act()
        return train_step(*arguments)

    return step


def kill() -> None:
    raise Killed


def untimed(folder: Path) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in records]


def assert_same(one: Policy, other: Policy) -> None:
    state = other.state()
    assert one.state().keys() == state.keys()
    for name, tensor in one.state().items():
        assert torch.equal(tensor, state[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_every_step_it_ends_in_the_same_bits(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    align, dtype = KINDS[kind]
    guards: list[Guard] = []

    def noted_guard(*arguments: Any) -> Guard:
        guards.append(Guard(*arguments))
        return guards[-1]

    monkeypatch.setattr(loop, "Guard", noted_guard)
    whole = fresh(align, dtype)
    run_steps(whole, training(align, tmp_path / "whole"))
    told = [line for line in capsys.readouterr().err.splitlines() if "nats a token" in line or "left out" in line]
    assert sum("left out" in line for line in told) == 2
    assert sum("nats a token" in line for line in told) == 3, "the guard warns in each language, once"
    for killed_in in range(1, STEPS + 1):
        folder = tmp_path / str(killed_in)
        with monkeypatch.context() as patched:
            patched.setattr(loop, "train_step", after_so_many_steps(killed_in, kill))
            with pytest.raises(Killed):
                run_steps(fresh(align, dtype), training(align, folder))
        with (folder / "metrics.jsonl").open("a") as file:
            file.write('{"step": 5, "loss": 0.6')  # killed in the middle of a line
        capsys.readouterr()
        resumed = fresh(align, dtype)
        run_steps(resumed, training(align, folder))
        done = (killed_in - 1) // 2 * 2
        after = capsys.readouterr().err
        assert ("going on" in after) == (done > 0)
        assert f"going on after step {done} of {STEPS}" in after or not done
        assert_same(whole, resumed)
        assert untimed(folder) == untimed(tmp_path / "whole")
        assert guards[-1].memory == guards[0].memory


def test_killed_again_and_again_it_ends_in_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fresh(ALIGN, torch.float32)
    run_steps(whole, training(ALIGN, tmp_path / "whole"))
    for steps in (3, 3, 2):
        with monkeypatch.context() as patched:
            patched.setattr(loop, "train_step", after_so_many_steps(steps, kill))
            with pytest.raises(Killed):
                run_steps(fresh(ALIGN, torch.float32), training(ALIGN, tmp_path / "killed"))
    resumed = fresh(ALIGN, torch.float32)
    run_steps(resumed, training(ALIGN, tmp_path / "killed"))
    assert_same(whole, resumed)
    assert untimed(tmp_path / "killed") == untimed(tmp_path / "whole")


@pytest.mark.parametrize("stopped_in", [1, 4, STEPS])
def test_sigterm_finishes_the_step_saves_it_and_says_how_to_go_on(
    stopped_in: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fresh(ALIGN, torch.bfloat16)
    run_steps(whole, training(ALIGN, tmp_path / "whole"))
    with monkeypatch.context() as patched:
        stop = after_so_many_steps(stopped_in, lambda: os.kill(os.getpid(), signal.SIGTERM))
        patched.setattr(loop, "train_step", stop)
        with pytest.raises(Stopped, match=f"after step {stopped_in} of 7, which is saved. Run the same command again"):
            run_steps(fresh(ALIGN, torch.bfloat16), training(ALIGN, tmp_path / "stopped"))
    assert Stopped.exit_code == 128 + signal.SIGTERM
    assert training(ALIGN, tmp_path / "stopped").checkpoints.numbers()[-1] == stopped_in
    trained = after_so_many_steps(STEPS - stopped_in + 1, kill)
    monkeypatch.setattr(loop, "train_step", trained)
    resumed = fresh(ALIGN, torch.bfloat16)
    run_steps(resumed, training(ALIGN, tmp_path / "stopped"))
    assert_same(whole, resumed)
    assert untimed(tmp_path / "stopped") == untimed(tmp_path / "whole")


def test_sigusr1_saves_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    align = ALIGN.model_copy(update={"checkpoint_steps": 1_000})
    saved = after_so_many_steps(3, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    monkeypatch.setattr(loop, "train_step", saved)
    assert len(run_steps(fresh(align, torch.float32), training(align, tmp_path))) == STEPS
    assert training(align, tmp_path).checkpoints.numbers() == [3]


def test_after_damage_it_goes_on_from_the_one_before_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = fresh(ALIGN, torch.float32)
    run_steps(whole, training(ALIGN, tmp_path / "whole"))
    again = training(ALIGN, tmp_path / "killed")
    with monkeypatch.context() as patched:
        patched.setattr(loop, "train_step", after_so_many_steps(6, kill))
        with pytest.raises(Killed):
            run_steps(fresh(ALIGN, torch.float32), again)
    moments = again.checkpoints.place(4) / "moments-00001.safetensors"
    flipped = bytearray(moments.read_bytes())
    flipped[-7] ^= 4
    moments.write_bytes(flipped)
    resumed = fresh(ALIGN, torch.float32)
    run_steps(resumed, again)
    said = capsys.readouterr().err
    assert f"{moments.parent} is damaged and passed over: {moments.name} does not hold what was written" in said
    assert "going on after step 2 of 7" in said
    assert_same(whole, resumed)
    assert untimed(tmp_path / "killed") == untimed(tmp_path / "whole")


@pytest.mark.parametrize("failing", [1, 3])
def test_a_full_disk_ends_the_run_and_the_checkpoint_before_remains(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third is that of step 6, whose fault is only known when the last step is done."""
    calls = [0]
    write_state = writer_module.write_state

    def full(*arguments: Any) -> None:
        calls[0] += 1
        if calls[0] == failing:
            time.sleep(0.5 if failing == 3 else 0)  # the last step is over by then
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_state(*arguments)

    monkeypatch.setattr(writer_module, "write_state", full)
    run = training(ALIGN, tmp_path)
    with pytest.raises(OSError, match="No space left"):
        run_steps(fresh(ALIGN, torch.float32), run)
    assert run.checkpoints.numbers() == [2, 4][: failing - 1]
    assert not list(run.checkpoints.root.glob(".*"))
