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
    # Evaluation
    "evaluate_model": "{model} on the suite {suite}",
    "evaluate_progress": "{model}: {done} of {total}  {task}: {values}; about {left} left",
    "evaluate_chosen": "{run}: the held-out pairs choose step {step} ({accuracy:.1%} of {pairs} pairs); the "
    "suite has no say in it",
    "evaluate_failed": "{task} broke: {reason}",
    "evaluate_failures": "these rows have no value, because their tasks broke: {rows}",
    "evaluate_imported": "{rows} of {of} rows found, {unmatched} results match no row; unverified: {file}",
    "evaluate_summary": "{rows} rows, {models} models; {missing} rows n/a",
    "compare_files": "Tables and pictures: {folder}",
    # Tables and pictures of a comparison
    "table_title": "Evaluation: {suite}",
    "table_caption": "{language} (rows: {rows})",
    "table_dataset": "Dataset",
    "table_task": "Task",
    "table_metric": "Metric",
    "table_shots": "Shots",
    "table_template": "Template",
    "table_template_chat": "chat",
    "table_template_none": "none",
    "table_template_turn": "stated turn",
    "table_items": "Items",
    "table_chance": "Chance",
    "table_constant": "Constant answer",
    "table_effect": "Effect of alignment",
    "table_detectable": "Detectable difference",
    "table_mean": "Mean, normalised (rows: {rows})",
    "table_stderr": "{model}, standard error",
    "table_language": "Language",
    "table_missing": "n/a",
    "table_notes": "Notes",
    "table_differences": "Differences",
    "table_difference_heads": "row|first|second|first minus second|95% low|95% high|p|p after Holm|items|test|stands",
    "table_yes": "yes",
    "table_no": "no: not distinguishable",
    "legend_best": "Bold: better than every other model in a paired test on the same items, after Holm's correction "
    "over all {tests} tests of the suite.",
    "legend_undecided": "{sign} not distinguishable: the best value of the row, or one whose difference from it does "
    "not stand.",
    "legend_tied": "{sign} tie: exactly the same value.",
    "legend_untested": "{sign} the best value, but it cannot be tested against every other model: the reason is in the "
    "note.",
    "legend_degenerate": "{sign} degenerate: the answers show no sign of depending on the items; never in bold.",
    "legend_unverified": "{sign} measured by others and imported: not verified.",
    "legend_lower": "{sign} lower is better.",
    "legend_error": "±: standard error, clustered where items share a passage.",
    "legend_constant": "Constant answer: the score of one and the same answer to every item.",
    "legend_detectable": "Detectable difference: the smallest true difference that the row would show with a power of "
    "80% at the 5% level, before the correction.",
    "legend_effect": "Effect of alignment: {after} minus {before}, with its 95% interval; bold where it stands after "
    "the correction.",
    "legend_mean": "Mean, normalised: over the rows of the language on which every model has a value; 0 is chance and "
    "1 a perfect score; where a row states no chance level, the zero of its scale counts as chance. With its 95% "
    "interval; it is not tested.",
    "note_not_measured": "not measured",
    "note_measured_otherwise": "measured otherwise: {how}",
    "note_template": "{model}: measured with the template «{template}»",
    "note_no_items": "{a} and {b} are not tested: the items of one of them were not kept or cannot be resampled",
    "note_no_shared_items": "{a} and {b} are not tested: they share no document",
    "note_too_few_items": "{a} and {b} are not tested: too few items",
    "note_left_out": "{a} and {b} are compared on the documents that both answered; {count} are left out",
    "note_mean_left_out": "not in the mean: {rows}",
    "note_mean_no_interval": "{model}: no interval, as items of some rows were not kept",
    "forest_title": "{focus} against other models: {suite}",
    "forest_effect": "{before} (effect of alignment)",
    "forest_axis": "Difference in points between chance (0) and a perfect score (100), with its 95% interval; to the "
    "right, {focus} is better",
    "forest_stands": "filled: the difference stands after Holm's correction",
    "forest_mean": "mean of the language",
    "forest_nothing": "no differences to draw",
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
    "plan_suite": "Suite {suite}: {rows} rows",
    "plan_fetch": "will be fetched",
    "plan_unavailable": "not available",
    # What of a suite can be measured here
    "availability_fetch": "{data} will be fetched from the hub",
    "availability_metric": "the metric {detail} of the task {task} will be fetched from the hub",
    "availability_own_code": "the task {task} loads its data by code of its own",
    "availability_no_task": "lm-evaluation-harness has no task {task}",
    "availability_broken_task": "the task {task} cannot be read: {detail}",
    "availability_no_file": "no such file: {detail}",
    "availability_hub_off": "{data} is not in the cache, and the hub is switched off",
    "availability_hub_unreachable": "{data} is not in the cache, and the hub cannot be reached",
    "availability_asked_each_time": "read from the network each time, even once fetched: {data}; a task of one's own "
    "can read a local copy",
    "availability_no_metric": "the task {task} ends with the metric {detail}, whose code is not here; with a network, "
    "fetch it once: python -c 'import evaluate; evaluate.load(\"{detail}\")'",
    "availability_rows": "{what}: for {rows}",
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
