"""Where a training stands: means over its latest steps, rates and time left, from the records of metrics.jsonl."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LATEST = 50

Record = Mapping[str, Any]


class Standing(NamedTuple):
    """What is shown of a training.

    loss, and of each language the measure (accuracy; nll where no replies are compared): means over the `latest` steps
    that made an update, weighted by pairs; None and absent before the first. rate, gradient_norm: of the last step.
    tokens_a_second: distinct tokens. seconds_left: None while unknown.
    """

    step: int
    steps: int
    latest: int
    loss: float | None
    rate: float
    gradient_norm: float | None
    skipped: int
    measure: str
    overall: float | None
    languages: dict[str, float]
    tokens_a_second: float | None
    seconds_left: float | None


class _Moment(NamedTuple):
    at: float
    pairs: int


@dataclass
class Progress:
    """Takes a training's records as they come.

    steps: of the whole training. pairs_left: those of the steps that are still to come, which set the time left.
    """

    steps: int
    pairs_left: int
    started: float
    skipped: int = 0
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=LATEST))
    moments: deque[_Moment] = field(default_factory=lambda: deque(maxlen=LATEST + 1))

    def earlier(self, records: Sequence[Record]) -> None:
        """Steps of before this process began: they count in means, and not in rates."""
        self.skipped += sum(bool(record["skipped"]) for record in records)
        self.records.extend(records)

    def step(self, record: Record, pairs: int, now: float) -> None:
        """One step is done. now: seconds of a clock that never goes back, as `started`."""
        if not self.moments:
            self.moments.append(_Moment(self.started, 0))
        elif self.moments[0].at == self.started:
            # The first step loads and compiles what the others find ready.
            self.moments.popleft()
        self.moments.append(_Moment(now, pairs))
        self.earlier([record])
        self.pairs_left -= pairs

    def standing(self) -> Standing:
        """Raises IndexError where no step is done."""
        last = self.records[-1]
        updates = [record for record in self.records if not record["skipped"]]
        measure = "accuracy" if any("accuracy" in record for record in updates) else "nll"
        tags = sorted({tag for record in updates for tag in record.get("languages", {})})
        of_languages = {tag: [r["languages"][tag] for r in updates if tag in r.get("languages", {})] for tag in tags}
        means = {tag: _mean(parts, measure) for tag, parts in of_languages.items()}
        return Standing(
            step=int(last["step"]),
            steps=self.steps,
            latest=len(updates),
            loss=_mean(updates, "loss"),
            rate=float(last["learning_rate"]),
            gradient_norm=last["grad_norm"],
            skipped=self.skipped,
            measure=measure,
            overall=_mean(updates, measure),
            languages={tag: mean for tag, mean in means.items() if mean is not None},
            tokens_a_second=tokens_a_second(list(self.records)[-max(1, len(self.moments) - 1) :]),
            seconds_left=self._seconds_left(),
        )

    def _seconds_left(self) -> float | None:
        if len(self.moments) < 2:
            return None
        first, last = self.moments[0], self.moments[-1]
        done = sum(moment.pairs for moment in list(self.moments)[1:])
        if not done:
            return None
        return max(0, self.pairs_left) * (last.at - first.at) / done


def tokens_a_second(records: Sequence[Record]) -> float | None:
    """Distinct tokens a second over some steps, None where they took no time."""
    seconds = sum(record["seconds"] for record in records)
    return sum(record["tokens_distinct"] for record in records) / seconds if seconds else None


def _mean(parts: Sequence[Record], name: str) -> float | None:
    """Weighted by pairs, over the parts that have the figure."""
    known = [(part[name], part["pairs"]) for part in parts if part.get(name) is not None]
    pairs = sum(count for _, count in known)
    return sum(value * count for value, count in known) / pairs if pairs else None
