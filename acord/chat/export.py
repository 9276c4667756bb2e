"""A template that carries the recipe's arguments and system prompt with it, for the tokenizer of an exported model."""

import json
from collections.abc import Mapping
from typing import Any


def self_contained(template: str, arguments: Mapping[str, Any], system: str | None) -> str:
    """The template with its arguments set and its system prompt put in front of conversations that have none.

    Whoever renders it, with Acord or without, gets the text that training saw.
    """
    head = "".join("{% set " + name + " = " + _literal(arguments[name]) + " %}" for name in sorted(arguments))
    if system is not None:
        head += (
            "{% if messages | selectattr('role', 'equalto', 'system') | list | length == 0 %}"
            "{% set messages = [{'role': 'system', 'content': " + _literal(system) + "}] + messages %}"
            "{% endif %}"
        )
    return head + template


def _literal(value: Any) -> str:
    # A Jinja literal is a JSON one for text, numbers and truth values.
    return json.dumps(value, ensure_ascii=False)
