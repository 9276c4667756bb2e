"""The estimate as people read it: rows of tables, and examples with what is scored of them."""

import sys

from acord.languages import text
from acord.run.estimates.costs import Costs
from acord.run.estimates.estimate import Estimate
from acord.run.estimates.rows import ShownRow, shortened

DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
Table = tuple[str, list[list[str]]]


def cost_tables(costs: Costs) -> list[Table]:
    """Title and rows of each table; those that would be empty are left out."""
    tables: list[Table] = []
    if costs.estimate is not None:
        one = costs.estimate
        title = text("estimate_title", device=one.device.label, processes=one.setting.processes)
        tables.append((title, _figures(one)))
        tables.append((text("estimate_grounds"), [[ground.shown()] for ground in one.grounds]))
    if costs.missing:
        tables.append((text("estimate_missing"), [[ground.shown()] for ground in costs.missing]))
    return tables


def _figures(one: Estimate) -> list[list[str]]:
    counted, memory, seconds = one.counted, one.memory, one.seconds
    rows = [
        ["work", text("estimate_work_value", pairs=counted.pairs, held_out=counted.held_out_pairs,
                      steps=counted.steps)],
        ["tokens", text("estimate_tokens_value", distinct=round(counted.training.tokens),
                        unshared=round(counted.tokens_unshared))],
        ["flops", text("estimate_flops_value", total=power(one.flops.total), training=power(one.flops.training),
                       reference=power(one.flops.reference))],
        ["memory", text("estimate_memory_value", peak=memory.device / 1e9, there=one.device.memory / 1e9)],
        ["memory_parts", text("estimate_memory_parts_value", state=memory.state / 1e9,
                              activations=memory.activations / 1e9, head=memory.head / 1e9,
                              rest=max(0.0, memory.device - memory.state - memory.activations - memory.head) / 1e9)],
        ["budget", text("estimate_budget_value", tokens=one.budget.tokens, precision=one.setting.precision)
                   + (text("estimate_again") if one.setting.recompute else "")],
        ["time", text("estimate_time_value", total=duration(seconds.total), training=duration(seconds.training),
                      reference=duration(seconds.reference))],
        ["disk", text("estimate_disk_value", total=one.disk.total / 1e9, models=one.disk.models / 1e9,
                      checkpoints=one.disk.checkpoints / 1e9)],
    ]  # fmt: skip
    if memory.on_gpu:
        rows.insert(5, ["host", text("estimate_host_value", peak=memory.host / 1e9)])
    if one.gpu_hours is not None:
        rows.append(["gpu_hours", text("estimate_gpu_hours_value", hours=one.gpu_hours)])
    if one.evaluation is not None:
        rows.append(["evaluation", _evaluation(one)])
    return [[text(f"estimate_{name}"), value] for name, value in rows]


def _evaluation(one: Estimate) -> str:
    told = one.evaluation
    assert told is not None  # noqa: S101  the caller's choice
    if told.items is None or told.flops is None:
        return text("estimate_evaluation_uncounted", rows=told.rows, models=told.models)
    return text("estimate_evaluation_value", items=told.items, models=told.models, flops=power(told.flops))


def power(flops: float) -> str:
    """FLOPs with a power of ten, as 1.23e15 is written among engineers."""
    return text("estimate_flop", flops=f"{flops:.2e}")


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, as exact as an estimate is."""
    if seconds < 90:
        return text("estimate_seconds", n=seconds)
    if seconds < 90 * 60:
        return text("estimate_minutes", n=seconds / 60)
    return text("estimate_hours", n=seconds / 3_600)


def shown_rows(rows: tuple[ShownRow, ...]) -> str:
    """Examples: what is scored in bold on a terminal, and between marks elsewhere; the prompt is dim."""
    drawn = sys.stdout.isatty()
    blocks = []
    for row in rows:
        title = text("estimate_row", id=row.id[:12], language=row.language, tokens=row.prompt_tokens)
        prompt = shortened(row.prompt, keep_end=True)
        lines = [title, f"    {DIM}{prompt}{PLAIN}" if drawn else f"    {prompt}"]
        for reply in row.replies:
            told = shortened(reply.text)
            scored = f"{BOLD}{told}{PLAIN}" if drawn else f"[[{told}]]"
            lines.append(f"    {text('estimate_scored', tokens=reply.tokens)} {scored}")
        blocks.append("\n".join(lines))
    return "\n".join([text("estimate_rows"), *blocks])
