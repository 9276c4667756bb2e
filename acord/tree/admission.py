"""May this model be scored by trees? Decided by what it is, then proved on the very model at load."""

from typing import Any, NamedTuple

import torch
from torch import nn

from acord.console import say
from acord.errors import InputError
from acord.tree.scoring import ScoringModel, sliding_window
from acord.tree.trie import ScoredRange, TokenSequence, build_forest

ROPE_BY_LENGTH = ("dynamic", "longrope")
# Layers by their name in a configuration: those that attend, and those that look at one token alone.
STATELESS = ("full_attention", "sliding_attention", "chunked_attention", "moe", "mlp", "dense", "sparse")
GATE_DEPTH = 8
TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}


class Admission(NamedTuple):
    """The scorer to use, whether it shares prefixes, and why not where it does not."""

    scorer: ScoringModel
    reason: str


def admit(model: nn.Module) -> Admission:
    """A scorer for the model: by trees where a tiny tree gives what separate runs of this model give, else unshared.

    Raises InputError for a model whose own logits are not those of its body and head as Acord reads them.
    """
    _check_head(model)
    reason = _obstacle(model) or _gate(model)
    return Admission(ScoringModel(model, shared=not reason), reason)


def cast_parameters(model: nn.Module, dtype: torch.dtype) -> None:
    """Compute in `dtype`. Buffers stay as they are: rotary frequencies in bf16 would misplace every token."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)


def admitted(model: Any) -> ScoringModel:
    """The model as a scorer; says so where prefixes cannot be shared."""
    admission = admit(model)
    if admission.reason:
        say(f"prefixes are not shared: {admission.reason}")
    return admission.scorer


def _obstacle(model: nn.Module) -> str:
    config: Any = model.config
    layers = sorted({*(getattr(config, "layer_types", None) or [])} - {*STATELESS})
    if layers or getattr(model, "_is_stateful", False):
        named = f"has {' and '.join(layers)} layers, which carry" if layers else "is recurrent and carries"
        return f"it {named} a state along the tokens, where branches would meet each other"
    window = sliding_window(config)
    if window is not None and window < GATE_DEPTH:
        return f"its sliding window is {window} tokens, less than a conversation has"
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


def _check_head(model: nn.Module) -> None:
    """One sequence through the model's own forward: a scaled or capped head under an unknown name is caught here."""
    ids = _some_ids(model)
    scorer = ScoringModel(model, shared=False)
    own: Any = model
    try:
        with torch.no_grad():
            scored = float(scorer(build_forest([TokenSequence(ids, (ScoredRange(1, len(ids)),))])).logp_R)
            logits = own(input_ids=torch.tensor([ids], device=scorer.head().weight_VD.device), use_cache=False).logits[
                0
            ]
    except (AttributeError, TypeError, KeyError) as error:
        raise _unscored(model, f"it cannot be scored ({type(error).__name__}: {error})") from None
    logp = logits[:-1].double().log_softmax(-1).cpu()[torch.arange(len(ids) - 1), torch.tensor(ids[1:])]
    expected = float(logp.sum())
    if not abs(scored - expected) <= _tolerance(model) * max(1.0, abs(expected)):
        raise _unscored(model, "its head does more to the logits than Acord knows of")


def _unscored(model: nn.Module, what: str) -> InputError:
    return InputError(what, where=type(model).__name__, fix="Give a model of another family.")


def _some_ids(model: nn.Module) -> list[int]:
    config: Any = model.config
    ids: list[int] = torch.randint(
        0, int(config.vocab_size), (12,), generator=torch.Generator().manual_seed(0)
    ).tolist()
    return ids


def _tolerance(model: nn.Module) -> float:
    return TOLERANCE.get(next(model.parameters()).dtype, 1e-2)


def _gate(model: nn.Module) -> str:
    """Compare a tiny tree (a shared stem, two branches, one of them branching again) with separate runs."""
    ids = _some_ids(model)
    stem, left, right = ids[:4], ids[4:7], ids[7:9]
    sequences = [
        TokenSequence(stem + left, (ScoredRange(4, 7),)),
        TokenSequence(stem + right + ids[9:10], (ScoredRange(4, 7),)),
        TokenSequence(stem + right + ids[10:12], (ScoredRange(4, GATE_DEPTH),)),
    ]
    forest = build_forest(sequences)
    try:
        with torch.no_grad():
            tree = ScoringModel(model)(forest).logp_R
    except (RuntimeError, TypeError, KeyError, ValueError, AttributeError) as error:
        return f"{type(model).__name__} does not run on a tree ({type(error).__name__})"
    with torch.no_grad():
        separate = ScoringModel(model, shared=False)(forest).logp_R
    worst = float((tree - separate).abs().max())
    if not worst <= _tolerance(model) * max(1.0, float(separate.abs().max())):
        return f"a tree's log-probabilities differ from separate runs by {worst:.2g}"
    return ""
