"""The application: routes, and Front around them."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from acord import __version__
from acord.serve.http import answers, basics, chat, compare, completions, sessions
from acord.serve.http.bodies import Bodies
from acord.serve.http.door import Door, is_open
from acord.serve.http.errors import ApiError, answer_api_error, answer_failure, answer_http_exception
from acord.serve.http.exchange import ClientGone
from acord.serve.http.front import CLIENT_GONE, Front
from acord.serve.http.opinions import Opinions
from acord.serve.http.page import page_router
from acord.serve.http.reading import clipped
from acord.serve.http.served import Served
from acord.serve.http.shapes import (
    ChatRequest,
    CompareRequest,
    CompletionRequest,
    JoinRequest,
    PreferenceRequest,
)

# What the routes read and write by themselves, and the document therefore is told of.
SHAPES = (ChatRequest, CompletionRequest, CompareRequest, PreferenceRequest, JoinRequest)
WRITTEN = (answers.ChatCompletion, answers.Completion, answers.Told, answers.Joined)


def build_app(served: Served, door: Door, opinions: Opinions, log: Callable[[str], None]) -> Front:
    """log: takes one line a request, which holds no text of anybody and no key."""
    app = FastAPI(
        title="Acord",
        version=__version__,
        description=f"{served.model.name} behind OpenAI's API, and Acord's own routes for preferences.",
        # Their pages would fetch scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        exception_handlers={
            ApiError: answer_api_error,
            HTTPException: answer_http_exception,
            RequestValidationError: _answer_invalid,
            ClientGone: _answer_nobody,
            Exception: answer_failure,
        },
        redirect_slashes=False,
    )
    app.state.served = served
    app.state.opinions = opinions
    for router in (*(part.router for part in (basics, chat, completions, compare, sessions)), page_router()):
        app.include_router(router)
    document = _document(app.openapi(), with_keys=bool(door.keys))
    app.openapi = lambda: document  # type: ignore[method-assign]  # FastAPI's way to change its document
    return Front(
        app, door, served.limits, Bodies(served.limits), served.traffic, served.figures, served.model.engine, log
    )


def _document(content: dict[str, Any], *, with_keys: bool) -> dict[str, Any]:
    """FastAPI's document with the bodies that the routes read themselves, and who may come in."""
    _, shapes = models_json_schema(
        [(shape, "validation") for shape in SHAPES], ref_template="#/components/schemas/{model}"
    )
    _, written = models_json_schema(
        [(shape, "serialization") for shape in WRITTEN], ref_template="#/components/schemas/{model}"
    )
    components = content.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **shapes["$defs"], **written["$defs"]}
    for path, methods in content["paths"].items():
        for method in methods.values():
            method["responses"].pop("422", None)  # ours are 400
            if with_keys and not is_open(path):
                method["security"] = [{"key": []}]
    if with_keys:
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return content


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  Starlette's shape
    """A header or a parameter in the path that FastAPI reads."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  it is registered for nothing else
    fault = error.errors()[0]
    param = clipped(str(fault["loc"][-1]))
    return ApiError(400, f"{param}: {clipped(fault['msg'])}.", param=param, code="invalid_value").response()


async def _answer_nobody(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette's shape
    return Response(status_code=CLIENT_GONE)
