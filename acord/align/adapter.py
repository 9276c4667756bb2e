"""A trained LoRA adapter as a folder that peft loads onto the base: adapter_model.safetensors, adapter_config.json."""

from pathlib import Path

from safetensors.torch import save_file

from acord.align.policy import Policy
from acord.processes import world
from acord.recipe import Adapter

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
# How peft names the parts of a model in a file: within two wrappers, without the name of the adapter.
PREFIX, NAMED = "base_model.model.", ".default."


def save_adapter(policy: Policy, adapter: Adapter, folder: Path) -> None:
    """Write the fp32 masters of a policy's adapter. Which base it belongs to is for its export to name.

    Called by all processes where there are several; rank 0 writes.
    """
    from peft import LoraConfig

    masters = policy.whole_masters()
    if world().follows:
        return
    folder.mkdir(parents=True)
    tensors = {f"{PREFIX}{name.replace(NAMED, '.')}": master.contiguous() for name, master in masters.items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=0.0,
        target_modules=_targets(policy),
        task_type="CAUSAL_LM",
        inference_mode=True,
    ).save_pretrained(str(folder))


def _targets(policy: Policy) -> list[str]:
    """Full names of the layers that have one: `all-linear` may be read otherwise by another version of peft."""
    return sorted({name.partition(".lora_")[0] for name in policy.masters})
