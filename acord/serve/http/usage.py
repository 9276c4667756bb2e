"""What a request has cost, as OpenAI's API counts it."""

from typing import Any

from acord.serve.http.exchange import Exchange


def usage(exchange: Exchange) -> dict[str, Any]:
    """completion_tokens: with the end of turn."""
    return {
        "prompt_tokens": exchange.prompt_tokens,
        "completion_tokens": exchange.reply_tokens,
        "total_tokens": exchange.prompt_tokens + exchange.reply_tokens,
        "prompt_tokens_details": {"cached_tokens": exchange.cached_tokens},
    }
