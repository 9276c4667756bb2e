"""What is answered, as the OpenAPI document states it. The routes write these objects by hand, which is quicker."""

from typing import Any, Literal

from pydantic import BaseModel

Finish = Literal["stop", "length"]


class Fault(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    """Every error, and the last event of a stream that breaks off."""

    error: Fault


class CachedTokens(BaseModel):
    cached_tokens: int


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens


class ReplyMessage(BaseModel):
    role: Literal["assistant"]
    content: str


class ChatChoice(BaseModel):
    index: int
    message: ReplyMessage
    finish_reason: Finish
    token_ids: list[int] | None = None


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    prompt_token_ids: list[int] | None = None


class TextChoice(BaseModel):
    index: int
    text: str
    finish_reason: Finish
    token_ids: list[int] | None = None


class Completion(BaseModel):
    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[TextChoice]
    usage: Usage
    prompt_token_ids: list[int] | None = None


class Model(BaseModel):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    object: Literal["list"]
    data: list[Model]


class Health(BaseModel):
    """why: what is the matter, empty where nothing is."""

    status: str
    why: str


class ShownDefaults(BaseModel):
    temperature: float
    top_p: float
    top_k: int
    max_new_tokens: int


class ShownSession(BaseModel):
    name: str
    purpose: str
    retention: str
    contact: str
    annotators: Literal["named", "pseudonymous"]


class About(BaseModel):
    """longest: tokens that the model reads, its reply included. compares: whom compare mode holds the model against."""

    model: str
    key_needed: bool
    compares: Literal["other", "itself"]
    defaults: ShownDefaults
    longest: int | None
    feedback: bool
    session: ShownSession | None
    version: str


class Told(BaseModel):
    """models: in the order in which their replies were shown."""

    id: str
    models: list[str]


class Share(BaseModel):
    done: int
    of: int


class Joined(BaseModel):
    """annotator: a secret of whoever joined."""

    annotator: str
    shown: str
    progress: Share


class NextPrompt(BaseModel):
    id: str
    messages: list[dict[str, str]]


class Next(BaseModel):
    prompt: NextPrompt | None
    progress: Share


class AnnotatorDone(BaseModel):
    shown: str
    done: int


class SessionProgress(BaseModel):
    annotators: list[AnnotatorDone]
    prompts: int
    complete: int
    agreement: float | None


_WHY = {
    400: "Something in the request is wrong; the message says what to do.",
    401: "The key is missing or wrong.",
    403: "Another host, or a page of another site.",
    404: "There is none of that name.",
    408: "The request came too slowly.",
    409: "It was said before.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    429: "Every slot is taken and the queue is full.",
    500: "A defect of the server.",
    503: "The engine is not up, or the server is ending.",
    504: "The reply took too long.",
}
EVERYWHERE = (400, 401, 403, 408, 413, 429, 500, 503)


def errors(*more: int) -> dict[int | str, dict[str, Any]]:
    """For FastAPI's `responses`: the errors that any route may answer with, and more."""
    return {status: {"model": ErrorBody, "description": _WHY[status]} for status in (*EVERYWHERE, *more)}
