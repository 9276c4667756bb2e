"""What people prefer: their choices into the file of preferences, and the session that asks for them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from acord.console import say
from acord.errors import InputError
from acord.feedback.language import language_of
from acord.feedback.record import Preference, new_preference
from acord.feedback.session import Annotator, Done, FeedbackSession, Progress
from acord.feedback.session_file import SessionPrompt
from acord.feedback.store import FeedbackStore
from acord.serve.http.comparisons import Comparison, Comparisons
from acord.serve.http.errors import ApiError
from acord.visible import visible_line

T = TypeVar("T")


@dataclass(frozen=True)
class Opinions:
    """store, session: None where the server was started without. Files are read and written in another thread."""

    store: FeedbackStore | None = None
    session: FeedbackSession | None = None
    comparisons: Comparisons = field(default_factory=Comparisons)

    async def annotator(
        self, given: str | None, prompt_id: str | None, messages: tuple[dict[str, str], ...]
    ) -> str | None:
        """Whose preference it will be, as it names them. given: a token in a session, else a name.

        Raises ApiError (400) for an unknown token, and for a prompt that is none of the session's.
        """
        if self.session is None:
            if prompt_id is not None:
                raise _wrong("prompt_id", "there is no session here. Leave it out.")
            return given
        if prompt_id is not None:
            prompt = next((one for one in self.session.session.prompts if one.id == prompt_id), None)
            if prompt is None or prompt.messages != messages:
                raise _wrong("prompt_id", "no prompt of the session has that id and these messages. Take the next one.")
            if given is None:
                raise _wrong("annotator", "a prompt of the session needs to know who answers. Send your token.")
        return None if given is None else await self.shown(given)

    async def shown(self, token: str) -> str:
        """The annotator of a token. Raises ApiError (400)."""
        session = self._session()
        try:
            return await asyncio.to_thread(session.shown, token)
        except InputError as error:
            raise _told(error, session, "annotator") from None

    async def keep(self, comparison: Comparison, choice: str, annotator: str | None) -> Preference:
        """Write a choice down. Raises ApiError: 404 where nothing is kept, 503 where the file cannot be written."""
        store = self.store
        if store is None:
            raise _off("preferences are not kept here", "--feedback")
        in_session = self.session.session.name if self.session is not None and comparison.prompt_id else None

        def write() -> Preference:
            preference = new_preference(
                prompt=comparison.prompt,
                replies=comparison.replies,
                models=comparison.models,
                choice=choice,
                language=language_of(comparison.prompt),
                annotator=annotator,
                session=in_session,
                prompt_id=comparison.prompt_id,
            )
            store.add(preference)
            return preference

        try:
            return await asyncio.to_thread(write)
        except InputError as error:
            raise _trouble(error) from None

    async def join(self, name: str, agreed: bool) -> tuple[Annotator, Done]:
        """Raises ApiError (400) for no name, and without agreement."""
        session = self._session()

        def both() -> tuple[Annotator, Done]:
            annotator = session.join(name, agreed)
            return annotator, session.done(annotator.token)

        return await self._ask(both, "name")

    async def next_prompt(self, token: str) -> tuple[SessionPrompt | None, Done]:
        """Raises ApiError (400) for an unknown token."""
        session = self._session()
        return await self._ask(lambda: (session.next_prompt(token), session.done(token)), "Acord-Annotator")

    async def progress(self) -> Progress:
        return await self._ask(self._session().progress, None)

    async def _ask(self, work: Callable[[], T], param: str | None) -> T:
        session = self._session()
        try:
            return await asyncio.to_thread(work)
        except InputError as error:
            raise _told(error, session, param) from None

    def _session(self) -> FeedbackSession:
        if self.session is None:
            raise _off("there is no session here", "--session")
        return self.session


async def opinions_of(request: Request) -> Opinions:
    opinions = request.app.state.opinions
    assert isinstance(opinions, Opinions)  # noqa: S101  set where the application is built
    return opinions


TheOpinions = Annotated[Opinions, Depends(opinions_of)]


def _off(what: str, option: str) -> ApiError:
    return ApiError(404, f"{what}. Start the server with {option}.", code="not_found")


def _wrong(param: str, what: str) -> ApiError:
    return ApiError(400, f"{param}: {what}", param=param, code="invalid_value")


def _told(error: InputError, session: FeedbackSession, param: str | None) -> ApiError:
    """What a person did wrong is told to them, what is wrong with a file to whoever runs the server."""
    if param is not None and error.where in ("name", session.session.name):
        return ApiError(400, f"{error.what}. {error.fix}", param=param, code="invalid_value")
    return _trouble(error)


def _trouble(error: InputError) -> ApiError:
    say(visible_line(str(error)))
    return ApiError(
        503, "the file of preferences cannot be used; the server's log says why.", code="feedback", kind="server_error"
    )
