"""What may be asked: the requests of OpenAI's API, as far as they are done here.

What changes nothing is taken and ignored; what would change the reply and is not done is refused, so that nobody
believes that it was. A key whose value is null counts as absent.
"""

from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from acord.serve.http.errors import ApiError
from acord.serve.http.limits import MESSAGES, STOP_LENGTH, STOPS

# Unknown keys are refused; those that are null have gone before.
STRICT = ConfigDict(
    extra="forbid", strict=True, allow_inf_nan=False, json_schema_extra={"additionalProperties": {"type": "null"}}
)


def _is_false(value: bool) -> bool:
    if value:
        raise ValueError("should be false")
    return value


# What can only be said as it is; a Literal would take 0 for false and true for 1.
No = Annotated[bool, AfterValidator(_is_false), WithJsonSchema({"type": "boolean", "const": False})]
One = Annotated[int, Field(ge=1, le=1)]
Zero = Annotated[float, Field(ge=0, le=0)]
Tokens = Annotated[int, Field(ge=1, le=2**31 - 1)]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(gt=0, le=1)]
TopK = Annotated[int, Field(ge=-1, le=2**31 - 1, description="0 or -1: of all tokens.")]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
StopText = Annotated[str, Field(min_length=1, max_length=STOP_LENGTH)]
Stops = StopText | Annotated[list[StopText], Field(max_length=STOPS, fail_fast=True)]


class TextPart(BaseModel):
    """A part of a message. Parts are joined as they stand."""

    model_config = STRICT

    type: Literal["text"]
    text: str


class Message(BaseModel):
    """One turn."""

    model_config = STRICT

    role: Literal["system", "user", "assistant"]
    content: str | Annotated[list[TextPart], Field(min_length=1, fail_fast=True)]

    def as_text(self) -> dict[str, str]:
        """As acord.chat takes it."""
        content = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return {"role": self.role, "content": content}


Messages = Annotated[list[Message], Field(min_length=1, max_length=MESSAGES, fail_fast=True)]
Ids = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, fail_fast=True)]


class StreamOptions(BaseModel):
    model_config = STRICT

    include_usage: bool | None = None
    include_obfuscation: No | None = None


class TextFormat(BaseModel):
    model_config = STRICT

    type: Literal["text"]


class Drawn(Protocol):
    """How the tokens of a reply are chosen, in any request; None leaves it to the model's own settings."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    seed: int | None


class Sampled(BaseModel):
    """What both kinds of completion take."""

    model_config = STRICT

    model: str | None = Field(None, description="May be left out: one model is served.")
    max_tokens: Tokens | None = None
    temperature: Temperature | None = Field(None, description="0 takes the likeliest token each time.")
    top_p: TopP | None = None
    top_k: TopK | None = None
    seed: Seed | None = Field(None, description="Of the draws; drawn anew where it is not given.")
    stop: Stops | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    return_token_ids: bool | None = Field(None, description="Adds `prompt_token_ids` and each choice's `token_ids`.")
    n: One | None = None
    presence_penalty: Zero | None = None
    frequency_penalty: Zero | None = None
    logit_bias: Annotated[dict[str, float], Field(max_length=0)] | None = None
    user: str | None = None

    def stops(self) -> tuple[str, ...]:
        if self.stop is None:
            return ()
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)


class ChatRequest(Sampled):
    """A conversation that ends with the user's turn, to be answered through the model's own chat template."""

    messages: Messages
    max_completion_tokens: Tokens | None = Field(None, description="The same as max_tokens.")
    logprobs: No | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=0)] | None = None
    response_format: TextFormat | None = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=0)] | None = None
    tool_choice: Literal["none", "auto"] | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[dict[str, Any]], Field(max_length=0)] | None = None
    function_call: Literal["none", "auto"] | None = None
    modalities: list[Literal["text"]] | None = None
    store: No | None = None
    metadata: dict[str, Any] | None = None
    service_tier: Literal["auto", "default"] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None


class CompletionRequest(Sampled):
    """A text, or the ids of one, to be continued without any template."""

    prompt: Annotated[str, Field(min_length=1)] | Ids
    best_of: One | None = None
    echo: No | None = None
    suffix: Annotated[str, Field(max_length=0)] | None = None


Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]


class CompareRequest(BaseModel):
    """A conversation that two models answer. annotator: a session's token, a name outside of one."""

    model_config = STRICT

    messages: Messages
    temperature: Temperature | None = None
    top_p: TopP | None = None
    top_k: TopK | None = None
    max_tokens: Tokens | None = None
    seed: Seed | None = None
    annotator: Name | None = None
    prompt_id: Name | None = None


class PreferenceRequest(BaseModel):
    """Which reply of a comparison somebody prefers."""

    model_config = STRICT

    id: Name
    choice: Literal["1", "2", "tie"]
    annotator: Name | None = None


class JoinRequest(BaseModel):
    """agreed: to what the session's notice says."""

    model_config = STRICT

    name: Name
    agreed: bool


# What a client of OpenAI's may know and send, and what to do instead.
NOT_DONE = {
    "n": "Ask once for each reply.",
    "best_of": "Ask once for each reply.",
    "tools": "Leave it out: the model calls no tools.",
    "tool_choice": "Leave it out: the model calls no tools.",
    "functions": "Leave it out: the model calls no functions.",
    "function_call": "Leave it out: the model calls no functions.",
    "response_format": "Leave it out, and say in the prompt which form the reply should have.",
    "logprobs": "Leave it out: probabilities are not returned.",
    "top_logprobs": "Leave it out: probabilities are not returned.",
    "logit_bias": "Leave it out: tokens cannot be favoured.",
    "presence_penalty": "Leave it out, or give 0.",
    "frequency_penalty": "Leave it out, or give 0.",
    "store": "Leave it out: nothing is stored.",
    "echo": "Leave it out: the prompt is not repeated.",
    "suffix": "Leave it out: text is only continued.",
    "audio": "Leave it out: the model reads and writes text.",
    "modalities": "Leave it out: the model reads and writes text.",
    "prediction": "Leave it out.",
    "reasoning_effort": "Leave it out.",
    "verbosity": "Leave it out, and say in the prompt how long the reply should be.",
    "web_search_options": "Leave it out: the model reads nothing but what it is sent.",
    "service_tier": "Leave it out.",
}
# What to do about a value that is none.
FIXES = {
    "messages": 'Give a list such as [{"role": "user", "content": "Bon dia"}].',
    "role": "Write system, user or assistant.",
    "content": 'Give text, or a list of {"type": "text", "text": "..."}.',
    "prompt": "Give one text, or a list of token ids.",
    "stop": f"Give up to {STOPS} texts of 1 to {STOP_LENGTH} characters.",
    "temperature": "Give a number from 0 (the likeliest token each time) to 2.",
    "top_p": "Give a number above 0, up to 1.",
    "choice": 'Give "1", "2" or "tie".',
}


def check_stream(asked: Sampled) -> None:
    """Raises ApiError (400) for options of a stream where there is none."""
    if asked.stream_options is not None and not asked.stream:
        raise ApiError(
            400,
            "stream_options is for streams. Set stream to true, or leave it out.",
            param="stream_options",
            code="invalid_value",
        )
