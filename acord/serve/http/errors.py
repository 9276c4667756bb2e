"""What a client is told when a request fails: a status, and one object in the shape of OpenAI's API."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

INVALID = "invalid_request_error"
# Why a status, where nobody gave a better line. A route that is not there is answered by them.
PLAIN = {
    404: ("there is no such route", "GET /openapi.json lists them.", "not_found"),
    405: ("this route does not take that method", "GET /openapi.json lists them.", "method_not_allowed"),
}


class ApiError(Exception):
    """A request that gets no answer.

    message: what happened and how to mend it, for a person; never holds what a client sent at length, nor a secret.
    param: the key at fault. code: what a program can tell it by. kind: OpenAI's `type`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = INVALID,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The object that stands in the response, or in a stream that had begun."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return {"error": error}

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status, self.headers)


def unavailable(why: str, code: str = "engine_unavailable") -> ApiError:
    """The engine is not up, or died."""
    return ApiError(503, f"{why}. Try again later.", code=code, kind="server_error", headers={"Retry-After": "5"})


def busy(seconds: int) -> ApiError:
    """No slot and no place in the queue. seconds: until it is worth trying again."""
    return ApiError(
        429,
        f"every slot is taken and the queue is full. Try again in {seconds} s.",
        code="rate_limit_exceeded",
        kind="rate_limit_error",
        headers={"Retry-After": str(seconds)},
    )


def late(seconds: float) -> ApiError:
    """The reply took longer than a request may."""
    return ApiError(
        504,
        f"the reply was not finished within {seconds:g} s. Ask for fewer tokens, or raise --timeout.",
        code="timeout",
        kind="server_error",
    )


def shutting_down() -> ApiError:
    """New requests are refused, and what runs too long is cut."""
    return unavailable("the server is shutting down", "shutting_down")


def failed() -> ApiError:
    """A defect of ours; its traceback is on the server's standard error."""
    return ApiError(500, "the server made a mistake; its log says which.", code="internal_error", kind="server_error")


async def answer_api_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  Starlette's shape
    """Starlette's handler of ApiError."""
    assert isinstance(error, ApiError)  # noqa: S101  it is registered for nothing else
    return error.response()


async def answer_http_exception(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  Starlette's shape
    """Starlette's handler of what it raises itself: a path or a method that is not there."""
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for nothing else
    what, fix, code = PLAIN.get(error.status_code, (str(error.detail), "", None))
    plain = ApiError(error.status_code, f"{what}. {fix}".strip(), code=code, headers=error.headers)
    return plain.response()


async def answer_failure(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  Starlette's shape
    """Starlette's handler of whatever nobody else handles; it raises it again, for the log."""
    return failed().response()
