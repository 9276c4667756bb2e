"""English."""

from acord.languages.language import Language

TEXTS = {
    # Running stages
    "stage_reused": "reused",
    "stage_waits": "{stage}: another process is building it in {folder}; waiting for it to finish",
    "stage_rebuilt": "{stage}: {folder} is damaged ({reason}); it is built again",
    "stopped": "stopped; finished stages are kept, and the same command goes on after them",
    "pairs_summary": "{pairs} pairs from {rows} rows ({used} used, {dropped} dropped)",
    "base_summary": "{parameters} parameters, a vocabulary of {vocabulary}",
    "plan_summary": "{steps} steps over {pairs} pairs, {held_out} held out; "
    "{distinct} distinct tokens stand for {unshared}",
    "plan_refused": "{refused} pairs refused",
    "reference_summary": "{pairs} pairs scored by the base model",
    "align_summary": "loss {first:.4f} to {last:.4f} in {steps} steps",
    "align_accuracy": "held-out accuracy {before:.1%} to {after:.1%} on {pairs} pairs",
    # Plan
    "plan_stages": "Stages",
    "plan_sources": "Sources",
    "plan_values": "Values",
    "plan_reused": "reused",
    "plan_build": "to build",
    "plan_unknown": "to build (something it needs is not here yet)",
    "plan_present": "present",
    "plan_missing": "missing",
    "plan_not_fetched": "not fetched yet",
    "plan_rows": "{rows} rows",
    "plan_one_row": "1 row",
    "plan_inferred": "inferred: {reason}",
    # What a run left
    "result_model": "model",
    "result_metrics": "metrics",
    "result_manifest": "manifest",
    "result_pairs": "pairs",
    "result_dropped": "dropped rows",
    "result_accuracy": "held-out accuracy",
    "result_accuracy_value": "{before:.1%} before, {after:.1%} after ({pairs} pairs)",
    "result_loss": "loss",
    "result_loss_value": "{first:.4f} in the first step, {last:.4f} in the last",
    # Demo
    "demo_answers": "The aligned model answers:",
    "demo_honest": "Its base has random weights and a tiny vocabulary, so what it says is noise: the demo shows "
    "the way from data to model, not a good model.",
    "demo_next": "Try next:",
    "demo_no_answer": "(an empty answer)",
    # Chat
    "chat_cut": "the answer was cut at {limit} tokens; a higher --max-new-tokens gives it more room",
    "chat_empty": "the model ended its turn at once: the answer is empty",
}

ENGLISH = Language(
    tag="en",
    bcp47="en",
    locales=("en",),
    names={"en": "English", "es": "inglés", "va": "anglés"},
    decimal=".",
    thousands=",",
    texts=TEXTS,
)
