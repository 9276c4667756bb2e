"""Every reason for which a row is dropped has words in Valencian and Spanish."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import acord.data
from acord.languages import set_language
from acord.languages.reasons import _REASONS, reason_text

# The calls whose argument, by its place, is a reason.
CALLS = {"NoPair": 0, "Fault": 0, "drop": 1, "refuse": 1, "mark": 1, "Untranslated": 0}
# Faults of segments, which are the detail of a text's reason.
APART = ("acord.data.translate.check",)


def reasons() -> Iterator[tuple[str, str]]:
    """Reason and module: texts that stand in such calls, or constants of the module that do."""
    for info in pkgutil.walk_packages(acord.data.__path__, "acord.data."):
        if info.name in APART:
            continue
        module = importlib.import_module(info.name)
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
            if not isinstance(node, ast.Call) or name not in CALLS or len(node.args) <= CALLS[name]:
                continue
            reason = node.args[CALLS[name]]
            if isinstance(reason, ast.Constant) and isinstance(reason.value, str):
                yield reason.value, info.name
            elif isinstance(reason, ast.Name) and isinstance(getattr(module, reason.id, None), str):
                yield getattr(module, reason.id), info.name


FOUND = sorted({reason for reason, _ in reasons()})


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    set_language("en")


def test_reasons_are_found_where_they_stand() -> None:
    assert len(FOUND) > 40
    assert {"beyond the quota", "not JSON", "translation broke the text", "chosen equals rejected"} <= set(FOUND)


@pytest.mark.parametrize("reason", FOUND)
def test_every_reason_has_its_words(reason: str) -> None:
    set_language("en")
    assert reason_text(reason) == reason
    said = {reason}
    for language in ("va", "es"):
        set_language(language)
        said.add(reason_text(reason))
    assert len(said) >= 2, reason
    assert reason in _REASONS


def test_what_has_no_words_is_said_as_it_is() -> None:
    set_language("va")
    assert reason_text("the column text is missing") == "the column text is missing"
