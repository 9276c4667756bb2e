"""Generated markdown messages through the real translator: what must be kept is there to the last character."""

from pathlib import Path

import pytest
from markdown_messages import keeps, kept, message, prose, text_of

from tests.data.translate.samples import FunctionBackend, apertium, needs_apertium, with_backend


def test_the_measure_sees_what_is_broken() -> None:
    parts = [kept("- "), prose("la casa"), kept(" `y`"), prose(" y"), kept(".\n")]
    assert keeps(parts, "- la llar, la casa `y` i.\n")
    for broken in (
        "- la casa `i` y.\n",
        "- la casa`y` y.\n",
        "- `y` y.\n",
        "la casa `y` y.\n",
        "- la\ncasa `y` y.\n",
        "- la casa `y` y\n",
    ):
        assert not keeps(parts, broken)


def test_upper_case_keeps_structure_too(tmp_path: Path) -> None:
    messages = [message(seed) for seed in range(300)]
    with with_backend(FunctionBackend(str.upper), tmp_path) as made:
        results = made.translate([text_of(one) for one in messages])
    assert [
        seed for seed, result in enumerate(results) if not isinstance(result, str) or not keeps(messages[seed], result)
    ] == []


def _broken(seeds: range, folder: Path) -> list[int]:
    messages = {seed: message(seed) for seed in seeds}
    with apertium(folder) as made:
        results = made.translate([text_of(one) for one in messages.values()])
    return [
        seed
        for seed, result in zip(seeds, results, strict=True)
        if not isinstance(result, str) or not keeps(messages[seed], result)
    ]


@needs_apertium
@pytest.mark.slow
def test_structure_of_200_messages(tmp_path: Path) -> None:
    assert _broken(range(10_000, 10_200), tmp_path) == []
