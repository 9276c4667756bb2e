"""The page: files of the package, read once at the start. A request can name none but those."""

import json
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from typing import NamedTuple

from fastapi import APIRouter
from starlette.responses import Response

from acord.languages import INTERFACE_TAGS, LANGUAGES

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
TEXTS = "page_"
# Asked for again each time, so that an update is seen; a page of some 60 kB from nearby.
HEADERS = {"Cache-Control": "no-cache"}


class _File(NamedTuple):
    content: bytes
    media: str


def page_router() -> APIRouter:
    """One route for each file, for the texts of each language, and for the page itself at /."""
    files = {f"/page/{name}": file for name, file in _files().items()}
    files |= {f"/page/texts/{tag}.json": _File(_texts(tag), TYPES[".json"]) for tag in INTERFACE_TAGS}
    if "/page/index.html" in files:
        files["/"] = files["/page/index.html"]
    router = APIRouter()
    for path, file in files.items():
        router.add_api_route(path, _answering(file), methods=["GET", "HEAD"], include_in_schema=False)
    return router


def _files() -> Mapping[str, _File]:
    folder = resources.files("acord.serve") / "page"
    found = ((file.name, "." + file.name.rpartition(".")[2]) for file in folder.iterdir() if file.is_file())
    return {name: _File((folder / name).read_bytes(), TYPES[ending]) for name, ending in found if ending in TYPES}


def _texts(tag: str) -> bytes:
    texts = {key.removeprefix(TEXTS): line for key, line in LANGUAGES[tag].texts.items() if key.startswith(TEXTS)}
    return json.dumps(texts, ensure_ascii=False).encode()


def _answering(file: _File) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        return Response(file.content, headers={**HEADERS, "Content-Type": file.media})

    return answer
