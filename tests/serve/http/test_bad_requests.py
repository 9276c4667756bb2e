"""What no client of OpenAI's would send, and what is no request at all: an error in the same shape, never a 5xx."""

import json
import socket
import time

import httpx2
import pytest

CHAT = "/v1/chat/completions"
JSON = {"Content-Type": "application/json"}
TURN = '"messages":[{"role":"user","content":"a"}],"max_tokens":1'


@pytest.fixture(scope="module")
def http(server):
    with httpx2.Client(base_url=server.address, timeout=30) as one:
        yield one


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        (b"", "invalid_json", "EOF"),
        (b"{", "invalid_json", "EOF"),
        (b"[]", "invalid_json", "no JSON object"),
        (b"\xff\xfe", "invalid_json", "no valid JSON"),
        (b'{"messages":[{"role":"user","content":"\xff"}]}', "invalid_json", "unicode"),
        (b'{"messages":[{"role":"user","content":"\\ud800"}]}', "invalid_json", "hex escape"),
        (b"[" * 100_000, "invalid_json", "recursion"),
        (f'{{{TURN},"temperature":NaN}}'.encode(), "invalid_json", "no valid JSON"),
        (f'{{{TURN},"temperature":Infinity}}'.encode(), "invalid_json", "no valid JSON"),
        (f'{{{TURN},"temperature":1e999}}'.encode(), "invalid_value", "finite"),
        (f'{{{TURN},"seed":{"9" * 5_000}}}'.encode(), "invalid_json", "out of range"),
        (f'{{{TURN},"seed":{"9" * 30}}}'.encode(), "invalid_value", "less than"),
        (f'{{{TURN},"stream":1}}'.encode(), "invalid_value", "boolean"),
        (f'{{{TURN},"{"x" * 5_000}":1}}'.encode(), "unknown_parameter", "xxx…"),
        (json.dumps({"messages": [{"role": "user", "content": "a"}] * 1_001}).encode(), "invalid_value", "1000"),
        (json.dumps({str(number): 1 for number in range(200)}).encode(), "invalid_json", "keys"),
        (b'{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}', "invalid_value", "'text'"),
        (b'{"messages":[{"role":"user","content":[]}]}', "invalid_value", "content"),
        (b'{"messages":[{"role":"user","content":"a","name":"b"}]}', "unknown_parameter", "name"),
        (b'{"messages":{"role":"user"}}', "invalid_value", "list"),
        (b'{"messages":[null]}', "invalid_value", "messages.0"),
    ],
)
def test_a_body_that_is_none_is_told_why(http, body, code, told):
    answer = http.post(CHAT, content=body, headers=JSON)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, code)
    assert told in error["message"]
    assert len(error["message"]) < 400


@pytest.mark.parametrize("prompt", ["", [], ["a"], [[1]], [-1], [10**6], [2**70], [1.5], 5, None, {"a": 1}, [True]])
def test_a_prompt_is_a_text_or_known_ids(http, prompt):
    answer = http.post("/v1/completions", json={"prompt": prompt, "max_tokens": 1})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("prompt")


def test_the_longest_prompt_has_no_room_for_a_reply(http):
    for ids, wanted, status in (([5] * 4_095, 1, 200), ([5] * 4_095, 2, 400), ([5] * 4_096, 1, 400)):
        answer = http.post("/v1/completions", json={"prompt": ids, "max_tokens": wanted})
        assert answer.status_code == status, answer.text
        assert status == 200 or answer.json()["error"]["code"] == "context_length_exceeded"


def test_a_body_that_is_no_json_by_its_own_word_is_refused(http):
    for media in ("text/plain", "application/x-www-form-urlencoded", None):
        headers = {} if media is None else {"Content-Type": media}
        assert http.post(CHAT, content=b"{%s}" % TURN.encode(), headers=headers).status_code == 415


def test_other_routes_and_methods_answer_in_the_same_shape(http):
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", CHAT, 405),
        ("DELETE", "/v1/models", 405),
        ("GET", "/page/../../pyproject.toml", 404),
        ("GET", "/page/%2e%2e/http/keys.py", 404),
        ("GET", "/page/__init__.py", 404),
        ("GET", "/docs", 404),
        ("POST", "/acord/preferences", 404),
    ):
        answer = http.request(method, path, json={"id": "cmp_1", "choice": "1"} if method == "POST" else None)
        assert answer.status_code == status, path
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1", "a b"]
)
def test_a_name_that_was_pointed_here_is_refused(http, host):
    answer = http.get("/v1/models", headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "error" in answer.json()


def test_pages_of_other_sites_are_refused_and_the_own_one_is_not(http, server):
    for origin, status in (
        ("http://evil.example", 403),
        ("null", 403),
        ("http://localhost:1", 403),
        (server.address, 400),
    ):
        answer = http.post(CHAT, content=b"{}", headers={**JSON, "Origin": origin})
        assert answer.status_code == status, origin
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 65_600,
    ],
    ids=["words", "no host", "no length", "endless length", "endless header"],
)
def test_what_is_no_http_gets_a_400_in_the_same_shape(server, raw):
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as link:
        link.sendall(raw)
        answer = b""
        while part := link.recv(4_096):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["code"] == "invalid_http"


def test_every_answer_forbids_what_a_page_does_not_need(http):
    for path in ("/", "/health", "/nothing"):
        headers = http.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_the_log_has_a_line_a_request_and_nothing_that_was_said(http, server):
    secret = "the-secret-of-this-test"
    http.post(CHAT, json={"messages": [{"role": "user", "content": secret}], "max_tokens": 2})
    http.get(f"/{secret}?{secret}", headers={"Authorization": f"Bearer {secret}"})
    end = time.monotonic() + 5
    # A line is written when its answer is out.
    while " GET other 404 " not in (log := server.log.read_text()).splitlines()[-1] and time.monotonic() < end:
        time.sleep(0.01)
    assert " GET other 404 " in log.splitlines()[-1]
    assert secret not in log
    assert "Traceback" not in log
    assert [line for line in log.splitlines() if " POST /v1/chat/completions 200 " in line and "+2 tokens" in line]


def test_the_figures_count_what_was_asked(http):
    http.post(CHAT, json={"messages": [{"role": "user", "content": "a"}], "max_tokens": 2})
    figures = http.get("/metrics").text
    assert 'acord_requests_total{route="/v1/chat/completions",status="200"}' in figures
    assert 'acord_engine_state{engine="model",state="ready"} 1.0' in figures
    assert 'acord_slots{engine="model"} 2.0' in figures
    assert "acord_first_token_seconds_count" in figures
    assert http.get("/health").json() == {"status": "ok", "why": ""}
