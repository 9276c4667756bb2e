"""Memory that runs out ends in one line that names a setting; a real failure of torch's allocator among them."""

import json
import resource
from pathlib import Path

import pytest
import torch

from acord.align.short_memory import memory_faults
from acord.errors import MachineError
from acord.recipe import Adapter, Align


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    content = {"steps": 1, "device": "cpu", "precision": "float32", "token_budget": 4_096,
               "activation_checkpointing": False, "threads": 1, "chat": {}}  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(content))
    return tmp_path


def test_what_torch_raises_for_a_cpu_that_has_no_more(plan: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (int(Path("/proc/self/statm").read_text().split()[0]) * 4_096, hard))
    try:
        with pytest.raises(MachineError) as caught, memory_faults(Align(), plan, "training"):
            torch.zeros(2**30)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert str(caught.value) == (
        "align.token_budget: memory ran out while training on cpu with packs of 4,096 tokens. Set align.token_budget: "
        "2048, or set align.activation_checkpointing: true, or train an adapter (align.adapter: {rank: 16}), or use "
        "several devices (--processes); a smaller budget is a new plan, and training begins again."
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
def test_a_gpus_and_pythons_own_errors(plan: Path, error: Exception) -> None:
    with pytest.raises(MachineError) as caught, memory_faults(Align(adapter=Adapter()), plan, "training"):
        raise error
    assert "adapter" not in caught.value.fix


def test_other_faults_keep_their_traceback(plan: Path) -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_faults(Align(), plan, "training"):
        raise RuntimeError("shapes do not fit")
