"""One server that several modules ask: to load its model takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.serve.http.servers import Server, serving

SESSION = """
name: trial
purpose: to try the server
retention: a day
contact: nobody
overlap: 2
annotators: named
prompts:
  - id: one
    messages: [{role: user, content: "Escriu una frase sobre el temps."}]
  - Bon dia
"""


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which it keeps preferences."""
    return tmp_path_factory.mktemp("feedback") / "kept.jsonl"


@pytest.fixture(scope="session")
def server(kept: Path) -> Iterator[Server]:
    """With its defaults, two slots, and a preference session."""
    session = kept.with_name("session.yaml")
    session.write_text(SESSION, encoding="utf-8")
    with serving("--slots", "2", "--feedback", str(kept), "--session", str(session)) as one:
        yield one


@pytest.fixture(scope="session")
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0)
