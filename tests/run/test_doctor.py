"""`acord doctor`: what is well is said to be, and what is wrong is found and has a fix."""

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from acord.cli import main_with
from acord.run.cluster.script import OFFLINE
from acord.run.doctor import machine, meeting, training
from acord.run.doctor.check import Check
from acord.run.doctor.machine import check_computing
from acord.run.doctor.meeting import check_meeting
from acord.run.doctor.network import check_network
from acord.run.doctor.software import LOCK, check_software, locked_versions
from acord.run.doctor.storage import check_storage
from tests.run.test_cluster import PROFILES


def named(checks: Iterator[Check], name: str) -> Check:
    (found,) = (one for one in checks if one.name == name)
    return found


def program(folder: Path, name: str, script: str) -> str:
    """A program in a folder that is to be all of PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)
    return str(folder)


def test_versions_are_held_against_the_lock(tmp_path: Path) -> None:
    assert named(check_software(), "libraries").state == "ok"
    lock = tmp_path / "requirements.lock"
    lock.write_text("torch==1.0.0 # by acord\nno-such-distribution==3\npyyaml==0.1\n")
    found = named(check_software(lock), "libraries")
    assert found.state == "note"
    assert "(1.0.0)" in found.found
    assert "pyyaml" in found.found
    assert "no-such" not in found.found
    assert str(lock) in found.fix
    assert locked_versions(LOCK)["torch"].startswith("2.")


def test_what_is_missing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda _: ["torch>=2", "nowhere-at-all>=1", "x; extra == 'dev'"])
    found = named(check_software(), "libraries")
    assert (found.state, found.found) == ("fault", "libraries are missing: nowhere-at-all")


def test_programs_that_only_some_recipes_need_are_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("apertium", "vllm"):
        found = named(check_software(), name)
        assert found.state == "note"
        assert "install" in found.fix.lower()


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="there is a driver")
def test_a_driver_that_this_torch_cannot_use_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    if torch.version.cuda is not None:
        pytest.skip("this torch has CUDA")
    assert named(check_computing(0), "gpus").state == "note"
    monkeypatch.setenv("PATH", program(tmp_path / "bin", "nvidia-smi", "echo 470.82.01"))
    found = named(check_computing(2), "gpus")
    assert found.state == "fault"
    assert "470.82.01" in found.found
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert "too old" in named(check_computing(2), "gpus").found
    monkeypatch.setenv("PATH", program(tmp_path / "bin", "nvidia-smi", "echo 580.65.06"))
    assert "sees no GPU" in named(check_computing(2), "gpus").found


def test_a_disk_that_can_do_it_all_is_left_as_it_was(tmp_path: Path) -> None:
    found = {one.name: one.state for one in check_storage(tmp_path / "runs" / "not" / "yet")}
    assert found.pop("disk") in ("ok", "note")
    found.pop("quota", None)
    assert found == {"locks": "ok", "renames": "ok"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("asked", "state"), [(4, "ok"), (8, "fault")])
def test_gpus_are_counted(monkeypatch: pytest.MonkeyPatch, asked: int, state: str) -> None:
    import torch

    card = SimpleNamespace(name="NVIDIA A100-SXM-64GB", total_memory=64e9)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: card)
    monkeypatch.setattr(torch.cuda.nccl, "version", lambda: (2, 28, 9))
    found = machine.check_gpus(asked)
    assert found.state == state
    assert ("4 × NVIDIA A100-SXM-64GB of 64 GB" in found.found) == (state == "ok")
    assert ("8 GPUs are asked for, and 4 are here" in found.found) == (state == "fault")


def test_a_disk_that_cannot_be_written_is_a_fault() -> None:
    found = list(check_storage(Path("/proc")))
    assert [(one.name, one.state) for one in found if one.name == "disk"] == [("disk", "fault"), ("disk", "fault")]
    assert "as good as full" in found[0].found
    assert "nothing can be written" in found[-1].found


def test_a_quota_that_is_used_up_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for said, state in (("/dev/sda1 95000* 90000 100000", "fault"), ("/dev/sda1 5000 90000 100000", "ok")):
        monkeypatch.setenv("PATH", program(tmp_path / "bin", "quota", f"echo '{said}'"))
        found = named(check_storage(tmp_path), "quota")
        assert found.state == state
        assert said in found.found


class _Hub(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_offline_mode_and_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OFFLINE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for name in ("models--a--b/snapshots/1", "models--torn/refs", "datasets--c/snapshots/1"):
        (tmp_path / name).mkdir(parents=True)
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    found = check_network()
    assert (found.name, found.state) == ("hub", "ok")
    assert "1 models and 1 data sets" in found.found
    server.shutdown()
    server.server_close()
    thread.join()
    assert (check_network().name, check_network().state) == ("hub", "note")
    monkeypatch.setenv(OFFLINE[0], "1")
    half = check_network()
    assert half.state == "note"
    assert half.fix.endswith(f"{OFFLINE[1]}, {OFFLINE[2]}")
    for name in OFFLINE:
        monkeypatch.setenv(name, "1")
    assert (check_network().name, check_network().state) == ("offline", "ok")


def test_processes_that_do_not_meet_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(program(tmp_path, "python", "echo 'no NCCL here' >&2; exit 3"))
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    found = check_meeting(2)
    assert found.state == "fault"
    assert "no NCCL here" in found.found
    (folder / "python").write_text("#!/bin/bash\nexec sleep 60\n")
    monkeypatch.setattr(meeting, "LONGEST_SECONDS", 0.3)
    assert "did not meet" in check_meeting(2).found


def write_trained(runs: Path, losses: list[float], weights: bytes, device: str = "cpu") -> None:
    """What a training leaves of which the doctor reads."""
    align, plan = runs / "doctor" / "align", runs / "doctor" / "plan"
    (align / "model").mkdir(parents=True)
    plan.mkdir(parents=True)
    (align / "metrics.jsonl").write_text("".join(json.dumps({"loss": loss}) + "\n" for loss in losses))
    (align / "model" / "model.safetensors").write_bytes(weights)
    (plan / "plan.json").write_text(json.dumps({"device": device}))


@pytest.mark.parametrize(
    ("losses", "weights", "device", "several", "resumed"),
    [
        ([0.7, 0.6], b"w", "cpu", ("several", "ok"), ("resume", "ok")),
        ([0.7, 0.6 + 6e-6], b"v", "cpu", ("several", "fault"), ("resume", "fault")),
        ([0.7, 0.6 + 6e-6], b"v", "cuda", ("several", "ok"), ("resume", "note")),
        ([0.7], b"v", "cuda", ("several", "fault"), ("resume", "fault")),
    ],
)
def test_trainings_that_come_out_otherwise_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, losses: list[float], weights: bytes, device: str,
    several: tuple[str, str], resumed: tuple[str, str],
) -> None:  # fmt: skip
    def run(folder: Path, runs: str, *_: str) -> None:
        shutil.rmtree(folder / runs, ignore_errors=True)
        same = runs == "one"
        write_trained(folder / runs, [0.7, 0.6] if same else losses, b"w" if same else weights, device)

    monkeypatch.setattr(training, "_run", run)
    monkeypatch.setattr(training, "_kill", lambda folder, runs: 17)  # noqa: ARG005  the signature that is replaced
    found = list(training.check_training(tmp_path, 2))
    assert [(one.name, one.state) for one in found] == [("training", "ok"), several, resumed]
    assert list(tmp_path.iterdir()) == []


def test_as_a_job_of_a_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (profile,) = (str(one) for one in PROFILES if one.stem == "slurm")
    assert main_with(["doctor", "--cluster", profile, "--dry-run", "--runs", str(tmp_path / "runs"), "--json"]) == 0
    (job,) = json.loads(capsys.readouterr().out)["jobs"]
    assert f"acord doctor --gpus 1 --runs {tmp_path}/runs)" in job["script"]
    assert "#SBATCH --no-requeue\n" in job["script"]
    assert "scontrol" not in job["script"]
    assert main_with(["doctor", "--dry-run"]) == 2


@pytest.mark.slow
def test_the_whole_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on processors meet, train as one does, and go on after a kill."""
    for name in OFFLINE:
        monkeypatch.setenv(name, "1")
    assert main_with(["doctor", "--gpus", "2", "--runs", str(tmp_path / "it's here"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    found = {one["name"]: one for one in answer["checks"]}
    for name in ("meeting", "training", "several", "resume"):
        assert found[name]["state"] == "ok", found[name]
    assert "gloo" in found["meeting"]["found"]
    assert "the same bytes" in found["resume"]["found"]
    assert list(tmp_path.iterdir()) == []
