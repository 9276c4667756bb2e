"""A judge that vLLM serves for the run alone: started on this machine, asked over loopback, and ended with the run.

For jobs on a cluster, whose nodes reach no other machine. The server runs under a guard that ends with this process,
however that ends; its key is drawn anew and stands in the environment, never on a command line.
"""

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import httpx2

from acord.console import say
from acord.endpoint import read_key
from acord.errors import InputError, MachineError
from acord.evaluate.loading import weights_identity
from acord.languages import text
from acord.models import find_model, sha256_of
from acord.recipe import JudgeModel
from acord.serve.child import Child, start
from acord.serve.lives import ended
from acord.serve.vllm import (
    ENDING,
    LONGEST_START,
    PLAIN,
    environment_of,
    free_port,
    healthy,
    vllm_program,
    with_last_line,
)

# Seconds between two looks while the model loads.
LOOKING = 0.5
# Where it is asked for, and what to do instead.
WITHOUT_VLLM = ("judge.serve", "give an endpoint")


class Listening(NamedTuple):
    """Where a server is to listen on 127.0.0.1, and under which name."""

    port: int
    name: str


Command = Callable[[JudgeModel, Path, Listening], Sequence[str]]


def vllm_command(judge: JudgeModel, folder: Path, place: Listening) -> list[str]:
    """The command line for a judge whose model lies in a folder. Raises InputError where vLLM is not installed."""
    program = vllm_program(*WITHOUT_VLLM)
    return [
        *(program, "serve", str(folder), "--host", "127.0.0.1", "--port", str(place.port)),
        *("--served-model-name", place.name, "--tensor-parallel-size", str(judge.gpus)),
        *PLAIN,
    ]


def check_can_be_asked(judge: JudgeModel) -> None:
    """What is missing here for a judge, told before models answer for hours. Raises InputError."""
    if judge.serve is None:
        read_key(judge.key_variable)
    else:
        vllm_program(*WITHOUT_VLLM)
        find_model(judge.serve)


@contextmanager
def served(
    judge: JudgeModel, *, digest: Callable[[Path], str] = sha256_of, command: Command = vllm_command
) -> Iterator[JudgeModel]:
    """The judge with an endpoint, for as long as the context lasts; one that has an endpoint is given back as it is.

    Its name there holds the hash of its weights, so that another judge in the same folder is another judge. digest:
    sha256 of a file. Raises InputError where the model is not there or the server ends before it is ready, with its
    last line, and MachineError where it is not ready within an hour.
    """
    if judge.serve is None:
        yield judge
        return
    folder = find_model(judge.serve)
    place = Listening(free_port(), f"{judge.shown}@{weights_identity(folder, digest=digest)[:12]}")
    variable = f"ACORD_JUDGE_KEY_{secrets.token_hex(4).upper()}"
    key = secrets.token_urlsafe(32)
    asked = list(command(judge, folder, place))
    environment = environment_of(key)

    def guarded(number: int) -> list[str]:
        return [sys.executable, "-P", "-m", "acord.serve.guard", str(number), *asked]

    say(text("judge_serving", judge=judge.shown))
    with tempfile.TemporaryFile() as log:
        child = start(guarded, output=log, environment=environment)
        try:
            _wait(child, place, log)
            os.environ[variable] = key
            url = f"http://127.0.0.1:{place.port}/v1"
            known = {"name": judge.shown, "endpoint": url, "model": place.name, "key_variable": variable}
            yield judge.model_copy(update={**known, "serve": None})
        finally:
            os.environ.pop(variable, None)
            _end(child)


def _wait(child: Child, place: Listening, log: IO[bytes]) -> None:
    began = time.monotonic()
    child.link.settimeout(LOOKING)
    with httpx2.Client(base_url=f"http://127.0.0.1:{place.port}", timeout=5.0, trust_env=False) as client:
        while time.monotonic() - began < LONGEST_START:
            try:
                told = child.link.recv(16)
            except TimeoutError:
                if healthy(client):
                    return
                continue
            code = int(told) if told else child.end()
            raise InputError(with_last_line(ended(code, "vllm"), log), where="judge.serve",
                             fix="Try the command by hand, or give an endpoint.")  # fmt: skip
    raise MachineError(f"vllm was not ready within {LONGEST_START:g} s", where="judge.serve", fix="Run it again.")


def _end(child: Child) -> None:
    try:
        child.link.send(b"e")
        child.code(ENDING)
    except OSError:
        child.end()
    finally:
        child.link.close()
