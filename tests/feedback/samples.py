"""Preferences and sessions, written for the tests."""

from pathlib import Path
from typing import Any

from acord.feedback.record import Preference, new_preference
from acord.feedback.session import FeedbackSession, load_session
from acord.feedback.store import FeedbackStore

SESSION = """
name: servici de proves
purpose: triar entre dos models
retention: fins al 31 de desembre
contact: dades@example.org
annotators: {annotators}
overlap: {overlap}
prompts:
  - Què és el padró?
  - {{id: greet, messages: [{{role: user, content: "Hola"}}]}}
  - "¿Dónde está el registro?"
"""


def prefer(prompt: str = "What is the padrón?", choice: str = "1", **more: Any) -> Preference:
    """A preference for one of two replies to a text."""
    values: dict[str, Any] = {"replies": ("good", "bad"), "models": ("new", "old"), **more}
    return new_preference(prompt=[{"role": "user", "content": prompt}], choice=choice, **values)


def write_session(folder: Path, *, annotators: str = "named", overlap: int = 2, extra: str = "") -> Path:
    """A session's file of three prompts."""
    path = folder / "session.yaml"
    path.write_text(SESSION.format(annotators=annotators, overlap=overlap) + extra, encoding="utf-8")
    return path


def open_session(folder: Path, **settings: Any) -> FeedbackSession:
    """A session in progress, whose answers go to a file in the folder."""
    return FeedbackSession(load_session(write_session(folder, **settings)), FeedbackStore(folder / "answers.jsonl"))


def answer(session: FeedbackSession, token: str, choice: str = "1", **more: Any) -> str | None:
    """Answer the next prompt as a server would. Returns its id, None where there is none."""
    prompt = session.next_prompt(token)
    if prompt is None:
        return None
    values = {"replies": ("good", "bad"), "models": ("new", "old"), "language": "va", **more}
    given = new_preference(
        prompt=prompt.messages,
        choice=choice,
        annotator=session.shown(token),
        session=session.session.name,
        prompt_id=prompt.id,
        **values,
    )
    session.store.add(given)
    return prompt.id
