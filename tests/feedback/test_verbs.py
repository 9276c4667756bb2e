"""`acord feedback export | delete | progress` as a user meets them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from acord.cli.feedback import feedback_app
from acord.console import configure
from acord.errors import InputError
from acord.feedback.session import FeedbackSession
from acord.languages import set_language

from .samples import answer, open_session, prefer, write_session


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    set_language("en")
    configure(quiet=False)


@pytest.fixture
def session(tmp_path: Path) -> FeedbackSession:
    """Two people have answered two prompts of three, and agree on one."""
    session = open_session(tmp_path)
    for who, choices in {"Anna": ("1", "1", "1"), "Biel": ("1", "2")}.items():
        token = session.join(who, agreed=True).token
        for choice in choices:
            answer(session, token, choice)
    session.store.add(prefer("outside\x1b[31m", annotator=None))
    return session


def run(*arguments: str) -> str:
    done = CliRunner().invoke(
        feedback_app, [*arguments, "--language", "en"], catch_exceptions=False, standalone_mode=False
    )
    if isinstance(done.exception, BaseException):
        raise done.exception
    return done.stdout


def as_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_export_to_stdout_is_the_file_and_commands_no_terminal(session: FeedbackSession) -> None:
    lines = run("export", str(session.store.path)).splitlines()
    kept = session.store.path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(line) for line in kept]
    assert "\x1b" not in "".join(lines)


def test_export_to_a_file_says_how_much(session: FeedbackSession, tmp_path: Path) -> None:
    to = tmp_path / "out.jsonl"
    done = as_json("export", str(session.store.path), "--to", str(to), "--format", "pairs", "--anonymous")
    assert done == {"rows": 6, "file": str(to)}
    assert "Anna" not in to.read_text()
    assert len(to.read_text().splitlines()) == 6


def test_delete_says_how_many(session: FeedbackSession) -> None:
    file = str(session.store.path)
    assert run("delete", file, session.store.read()[-1].id).splitlines()[-1] == "preferences deleted: 1"
    assert as_json("delete", file, "Anna") == {"deleted": 3}
    with pytest.raises(InputError, match="no annotator is called that"):
        run("delete", file, "Anna")
    assert {one.annotator for one in session.store.read()} == {"Biel"}


def test_progress_of_a_session(session: FeedbackSession, tmp_path: Path) -> None:
    (one,) = as_json("progress", str(session.store.path), "--session", str(write_session(tmp_path)))["sessions"]
    assert one["annotators"] == [{"shown": "Anna", "done": 3, "of": 3}, {"shown": "Biel", "done": 2, "of": 3}]
    assert (one["prompts"], one["complete"], one["preferences"]) == (3, 2, 5)
    agreement = one["agreement"]
    # Values new, new and new, old: by the definition, 1 - (2/4) / (6/12).
    assert agreement["alpha"] == pytest.approx(0.0)
    assert (agreement["units"], agreement["answers"]) == (2, 4)
    assert agreement["low"] <= agreement["alpha"] <= agreement["high"]


def test_progress_without_the_sessions_file_shows_every_session(session: FeedbackSession) -> None:
    shown = run("progress", str(session.store.path))
    assert "servici de proves, answers: 5" in shown
    assert "  Anna, answers: 3\n" in shown
    assert "alpha): 0.00, 95% interval" in shown
    assert "outside of sessions, answers: 1" in shown


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for verb in (["export"], ["progress"], ["delete"]):
        with pytest.raises(InputError, match="no such file"):
            run(*verb, str(tmp_path / "none.jsonl"), *(["x"] if verb == ["delete"] else []))
    session = str(write_session(tmp_path))
    (one,) = as_json("progress", str(tmp_path / "none.jsonl"), "--session", session)["sessions"]
    assert (one["complete"], one["agreement"]) == (0, None)
