"""What a client asks before anything else: which model, whether it lives, how busy it is, what it is served with."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from acord import __version__
from acord.serve.http.answers import About, Health, Model, Models, errors
from acord.serve.http.opinions import Opinions, TheOpinions
from acord.serve.http.served import Served, TheServed

router = APIRouter()

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/v1/models", response_model=None, responses={200: {"model": Models}, **errors()})
async def models(served: TheServed) -> JSONResponse:
    """The one model that is served."""
    return JSONResponse({"object": "list", "data": [_model(served)]})


@router.get("/v1/models/{name:path}", response_model=None, responses={200: {"model": Model}, **errors(404)})
async def model(name: str, served: TheServed) -> JSONResponse:
    """The same by its name."""
    served.check_model(name)
    return JSONResponse(_model(served))


@router.get("/health", response_model=None, responses={200: {"model": Health}, **errors(), 503: {"model": Health}})
async def health(served: TheServed) -> JSONResponse:
    """503 while a model is loading, when its engine died, and while the server ends."""
    state, why = "ready", ""
    for served_model in filter(None, (served.model, served.other)):
        if served_model.engine.state() != "ready" and state == "ready":
            state, why = served_model.engine.state(), served_model.engine.why()
    if served.traffic.ending:
        state, why = "closed", "the server is shutting down"
    content = {"status": "ok" if state == "ready" else state, "why": why}
    return JSONResponse(content, 200 if state == "ready" else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **errors()},
)
async def metrics(served: TheServed) -> Response:
    """Figures for Prometheus."""
    return Response(served.figures.text(), headers={"content-type": PROMETHEUS})


@router.get("/acord/about", response_model=None, responses={200: {"model": About}, **errors()})
async def about(served: TheServed, opinions: TheOpinions) -> JSONResponse:
    """What is served, and how."""
    defaults = served.model.defaults
    return JSONResponse(
        {
            "model": served.model.name,
            "key_needed": served.key_needed,
            "compares": "itself" if served.other is None else "other",
            "defaults": {
                "temperature": defaults.temperature,
                "top_p": defaults.top_p,
                "top_k": defaults.top_k,
                "max_new_tokens": min(defaults.max_new_tokens, served.limits.max_tokens),
            },
            "longest": served.model.longest(),
            "feedback": opinions.store is not None,
            "session": _session(opinions),
            "version": __version__,
        }
    )


def _model(served: Served) -> dict[str, Any]:
    return {"id": served.model.name, "object": "model", "created": served.created, "owned_by": "acord"}


def _session(opinions: Opinions) -> dict[str, str] | None:
    if opinions.session is None:
        return None
    session = opinions.session.session
    return {key: getattr(session, key) for key in ("name", "purpose", "retention", "contact", "annotators")}
