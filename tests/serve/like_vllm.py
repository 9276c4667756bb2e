"""A server process that speaks the part of vLLM's protocol that Acord uses: `vllm serve MODEL --port ...`.

It says the prompt's own ids back, one every `temperature` seconds, until `stop_token_ids` or `max_tokens` end
the reply. A folder that is not there ends the process with a last line as vLLM would.
"""

import argparse
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STOPPED = 100_000  # a prompt with this id stops the process dead: it goes on to exist and says nothing
REFUSED = 100_001
ENGINE_DEAD = 100_002  # /health says so from then on
BROKEN = 100_003  # an error in the midst of a stream
CHANGED = 100_004  # another prompt is read
ABORTED = 100_005


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("verb", choices=["serve"])
    parser.add_argument("model")
    for name in ("--host", "--served-model-name", "--generation-config", "--uvicorn-log-level"):
        parser.add_argument(name, required=True)
    for name in ("--port", "--max-num-seqs"):
        parser.add_argument(name, type=int, required=True)
    for name in (
        "--enable-prefix-caching",
        "--enable-prompt-tokens-details",
        "--disable-log-stats",
        "--disable-uvicorn-access-log",
    ):
        parser.add_argument(name, action="store_true", required=True)
    return parser.parse_args()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options = argparse.Namespace()
    key = ""
    well = True
    running = 0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is http.server's
        """vLLM is told to be quiet."""

    def do_GET(self) -> None:
        if self.path == "/running":
            self.answer(200, {"running": Handler.running})
        else:
            self.answer(200 if Handler.well else 503, {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {self.key}":
            self.answer(401, {"error": "Unauthorized"})
        elif asked["model"] != self.options.served_model_name or not asked["ignore_eos"] or asked["top_k"] == 0:
            self.answer(404, {"error": {"message": "asked otherwise than agreed"}})
        elif REFUSED in asked["prompt"]:
            self.answer(400, {"error": {"message": "This model's maximum context length\nis 7 tokens"}})
        else:
            Handler.running += 1
            try:
                self.speak(asked)
            except OSError:
                self.close_connection = True
            finally:
                Handler.running -= 1

    def speak(self, asked: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        prompt, limit = asked["prompt"], asked["max_tokens"]
        for count, number in enumerate(prompt, 1):
            time.sleep(asked["temperature"])
            if number == STOPPED:
                os.kill(os.getpid(), signal.SIGSTOP)
                time.sleep(30)  # the signal comes when it comes
            if number == ENGINE_DEAD:
                Handler.well = False
                time.sleep(30)
            if number == BROKEN:
                self.event({"error": {"message": "EngineCore encountered an issue.", "code": 500}})
                break
            finish = (
                "abort"
                if number == ABORTED
                else "stop"
                if number in asked["stop_token_ids"]
                else "length"
                if count == limit
                else None
            )
            choice = {"index": 0, "text": "?", "token_ids": [number], "finish_reason": finish, "stop_reason": None}
            if count == 1:
                choice["prompt_token_ids"] = [1, *prompt] if CHANGED in prompt else prompt
            self.event({"id": "cmpl-1", "object": "text_completion", "choices": [choice]})
            if finish:
                details = {"prompt_tokens_details": {"cached_tokens": 7}}
                self.event({"id": "cmpl-1", "choices": [], "usage": {"prompt_tokens": len(prompt), **details}})
                break
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def event(self, content: dict[str, Any]) -> None:
        self.chunk(f"data: {json.dumps(content)}\n\n".encode())

    def chunk(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none."""


def main() -> None:
    Handler.options = parsed()
    Handler.key = os.environ["VLLM_API_KEY"]
    if not Path(Handler.options.model).is_dir():
        sys.exit("OSError: the model's folder\x1b[0m is not there\n")
    Server((Handler.options.host, Handler.options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
