"""Whether an export reads and says what its source does: token ids and greedy continuations of a set of prompts.

Both are computed in fp32 whatever type the weights are stored in: what differs then is the weights themselves, and not
the order of sums in a half-precision kernel.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from acord.card.export_prompts import PROMPTS
from acord.chat import ChatFormat
from acord.chat.refused import Refused
from acord.errors import InputError

NEW_TOKENS = 32
COMPUTED_IN = "float32"

Ids = tuple[int, ...]


class Words(NamedTuple):
    """What a model makes of the prompts, by what was asked. ids: read. replies: said. texts: the same, for people."""

    ids: Mapping[str, Ids | str]
    replies: Mapping[str, Ids]
    texts: Mapping[str, str]


def words_of(folder: Path, model: Any) -> Words:
    """Of a loaded model, with the tokenizer of `folder`. Raises InputError where there is none."""
    from acord.chat.dated import chat_format_of
    from acord.models import load_tokenizer

    tokenizer = load_tokenizer(folder)
    try:
        chat = chat_format_of(tokenizer).chat
    except InputError:
        # A template that Acord does not take: the users' own way is compared, and plain text is continued.
        chat = None
    ids: dict[str, Ids | str] = {"the control tokens": _control(tokenizer)}
    asked: dict[str, Ids] = {}
    for number, prompt in enumerate(PROMPTS, start=1):
        name = f"prompt {number} ({prompt.language})"
        messages = prompt.messages()
        plain = tuple(tokenizer(prompt.turns[-1])["input_ids"])
        ids[f"{name} as text"] = plain
        ids[f"{name} by the template"] = _templated(tokenizer, messages)
        trained = ids[f"{name} as in training"] = _as_in_training(chat, messages)
        asked[name] = plain if isinstance(trained, str) else trained
    stops = (tokenizer.eos_token_id,) if chat is None else chat.stop_ids
    replies = _continued(model, asked, tuple(stop for stop in stops if stop is not None))
    return Words(ids, replies, {name: tokenizer.decode(list(reply)) for name, reply in replies.items()})


def difference(source: Words, export: Words) -> str | None:
    """The first difference in words, None where there is none."""
    for name in dict.fromkeys([*source.ids, *export.ids]):
        if source.ids.get(name) != export.ids.get(name):
            return f"{name} has other token ids"
    for name in source.replies:
        if source.replies[name] != export.replies.get(name):
            said, says = (one.texts.get(name, "")[:60] for one in (source, export))
            return f"{name} is continued with {says!r} and not with {said!r}"
    return None


def _control(tokenizer: Any) -> Ids:
    known = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id]
    return tuple(-1 if one is None else int(one) for one in (*known, len(tokenizer)))


def _as_in_training(chat: ChatFormat | None, messages: list[dict[str, str]]) -> Ids | str:
    if chat is None:
        return "no template that can be encoded faithfully"
    try:
        return tuple(chat.encode_prompt(messages).ids)
    except Refused as refused:
        return str(refused)


def _templated(tokenizer: Any, messages: list[dict[str, str]]) -> Ids | str:
    """As a user of transformers gets them; the refusal of a template is an answer too."""
    from jinja2 import TemplateError

    try:
        found = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    except (TemplateError, ValueError) as error:
        return str(error)
    return tuple(int(one) for one in found)


def _continued(model: Any, asked: Mapping[str, Ids], stops: Sequence[int]) -> dict[str, Ids]:
    """The likeliest continuation of each, by transformers' own `generate` with what its configuration adds."""
    import torch

    device = next(model.parameters()).device
    padding = stops[0] if stops else 0
    width = max(map(len, asked.values()))
    rows = [[padding] * (width - len(ids)) + list(ids) for ids in asked.values()]
    mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in asked.values()]
    with torch.inference_mode():
        found_BT = model.generate(
            torch.tensor(rows, device=device),
            attention_mask=torch.tensor(mask, device=device),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            eos_token_id=list(stops) or None,
            pad_token_id=padding,
        )
    replies = found_BT[:, width:].tolist()
    return {name: _ended(reply, stops) for name, reply in zip(asked, replies, strict=True)}


def _ended(reply: Sequence[int], stops: Sequence[int]) -> Ids:
    """Up to the token that ends it, and with it."""
    end = next((place + 1 for place, token in enumerate(reply) if token in stops), len(reply))
    return tuple(reply[:end])
