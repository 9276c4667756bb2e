"""A request's body to what it asks: JSON read strictly, and its first fault told with the key and what to do."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from acord.serve.http.errors import ApiError
from acord.serve.http.shapes import FIXES, NOT_DONE

Asked = TypeVar("Asked", bound=BaseModel)

SHOWN = 60
# No request has so many; a fault would be told of each of them.
MOST_KEYS = 100
_SUBJECT = re.compile(r"^(Input|List|String|Dictionary|Value error,) ")


def read(body: bytes, shape: type[Asked]) -> Asked:
    """The body as a request of that shape. Raises ApiError (400)."""
    content = _without_nulls(_json(body))
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        # Of the branches of a union, the fault that lies deepest is in the one that was meant.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise _explained(max(found, key=lambda fault: len(fault["loc"])), content, shape) from None


def _json(body: bytes) -> dict[str, Any]:
    try:
        # No NaN, no lone surrogates, no invalid UTF-8, no depth beyond its limit, no number of endless digits.
        content = from_json(body, allow_inf_nan=False)
    except (ValueError, RecursionError) as error:
        raise ApiError(
            400, f"the body is no valid JSON: {clipped(str(error))}. Send one object.", code="invalid_json"
        ) from None
    if not isinstance(content, dict):
        raise ApiError(400, "the body is no JSON object. Send one, in braces.", code="invalid_json")
    if len(content) > MOST_KEYS:
        raise ApiError(400, f"the body has more than {MOST_KEYS} keys. Leave out what is unknown.", code="invalid_json")
    return content


def _without_nulls(content: dict[str, Any]) -> dict[str, Any]:
    """Clients send null for what they do not set, in turns that they had from a server as well."""
    kept = {key: value for key, value in content.items() if value is not None}
    if isinstance(kept.get("messages"), list):
        kept["messages"] = [
            {key: value for key, value in turn.items() if value is not None} if isinstance(turn, dict) else turn
            for turn in kept["messages"]
        ]
    return kept


def _explained(fault: ErrorDetails, content: Mapping[str, Any], shape: type[BaseModel]) -> ApiError:
    path = _path(fault["loc"], content)
    param, key = (
        clipped(".".join(map(str, path))),
        next((str(key) for key in reversed(path) if isinstance(key, str)), ""),
    )
    if path and path[0] in NOT_DONE:
        return ApiError(
            400, f"{param}: this is not done here. {NOT_DONE[str(path[0])]}", param=param, code="unsupported_parameter"
        )
    if fault["type"] == "extra_forbidden":
        close = difflib.get_close_matches(clipped(key), shape.model_fields, n=1) if len(path) == 1 else []
        fix = f"Did you mean {close[0]}?" if close else "Leave it out."
        return ApiError(400, f"{param}: there is no such parameter. {fix}", param=param, code="unknown_parameter")
    if fault["type"] == "missing":
        what, code = f"{param} is missing", "missing_required_parameter"
    else:
        what, code = f"{param} {_lowered(fault['msg'])}", "invalid_value"
    return ApiError(400, f"{what}. {FIXES.get(key, '')}".strip(), param=param, code=code)


def _path(place: Sequence[int | str], content: Any) -> list[int | str]:
    """Keys and indices of what was sent: a place among the shapes also names the branches of a union."""
    path: list[int | str] = []
    for step in place:
        last = step == place[-1] and len(path) < len(place)
        if isinstance(content, dict) and (step in content or last):
            path.append(step)
            content = content.get(step)
        elif isinstance(content, list) and isinstance(step, int):
            path.append(step)
            content = content[step] if step < len(content) else None
    return path


def _lowered(message: str) -> str:
    """`Input should be ...` after a key. The library's messages never hold what was sent."""
    return clipped(_SUBJECT.sub("", message), 3 * SHOWN)


def clipped(text: str, length: int = SHOWN) -> str:
    """A client's text as far as a message may repeat it: short, and without characters that command a terminal."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[: length + 1])
    return f"{shown[:length]}…" if len(shown) > length else shown
