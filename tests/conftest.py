"""Tests run on models so small that a second thread only waits for the first."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _console_speaks_again() -> Iterator[None]:
    """A verb that was asked for JSON in this process says nothing; the next test may wait for a line."""
    from acord.console import configure

    configure(quiet=False)
    yield
    configure(quiet=False)


# Files that start servers, draw reports or judge whole suites: each takes seconds before its first test.
SLOW_FILES = (
    "card/test_build.py",
    "card/test_publish.py",
    "card/test_report.py",
    "card/test_verify.py",
    "run/test_judgement_faults.py",
    "run/test_judgements.py",
    "serve/http/",
    "serve/test_engine.py",
    "serve/test_vllm_engine.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of these files slow."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(SLOW_FILES):
            item.add_marker(pytest.mark.slow)
