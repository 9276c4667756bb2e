"""May this model be scored by trees? Decided by what it is, then proved on the very model at load."""

from typing import Any, NamedTuple

import torch
from torch import nn

from acord.tree.scoring import ScoringModel
from acord.tree.trie import ScoredRange, TokenSequence, build_forest

ROPE_BY_LENGTH = ("dynamic", "longrope")
TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}


class Admission(NamedTuple):
    """The scorer to use, whether it shares prefixes, and why not where it does not."""

    scorer: ScoringModel
    reason: str


def admit(model: nn.Module) -> Admission:
    """A scorer for the model: by trees where a tiny tree gives what separate runs of this model give, else unshared."""
    reason = _obstacle(model) or _gate(model)
    return Admission(ScoringModel(model, shared=not reason), reason)


def _obstacle(model: nn.Module) -> str:
    config: Any = model.config
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    kinds = [value for value in (rope, *rope.values()) if isinstance(value, dict)]
    for kind in kinds:
        name = kind.get("rope_type") or kind.get("type")
        if name in ROPE_BY_LENGTH:
            return f"its {name} RoPE scales by the longest position in the batch, which packing changes"
    if getattr(config, "attn_logit_softcapping", None):
        return "its attention has a soft cap, which the tree attention does not apply"
    if not getattr(model, "_supports_attention_backend", False):
        return f"{type(model).__name__} takes no attention function from outside"
    return ""


def _gate(model: nn.Module) -> str:
    """Compare a tiny tree (a shared stem, two branches, one of them branching again) with separate runs."""
    config: Any = model.config
    ids = torch.randint(0, int(config.vocab_size), (12,), generator=torch.Generator().manual_seed(0)).tolist()
    stem, left, right = ids[:4], ids[4:7], ids[7:9]
    sequences = [
        TokenSequence(stem + left, (ScoredRange(4, 7),)),
        TokenSequence(stem + right + ids[9:10], (ScoredRange(4, 7),)),
        TokenSequence(stem + right + ids[10:12], (ScoredRange(4, 8),)),
    ]
    forest = build_forest(sequences)
    try:
        with torch.no_grad():
            tree = ScoringModel(model)(forest).logp_R
    except (RuntimeError, TypeError, KeyError, ValueError, AttributeError) as error:
        return f"{type(model).__name__} does not run on a tree ({type(error).__name__})"
    with torch.no_grad():
        separate = ScoringModel(model, shared=False)(forest).logp_R
    tolerance = TOLERANCE.get(next(model.parameters()).dtype, 1e-2)
    worst = float((tree - separate).abs().max())
    if worst > tolerance * max(1.0, float(separate.abs().max())):
        return f"a tree's log-probabilities differ from separate runs by {worst:.2g}"
    return ""
