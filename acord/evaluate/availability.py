"""What of a suite can be measured here, told before anything starts: present, to be fetched, or not to be had and why.

Nothing is fetched. The places looked at are those where the `datasets` and `evaluate` libraries keep what they fetched
once: both use them when the hub cannot be asked.
"""

import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from acord.errors import InputError
from acord.evaluate.registry import Measure, measures_of, task_config
from acord.evaluate.suite import Row, Suite
from acord.languages import LANGUAGES, text
from acord.languages.language import Language

State = Literal["present", "fetch", "unavailable"]
# Loaders of the `datasets` library that read files instead of a data set's repository.
FILE_LOADERS = frozenset({"arrow", "csv", "json", "parquet", "text", "xml"})
ADDRESS = re.compile(r"^[a-z][a-z0-9+]*://")
HUB = "https://huggingface.co"
PROBE_SECONDS = 3.0
TRUE = frozenset({"1", "TRUE", "YES", "ON"})


class Network(NamedTuple):
    """What may be asked for. hub, metrics: "open", "off" (switched off) or "unreachable", for data and for metrics."""

    hub: str
    metrics: str


@dataclass(frozen=True)
class RowState:
    """A row before the start. data: where its items come from. cause: why it is so, a key of the interface's texts
    after `availability_`; empty where data is present. detail: what the text names."""

    row: str
    task: str
    data: str
    state: State
    cause: str = ""
    detail: str = ""

    @property
    def reason(self) -> str:
        """Why, in English, as results keep it; empty where the data is present."""
        return self._told(LANGUAGES["en"])

    def shown(self) -> str:
        """Why, in the interface's language."""
        return text(self._key, **self._values) if self.cause else ""

    def _told(self, language: Language) -> str:
        return language.texts[self._key].format(**self._values) if self.cause else ""

    @property
    def _key(self) -> str:
        return f"availability_{self.cause}"

    @property
    def _values(self) -> dict[str, str]:
        return {"task": self.task, "data": self.data, "detail": self.detail}


def check_rows(
    suite: Suite, *, probe: bool = False, environment: Mapping[str, str] = os.environ
) -> tuple[RowState, ...]:
    """The state of every row, in the suite's order.

    probe: ask once whether the hub can be reached, where something would be fetched; no network is used without it.
    Raises InputError for a metric or filter that a task does not report: that is a mistake in the suite.
    """
    network = network_of(environment)
    states = [_state(row, suite.include, network, environment) for row in suite.rows]
    if probe and any(one.state == "fetch" for one in states) and not hub_answers(environment):
        down = Network(*("unreachable" if one == "open" else one for one in network))
        states = [_state(row, suite.include, down, environment) for row in suite.rows]
    return tuple(states)


def listing(states: Sequence[RowState]) -> list[str]:
    """Lines for people, one for each thing that will be fetched or cannot be had, with the rows that it concerns."""
    rows: dict[str, list[str]] = {}
    for one in states:
        if one.state != "present":
            rows.setdefault(one.shown(), []).append(one.row)
    return [text("availability_rows", what=what, rows=", ".join(names)) for what, names in rows.items()]


def network_of(environment: Mapping[str, str]) -> Network:
    """What the flags of the `datasets`, `evaluate` and `huggingface_hub` libraries allow."""
    hub_off = _flag(environment, "HF_HUB_OFFLINE") or _flag(environment, "TRANSFORMERS_OFFLINE")
    # The flag of `datasets` decides over the hub's where it is set, either way.
    data_off = _flag(environment, "HF_DATASETS_OFFLINE") if "HF_DATASETS_OFFLINE" in environment else hub_off
    metrics_off = hub_off or _flag(environment, "HF_EVALUATE_OFFLINE")
    return Network("off" if data_off or hub_off else "open", "off" if metrics_off else "open")


def hub_answers(environment: Mapping[str, str]) -> bool:
    """Whether a connection to the hub can be opened, through the proxy where one is set. Waits three seconds."""
    proxy = next((environment[key] for key in ("https_proxy", "HTTPS_PROXY") if environment.get(key)), None)
    address = urlsplit(proxy or environment.get("HF_ENDPOINT", HUB))
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        with socket.create_connection((address.hostname or "", port), timeout=PROBE_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def _flag(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").upper() in TRUE


def _state(row: Row, include: Sequence[Path], network: Network, environment: Mapping[str, str]) -> RowState:
    try:
        config = task_config(row.task, include)
    except ValueError as error:
        return RowState(row.id, row.task, "", "unavailable", "broken_task", str(error))
    if config is None:
        return RowState(row.id, row.task, "", "unavailable", "no_task")
    _refuse_unreported(row, config)
    data = _data_state(row, config, network.hub, environment)
    if data.state == "unavailable":
        return data
    missing = [one for one in row.offline if not _metric_is_here(one, environment)]
    if not missing:
        return data
    named = ", ".join(missing)
    if network.metrics == "open":
        return data if data.state == "fetch" else RowState(row.id, row.task, data.data, "fetch", "metric", named)
    return RowState(row.id, row.task, data.data, "unavailable", "no_metric", named)


def _refuse_unreported(row: Row, config: dict[str, Any]) -> None:
    reported = measures_of(config)
    if reported and Measure(row.metric, row.filter) not in reported:
        known = ", ".join(
            one.metric if one.filter == "none" else f"{one.metric} under {one.filter}" for one in reported
        )
        raise InputError(
            f"the task {row.task} reports no {row.metric} under the filter {row.filter}",
            where=f"row {row.id}",
            fix=f"It reports: {known}.",
        )


def _data_state(row: Row, config: dict[str, Any], hub: str, environment: Mapping[str, str]) -> RowState:
    path, arguments = str(config.get("dataset_path") or ""), dict(config.get("dataset_kwargs") or {})
    if "class" in config:
        return RowState(row.id, row.task, row.task, "fetch", "own_code")
    if config.get("custom_dataset") or not path:
        return RowState(row.id, row.task, path or row.task, "present")
    if path in FILE_LOADERS:
        return _files_state(row, path, arguments, hub)
    if Path(path).is_dir():
        return RowState(row.id, row.task, path, "present")
    name = config.get("dataset_name")
    data = path if name is None else f"{path} ({name})"
    if _is_cached(path, name, arguments, datasets_cache(environment)):
        return RowState(row.id, row.task, data, "present")
    if hub == "open":
        return RowState(row.id, row.task, data, "fetch", "fetch")
    return RowState(row.id, row.task, data, "unavailable", f"hub_{hub}")


def _files_state(row: Row, loader: str, arguments: dict[str, Any], hub: str) -> RowState:
    """Of a task that names its files: local ones are there or not; others are listed on the hub each time."""
    files = _flat(arguments.get("data_files")) or _flat(arguments.get("data_dir"))
    data = ", ".join(files) or loader
    missing = [file for file in files if not ADDRESS.match(file) and not _matches(file)]
    if missing:
        return RowState(row.id, row.task, data, "unavailable", "no_file", ", ".join(missing))
    if not any(ADDRESS.match(file) for file in files):
        return RowState(row.id, row.task, data, "present")
    if hub == "open":
        return RowState(row.id, row.task, data, "fetch", "fetch")
    return RowState(row.id, row.task, data, "unavailable", "asked_each_time")


def data_files(row: Row, include: Sequence[Path], environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The local files that say what a row's data is: its own, or the description of what lies in the cache.

    Descriptions of cached data sets hold the checksums of what was fetched. Sorted; none where a task makes its data.
    """
    config = task_config(row.task, include) or {}
    path, arguments = str(config.get("dataset_path") or ""), dict(config.get("dataset_kwargs") or {})
    if path in FILE_LOADERS:
        named = _flat(arguments.get("data_files")) or _flat(arguments.get("data_dir"))
        places = [place for name in named if not ADDRESS.match(name) for place in _places(name)]
    elif Path(path).is_dir():
        places = [Path(path)]
    else:
        *owner, short = path.split("/")
        places = [
            *(datasets_cache(environment) / "___".join([*owner, _snake_case(short)])).glob("*/*/*/dataset_info.json")
        ]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    return sorted(files)


def _places(pattern: str) -> Iterator[Path]:
    """The path itself, there or not; of a pattern, what it finds."""
    place = Path(pattern)
    if any(mark in pattern for mark in "*?["):
        yield from Path(place.anchor or ".").glob(str(place.relative_to(place.anchor)))
    else:
        yield place


def _flat(files: Any) -> list[str]:
    if files is None:
        return []
    if isinstance(files, str):
        return [files]
    return [name for one in (files.values() if isinstance(files, dict) else files) for name in _flat(one)]


def _matches(pattern: str) -> bool:
    """Whether a local path is there; of a pattern, whether it finds something."""
    return any(place.exists() for place in _places(pattern))


def datasets_cache(environment: Mapping[str, str]) -> Path:
    """Where the `datasets` library keeps data sets that it has prepared."""
    named = environment.get("HF_DATASETS_CACHE")
    return Path(named).expanduser() if named else _hub_home(environment) / "datasets"


def _hub_home(environment: Mapping[str, str]) -> Path:
    cache = environment.get("XDG_CACHE_HOME", "~/.cache")
    return Path(environment.get("HF_HOME") or Path(cache) / "huggingface").expanduser()


def _is_cached(path: str, name: str | None, arguments: dict[str, Any], cache: Path) -> bool:
    """Whether a prepared copy lies in the cache: <owner>___<data set>/<configuration>/<version>/<hash>."""
    *owner, short = path.split("/")
    folder = cache / "___".join([*owner, _snake_case(short)])
    # Arguments beyond the name add a hash of theirs to the configuration.
    more = "-*" if arguments.keys() - {"trust_remote_code"} else ""
    configuration = "*" if name is None and not more else f"{name or 'default'}{more}"
    return any(True for _ in folder.glob(f"{configuration}/*/*/dataset_info.json"))


def _snake_case(name: str) -> str:
    """A data set's name as `datasets` names its folder: COPA-ca is copa-ca, EsCoLA es_co_la."""
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", parted).lower()


def _metric_is_here(name: str, environment: Mapping[str, str]) -> bool:
    """Whether a metric's script lies where `evaluate` looks for it without the hub."""
    named = environment.get("HF_MODULES_CACHE")
    modules = Path(named).expanduser() if named else _hub_home(environment) / "modules"
    folder = modules / "evaluate_modules" / "metrics" / f"evaluate-metric--{name}"
    return any(len(file.parent.name) == 64 for file in folder.glob(f"*/{name}.py"))
