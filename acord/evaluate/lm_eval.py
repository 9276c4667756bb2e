"""lm-evaluation-harness's own command line, with Acord as one of its models.

    python -m acord.evaluate.lm_eval run --model acord --model_args pretrained=MODEL,store=items.sqlite \\
        --tasks xnli_ca,belebele_cat_Latn --apply_chat_template --output_path results

Every option and task of the harness works as it does without Acord. The arguments of `acord`:

    pretrained      a model's folder or hub name; revision: of the hub name
    precision       auto, float32, bfloat16 or float16
    tokenisation    acord (conversations as in training, no text becomes a control token), or hf (the hf backend's ids)
    store           a file that keeps every answer, shared by models and tasks; a second run computes what is missing
    token_budget    distinct tokens a forward pass
    engine          of generation: transformers or vllm
    seed            of the draws where a task samples

`--device` is heeded; batch sizes are not, since packs are sized by tokens. The harness's own `--use_cache` is not
needed, and mixes models up. It finds models by name among those it knows, and has no entry point for others: hence this
module, which names Acord to it and hands over.
"""

import sys


def main() -> int:
    """Run the harness's command line. Exit code 2 and one line for a user's mistake."""
    from acord.errors import AcordError

    try:
        from lm_eval.__main__ import cli_evaluate

        import acord.evaluate.lm  # noqa: F401  registers the model

        cli_evaluate()
    except AcordError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
