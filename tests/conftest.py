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


# These take longest, the longest first: were they to start last, one worker would wait for the other.
LONG_FILES = (
    "test_cli.py",
    "test_docs.py",
    "benchmarks/test_scripts.py",
    "run/test_judgements.py",
    "serve/http/test_dying.py",
    "serve/http/test_soak.py",
    "benchmarks/test_sides.py",
    "evaluate/test_lm.py",
    "run/test_cluster_jobs.py",
    "run/test_evaluations.py",
    "serve/http/test_document.py",
    "benchmarks/test_serve.py",
    "serve/talk/test_terminal.py",
    "data/test_resume.py",
    "evaluate/test_statistics.py",
    "serve/page/",
    "card/",
)


def pytest_configure(config: pytest.Config) -> None:
    """pytest-xdist begins with the files of most tests, unless it is told to keep the order that is made here."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of the slow files slow, and put the long files first."""
    here = Path(__file__).parent
    place: dict[Path, int] = {}
    for item in items:
        name = item.path.relative_to(here).as_posix() if item.path.is_relative_to(here) else ""
        if name.startswith(SLOW_FILES):
            item.add_marker(pytest.mark.slow)
        first = (number for number, file in enumerate(LONG_FILES) if name.startswith(file))
        place.setdefault(item.path, next(first, len(LONG_FILES)))
    items.sort(key=lambda item: place[item.path])
