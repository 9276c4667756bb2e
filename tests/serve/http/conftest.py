"""Servers that several modules ask: loading a model takes seconds."""

from collections.abc import Iterator

import openai
import pytest

from tests.serve.http.servers import Server, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """With its defaults, and two slots."""
    with serving("--slots", "2") as one:
        yield one


@pytest.fixture(scope="session")
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)
