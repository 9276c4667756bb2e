"""Checkpoints on the disk: damage of any kind is recognised, the one before is used, and pieces make a whole again."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.align.checkpoints.files import Damaged, Part, Seal, State, read_state, read_tensors, write_parts, write_state
from acord.align.checkpoints.folder import Checkpoints, seal_of
from acord.console import configure
from acord.errors import MachineError

LINES = b'{"step": 1}\n{"step": 2}\n'
TENSORS = {
    "weight.a": torch.arange(12.0).reshape(4, 3),
    "weight.b": torch.tensor([1e-8, -0.0]),
    "step.a": torch.tensor(7.0),
    "exp_avg.a": torch.full((4, 3), 0.1),
}


def parts(tensors: dict[str, torch.Tensor]) -> list[Part]:
    return [Part(name, tensor, (0,) * tensor.dim()) for name, tensor in tensors.items()]


def write(checkpoints: Checkpoints, steps: int, metrics: Path, factor: float = 1.0) -> Path:
    """A complete checkpoint of one process after so many steps."""
    partial = checkpoints.partial(steps)
    partial.mkdir(parents=True)
    files = write_parts(partial, 0, parts({name: tensor * factor for name, tensor in TENSORS.items()}))
    lines = metrics.read_bytes()
    memory = {"skipped": 0, "warned": ["va"], "shifts": {"en": [-0.1, 1e-05, float("nan")]}}
    write_state(partial, State(steps, 1, memory, seal_of(lines), files))
    return checkpoints.complete(steps)


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(LINES)
    return path


def test_a_checkpoint_reads_back_to_the_bit_and_holds_nothing_pickled(tmp_path: Path, metrics: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    place = write(checkpoints, 2, metrics)
    assert {path.name for path in place.iterdir()} == {
        "state.json", "weights-00001.safetensors", "moments-00001.safetensors",
    }  # fmt: skip
    assert checkpoints.newest(metrics) == 2
    assert read_state(place).metrics == Seal(len(LINES), seal_of(LINES).sha256)
    # Moments may not be there yet where they are loaded: those of a run that has made no step.
    offered = {name: torch.zeros_like(tensor) for name, tensor in TENSORS.items() if name.startswith("weight.")}
    found = read_tensors(place, offered)
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert torch.equal(found[name], tensor), name
        assert found[name].dtype == tensor.dtype


@pytest.fixture(scope="module")
def two_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    (folder / "metrics.jsonl").write_bytes(LINES)
    checkpoints = Checkpoints(folder / "checkpoints")
    write(checkpoints, 1, folder / "metrics.jsonl")
    write(checkpoints, 2, folder / "metrics.jsonl")
    return folder


def passed_over(folder: Path, steps: int = 1) -> bool:
    return Checkpoints(folder / "checkpoints").newest(folder / "metrics.jsonl") == steps


def test_every_byte_flipped_and_every_length_of_every_file_is_recognised(two_checkpoints: Path) -> None:
    configure(quiet=True)
    newest = two_checkpoints / "checkpoints" / "step-2"
    tried = 0
    try:
        for path in sorted(newest.iterdir()):
            whole = path.read_bytes()
            for at in range(len(whole)):
                path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
                assert passed_over(two_checkpoints), f"{path.name}, byte {at} flipped"
                tried += 1
            for length in {0, 1, 7, 8, 9, len(whole) // 2, len(whole) - 1}:
                path.write_bytes(whole[:length])
                assert passed_over(two_checkpoints), f"{path.name}, cut to {length}"
            path.write_bytes(whole + b"\n")
            assert passed_over(two_checkpoints), f"{path.name}, a byte longer"
            path.unlink()
            assert passed_over(two_checkpoints), f"{path.name} missing"
            path.mkdir()
            assert passed_over(two_checkpoints), f"{path.name}, a folder in its place"
            path.rmdir()
            path.write_bytes(whole)
            assert passed_over(two_checkpoints, 2)
    finally:
        configure(quiet=False)
    assert tried > 1_000


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_is_recognised_or_leaves_the_same_bytes(two_checkpoints: Path, data: st.DataObject) -> None:
    newest = two_checkpoints / "checkpoints" / "step-2"
    path = newest / data.draw(st.sampled_from(sorted(file.name for file in newest.iterdir())))
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    damaged = whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:]
    configure(quiet=True)
    try:
        path.write_bytes(damaged)
        assert passed_over(two_checkpoints, 2 if damaged == whole else 1)
    finally:
        path.write_bytes(whole)
        configure(quiet=False)


def test_a_damaged_checkpoint_is_passed_over_in_one_line(
    tmp_path: Path, metrics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for steps in (1, 2):
        write(checkpoints, steps, metrics)
    weights = checkpoints.place(2) / "weights-00001.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    assert checkpoints.newest(metrics) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(checkpoints.place(2)) in line
    assert "weights-00001.safetensors has" in line
    (checkpoints.place(1) / "state.json").unlink()
    assert checkpoints.newest(metrics) is None
    # A file more would be read with the others.
    (checkpoints.place(1) / "state.json").write_bytes((checkpoints.place(2) / "state.json").read_bytes())
    assert checkpoints.newest(metrics) is None, "step 2's state in step 1's folder"


def test_a_file_that_does_not_belong_to_it_damages_a_checkpoint(tmp_path: Path, metrics: Path) -> None:
    place = write(Checkpoints(tmp_path / "checkpoints"), 2, metrics)
    shutil.copy(place / "weights-00001.safetensors", place / "weights-00002.safetensors")
    with pytest.raises(Damaged, match=r"weights-00002\.safetensors does not belong"):
        read_state(place)


@pytest.mark.parametrize("damage", ["missing", "short", "flipped"])
def test_metrics_that_lack_a_checkpoints_steps_damage_it(tmp_path: Path, metrics: Path, damage: str) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    metrics.write_bytes(LINES[:12])
    write(checkpoints, 1, metrics)
    metrics.write_bytes(LINES)
    write(checkpoints, 2, metrics)
    with metrics.open("ab") as file:
        file.write(b'{"step": 3, "lo')
    assert checkpoints.newest(metrics) == 2, "a torn line behind its own is no matter"
    if damage == "missing":
        metrics.unlink()
    else:
        metrics.write_bytes(LINES[:-1] if damage == "short" else LINES[:-3] + b"?}\n")
    assert checkpoints.newest(metrics) == (None if damage == "missing" else 1)


def test_the_last_ones_stay_and_of_wanted_steps_the_weights(tmp_path: Path, metrics: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", wanted=frozenset({1, 3}), keep_last=2)
    for steps in range(1, 6):
        write(checkpoints, steps, metrics, factor=steps)
    names = {path.name: sorted(file.name for file in path.iterdir()) for path in checkpoints.root.iterdir()}
    whole = ["moments-00001.safetensors", "state.json", "weights-00001.safetensors"]
    assert names == {"kept-1": whole[1:], "kept-3": whole[1:], "step-4": whole, "step-5": whole}
    found = checkpoints.weights(3, TENSORS)
    assert found.keys() == {"weight.a", "weight.b"}
    assert torch.equal(found["weight.a"], TENSORS["weight.a"] * 3)
    (checkpoints.root / "kept-3" / "weights-00001.safetensors").write_bytes(b"")
    with pytest.raises(MachineError, match=r"step 3 is damaged.*Run the same command again"):
        checkpoints.weights(3, TENSORS)
    assert checkpoints.newest(metrics) is None, "step 3 is to be kept, and only a run from before it has it again"


def test_what_a_killed_run_left_half_done_is_cleared_away(tmp_path: Path, metrics: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", wanted=frozenset({1, 4}))
    for steps in (1, 2, 3):
        write(checkpoints, steps, metrics)
    # Killed between renaming a kept step and dropping its moments, while writing the next, while removing another.
    shutil.copytree(checkpoints.place(2), checkpoints.root / "kept-1", dirs_exist_ok=True)
    for left in (".step-4.partial", ".step-0.gone"):
        (checkpoints.root / left).mkdir()
    (checkpoints.place(3) / "state.json").write_text("{}")
    assert checkpoints.newest(metrics) == 2
    checkpoints.begin_at(2)
    assert {path.name for path in checkpoints.root.iterdir()} == {"kept-1", "step-2"}
    assert not (checkpoints.root / "kept-1" / "moments-00001.safetensors").exists()
    checkpoints.begin_at(0)
    assert list(checkpoints.root.iterdir()) == []


def test_the_pieces_of_several_processes_are_read_as_a_whole(tmp_path: Path) -> None:
    whole = {"weight.a": torch.randn(5, 3), "exp_avg.a": torch.randn(5, 3), "step.a": torch.tensor(3.0)}
    for rank, (start, end) in enumerate(((0, 2), (2, 4), (4, 5))):
        mine = [Part(name, whole[name][start:end].contiguous(), (start, 0)) for name in ("weight.a", "exp_avg.a")]
        write_parts(tmp_path, rank, [*mine, Part("step.a", whole["step.a"], ())] if rank == 0 else mine)
    found = read_tensors(tmp_path, {"weight.a": torch.empty(5, 3)})
    for name, tensor in whole.items():
        assert torch.equal(found[name], tensor), name


def test_state_json_is_json(tmp_path: Path, metrics: Path) -> None:
    place = write(Checkpoints(tmp_path / "checkpoints"), 2, metrics)
    content = json.loads((place / "state.json").read_text())
    weights = place / "weights-00001.safetensors"
    assert content["steps"] == 2
    assert content["processes"] == 1
    assert content["files"][weights.name]["bytes"] == weights.stat().st_size
