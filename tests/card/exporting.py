"""Runs to be exported: the tests' own run beside a card of it, and one whose adapter was trained and kept."""

import shutil
from dataclasses import replace
from pathlib import Path

import torch

from acord.align.adapter import save_adapter
from acord.align.plan import read_plan
from acord.align.policy import load_policy
from acord.align.train import export
from acord.card.evidence import Evidence
from acord.card.texts import write_texts
from acord.manifest import list_files, read_manifest, write_manifest
from acord.models import model_path
from acord.recipe import Adapter
from tests.card.made import Made


def run_with_card(made: Made, evidence: Evidence, folder: Path, *, whole: bool = True) -> Path:
    """folder/tiny as a run, with the artefacts of `made` and a card. whole: with all its texts, which take a while."""
    run = _run(folder, {stage: made.inputs[stage] for stage in ("align", "base")})
    shutil.copytree(evidence.folder, run / "card" / "evidence")
    if whole:
        write_texts(evidence, run / "card")
    else:
        (run / "card" / "README.md").write_text("# Of the card\n", encoding="utf-8")
        (run / "card" / ".eval_results").mkdir()
        (run / "card" / ".eval_results" / "one.yaml").write_text("- value: 1\n", encoding="utf-8")
        (run / "card" / "manifest.json").write_text("{}\n", encoding="utf-8")
    return run


def run_with_adapter(made: Made, folder: Path) -> Path:
    """folder/tiny as a run that trained a LoRA adapter, whose weights are drawn, and folded them in."""
    align = made.recipe.align.model_copy(update={"adapter": Adapter(rank=4, alpha=8)})
    base = model_path(made.inputs["base"])
    policy = load_policy(base, read_plan(made.inputs["plan"]), align)
    with torch.no_grad():
        draws = torch.Generator().manual_seed(0)
        for name, master in policy.masters.items():
            if "lora_B" in name:
                master.copy_(torch.randn(master.shape, generator=draws) * 0.2)
    trained = folder / "trained"
    assert align.adapter is not None
    export(policy.trained_model(base, align), base, made.recipe.chat, trained / "model")
    save_adapter(policy, align.adapter, trained / "adapter")
    write_manifest(replace(read_manifest(made.inputs["align"]), files=list_files(trained)), trained)
    return _run(folder, {"align": trained, "base": made.inputs["base"]})


def _run(folder: Path, artefacts: dict[str, Path]) -> Path:
    run = folder / "tiny"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}\n", encoding="utf-8")
    for stage, artefact in artefacts.items():
        (run / stage).symlink_to(artefact)
    return run
