"""The OpenAPI document states truly what the server takes and answers."""

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.serve.http.servers import serving

KEY = "a-key-for-the-tests-0003"
SESSION = "name: trial\npurpose: p\nretention: r\ncontact: c\nannotators: named\nprompts: [Bon dia]\n"


@pytest.mark.slow
def test_nothing_that_schemathesis_sends_is_answered_otherwise_than_documented(tmp_path):
    (tmp_path / "session.yaml").write_text(SESSION)
    kept = ("--feedback", str(tmp_path / "kept.jsonl"), "--session", str(tmp_path / "session.yaml"))
    key = ("--key-variable", "ACORD_TEST_KEY")
    with serving("--slots", "2", "--max-tokens", "4", *kept, *key, environment={"ACORD_TEST_KEY": KEY}) as server:
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.address}/openapi.json"),
            *("-H", f"Authorization: Bearer {KEY}", "--request-timeout", "20"),
            # A schema cannot say that a conversation ends with the user's turn, or which ids there are.
            *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
            *("--phases", "coverage,fuzzing", "--max-examples", "20", "--generation-deterministic"),
            *("--suppress-health-check", "all", "--warnings", "off"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300)
        log = server.log.read_text()
    assert done.returncode == 0, done.stdout[-6_000:]
    answered = [line for line in log.splitlines() if "/health" not in line and " ms" in line]
    assert len(answered) > 300
    assert not [line for line in answered if line.split()[4].startswith("5")]
    assert "Traceback" not in log


def test_the_document_fetches_nothing_and_names_every_route(server):
    document = httpx2.get(f"{server.address}/openapi.json").json()
    assert set(document["paths"]) == {
        *("/v1/chat/completions", "/v1/completions", "/v1/models", "/v1/models/{name}", "/health", "/metrics"),
        *("/acord/about", "/acord/compare", "/acord/preferences"),
        *("/acord/session/join", "/acord/session/next", "/acord/session/progress"),
    }
    asked = document["components"]["schemas"]["ChatRequest"]
    assert asked["required"] == ["messages"]
    assert asked["properties"]["temperature"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 2}
