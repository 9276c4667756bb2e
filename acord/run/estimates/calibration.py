"""How fast this machine trains, as it was measured once or as runs showed it: remembered in the folder of runs.

Entries are by machine and kind of computation; of another shape, the nearest one serves, and the estimate says so.
"""

import contextlib
import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acord.align.footprint import Setting
from acord.align.shape import Flops, Shape
from acord.manifest import describe_machine

FILE = "calibration.json"
MOST_ENTRIES = 200
MEASURED, RUN = "measured", "run"


@dataclass(frozen=True)
class Rates:
    """passes, forward: FLOP/s of forward with backward passes, and of forward ones alone.

    update: seconds that an optimizer step takes a trained parameter.
    """

    passes: float
    forward: float
    update: float

    def training_seconds(self, flops: Flops, updated: float, steps: int) -> float:
        """Of all optimizer steps. updated: trained parameters."""
        return (flops.forward + flops.backward + flops.again) / self.passes + steps * updated * self.update

    def forward_seconds(self, flops: float) -> float:
        """Of passes without gradients."""
        return flops / self.forward


@dataclass(frozen=True)
class Entry:
    """One measurement. how: measured (with --measure) or run. date: UTC, ISO 8601."""

    machine: str
    setting: tuple[Any, ...]
    threads: int
    shape: tuple[Any, ...]
    rates: Rates
    how: str
    date: str

    @property
    def hidden(self) -> int:
        return int(self.shape[1])

    @property
    def shape_named(self) -> str:
        """The shape, for people: layers x hidden width."""
        return f"{self.shape[0]}x{self.shape[1]}"


def this_machine() -> str:
    """What rates belong to: processor or GPU, by name and cores."""
    told = describe_machine()
    return f"{told['processor']}, {told['cores']} cores"


def entry_of(shape: Shape, setting: Setting, threads: int, rates: Rates, how: str) -> Entry:
    """An entry of now, here."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Entry(this_machine(), tuple(setting), threads, tuple(shape), rates, how, now)


def remember(runs: Path, entry: Entry) -> None:
    """Put an entry beside the others, in the place of an older one of the same kind, where that can be written."""
    from acord.run.disk import write_atomically

    same = (entry.machine, entry.setting, entry.threads, entry.shape, entry.how)
    kept = [old for old in recall(runs) if (old.machine, old.setting, old.threads, old.shape, old.how) != same]
    lines = ",\n".join(json.dumps(asdict(one)) for one in [*kept, entry][-MOST_ENTRIES:])
    # What is not remembered is assumed or measured again: no reason to end a run.
    with contextlib.suppress(OSError):
        runs.mkdir(parents=True, exist_ok=True)
        write_atomically(runs / FILE, f"[\n{lines}\n]\n")


def recall(runs: Path) -> list[Entry]:
    """All entries, the oldest first; a damaged file counts as empty."""
    try:
        return [_entry(one) for one in json.loads((runs / FILE).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _entry(content: dict[str, Any]) -> Entry:
    rates = Rates(**content["rates"])
    return Entry(**{**content, "setting": tuple(content["setting"]), "shape": tuple(content["shape"]), "rates": rates})


def nearest(runs: Path, shape: Shape, setting: Setting, threads: int) -> Entry | None:
    """The entry of this machine, device and precision whose shape is nearest; of equals the newest."""
    machine = this_machine()
    fitting = [
        entry
        for entry in recall(runs)
        if entry.machine == machine
        and entry.threads == threads
        and Setting(*entry.setting)[:2] == setting[:2]
        and Setting(*entry.setting).processes == setting.processes
    ]
    return min(reversed(fitting), key=lambda entry: _distance(entry, shape, setting), default=None)


def _distance(entry: Entry, shape: Shape, setting: Setting) -> float:
    """Width decides how fast matrices are multiplied, and layers hardly; so does what kind of training it is."""
    other = Shape(*entry.shape)
    pairs = ((other.hidden, shape.hidden, 4.0), (other.inner, shape.inner, 1.0), (other.layers, shape.layers, 0.5),
             (other.vocabulary, shape.vocabulary, 1.0), (other.keys, shape.keys, 1.0))  # fmt: skip
    apart = sum(weight * abs(math.log(mine / its)) for its, mine, weight in pairs)
    kind = Setting(*entry.setting)
    return apart + (0 if kind.recompute == setting.recompute else 0.5) + (0 if kind.rank == setting.rank else 0.5)


def is_same(entry: Entry, shape: Shape, setting: Setting) -> bool:
    """Whether an entry is of this very shape and kind."""
    return entry.shape == tuple(shape) and entry.setting == tuple(setting)
