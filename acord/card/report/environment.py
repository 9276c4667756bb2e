"""Where and how long: machines and versions of every stage, and what the plan chose for its reasons."""

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.markup import Section, bullets, code, fold, joined, paragraph, table
from acord.card.report.saying import heads, number, plain, say
from acord.manifest import Manifest
from acord.visible import visible_line

HOUR = 3_600
GIGABYTE = 10**9


def environment(evidence: Evidence) -> Section:
    """Stages with their times, the machines, the libraries."""
    manifests = evidence.manifests
    if not manifests:
        return Section("environment", say("environment"), paragraph(say("absent_environment")))
    parts = [
        paragraph(say("environment_about")),
        table(say("stages_caption"), heads("stages_heads"), [_stage(one) for one in manifests.values()], numbers=(3,)),
        bullets(_hours(manifests)),
        bullets(_plan(evidence)),
        fold(say("versions"), _versions(manifests)),
    ]
    return Section("environment", say("environment"), joined(parts))


def _stage(manifest: Manifest) -> tuple[str, ...]:
    return (
        manifest.stage,
        _time(manifest.started),
        _time(manifest.finished),
        _lasted(seconds_of(manifest)),
        _machine(manifest),
    )


def _machine(manifest: Manifest) -> str:
    machine = manifest.machine
    return say(
        "machine",
        processor=plain(machine.get("accelerator") or machine.get("processor") or "–"),
        cores=int(machine.get("cores") or 0),
        memory=float(machine.get("memory_bytes") or 0) / GIGABYTE,
    )


def seconds_of(manifest: Manifest) -> float:
    """From the beginning to the end of a stage."""
    started, finished = (datetime.fromisoformat(one) for one in (manifest.started, manifest.finished))
    return (finished - started).total_seconds()


def _time(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S} UTC"


def _lasted(seconds: float) -> str:
    if seconds < 60:
        return say("seconds", n=number(seconds, ".0f"))
    if seconds < HOUR:
        return say("minutes", n=number(seconds / 60, ".1f"))
    return say("hours", n=number(seconds / HOUR, ",.2f"))


def _hours(manifests: Mapping[str, Manifest]) -> list[str]:
    """Hours of accelerators and of processor cores, each stage's time by what it had."""
    on_gpu = [one for one in manifests.values() if one.machine.get("accelerator")]
    on_cpu = [one for one in manifests.values() if not one.machine.get("accelerator")]
    gpu = sum(seconds_of(one) for one in on_gpu) / HOUR
    cores = sum(seconds_of(one) * int(one.machine.get("cores") or 1) for one in on_cpu) / HOUR
    return [say("hours_gpu", hours=gpu) if on_gpu else "", say("hours_cores", hours=cores) if on_cpu else ""]


def _plan(evidence: Evidence) -> list[Markup]:
    """What the machine decided, with its reason as it was given."""
    figures = evidence.figures("plan")
    return [
        Markup("{}: {} ({})").format(code(key), plain(figures.get(key)), visible_line(str(reason)))
        for key, reason in figures.get("reasons", {}).items()
    ]


def _versions(manifests: Mapping[str, Manifest]) -> Markup:
    names = list(dict.fromkeys(name for one in manifests.values() for name in one.versions))
    rows = [
        (name, ", ".join(dict.fromkeys(one.versions[name] for one in manifests.values() if name in one.versions)))
        for name in names
    ]
    return table(say("versions"), heads("versions_heads"), rows)
