"""A server with a key and tight limits: who comes in, how much they may take, and that a slot always comes back."""

import json
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress

import httpx2
import openai
import pytest

from tests.serve.http.servers import serving

KEY, OTHER_KEY = "a-key-for-the-tests-0001", "another-key-for-tests-02"
OPTIONS = (
    *("--slots", "1", "--queue", "1", "--max-body", "4096", "--max-tokens", "3000"),
    *("--timeout", "2", "--read-timeout", "0.5"),
)
# A temperature at which the model hardly ever ends its turn.
LONG = {"prompt": [5, 6, 7], "temperature": 2, "seed": 1, "max_tokens": 3_000}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(f"{OTHER_KEY}\n")
    keys.chmod(0o600)
    options = ("--key-variable", "ACORD_TEST_KEY", "--key-file", str(keys), "--allowed-host", "tunnel.example")
    with serving(*OPTIONS, *options, environment={"ACORD_TEST_KEY": KEY}) as one:
        yield one


@pytest.fixture(scope="module")
def http(guarded):
    with httpx2.Client(base_url=guarded.address, headers={"Authorization": f"Bearer {KEY}"}, timeout=30) as one:
        yield one


def busy(http):
    """Replies that are being made, and that wait."""
    figures = http.get("/metrics").text
    return [int(float(re.search(rf"acord_replies_{what}{{.*}} (\S+)", figures)[1])) for what in ("running", "waiting")]


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def ask_one_token(client):
    """Of whoever may leave before it comes."""
    with suppress(httpx2.TransportError):
        client.post("/v1/completions", json={"prompt": "a", "max_tokens": 1})


@contextmanager
def long_stream(guarded):
    """A reply that holds the slot; the client leaves at the end of the block."""
    with httpx2.Client(timeout=30) as client:
        request = {"json": {**LONG, "stream": True}, "headers": {"Authorization": f"Bearer {KEY}"}}
        with client.stream("POST", f"{guarded.address}/v1/completions", **request) as answer:
            lines = answer.iter_lines()
            next(lines)
            yield lines


def test_a_key_opens_and_no_other(guarded):
    for header, status in (
        (f"Bearer {KEY}", 200),
        (f"bearer {OTHER_KEY}", 200),
        (f"Bearer {KEY}x", 401),
        (f"Bearer {KEY[:-1]}", 401),
        (f"Basic {KEY}", 401),
        (KEY, 401),
        ("", 401),
        (b"Bearer \xff\xfe", 401),
    ):
        answer = httpx2.get(f"{guarded.address}/v1/models", headers={"Authorization": header})
        assert answer.status_code == status, header
        assert status == 200 or answer.json()["error"]["code"] == "invalid_api_key"
    for path, status in (
        ("/health", 200),
        ("/acord/about", 200),
        ("/", 200),
        ("/metrics", 401),
        ("/openapi.json", 401),
    ):
        assert httpx2.get(guarded.address + path).status_code == status, path
    assert httpx2.get(f"{guarded.address}/acord/about").json()["key_needed"] is True
    assert KEY not in guarded.log.read_text()
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{guarded.address}/v1", api_key="wrong").models.list()


def test_a_name_that_is_allowed_is_answered_to(http):
    for host, status in (("tunnel.example", 200), ("TUNNEL.example:443", 200), ("other.example", 403)):
        assert http.get("/v1/models", headers={"Host": host}).status_code == status
    own = {"Origin": "https://tunnel.example", "Content-Type": "application/json"}
    assert http.post("/v1/completions", content=b"{}", headers=own).status_code == 400


def test_a_body_over_the_limit_is_refused_with_or_without_its_length(http):
    large = json.dumps({"prompt": "a" * 5_000}).encode()
    kind = {"Content-Type": "application/json"}
    for content in (large, iter([large[:3_000], large[3_000:]])):
        answer = http.post("/v1/completions", content=content, headers=kind)
        assert answer.status_code == 413
        assert "4,096 bytes" in answer.json()["error"]["message"]
    assert http.post("/v1/completions", content=b"a" * 8_000_000, headers=kind).status_code == 413
    assert http.post("/v1/completions", json={"prompt": "a" * 3_000, "max_tokens": 1}).status_code == 200


def test_more_tokens_than_the_server_gives_are_refused(http):
    answer = http.post("/v1/completions", json={"prompt": "a", "max_tokens": 3_001})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "max_tokens")
    assert "3000" in answer.json()["error"]["message"]


def test_a_slow_client_is_sent_away(guarded):
    host, port = guarded.address.removeprefix("http://").split(":")
    head = f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
    for sent in (
        "GET /health HT",
        head + "Content-Length: 100\r\n\r\n{",
        head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=10) as link:
            began = time.monotonic()
            link.sendall(sent.encode())
            answer = link.recv(4_096)
        assert answer.startswith(b"HTTP/1.1 408"), answer
        assert 0.2 < time.monotonic() - began < 3


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_frees_its_slot(guarded, http, streamed):
    if streamed:
        with long_stream(guarded):
            assert busy(http) == [1, 0]
    else:
        with pytest.raises(httpx2.ReadTimeout):
            http.post("/v1/completions", json=LONG, timeout=0.5)
    began = time.monotonic()
    until(lambda: busy(http) == [0, 0])
    assert time.monotonic() - began < 1
    assert " 499 " in guarded.log.read_text()


def test_a_full_queue_says_when_to_come_again(guarded, http):
    headers = http.headers
    with httpx2.Client(base_url=guarded.address, headers=headers, timeout=1.5) as second, long_stream(guarded):
        waiting = threading.Thread(target=ask_one_token, args=(second,))
        waiting.start()
        until(lambda: busy(http) == [1, 1])
        answer = http.post("/v1/completions", json={"prompt": "a", "max_tokens": 1})
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.json()["error"]["type"] == "rate_limit_error"
        waiting.join()
        until(lambda: busy(http) == [1, 0])
    until(lambda: busy(http) == [0, 0])


def test_a_comparison_that_finds_one_place_gives_it_back(guarded, http):
    with long_stream(guarded):
        answer = http.post("/acord/compare", json={"messages": [{"role": "user", "content": "a"}]})
        assert answer.status_code == 429
        until(lambda: busy(http) == [1, 0], seconds=1)
    until(lambda: busy(http) == [0, 0])


def test_a_reply_that_takes_too_long_is_cut_with_an_error(guarded, http):
    with long_stream(guarded) as lines:
        waited = http.post("/v1/completions", json={"prompt": "a", "max_tokens": 3000, "temperature": 2})
        last = [line for line in lines if line][-2:]
    assert json.loads(last[0].removeprefix("data: "))["error"]["code"] == "timeout"
    assert last[1] == "data: [DONE]"
    assert (waited.status_code, waited.json()["error"]["code"]) in ((504, "timeout"), (200, None))
    until(lambda: busy(http) == [0, 0])
