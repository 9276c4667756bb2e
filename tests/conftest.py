"""Tests run on models so small that a second thread only waits for the first."""

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _console_speaks_again() -> Iterator[None]:
    """A verb that was asked for JSON in this process says nothing; the next test may wait for a line."""
    from acord.console import configure

    configure(quiet=False)
    yield
    configure(quiet=False)
