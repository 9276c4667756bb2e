"""Which models the trees serve, proved on small random ones; the others are caught, by name or by the gate."""

import pytest
import torch
import transformers

from acord.tree.admission import admit
from acord.tree.scoring import ScoringModel
from acord.tree.trie import ScoredRange, TokenSequence, build_forest

SMALL = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
GPT = {
    "vocab_size": 50,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 2,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}

ADMITTED = {
    "Llama": lambda: transformers.LlamaConfig(**SMALL),
    "Llama, tied": lambda: transformers.LlamaConfig(**SMALL, tie_word_embeddings=True),
    "Mistral": lambda: transformers.MistralConfig(**SMALL),
    "Qwen2": lambda: transformers.Qwen2Config(**SMALL),
    "Qwen3": lambda: transformers.Qwen3Config(**SMALL, head_dim=16),
    "Gemma": lambda: transformers.GemmaConfig(**SMALL, head_dim=16),
    "GPT-NeoX": lambda: transformers.GPTNeoXConfig(**{**SMALL, "rotary_pct": 0.25}),
    "GPT-2": lambda: transformers.GPT2Config(**GPT),
    "OPT": lambda: transformers.OPTConfig(
        vocab_size=50, hidden_size=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=64, word_embed_proj_dim=32, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    ),
}  # fmt: skip

REFUSED = {
    "Bloom": (
        lambda: transformers.BloomConfig(vocab_size=50, hidden_size=32, n_layer=2, n_head=2, pad_token_id=0),
        "",
    ),
    "CodeGen": (lambda: transformers.CodeGenConfig(**{**GPT, "n_head": 4, "rotary_dim": 8}), ""),
    "dynamic RoPE": (
        lambda: transformers.LlamaConfig(
            **SMALL, rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10_000.0}
        ),
        "dynamic RoPE scales by the longest position",
    ),
    "Gemma 2, soft cap": (
        lambda: transformers.Gemma2Config(**SMALL, head_dim=16),
        "soft cap",
    ),
}


def make(config: transformers.PretrainedConfig) -> torch.nn.Module:
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(5)
    return model


def scores(scorer: ScoringModel) -> torch.Tensor:
    sequences = [
        TokenSequence([3, 4, 5, 6, 7, 8], (ScoredRange(3, 6),)),
        TokenSequence([3, 4, 5, 9, 10], (ScoredRange(3, 5),)),
        TokenSequence([3, 4, 5, 9, 11, 12], (ScoredRange(3, 6),)),
    ]
    with torch.no_grad():
        return scorer(build_forest(sequences)).logp_R


@pytest.mark.parametrize("family", ADMITTED)
def test_admitted_families_score_trees_as_they_score_sequences(family: str) -> None:
    model = make(ADMITTED[family]())
    admission = admit(model)
    assert admission.reason == ""
    assert admission.scorer.shared
    plain = scores(ScoringModel(model, shared=False))
    assert torch.allclose(scores(admission.scorer), plain, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("family", REFUSED)
def test_refused_families_fall_back_to_separate_runs_and_say_why(family: str) -> None:
    config, why = REFUSED[family]
    admission = admit(make(config()))
    assert not admission.scorer.shared
    assert admission.reason != ""
    assert why in admission.reason
    assert torch.isfinite(scores(admission.scorer)).all()
