"""Messages to text through a chat template, with the template's own text told apart from what people wrote."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from transformers.utils.chat_template_utils import render_jinja_template

from acord.chat.encoded import Message
from acord.chat.refused import Refused
from acord.errors import InputError

ROLES = ("system", "user", "assistant")

CHATML_MARKS = ("<|im_start|>", "<|im_end|>")
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

_RESERVED = ("messages", "add_generation_prompt", "strftime_now", "tools", "documents")
# No text can call this: a template that asks for today's date fails instead of changing from day to day.
_NO_DATE = "no date"
# What templates do to the ends of a message. Anything more is a template that treats text in its own way.
_TRIMS: tuple[Callable[[str], str], ...] = (
    str,
    str.strip,
    str.rstrip,
    str.lstrip,
    lambda text: text.strip("\n"),
    lambda text: text.lstrip("\n"),
    lambda text: text.rstrip("\n"),
)


class Skeleton(NamedTuple):
    """What the template writes around n messages, for one list of roles: n + 1 texts. sealed: ready for encoding."""

    plain: tuple[str, ...]
    sealed: tuple[str, ...]

    def fill(self, contents: Sequence[str], *, sealed: bool) -> str:
        """The whole text with the messages in place."""
        texts = self.sealed if sealed else self.plain
        pieces = [piece for text, content in zip(texts, contents, strict=False) for piece in (text, content)]
        return "".join([*pieces, texts[-1]])


@dataclass(frozen=True)
class Template:
    """A chat template and all that it may read besides the messages: special tokens and the recipe's arguments."""

    text: str
    variables: Mapping[str, Any]
    arguments: Mapping[str, Any]

    def render(self, messages: Sequence[Message], *, header: bool) -> str:
        """The text of a conversation; header: with the assistant's header, for a reply to come.

        Raises Refused when the template does (roles that do not alternate, a system message it does not know).
        """
        try:
            rendered, _ = render_jinja_template(
                [[{"role": message["role"], "content": message["content"]} for message in messages]],
                chat_template=self.text,
                add_generation_prompt=header,
                **{**self.variables, "strftime_now": _NO_DATE},
            )
        except Exception as error:
            # A template is a program of whoever wrote it: whatever it raises is its own fault.
            line = f"line {error.lineno}: " if isinstance(error, jinja2.TemplateSyntaxError) else ""
            raise Refused(
                "template refuses the conversation", line + " ".join(str(error).split()).rstrip(".")
            ) from error
        return str(rendered[0])

    def skeleton(self, roles: tuple[str, ...], *, header: bool, seal: Callable[[str], str]) -> Skeleton:
        """Render placeholders in the messages' places and cut there, so that no content is ever read as template."""
        nonce = secrets.token_hex(16)
        messages = [{"role": role, "content": f"\ue0a2{nonce}{index:06x}\ue0a3"} for index, role in enumerate(roles)]
        pieces = re.split(f"\ue0a2{nonce}([0-9a-f]{{6}})\ue0a3", self.render(messages, header=header))
        if [int(number, 16) for number in pieces[1::2]] != list(range(len(roles))):
            raise Refused("template rewrites the text", "it does not write every message once and in order")
        plain = tuple(pieces[::2])
        return Skeleton(plain, tuple(seal(text) for text in plain))

    def contents_as_written(self, skeleton: Skeleton, messages: Sequence[Message], *, header: bool) -> tuple[str, ...]:
        """The messages' contents as the template writes them: as they are, or trimmed at the ends.

        Raises Refused where it does anything else to them (dropping a part, writing one twice).
        """
        rendered = self.render(messages, header=header)
        contents = tuple(message["content"] for message in messages)
        if skeleton.fill(contents, sealed=False) == rendered:
            return contents
        written: list[str] = []
        position = len(skeleton.plain[0])
        for content, following in zip(contents, skeleton.plain[1:], strict=True):
            trims = (trim(content) for trim in _TRIMS)
            fitting = (text for text in trims if rendered.startswith(text + following, position))
            written.append(next(fitting, content))
            position += len(written[-1]) + len(following)
        if skeleton.fill(written, sealed=False) != rendered:
            raise Refused("template rewrites the text", "its output differs from the messages by more than trimming")
        return tuple(written)


def load_template(tokenizer: Any, template: str, arguments: Mapping[str, Any]) -> Template:
    """The template that a recipe names: `tokenizer` (its own, else ChatML), `chatml`, or the path of a .jinja file.

    ChatML writes BOS first where the tokenizer itself does so before a text. Raises InputError, one line.
    """
    if template == "chatml" or (template == "tokenizer" and not tokenizer.chat_template):
        text = _chatml_for(tokenizer)
    elif template == "tokenizer":
        text = _own_template(tokenizer)
    else:
        text = _read_template(Path(template))
    for name in arguments:
        if name in _RESERVED or not re.search(rf"\b{re.escape(name)}\b", text):
            raise InputError(
                f"the template takes no argument {name}", where="chat.arguments", fix="Remove it, or mend its name."
            )
    return Template(text, {**tokenizer.special_tokens_map, **arguments}, dict(arguments))


def _chatml_for(tokenizer: Any) -> str:
    missing = [mark for mark in CHATML_MARKS if mark not in tokenizer.get_added_vocab()]
    if missing:
        raise InputError(
            f"ChatML needs {' and '.join(missing)} as single tokens, and the tokenizer has none",
            where="chat.template",
            fix="Give the path of a .jinja template that fits the model, or take a base model with a chat template.",
        )
    bos = tokenizer.bos_token_id
    starts_with_bos = bos is not None and tokenizer("a").input_ids[:1] == [bos]
    return ("{{ bos_token }}" if starts_with_bos else "") + CHATML


def _own_template(tokenizer: Any) -> str:
    try:
        return str(tokenizer.get_chat_template())
    except ValueError:
        raise InputError(
            "the tokenizer has several chat templates and none named default",
            where="chat.template",
            fix="Save the one you want as a .jinja file and give its path.",
        ) from None


def _read_template(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        problem = error.strerror
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    raise InputError(
        f"cannot read the chat template {path}: {problem}",
        where="chat.template",
        fix="Give tokenizer, chatml, or the path of a .jinja file.",
    )
