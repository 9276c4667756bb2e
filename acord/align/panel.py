"""A training's standing as people read it: a few lines on a terminal, one line elsewhere.

No line is padded to the terminal's width, so that a terminal made narrower has nothing to fold.
"""

from collections.abc import Sequence

from acord.align.progress import Standing
from acord.align.usage import Usage
from acord.console import bar, format_seconds
from acord.languages import interface_language, text

BAR_WIDTH = 24
MARGIN = "  "


def panel_lines(standing: Standing, usage: Usage | None) -> list[str]:
    """What stands where, how well, how fast; each at most about 60 columns wide for three languages."""
    share = standing.step / max(1, standing.steps)
    head = f"{_steps(standing)}  {bar(share, BAR_WIDTH)} {_percent(share)}"
    figures = [text("watch_loss", loss=standing.loss)] if standing.loss is not None else []
    figures.append(text("watch_rate", rate=_rate(standing.rate)))
    if standing.gradient_norm is not None:
        figures.append(text("watch_gradient", norm=standing.gradient_norm))
    if standing.skipped:
        figures.append(text("watch_skipped", skipped=standing.skipped))
    quick = [_tokens(standing), *_used(usage), _left(standing)]
    lines = [head, _joined(figures), *_measured(standing), _joined(quick)]
    return [lines[0], *(f"{MARGIN}{line}" for line in lines[1:] if line)]


def plain_line(standing: Standing, usage: Usage | None) -> str:
    """The same in one line, for logs."""
    loss = [] if standing.loss is None else [text("watch_loss", loss=standing.loss)]
    measured = [] if standing.overall is None else [f"{text(f'watch_{standing.measure}')} {' '.join(_means(standing))}"]
    return ", ".join(
        part for part in (_steps(standing), *loss, *measured, _tokens(standing), *_used(usage), _left(standing)) if part
    )


def _measured(standing: Standing) -> list[str]:
    """By language, and over what the means are."""
    if standing.overall is None:
        return []
    means = MARGIN.join(_means(standing))
    latest = text("watch_latest", steps=standing.latest)
    return [f"{text(f'watch_{standing.measure}')} {means}  {latest}"]


def _means(standing: Standing) -> list[str]:
    named = {**standing.languages, text("watch_all"): standing.overall or 0.0}
    return [f"{tag} {_decimal(value)}" for tag, value in named.items()]


def _steps(standing: Standing) -> str:
    return text("watch_step", step=standing.step, steps=standing.steps)


def _tokens(standing: Standing) -> str:
    return "" if standing.tokens_a_second is None else text("watch_tokens", tokens=round(standing.tokens_a_second))


def _left(standing: Standing) -> str:
    if standing.seconds_left is None or standing.step >= standing.steps:
        return ""
    return text("watch_left", time=_localised(format_seconds(standing.seconds_left)))


def _used(usage: Usage | None) -> list[str]:
    if usage is None:
        return []
    known = [] if usage.share is None else [f"{usage.device.upper()} {_percent(usage.share)}"]
    return [*known, text("watch_memory", used=usage.memory / 1e9, of=usage.of / 1e9)]


def _joined(parts: Sequence[str]) -> str:
    return MARGIN.join(part for part in parts if part)


def _percent(share: float) -> str:
    # Spanish and Valencian set a space before the sign.
    return text("watch_percent", percent=int(share * 100 + 0.5))


def _rate(rate: float) -> str:
    return _localised(f"{rate:.1e}" if rate else "0")


def _decimal(value: float) -> str:
    return _localised(f"{value:.2f}")


def _localised(number: str) -> str:
    return number.replace(".", interface_language().decimal)
