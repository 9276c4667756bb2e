"""Acord's own routes for preferences: a choice, and the session in which colleagues give theirs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from starlette.responses import JSONResponse

from acord.feedback.session import Done
from acord.serve.http.answers import Joined, Next, SessionProgress, Told, errors
from acord.serve.http.asking import body_of, documented
from acord.serve.http.errors import ApiError
from acord.serve.http.opinions import TheOpinions
from acord.serve.http.shapes import JoinRequest, PreferenceRequest

router = APIRouter()


@router.post("/acord/preferences", **documented(PreferenceRequest, Told, status=201, more=(404, 409)))
async def prefer(
    asked: Annotated[PreferenceRequest, Depends(body_of(PreferenceRequest))], opinions: TheOpinions
) -> JSONResponse:
    """Keep a choice -> whose replies they were, in the order shown."""
    annotator = None
    if asked.annotator is not None:
        annotator = asked.annotator if opinions.session is None else await opinions.shown(asked.annotator)
    comparison = opinions.comparisons.take(asked.id)
    try:
        if annotator is not None and comparison.annotator not in (None, annotator):
            raise ApiError(400, "annotator: somebody else compared there.", param="annotator", code="invalid_value")
        preference = await opinions.keep(comparison, asked.choice, annotator or comparison.annotator)
    except ApiError:
        opinions.comparisons.give_back(asked.id, comparison)
        raise
    return JSONResponse({"id": preference.id, "models": preference.models}, 201)


@router.post("/acord/session/join", **documented(JoinRequest, Joined, more=(404,)))
async def join(asked: Annotated[JoinRequest, Depends(body_of(JoinRequest))], opinions: TheOpinions) -> JSONResponse:
    """Take part in the session, after its notice was read."""
    annotator, done = await opinions.join(asked.name, asked.agreed)
    return JSONResponse({"annotator": annotator.token, "shown": annotator.shown, "progress": _share(done)})


@router.get("/acord/session/next", response_model=None, responses={200: {"model": Next}, **errors(404)})
async def next_prompt(
    opinions: TheOpinions, acord_annotator: Annotated[str | None, Header(max_length=200)] = None
) -> JSONResponse:
    """What this annotator answers next; null where nothing is left."""
    if not acord_annotator:
        raise ApiError(
            400, "the header Acord-Annotator is missing. Join the session first.", code="missing_required_parameter"
        )
    prompt, done = await opinions.next_prompt(acord_annotator)
    shown = None if prompt is None else {"id": prompt.id, "messages": prompt.messages}
    return JSONResponse({"prompt": shown, "progress": _share(done)})


@router.get("/acord/session/progress", response_model=None, responses={200: {"model": SessionProgress}, **errors(404)})
async def progress(opinions: TheOpinions) -> JSONResponse:
    """How far everybody is, and how far they agree."""
    found = await opinions.progress()
    annotators = [{"shown": one.shown, "done": one.done} for one in found.annotators]
    return JSONResponse(
        {
            "annotators": annotators,
            "prompts": found.prompts,
            "complete": found.complete,
            "agreement": found.agreement,
        }
    )


def _share(done: Done) -> dict[str, Any]:
    return {"done": done.done, "of": done.of}
