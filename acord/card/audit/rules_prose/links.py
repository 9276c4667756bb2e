"""Links to a model or a data set on the hub whose text names another one."""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from acord.card.audit.document import Card, Link
from acord.card.audit.findings import Finding, Severity
from acord.card.audit.measures import Measure
from acord.card.audit.names import words_of
from acord.card.audit.rules_prose.model_names import REMARK, base_models, key_of

HUBS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
# First parts of a hub address that are no owner of a model.
OTHER_PAGES = frozenset(
    {"spaces", "papers", "docs", "blog", "collections", "models", "tasks", "learn", "organizations"}
)
FULL_NAME = re.compile(r"[\w.-]+/[\w.-]+")
SIZE = re.compile(r"\d+(?:x\d+)?[bmk]")
VERSION = re.compile(r"v\d+")
# Words that make another model of the same family.
VARIANTS = frozenset(
    {"instruct", "chat", "base", "it", "sft", "dpo", "rlhf", "aligned", "preference", "reward", "pt", "preview"}
)
# Words beside a name that do not belong to it.
BESIDE = frozenset(
    {"the", "a", "our", "this", "model", "models", "weights", "card", "checkpoint", "repository", "repo", "page"}
    | {"hugging", "face", "huggingface", "hub", "on", "at", "of", "dataset", "data", "set", "corpus", "collection"}
    | {"here", "see", "el", "la", "del", "modelo", "dades", "datos"}
)
LONGEST_NAME = 8
LONGEST_TEXT = 300


class Address(NamedTuple):
    """What a hub address leads to."""

    owner: str
    name: str
    data: bool

    @property
    def full(self) -> str:
        """owner/name"""
        return f"{self.owner}/{self.name}"


class _Doubt(NamedTuple):
    severity: Severity
    why: str


def links_to_others(card: Card, _: tuple[Measure, ...] = ()) -> list[Finding]:
    """Findings of the rule link-other-model."""
    findings = []
    bases = {key_of(base): base for base in base_models(card)}
    places = _places(card)
    for link in card.links:
        if len(link.text) > LONGEST_TEXT:
            continue
        address = hub_address(link.target)
        doubt = _doubt(link.text, address) if address else None
        if address is None or doubt is None:
            continue
        shown = address_in_text(link.text) or REMARK.sub("", link.text).strip()
        what = (
            f'The link\'s text says "{_short(link.text)}" and its address leads to {_short(address.full)}: {doubt.why}.'
        )
        if key_of(shown) in bases:
            what += f" The text is the card's base model, {_short(bases[key_of(shown)])}; the address is not."
        figures = {"text": link.text, "target": link.target, "leads_to": address.full}
        place = places.get(link.line) or _under(card, link)
        findings.append(Finding(doubt.severity, "link-other-model", link.line, place, what, figures))
    return findings


def hub_address(target: str) -> Address | None:
    """The model or data set that an address on the hub leads to; None for other addresses."""
    try:
        parts = urlsplit(target.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if host not in HUBS:
        return None
    path = [unquote(part) for part in parts.path.split("/") if part]
    data = bool(path) and path[0] == "datasets"
    path = path[data:]
    if len(path) < 2 or path[0].lower() in OTHER_PAGES:
        return None
    return Address(path[0], path[1], data)


def address_in_text(text: str) -> str | None:
    """The owner/name that a link's text is: written plainly or as an address."""
    address = hub_address(text)
    if address:
        return address.full
    bare = text.strip().strip("`*")
    return bare if FULL_NAME.fullmatch(bare) else None


def _doubt(text: str, address: Address) -> _Doubt | None:
    full = address_in_text(text)
    if full is not None:
        owner, name = full.split("/", 1)
        if key_of(name) != key_of(address.name):
            return _Doubt("warning", _difference(words_of(name), words_of(address.name)))
        if owner.lower() != address.owner.lower():
            return _Doubt("note", "the same name of another owner")
        return None
    words = [word for word in words_of(REMARK.sub("", text)) if word not in BESIDE]
    target = words_of(address.name)
    if not _is_name(words, target):
        return None
    if set(words) - set(target) - set(words_of(address.owner)):
        joined = "".join(words)
        if joined in "".join(target):  # "Open Hermes" and "OpenHermes"
            return None
        return _Doubt("warning", _difference(words, target))
    left = [word for word in target if word not in words]
    if any(word in VARIANTS or SIZE.fullmatch(word) or VERSION.fullmatch(word) for word in left):
        return _Doubt("note", f'the text leaves out "{" ".join(left)}", which tells it from its family')
    return None


def _is_name(words: list[str], target: list[str]) -> bool:
    """Whether the text is the name of one model: several words, one of them a size, a kind or a word with a digit."""
    if not 2 <= len(words) <= LONGEST_NAME:
        return False
    telling = [word for word in words if SIZE.fullmatch(word) or word in VARIANTS or any(c.isdigit() for c in word)]
    return bool(telling) and (bool(set(words) & set(target)) or any(SIZE.fullmatch(word) for word in words))


def _difference(words: list[str], target: list[str]) -> str:
    only_text = [word for word in words if word not in target]
    only_target = [word for word in target if word not in words]
    parts = []
    if only_text:
        parts.append(f'the text alone has "{" ".join(only_text)}"')
    if only_target:
        parts.append(f'the address alone has "{" ".join(only_target)}"')
    return ", ".join(parts) or "the words stand in another order"


def _places(card: Card) -> dict[int, str]:
    """Lines of tables, in words."""
    places = {table.line: f"{table.place()}, header" for table in card.tables}
    places |= {row.line: table.place(row) for table in card.tables for row in table.rows}
    return places


def _under(card: Card, link: Link) -> str:
    heading = next((one.heading for one in reversed(card.sections) if one.line <= link.line), "")
    return f'under "{_short(heading)}"' if heading else "before the first heading"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 120 else plain[:117] + "..."
