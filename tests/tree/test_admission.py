"""Which models the trees serve, proved on small random ones; the others are caught, by name or by the gate."""

from collections.abc import Callable

import pytest
import torch
import transformers

from acord.errors import InputError
from acord.tree.admission import admit
from acord.tree.scoring import ScoringModel, sliding_window
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

LONG_ROPE = {
    "rope_type": "longrope", "short_factor": [1.0] * 8, "long_factor": [2.0] * 8, "rope_theta": 10_000.0,
    "factor": 2.0, "original_max_position_embeddings": 32,
}  # fmt: skip
LLAMA_3_ROPE = {
    "rope_type": "llama3", "factor": 2.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "rope_theta": 10_000.0,
    "original_max_position_embeddings": 32,
}  # fmt: skip
DEFAULT_ROPE = {"rope_type": "default", "rope_theta": 10_000.0}
FALCON = {"vocab_size": 50, "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2}
RECURRENT = {
    "vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 3, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip

ADMITTED = {
    "Llama": lambda: transformers.LlamaConfig(**SMALL),
    "Llama, tied": lambda: transformers.LlamaConfig(**SMALL, tie_word_embeddings=True),
    "Mistral": lambda: transformers.MistralConfig(**SMALL),
    "Qwen2": lambda: transformers.Qwen2Config(**SMALL),
    "Qwen3": lambda: transformers.Qwen3Config(**SMALL, head_dim=16),
    "Mistral, window as deep as the gate": lambda: transformers.MistralConfig(**SMALL, sliding_window=8),
    "Gemma": lambda: transformers.GemmaConfig(**SMALL, head_dim=16),
    "Gemma 2, no cap": lambda: transformers.Gemma2Config(**SMALL, head_dim=16, attn_logit_softcapping=None),
    "Gemma 3": lambda: transformers.Gemma3TextConfig(**{**SMALL, "num_hidden_layers": 6}, head_dim=16),
    "Gemma 3, final cap": lambda: transformers.Gemma3TextConfig(**SMALL, head_dim=16, final_logit_softcapping=5.0),
    "Cohere, scaled logits": lambda: transformers.CohereConfig(**SMALL, logit_scale=0.5),
    "Granite, divided logits": lambda: transformers.GraniteConfig(**SMALL, logits_scaling=3.0),
    "Llama 3's RoPE, by frequency": lambda: transformers.LlamaConfig(**SMALL, rope_parameters=LLAMA_3_ROPE),
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
    "Gemma 3, soft cap": (
        lambda: transformers.Gemma3TextConfig(**SMALL, head_dim=16, attn_logit_softcapping=50.0),
        "soft cap",
    ),
    "long RoPE": (lambda: transformers.LlamaConfig(**SMALL, rope_parameters=LONG_ROPE), "longrope RoPE scales by"),
    "Mistral, short-sighted": (
        lambda: transformers.MistralConfig(**SMALL, sliding_window=4),
        "its sliding window is 4 tokens",
    ),
    "Gemma 3, short-sighted": (
        lambda: transformers.Gemma3TextConfig(**{**SMALL, "num_hidden_layers": 6}, head_dim=16, sliding_window=4),
        "its sliding window is 4 tokens",
    ),
    "Mamba": (
        lambda: transformers.MambaConfig(**RECURRENT, state_size=4),
        "linear_attention layers, which carry a state",
    ),
    "RecurrentGemma": (
        lambda: transformers.RecurrentGemmaConfig(
            **RECURRENT, num_attention_heads=2, intermediate_size=48, lru_width=32, attention_window_size=16
        ),
        "linear_attention layers, which carry a state",
    ),
    "Qwen3-Next": (
        lambda: transformers.Qwen3NextConfig(
            **{**SMALL, "num_hidden_layers": 4},
            head_dim=16,
            linear_num_value_heads=2,
            linear_num_key_heads=2,
            linear_key_head_dim=8,
            linear_value_head_dim=8,
            num_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=16,
            shared_expert_intermediate_size=16,
        ),
        "linear_attention layers, which carry a state",
    ),
    "LFM2, convolutions": (
        lambda: transformers.Lfm2Config(**SMALL, layer_types=["conv", "full_attention"]),
        "conv layers, which carry a state",
    ),
    "RWKV": (lambda: transformers.RwkvConfig(**RECURRENT, attention_hidden_size=32), "it is recurrent"),
    "GPT-OSS, attention sinks": (
        lambda: transformers.GptOssConfig(
            **SMALL, head_dim=16, num_local_experts=2, num_experts_per_tok=1, rope_parameters=DEFAULT_ROPE
        ),
        "a tree's log-probabilities differ from separate runs",
    ),
    "MPT": (
        lambda: transformers.MptConfig(vocab_size=50, d_model=32, n_heads=2, n_layers=2, max_seq_len=64),
        "MptForCausalLM takes no attention function",
    ),
    "Falcon": (lambda: transformers.FalconConfig(**FALCON), "FalconForCausalLM takes no attention function"),
    "Falcon, alibi": (
        lambda: transformers.FalconConfig(**FALCON, alibi=True),
        "FalconForCausalLM takes no attention function",
    ),
    "GPT-J": (lambda: transformers.GPTJConfig(**GPT, rotary_dim=8), "GPTJForCausalLM takes no attention function"),
}


def make(config: transformers.PretrainedConfig) -> torch.nn.Module:
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(5)
    return model


SEQUENCES = [
    TokenSequence([3, 4, 5, 6, 7, 8], (ScoredRange(3, 6),)),
    TokenSequence([3, 4, 5, 9, 10], (ScoredRange(3, 5),)),
    TokenSequence([3, 4, 5, 9, 11, 12], (ScoredRange(3, 6),)),
]


def scores(scorer: ScoringModel) -> torch.Tensor:
    with torch.no_grad():
        return scorer(build_forest(SEQUENCES)).logp_R


def oracle(model: torch.nn.Module, sequences: list[TokenSequence]) -> torch.Tensor:
    """The whole model's own forward, one sequence at a time, and full log-softmax."""
    sums = []
    for sequence in sequences:
        ids = torch.tensor([list(sequence.token_ids)])
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits[0].float().log_softmax(-1)
        for start, end in sequence.scored:
            sums.append(sum(float(logits[t - 1, sequence.token_ids[t]]) for t in range(start, end)))
    return torch.tensor(sums, dtype=torch.float64)


@pytest.mark.parametrize("family", ADMITTED)
def test_admitted_families_score_trees_as_they_score_sequences(family: str) -> None:
    model = make(ADMITTED[family]())
    admission = admit(model)
    assert admission.reason == ""
    assert admission.scorer.shared
    plain = scores(ScoringModel(model, shared=False))
    assert torch.allclose(scores(admission.scorer), plain, atol=1e-4, rtol=1e-5)
    assert torch.allclose(plain, oracle(model, SEQUENCES), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("family", REFUSED)
def test_refused_families_fall_back_to_separate_runs_and_say_why(family: str) -> None:
    config, why = REFUSED[family]
    model = make(config())
    admission = admit(model)
    assert not admission.scorer.shared
    assert admission.reason != ""
    assert why in admission.reason
    assert torch.allclose(scores(admission.scorer), oracle(model, SEQUENCES), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("config", "what"),
    [
        (lambda: transformers.HyperCLOVAXConfig(**SMALL, logits_scaling=3.0), "its head does more to the logits"),
        (
            lambda: transformers.FalconH1Config(
                **SMALL, mamba_d_ssm=32, mamba_n_heads=4, mamba_d_head=8, mamba_d_state=8, lm_head_multiplier=0.25
            ),
            "its head does more to the logits",
        ),
        (lambda: transformers.Llama4TextConfig(**SMALL), "it cannot be scored"),
    ],
    ids=["HyperCLOVA X multiplies where Granite divides", "Falcon-H1 multiplies", "Llama 4 hides its body"],
)
def test_a_head_that_is_read_wrongly_is_an_error_and_no_score(
    config: Callable[[], transformers.PretrainedConfig], what: str
) -> None:
    with pytest.raises(InputError, match=what):
        admit(make(config()))


def deep_sequences(length: int) -> list[TokenSequence]:
    stem = [3 + index % 40 for index in range(length - 2)]
    return [TokenSequence([*stem, end, end + 1], (ScoredRange(4, length),)) for end in (5, 9)]


def test_trees_deeper_than_the_sliding_window_are_scored_in_separate_runs_and_it_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = make(transformers.MistralConfig(**SMALL, sliding_window=12))
    scorer = admit(model).scorer
    assert scorer.shared
    with torch.no_grad():
        for length in (12, 13, 20):
            sequences = deep_sequences(length)
            found = scorer(build_forest(sequences)).logp_R
            assert torch.allclose(found, oracle(model, sequences), atol=1e-4, rtol=1e-5), length
            # Also while the tree's attention is held, as a training run holds it.
            with scorer.tree_attention():
                assert torch.equal(scorer(build_forest(sequences)).logp_R, found)
            told = "longer than the sliding window (12 tokens)" in capsys.readouterr().err
            assert told is (length == 13), "said once, where it happens first"
        # The tree's attention would be wrong there, or the fallback would prove nothing.
        scorer.window = None
        sequences = deep_sequences(20)
        wrong = scorer(build_forest(sequences)).logp_R
        assert float((wrong - oracle(model, sequences)).abs().max()) > 0.1


@pytest.mark.parametrize(
    ("config", "window"),
    [
        (transformers.LlamaConfig(), None),
        (transformers.MistralConfig(sliding_window=None), None),
        (transformers.MistralConfig(sliding_window=4_096), 4_096),
        (transformers.Qwen2Config(sliding_window=512, use_sliding_window=False), None),
        (transformers.Qwen2Config(sliding_window=512, use_sliding_window=True, max_window_layers=2), 512),
        (transformers.Gemma3TextConfig(sliding_window=1_024), 1_024),
        (transformers.Gemma3TextConfig(num_hidden_layers=1, layer_types=["full_attention"]), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, transformers.PretrainedConfig) else str(value),
)
def test_the_window_is_that_of_layers_which_use_one(config: transformers.PretrainedConfig, window: int | None) -> None:
    assert sliding_window(config) == window
