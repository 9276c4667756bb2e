"""Settings that people write in YAML: read strictly, and every fault told in one line that names its key."""

import difflib
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from acord.errors import InputError

# Of every mapping of keys: strict types, no unknown key, immutable.
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def read_mapping(path: Path, *, what: str, start: str) -> dict[str, Any]:
    """A YAML file that holds a mapping. what: the file's role in messages. start: the keys it should start with.

    Raises InputError, one line, for a file that is missing, is no UTF-8 text, is no YAML or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot read the {what}: {error.strerror}", where=str(path), fix="Give the path of a .yaml file."
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"the {what} is not UTF-8 text", where=str(path), fix="Save it as UTF-8.") from None
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506  _Loader is a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise InputError(f"no valid YAML: {problem}", where=f"{path}{line}", fix="Mend that line.") from None
    except (ValueError, RecursionError):
        # Numbers of thousands of digits and thousands of nested brackets, which Python's own limits stop.
        fault = "a number is too long, or lists are nested too deeply"
        raise InputError(fault, where=str(path), fix="Mend that value.") from None
    if not isinstance(content, dict):
        raise InputError(f"a {what} is a mapping of keys", where=str(path), fix=f"Start with {start}.")
    return content


def explained(error: ValidationError, where: str, root: type[BaseModel]) -> InputError:
    """A fault that pydantic found in a `root`, as one line. where: the file."""
    # A mistyped key is a missing key too: to name what was typed helps more. Of a value that may be of several types,
    # what is wrong with it as one of them helps more than that it is none of the others.
    fault = min(error.errors(), key=lambda one: 0 if one["type"] == "extra_forbidden" else 1 + _is_of_other_type(one))
    path = [part for part in fault["loc"] if not _names_a_type(part)]
    key = ".".join(str(part) for part in path)
    if fault["type"] == "extra_forbidden":
        known = list(_keys(_section_at(root, path[:-1])))
        close = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
        fix = f"Did you mean {close[0]}?" if close else f"Known keys here: {', '.join(known)}."
        return InputError(f"unknown key {key}", where=where, fix=fix)
    if fault["type"] == "missing":
        return InputError(f"the key {key} is missing", where=where, fix=f"Add {path[-1]}:.")
    message = _WORDING.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    shown = f" (it is {_short(fault['input'])})" if isinstance(fault["input"], str | int | float | bool) else ""
    return InputError(f"{key + ': ' if key else ''}{message}{shown}", where=where, fix="Change that value.")


class _Loader(yaml.SafeLoader):
    """YAML that reads 5e-6 as a number, as people write it, and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        seen: set[Any] = set()
        for key, (at, _) in zip(keys, node.value, strict=True):
            if not isinstance(key, Hashable):
                break  # the loader itself says that such a thing is no key
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", at.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_FLOAT = r"^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)|[0-9][0-9_]*\.[0-9_]*|\.[0-9]+(?:[eE][-+]?[0-9]+)?)$"


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(_FLOAT), list("-+0123456789."))


_WORDING: Mapping[str, str] = {
    "model_type": "should be a mapping of keys",
    "dict_type": "should be a mapping of keys",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "string_type": "should be text",
    "string_too_short": "should not be empty",
    "string_pattern_mismatch": "should be of lower-case letters, digits, dots, dashes and underscores",
    "too_short": "should not be empty",
    "finite_number": "should be a finite number",
}


def _is_of_other_type(fault: Any) -> bool:
    return fault["type"] == "literal_error" or str(fault["type"]).endswith("_type")


def _names_a_type(part: int | str) -> bool:
    """Whether a part of pydantic's path is no key but one of the types that a value may have."""
    return isinstance(part, str) and bool(re.match(r"(str|int|bool|float)$|constrained-|[a-z-]+\[", part))


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _section_at(root: type[BaseModel], path: list[Any]) -> type[BaseModel]:
    section = root
    for part in path:
        if isinstance(part, str):
            section = _section_in(_keys(section)[part]) or section
    return section


def _keys(section: type[BaseModel]) -> dict[str, Any]:
    """The keys of a section as they are written, and the types of their values."""
    return {field.alias or name: field.annotation for name, field in section.model_fields.items()}


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a type holds: itself, one of a list, or one that may be left out."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _section_in(one)) is not None), None)
