"""Workers on one machine: started, watched, told of signals, ended; and what ended them, in one line."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from acord.errors import MachineError, Stopped
from acord.processes import STORE_VARIABLE, stall_seconds
from acord.run import passed_on

Children = Mapping[int, "subprocess.Popen[bytes]"]

LOOK_EVERY, PULSE_EVERY = 0.05, 0.5
# What the others get to tell what they met, when one has ended.
GRACE = 5.0
# A worker beats every second at least: after so long without, it does nothing any more.
SILENT = 3.0
FORWARDED = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)
PARENT_VARIABLE = "ACORD_PARENT"


def start_workers(job: Path, *, first: int, locks: Sequence[int] = ()) -> dict[int, "subprocess.Popen[bytes]"]:
    """Start this machine's workers of a job, ranks `first` and on. locks: descriptors that they keep locked as well."""
    content = json.loads(job.read_text(encoding="utf-8"))
    count = content["processes"]
    children: dict[int, subprocess.Popen[bytes]] = {}
    try:
        for local in range(count):
            children[first + local] = subprocess.Popen(  # noqa: S603  an argument list, no shell
                [sys.executable, "-P", "-m", "acord.run.worker", str(job)],
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                env={**os.environ, **_place(first + local, local, content)},
                pass_fds=list(locks),
                start_new_session=True,
            )
    except BaseException:
        end_all(children)
        raise
    return children


def _place(rank: int, local: int, job: dict[str, Any]) -> dict[str, str]:
    """A worker's place, as torchrun states it."""
    alone_here = {"GLOO_SOCKET_IFNAME": "lo"} if job["one_machine"] and sys.platform == "linux" else {}
    return {
        **{name: value for name, value in alone_here.items() if name not in os.environ},
        "RANK": str(rank),
        "LOCAL_RANK": str(local),
        "WORLD_SIZE": str(job["size"]),
        "LOCAL_WORLD_SIZE": str(job["processes"]),
        STORE_VARIABLE: job["store"],
        PARENT_VARIABLE: str(os.getpid()),
    }


def end_all(children: Children) -> None:
    """Kill those that still run; each leads a session of its own, and what it started goes with it."""
    for child in children.values():
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


class Pulse:
    """The signs of life that workers leave in the store: how often they beat, and how far they have come."""

    def __init__(self, store: Any, size: int) -> None:
        self._store, self.size = store, size
        self._beats: dict[int, tuple[str, float]] = {}
        self._progress: dict[int, int] = {}
        self.limit = stall_seconds()

    def look(self, now: float) -> None:
        """Read the store."""
        for rank in range(self.size):
            told = self.of(rank, "beat")
            if told is None:
                continue
            beat, _, progress = told.partition(" ")
            if self._beats.get(rank, ("", 0.0))[0] != beat:
                self._beats[rank] = beat, now
            self._progress[rank] = int(progress)

    def of(self, rank: int, kind: str) -> str | None:
        """What the store has of a rank."""
        key = f"{kind}/{rank}"
        return self._store.get(key).decode() if self._store.check([key]) else None

    def silent(self, now: float, seconds: float) -> list[int]:
        """Ranks that have given a sign of life, but none for so long."""
        ended = ("left", "fault", "exit")
        return [
            rank
            for rank, (_, seen) in self._beats.items()
            if now - seen > seconds and not any(self.of(rank, kind) is not None for kind in ended)
        ]

    def behind(self) -> int | None:
        """The rank that all others wait for, where the notes of progress tell."""
        if len(self._progress) < self.size or self.size < 2:
            return None
        order = sorted(self._progress, key=self._progress.__getitem__)
        return order[0] if self._progress[order[0]] < self._progress[order[1]] else None


class Supervised:
    """Workers, or what starts them on other machines, and what has become of them: exit codes by rank."""

    def __init__(self, children: Children, pulse: Pulse) -> None:
        self.children, self.pulse = children, pulse
        self.codes: dict[int, int] = {}
        self.silent: list[int] = []

    def attend(self) -> None:
        """Return when all have ended, or one has failed or stalled and the others have had time to tell."""
        looked = 0.0
        while not self._over():
            time.sleep(LOOK_EVERY)
            if time.monotonic() >= looked + PULSE_EVERY:
                looked = self._look(self.pulse.limit)
        if all(code == 0 for code in self.codes.values()) and not self.silent:
            return
        until = time.monotonic() + (0.0 if self.silent else GRACE)
        while time.monotonic() < until and not self._all_ended():
            time.sleep(PULSE_EVERY)
            self._look(SILENT)

    def _look(self, limit: float) -> float:
        now = time.monotonic()
        self.pulse.look(now)
        self.silent = [rank for rank in self.pulse.silent(now, limit) if rank not in self.codes]
        return now

    def _over(self) -> bool:
        return self._all_ended() or any(self.codes.values()) or bool(self.silent)

    def _all_ended(self) -> bool:
        for rank, child in self.children.items():
            code = child.poll()
            if code is not None:
                self.codes[rank] = code
        return len(self.codes) == len(self.children)


@contextmanager
def forwarded(children: Children) -> Iterator[list[int]]:
    """Pass SIGTERM, SIGUSR1 and Ctrl-C on to the workers; the signals that came. Only a main thread hears them."""
    came: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
        if number == signal.SIGINT and number in came:
            raise KeyboardInterrupt
        came.append(number)
        for child in children.values():
            if child.poll() is None:
                with suppress(ProcessLookupError):
                    child.send_signal(number)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.signal(number, pass_on) for number in FORWARDED}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def explain(stage: str, team: Supervised, signals: Sequence[int]) -> None:
    """Raise what ended the workers, if it was not the end of their work: the likeliest cause of all that is known."""
    if all(code == 0 for code in team.codes.values()) and len(team.codes) == len(team.children) and not team.silent:
        return
    told = {rank: passed_on.read(text) for rank in range(team.pulse.size) if (text := team.pulse.of(rank, "fault"))}
    fix = "Run the same command again" + (
        ": training goes on after its newest checkpoint." if stage == "align" else "."
    )
    for one in told.values():
        if one.get("acord") or one["kind"] == "KeyboardInterrupt":
            raise passed_on.again(one)
    elsewhere = {rank: text for rank in range(team.pulse.size) if (text := team.pulse.of(rank, "exit"))}
    codes = {rank: code for rank, code in team.codes.items() if rank >= 0}
    codes |= {rank: int(text) for rank, text in elsewhere.items()}
    # nccl ends a process that has waited too long by SIGABRT: an effect.
    for last_resort in (False, True):
        for rank, code in sorted(codes.items()):
            if code < 0 and (last_resort or code != -signal.SIGABRT):
                _killed(stage, rank, -code, team.pulse.size, signals, fix)
        for one in told.values():
            if not one["lost_contact"]:
                raise passed_on.again(one)
        if team.silent or team.pulse.behind() is not None:
            break
    _stalled(stage, team, fix)


def _killed(stage: str, rank: int, number: int, size: int, signals: Sequence[int], fix: str) -> NoReturn:
    name = signal.Signals(number).name
    if number in signals and number == signal.SIGTERM:
        raise Stopped(f"{name} ended the run", where=stage, fix=fix)
    why = ", which the system does too where memory is short" if number == signal.SIGKILL else ""
    raise MachineError(f"the process of rank {rank} of {size} was killed by {name}{why}", where=stage, fix=fix)


def _stalled(stage: str, team: Supervised, fix: str) -> NoReturn:
    size, limit = team.pulse.size, team.pulse.limit
    rank = team.silent[0] if team.silent else team.pulse.behind()
    who = "a process" if rank is None else f"the process of rank {rank} of {size}"
    raise MachineError(f"{who} has not answered for {limit:g} seconds", where=stage, fix=fix)


def report(store: Any, rank: int, error: BaseException) -> None:
    """Tell the run's own process what this worker met."""
    with suppress(Exception):
        store.set(f"fault/{rank}", passed_on.as_json(error))
