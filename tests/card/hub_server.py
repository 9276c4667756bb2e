"""A stand-in hub on the loopback address: as much of Hugging Face's HTTP API as publishing uses, held in memory.

    with HubServer() as hub:
        ...  # HF_ENDPOINT=hub.url, HF_TOKEN=hub.token
    hub.files("model", "owner/name"), hub.requests

What it is told: `public` names repositories that are there and public; `refuse` maps the beginning of a path to a
status; `ignored` names files that it leaves out of commits, as an ignore file would.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

LFS_SUFFIXES = (".safetensors", ".parquet")


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    authorization: str | None


class HubServer:
    """repositories: by `model:owner/name`, their files; visibility likewise. requests: all, in order."""

    def __init__(
        self,
        *,
        public: tuple[str, ...] = (),
        refuse: Mapping[str, int] | None = None,
        ignored: tuple[str, ...] = (),
    ) -> None:
        self.token = "hf_SecretOfTheTests"
        self.refuse, self.ignored = dict(refuse or {}), ignored
        self.repositories: dict[str, dict[str, bytes]] = {f"model:{name}": {} for name in public}
        self.private: dict[str, bool] = {f"model:{name}": False for name in public}
        self.requests: list[Asked] = []
        self.blobs: dict[str, bytes] = {}
        self.commits = 0
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub._answer(self)

            def do_POST(self) -> None:
                hub._answer(self)

            def do_PUT(self) -> None:
                hub._answer(self)

            def do_HEAD(self) -> None:
                hub._answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "HubServer":
        # It looks so often, in seconds, at whether it is to end.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def files(self, kind: str, name: str) -> dict[str, bytes]:
        """What a repository holds."""
        return self.repositories[f"{kind}:{name}"]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(handler.path).path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if handler.headers.get("Transfer-Encoding") == "chunked":
            body = _chunked(handler)
        authorization = handler.headers.get("Authorization")
        self.requests.append(Asked(handler.command, path, authorization))
        status, content = self._said(handler.command, path, body, authorization)
        data = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        with suppress(BrokenPipeError):
            handler.wfile.write(data)

    def _said(self, method: str, path: str, body: bytes, authorization: str | None) -> tuple[int, Any]:
        for begins, status in self.refuse.items():
            if path.startswith(begins):
                return status, {"error": f"refused, and your {authorization} is repeated here"}
        if method == "PUT":
            self.blobs[hashlib.sha256(body).hexdigest()] = body
            return 200, {}
        if authorization != f"Bearer {self.token}":
            return 401, {"error": "Invalid credentials in Authorization header"}
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith("/info/lfs/objects/batch"):
            return 200, {"transfer": "basic", "objects": [self._lfs(one) for one in json.loads(body)["objects"]]}
        found = re.fullmatch(r"/api/(model|dataset)s/([^/]+/[^/]+?)(?:/(preupload|commit|tree|revision)/main)?", path)
        if found is None or f"{found[1]}:{found[2]}" not in self.repositories:
            return 404, {"error": "Repository not found"}
        return self._of_repository(f"{found[1]}:{found[2]}", found[3], body)

    def _create(self, asked: Mapping[str, Any]) -> tuple[int, Any]:
        name = f"{asked['organization']}/{asked['name']}"
        key = f"{asked.get('type', 'model')}:{name}"
        url = self._url(key)
        if key in self.repositories:
            return 409, {"error": "You already created this repo", "url": url}
        self.repositories[key] = {}
        self.private[key] = asked.get("visibility") == "private"
        return 200, {"url": url}

    def _url(self, key: str) -> str:
        kind, _, name = key.partition(":")
        return f"{self.url}/datasets/{name}" if kind == "dataset" else f"{self.url}/{name}"

    def _lfs(self, one: Mapping[str, Any]) -> dict[str, Any]:
        told = {"oid": one["oid"], "size": one["size"]}
        return told if one["oid"] in self.blobs else {**told, "actions": {"upload": {"href": f"{self.url}/put"}}}

    def _of_repository(self, key: str, verb: str | None, body: bytes) -> tuple[int, Any]:
        files = self.repositories[key]
        if verb == "preupload":
            asked = json.loads(body)["files"]
            return 200, {
                "files": [
                    {
                        "path": one["path"],
                        "uploadMode": "lfs" if one["path"].endswith(LFS_SUFFIXES) else "regular",
                        "shouldIgnore": one["path"] in self.ignored,
                    }
                    for one in asked
                ]
            }
        if verb == "commit":
            self._commit(files, [json.loads(line) for line in body.split(b"\n") if line])
            oid = f"{self.commits:040x}"
            return 200, {"commitUrl": f"{self._url(key)}/commit/{oid}", "commitOid": oid}
        if verb == "tree":
            return 200, [
                {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}  # noqa: S324  as git names them
                for path, content in files.items()
            ]
        siblings = [{"rfilename": path} for path in files]
        return 200, {
            "id": key.partition(":")[2],
            "sha": f"{self.commits:040x}",
            "private": self.private[key],
            "siblings": siblings,
        }

    def _commit(self, files: dict[str, bytes], lines: list[Any]) -> None:
        self.commits += 1
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]


def _chunked(handler: BaseHTTPRequestHandler) -> bytes:
    body = b""
    while size := int(handler.rfile.readline().strip() or b"0", 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
