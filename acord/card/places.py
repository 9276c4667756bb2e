"""A recipe as others may read it: of places on this machine, the last part; of servers in this house, `localhost`."""

import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from acord.bundled import BUNDLED, bundled_path
from acord.recipe import Recipe, parse_recipe

# Names that are the same everywhere.
EVERYWHERE = ("hf://", "random:", BUNDLED)
INNER = (".local", ".lan", ".internal", ".intranet", ".home.arpa")


def public_recipe(recipe: Recipe) -> Recipe:
    """The recipe without folders, names and accounts of the machine and the house where it ran."""
    content = recipe.model_dump(mode="json", by_alias=True)
    content["model"]["base"] = model_place(content["model"]["base"])
    for source in content["data"]["sources"]:
        _data_places(source)
    if content["data"]["decontaminate"]:
        held = content["data"]["decontaminate"]
        held.update(suite=_suite(held["suite"]), allow=held["allow"] and last_part(held["allow"]))
    if content["chat"]["template"] not in ("tokenizer", "chatml"):
        content["chat"]["template"] = last_part(content["chat"]["template"])
    for section in filter(None, (content["evaluate"], content["judge"])):
        section.update(suite=_suite(section["suite"]), against=[model_place(one) for one in section["against"]])
    if content["judge"]:
        _judge_places(content["judge"])
    return parse_recipe(content, where="recipe.yaml")


def last_part(place: str) -> str:
    """The file's or folder's own name; `bundled:` for what comes with the package."""
    path = Path(os.path.abspath(Path(place).expanduser()))  # noqa: PTH100  resolve() would follow links
    root = Path(os.path.abspath(bundled_path("model").parent))  # noqa: PTH100  likewise
    if root in path.parents:
        return f"{BUNDLED}{path.relative_to(root).as_posix()}"
    return path.name or "folder"


def model_place(place: str) -> str:
    """A hub name stays as it is, a folder becomes its last part."""
    if place.startswith(EVERYWHERE):
        return place
    is_folder = place.startswith((".", "~", os.sep)) or place.count("/") > 1 or Path(place).exists()
    return last_part(place) if is_folder else place


def public_address(url: str) -> str:
    """A server's address without an account, and without the name of a machine that only its house knows."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    shown = "localhost" if _is_inner(host) else f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{shown}{port}", parts.path, "", ""))


def _is_inner(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(INNER)


def _suite(name: str) -> str:
    return last_part(name) if name.endswith((".yaml", ".yml")) else name


def _data_places(source: dict[str, Any]) -> None:
    for key in ("path", "against"):
        places = source[key]
        if isinstance(places, str):
            source[key] = _data_place(places)
        elif places is not None:
            source[key] = [_data_place(one) for one in places]
    for endpoint in (source["rejected_from"], (source["translate"] or {}).get("through")):
        if isinstance(endpoint, dict):
            endpoint["url"] = public_address(endpoint["url"])


def _data_place(place: str) -> str:
    return place if place.startswith(EVERYWHERE) else last_part(place)


def _judge_places(section: dict[str, Any]) -> None:
    section["labels"] = [last_part(one) for one in section["labels"]]
    for one in section["panel"]:
        if one["endpoint"]:
            one["endpoint"] = public_address(one["endpoint"])
        if one["serve"]:
            one["serve"] = model_place(one["serve"])
