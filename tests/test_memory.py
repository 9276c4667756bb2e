"""Memory that can be had: of the machine, and within the cgroups of a container or a job."""

from pathlib import Path

import numpy as np
import pytest

from acord import memory


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with 8 GB available, whose process lies in a job of version 2."""
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n")
    (tmp_path / "proc" / "self" / "cgroup").write_text("0::/job/step\n")
    (tmp_path / "cgroup" / "job" / "step").mkdir(parents=True)
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "CGROUPS", tmp_path / "cgroup")
    return tmp_path


def limit(folder: Path, most: str, used: int, cached: int = 0) -> None:
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\n")


def test_without_limits_it_is_what_the_machine_says(machine: Path) -> None:
    assert memory.free_host_bytes() == 8_192_000_000
    limit(machine / "cgroup" / "job" / "step", "max", 5)
    assert memory.free_host_bytes() == 8_192_000_000


def test_the_tightest_group_around_the_process_counts_and_its_cache_is_free(machine: Path) -> None:
    limit(machine / "cgroup" / "job" / "step", "4000000000", 500_000_000)
    assert memory.free_host_bytes() == 3_500_000_000
    limit(machine / "cgroup" / "job", "3000000000", 2_000_000_000, cached=400_000_000)
    assert memory.free_host_bytes() == 1_400_000_000
    assert memory.total_host_bytes() == 3_000_000_000
    limit(machine / "cgroup" / "job", "1000", 2_000)
    assert memory.free_host_bytes() == 0


def test_a_container_shows_its_own_group_as_the_root(machine: Path) -> None:
    (machine / "proc" / "self" / "cgroup").write_text("0::/not/mounted/here\n")
    limit(machine / "cgroup", "2000000000", 500_000_000)
    assert memory.free_host_bytes() == 1_500_000_000


def test_version_1_of_cgroups(machine: Path) -> None:
    (machine / "proc" / "self" / "cgroup").write_text("4:cpu,memory:/slurm/job_7\n0::/\n")
    group = machine / "cgroup" / "memory" / "slurm" / "job_7"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text("1000000000\n")
    (group / "memory.usage_in_bytes").write_text("900000000\n")
    (group / "memory.stat").write_text("total_inactive_file 300000000\n")
    assert memory.free_host_bytes() == 400_000_000
    (group / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert memory.free_host_bytes() == 8_192_000_000


def test_a_system_that_does_not_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path / "none")
    assert memory.free_host_bytes() is None
    assert memory.peak_bytes() is None


def test_the_peak_since_it_was_forgotten() -> None:
    memory.forget_peak()
    before, resident = memory.peak_bytes(), memory.resident_bytes()
    if before and resident and before > resident + 8_000_000:
        pytest.skip("this kernel does not forget a process's peak")
    held = np.ones(8_000_000)
    after = memory.peak_bytes()
    assert before is not None
    assert after is not None
    assert after - before > 0.9 * held.nbytes
