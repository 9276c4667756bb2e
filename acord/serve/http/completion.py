"""What completions of a chat and of a text have in common: a head, what they cost, the ids that are asked for."""

import secrets
import time
from typing import Any

from acord.serve.http.exchange import Exchange
from acord.serve.protocol import Piece


def head_of(prefix: str, kind: str, model: str) -> dict[str, Any]:
    """What every answer and every event of it begins with. prefix: of its id."""
    return {
        "id": f"{prefix}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }


def usage(exchange: Exchange) -> dict[str, Any]:
    """What a request has cost, as OpenAI's API counts it. completion_tokens: with the end of turn."""
    return {
        "prompt_tokens": exchange.prompt_tokens,
        "completion_tokens": exchange.reply_tokens,
        "total_tokens": exchange.prompt_tokens + exchange.reply_tokens,
        "prompt_tokens_details": {"cached_tokens": exchange.cached_tokens},
    }


def completion(
    head: dict[str, Any], said: dict[str, Any], reply: Piece, exchange: Exchange, ids: tuple[int, ...] | None
) -> dict[str, Any]:
    """An answer that is no stream. said: the reply in its choice. ids: of the prompt, where ids are asked for."""
    choice = {"index": 0, **said, "finish_reason": reply.finish}
    content = {**head, "choices": [choice], "usage": usage(exchange)}
    if ids is not None:
        choice["token_ids"] = reply.ids
        content["prompt_token_ids"] = ids
    return content
