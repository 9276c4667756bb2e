"""A server as its users have it: a process of `acord serve` with the bundled model, on a free port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from acord.bundled import bundled_path

COMMAND = (sys.executable, "-c", "from acord.cli import main; main()", "serve")
SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """address: a URL without a slash at its end. log: what it writes to standard error."""

    address: str
    process: "subprocess.Popen[str]"
    log: Path

    def engine_processes(self) -> list[int]:
        """The processes that it has started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [
            int(number) for number in {*children.split(), *(n for file in threads for n in file.read_text().split())}
        ]

    def wait_until(self, status: int, seconds: float = SECONDS) -> float:
        """Until /health answers so -> how long that took."""
        began = time.monotonic()
        with httpx2.Client(base_url=self.address) as client:
            while time.monotonic() - began < seconds:
                if client.get("/health").status_code == status:
                    return time.monotonic() - began
                time.sleep(0.05)
        raise AssertionError(f"/health did not answer {status}:\n{self.log.read_text()}")


@contextmanager
def serving(
    *options: str, environment: Mapping[str, str] | None = None, ready: bool = True, command: Sequence[str] = COMMAND
) -> Iterator[Server]:
    """A server that ends with the block. ready: wait until its model is loaded."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [*command, str(bundled_path("model")), "--port", "0", "--name", "bundled", *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "LC_ALL": "C", **(environment or {})},
            )
        try:
            assert process.stdout is not None
            server = Server(process.stdout.readline().strip(), process, log)
            assert server.address, log.read_text()
            if ready:
                server.wait_until(200)
            yield server
        finally:
            process.send_signal(signal.SIGKILL if process.poll() is not None else signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
