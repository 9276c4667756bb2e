"""On what the run was made and how long it took, stage by stage, from the manifests."""

from datetime import datetime
from typing import NamedTuple

from acord.card.evidence import STAGES, Evidence
from acord.card.writing.markdown import blocks, bullets, code, md, table
from acord.card.writing.wording import Wording
from acord.manifest import Manifest

HOUR, MINUTE = 3600, 60


class Time(NamedTuple):
    """Of a stage: seconds from its beginning to its end, and those times accelerators and times cores."""

    wall: float
    accelerator: float
    cores: float


def environment(evidence: Evidence, words: Wording) -> str:
    """Machines, times, software."""
    manifests = {stage: evidence.manifests[stage] for stage in STAGES if stage in evidence.manifests}
    times = {stage: time_of(manifest) for stage, manifest in manifests.items()}
    rows = [[code(stage), _device(manifests[stage], words), *_shown(time, words)] for stage, time in times.items()]
    whole = Time(*(sum(parts) for parts in zip(*times.values(), strict=True))) if times else Time(0, 0, 0)
    rows.append([words.say("env_total"), "", *_shown(whole, words)])
    training = evidence.figures("align").get("seconds")
    main = manifests.get("align") or next(iter(manifests.values()), None)
    return blocks(
        f"## {words.say('h_environment')}",
        table(words.heads("env_heads"), rows, numbers=(2, 3, 4)),
        bullets(
            [
                words.say("env_about"),
                words.say("env_training", seconds=float(training)) if training is not None else "",
                _machine(main, words) if main else "",
                words.say("env_versions", versions=_versions(main)) if main else "",
                words.say("env_energy"),
            ]
        ),
    )


def time_of(manifest: Manifest) -> Time:
    """How long a stage took. Raises ValueError for times that are none."""
    wall = (datetime.fromisoformat(manifest.finished) - datetime.fromisoformat(manifest.started)).total_seconds()
    accelerated = manifest.machine.get("accelerator") is not None
    return Time(wall, wall if accelerated else 0.0, wall * (manifest.machine.get("cores") or 1))


def _shown(time: Time, words: Wording) -> list[str]:
    forms = [",.2f" if seconds >= HOUR else ".4f" if seconds else ".0f" for seconds in time[1:]]
    hours = [words.number(seconds / HOUR, form) for seconds, form in zip(time[1:], forms, strict=True)]
    return [duration(time.wall, words), *hours]


def duration(seconds: float, words: Wording) -> str:
    """Seconds, minutes or hours, whichever is read most easily."""
    if seconds < MINUTE:
        return words.say("env_seconds", seconds=seconds)
    if seconds < HOUR:
        return words.say("env_minutes", minutes=seconds / MINUTE)
    return words.say("env_hours", hours=seconds / HOUR)


def _device(manifest: Manifest, words: Wording) -> str:
    machine = manifest.machine
    if machine.get("accelerator"):
        return md(machine["accelerator"])
    return words.say("env_cpu", processor=md(machine.get("processor") or "CPU"), cores=int(machine.get("cores") or 1))


def _machine(manifest: Manifest, words: Wording) -> str:
    machine = manifest.machine
    return words.say(
        "env_memory",
        gigabytes=machine.get("memory_bytes", 0) / 1e9,
        system=md(machine.get("system", "")),
        architecture=md(machine.get("architecture", "")),
    )


def _versions(manifest: Manifest) -> str:
    return ", ".join(f"{md(name)} {md(version)}" for name, version in manifest.versions.items())
