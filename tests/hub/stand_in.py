"""A hub on the loopback address that is read from: as much of Hugging Face's HTTP API as the real huggingface_hub,
datasets and transformers ask of it, held in memory. What is sent to a hub: tests/card/hub_server.py.

    with StandIn() as hub:
        hub.add("model", "owner/name", {"config.json": b"..."})
        hub.misbehave("gated", "owner/name")
        ...  # HF_ENDPOINT=hub.url

`misbehave` makes requests for what is named go wrong, `times` times or always:

    missing     404, as for a repository that is not there
    gated       403 with the hub's own error code; with a token that is accepted: nothing goes wrong
    unauthorised 401 without a token
    busy        429 with Retry-After: 0
    broken      500
    cut         a file's connection is closed half way; a later request with Range goes on
    stalled     as cut, but the answer's length is that of the half: the client sees nothing wrong but the size
    wrong_hash  a file's bytes differ, its size and its stated hash do not
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

# As on the hub, weights and tables are LFS files, whose hash is sha256; others are git's.
LFS = (".safetensors", ".parquet", ".arrow")
TOKEN = "hf_SecretOfTheTests"
REFUSALS = ("missing", "gated", "unauthorised", "busy", "broken")
RESOLVE = re.compile(r"/(?P<kind>datasets/|spaces/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
API = re.compile(
    r"/api/(?P<kind>models|datasets|spaces)/(?P<name>[^/]+/[^/]+?)"
    r"(?:/(?P<verb>revision|tree|refs|paths-info)(?:/(?P<revision>[^/]+))?(?:/(?P<inside>.*))?)?"
)


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class Repository:
    """Its files by name. commit: of them."""

    kind: str
    name: str
    files: dict[str, bytes]
    commit: str = ""

    def __post_init__(self) -> None:
        told = json.dumps([self.kind, self.name, {n: hashlib.sha256(b).hexdigest() for n, b in self.files.items()}])
        self.commit = hashlib.sha1(told.encode()).hexdigest()  # noqa: S324  as git names commits

    def entry(self, file: str) -> dict[str, Any]:
        """A file as the hub lists it."""
        content = self.files[file]
        one: dict[str, Any] = {"type": "file", "path": file, "size": len(content), "oid": git_hash(content)}
        if file.endswith(LFS):
            one["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return one


def git_hash(content: bytes) -> str:
    """git's hash of a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324  as git names files


@dataclass
class _Fault:
    how: str
    name: str
    file: str | None
    left: int | None


@dataclass
class StandIn:
    """requests: all, in order."""

    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)
    url: str = ""
    _faults: list[_Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "StandIn":
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub._answer(self)

            def do_HEAD(self) -> None:
                hub._answer(self)

            def do_POST(self) -> None:
                hub._answer(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, kind: str, name: str, files: dict[str, bytes]) -> Repository:
        """A repository, in place of the one that had its name."""
        self.repositories[kind, name] = Repository(kind, name, files)
        return self.repositories[kind, name]

    @contextmanager
    def misbehave(self, how: str, name: str, *, file: str | None = None, times: int | None = None) -> Iterator[None]:
        """Meanwhile what is asked of a repository goes wrong; file: only what is asked of that file."""
        fault = _Fault(how, name, file, times)
        self._faults.append(fault)
        try:
            yield
        finally:
            self._faults.remove(fault)

    def _fault(self, name: str, file: str | None, hows: tuple[str, ...]) -> str | None:
        with self._lock:
            for fault in self._faults:
                if fault.how in hows and fault.name == name and fault.left != 0 and fault.file in (None, file):
                    if fault.left is not None:
                        fault.left -= 1
                    return fault.how
        return None

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        path = unquote(url.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        asked = Asked(handler.command, path, handler.headers.get("Range"), handler.headers.get("Authorization"))
        self.requests.append(asked)
        with suppress(BrokenPipeError, ConnectionResetError):
            file, api = RESOLVE.fullmatch(path), API.fullmatch(path)
            found = file or api
            if found is None:
                _say(handler, 404, {"error": "Not Found"})
                return
            kind = {"datasets": "dataset", "spaces": "space"}.get((found["kind"] or "models").strip("/"), "model")
            repository = self.repositories.get((kind, found["name"]))
            fault = self._fault(found["name"], file and file["file"], REFUSALS)
            if fault in ("gated", "unauthorised") and asked.authorization == f"Bearer {TOKEN}":
                fault = None
            if repository is None or fault == "missing":
                _say(handler, 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            elif fault is not None:
                _refuse(handler, fault, found["name"], asked.authorization)
            elif found["revision"] not in (None, "main", repository.commit, "refs%2Fconvert%2Fparquet"):
                _say(handler, 404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            elif file is not None:
                self._send_file(handler, repository, file["file"], asked)
            else:
                assert api is not None
                _say_about(handler, repository, api["verb"], api["inside"] or "", body, parse_qs(url.query))

    def _send_file(self, handler: BaseHTTPRequestHandler, repository: Repository, file: str, asked: Asked) -> None:
        content = repository.files.get(file)
        if content is None:
            told = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": repository.commit}
            _say(handler, 404, {"error": "Entry not found"}, told)
            return
        lfs = file.endswith(LFS)
        etag = hashlib.sha256(content).hexdigest() if lfs else git_hash(content)
        size = len(content)
        told = {"ETag": f'"{etag}"', "X-Repo-Commit": repository.commit, "Accept-Ranges": "bytes"}
        told |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(size)} if lfs else {}
        start, status = 0, 200
        if asked.range is not None and (found := re.fullmatch(r"bytes=(\d+)-(\d*)", asked.range)):
            start, status = int(found[1]), 206
            end = int(found[2]) if found[2] else size - 1
            content = content[: end + 1]
            told["Content-Range"] = f"bytes {start}-{end}/{size}"
        fault = None
        if asked.method == "GET":
            fault = self._fault(repository.name, file, ("cut", "stalled", "wrong_hash"))
        if fault == "wrong_hash":
            content = bytes(byte ^ 1 for byte in content)
        sent = content[start:]
        half = sent[: max(1, len(sent) // 2)] if fault in ("cut", "stalled") else sent
        handler.send_response(status)
        for name, value in told.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(half) if fault == "stalled" else len(sent)))
        handler.end_headers()
        if asked.method != "HEAD":
            handler.wfile.write(half)
            if fault == "cut":
                handler.wfile.flush()
                handler.close_connection = True
                handler.connection.close()


def _refuse(handler: BaseHTTPRequestHandler, fault: str, name: str, authorization: Any) -> None:
    if fault == "busy":
        _say(handler, 429, {"error": "Too many requests"}, {"Retry-After": "0"})
    elif fault == "broken":
        _say(handler, 500, {"error": "Internal error"})
    elif fault == "unauthorised":
        _say(handler, 401, {"error": f"Invalid username or password, and your {authorization} is repeated here"})
    else:
        _say(
            handler,
            403,
            {"error": f"Access to {name} is restricted, and your {authorization} is repeated here"},
            {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to {name} is restricted."},
        )


def _say_about(
    handler: BaseHTTPRequestHandler, repository: Repository, verb: str | None, inside: str, body: bytes, query: Any
) -> None:
    if verb == "tree":
        inside = inside.strip("/")
        below = [name for name in repository.files if not inside or name.startswith(f"{inside}/")]
        if inside and not below:
            _say(handler, 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        _say(handler, 200, _listed(repository, inside, below, query.get("recursive", [""])[0].lower() == "true"))
    elif verb == "paths-info":
        paths = parse_qs(body.decode()).get("paths", []) if not body.startswith(b"{") else json.loads(body)["paths"]
        paths = [paths] if isinstance(paths, str) else paths
        told: list[dict[str, Any]] = []
        for path in paths:
            if path in repository.files:
                told.append(repository.entry(path))
            elif any(name.startswith(f"{path}/") for name in repository.files):
                told.append({"type": "directory", "path": path, "oid": "0" * 40, "size": 0})
        _say(handler, 200, told)
    elif verb == "refs":
        _say(handler, 200, {"branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": repository.commit}],
                            "converts": [], "tags": []})  # fmt: skip
    else:
        _say(
            handler,
            200,
            {
                "id": repository.name,
                "sha": repository.commit,
                "private": False,
                "gated": False,
                "tags": [],
                "downloads": 0,
                "likes": 0,
                "siblings": [{"rfilename": name} for name in repository.files],
                "lastModified": "2026-01-01T00:00:00.000Z",
            },
        )


def _listed(repository: Repository, inside: str, below: list[str], recursive: bool) -> list[dict[str, Any]]:
    prefix = f"{inside}/" if inside else ""
    told: dict[str, dict[str, Any]] = {}
    for name in below:
        rest = name.removeprefix(prefix)
        parts = rest.split("/")
        for depth in range(1, len(parts)) if recursive else range(1, min(len(parts), 2)):
            folder = prefix + "/".join(parts[:depth])
            told.setdefault(folder, {"type": "directory", "path": folder, "oid": "0" * 40, "size": 0})
        if recursive or len(parts) == 1:
            told[name] = repository.entry(name)
    return list(told.values())


def _say(handler: BaseHTTPRequestHandler, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
    data = json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(data)
