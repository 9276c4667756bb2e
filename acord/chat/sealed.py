"""A copy of a tokenizer in which no text that a person types can become a control token.

Every control token (an added token, special or not, that is more than white space) is renamed to a text with a secret
number in it, in the list of added tokens and in the model's vocabulary, under the id it had. Only what the template
wrote is given the new names. `<|im_end|>` inside a message is then plain text to the copy, encoded together with the
words around it. The number is drawn for every copy and leaves no trace in the ids.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import Tokenizer

from acord.chat.decoding import Decoding
from acord.errors import InputError

_OPEN, _CLOSE = "\ue0a0", "\ue0a1"
_BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
_WORD_SPACE = "\u2581"
_OTHER_TOKENIZER = "Take a base model whose tokenizer.json gives back the text it encodes."


class SealedTokenizer:
    """Encodes sealed text, and decodes to it. Never changes after it is built, so threads may share it.

    control_ids: text of each control token -> its id. pattern: finds any sealed control token in a text.
    """

    def __init__(self, original: Any) -> None:
        """original: a `tokenizers.Tokenizer`, left as it is. Raises InputError where an id would change."""
        content = json.loads(original.to_str())
        tokens = _control_tokens(content)
        self.control_ids: dict[str, int] = {token["content"]: token["id"] for token in tokens}
        nonce = secrets.token_hex(16)
        self._sealed = {text: f"{_OPEN}{nonce}{number:06x}{_CLOSE}" for text, number in self.control_ids.items()}
        self._plain = {sealed: text for text, sealed in self._sealed.items()}
        self._id_of_sealed = {sealed: self.control_ids[text] for text, sealed in self._sealed.items()}
        self._is_control = frozenset(self.control_ids.values())
        self.pattern = re.compile(f"{_OPEN}{nonce}[0-9a-f]{{6}}{_CLOSE}")
        self._before_text = re.compile(f"({self.pattern.pattern})(?!{self.pattern.pattern}|\\Z)")
        self._template_pattern = _pattern_with_swallowed_space(tokens)
        _rename(content, self._sealed)
        self._native = Tokenizer.from_str(json.dumps(content))
        # A reply goes on where the prompt ends: it is no start of a text and gets no dummy space.
        continuing = _without_dummy_prefix(content)
        self._continuing = self._native if continuing == content else Tokenizer.from_str(json.dumps(continuing))
        self._assert_ids_kept(original)

    def _assert_ids_kept(self, original: Any) -> None:
        expected = {self._sealed.get(text, text): number for text, number in original.get_vocab().items()}
        if self._native.get_vocab() != expected or self._continuing.get_vocab() != expected:
            raise InputError("the tokenizer changes its ids when its control tokens are sealed", fix=_OTHER_TOKENIZER)

    def seal(self, template_text: str) -> str:
        """Give the control tokens in text that the template wrote (never a person's) their sealed names.

        White space that the tokenizer swallows beside a token (lstrip, rstrip) is left out, as it has no id.
        """
        return self._template_pattern.sub(lambda found: self._sealed[found[found.lastindex or 0]], template_text)

    def sealed(self, control_text: str) -> str:
        """The sealed name of one control token."""
        return self._sealed[control_text]

    def unseal(self, text: str) -> str:
        """Sealed names back to the control tokens' own texts, for people to read."""
        return self.pattern.sub(lambda found: self._plain.get(found.group(), found.group()), text)

    def with_dummy_spaces(self, sealed_text: str) -> str:
        """The text with a space after each control token that text follows, as an `always` dummy prefix decodes."""
        return self._before_text.sub(r"\1 ", sealed_text)

    def control_ids_in_text(self, sealed_text: str) -> list[int]:
        """Ids of the sealed control tokens of a text, in order."""
        return [self._id_of_sealed[found] for found in self.pattern.findall(sealed_text)]

    def control_ids_in(self, ids: Sequence[int]) -> list[int]:
        """The control ids among ids, in order."""
        return [number for number in ids if number in self._is_control]

    def last_control(self, ids: Sequence[int]) -> int:
        """Place of the last control id among ids; 0 where there is none."""
        return next((place for place in range(len(ids) - 1, 0, -1) if ids[place] in self._is_control), 0)

    def encode(self, sealed_texts: Sequence[str]) -> list[list[int]]:
        """Ids of whole texts, as the tokenizer itself gives them; no special token is added."""
        return _encode(self._native, sealed_texts)

    def encode_continuations(self, sealed_texts: Sequence[str]) -> list[list[int]]:
        """Ids of texts that go on after other tokens: without a SentencePiece tokenizer's dummy space in front."""
        return _encode(self._continuing, sealed_texts)

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """Sealed texts of id sequences, control tokens included."""
        texts: list[str] = self._native.decode_batch(sequences, skip_special_tokens=False)
        return texts

    def growing(self, anchor: int) -> Decoding:
        """Sealed texts of ids that come one by one, after the id `anchor`."""
        return Decoding(self._native, anchor)


def _encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _control_tokens(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    # Bytes that spell unknown characters are the model's own; runs of spaces or of the word-space sign are text.
    def is_control(token: dict[str, Any]) -> bool:
        text = token["content"]
        return bool(text.replace(_WORD_SPACE, "").strip()) and not _is_byte(content, text)

    return [token for token in content["added_tokens"] if is_control(token)]


def _is_byte(content: Mapping[str, Any], text: str) -> bool:
    return bool(content["model"].get("byte_fallback")) and _BYTE_TOKEN.fullmatch(text) is not None


def _pattern_with_swallowed_space(tokens: Sequence[dict[str, Any]]) -> re.Pattern[str]:
    longest_first = sorted(tokens, key=lambda token: (-len(token["content"]), token["content"]))
    space = {True: r"\s*", False: ""}
    alternatives = [
        f"{space[token['lstrip']]}({re.escape(token['content'])}){space[token['rstrip']]}" for token in longest_first
    ]
    return re.compile("|".join(alternatives) or r"(?!)")


def _rename(content: dict[str, Any], sealed: Mapping[str, str]) -> None:
    # A typed `<0x0A>` must not be matched as a byte either: bytes stay in the vocabulary, not among the added tokens.
    content["added_tokens"] = [token for token in content["added_tokens"] if not _is_byte(content, token["content"])]
    for token in content["added_tokens"]:
        if token["content"] in sealed:
            token.update(content=sealed[token["content"]], lstrip=False, rstrip=False, single_word=False)
    # Nothing may shorten, pad or add to what is encoded here, and nothing may be left to chance.
    content["truncation"] = content["padding"] = content["post_processor"] = None
    model = content["model"]
    if "dropout" in model:
        model["dropout"] = None
    if model.get("unk_token") in sealed:
        model["unk_token"] = sealed[model["unk_token"]]
    if isinstance(model["vocab"], dict):
        model["vocab"] = {sealed.get(text, text): number for text, number in model["vocab"].items()}
    else:
        model["vocab"] = [[sealed.get(piece, piece), score] for piece, score in model["vocab"]]
    if "merges" in model:
        # A vocabulary can have learnt a control token's text from plain characters: those merges would forge it.
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"])
        model["merges"] = [
            pair for pair in pairs if not (pair[0] in sealed or pair[1] in sealed or f"{pair[0]}{pair[1]}" in sealed)
        ]


def _without_dummy_prefix(node: Any) -> Any:
    """The same specification without the space that some tokenizers put before a text. Copies only what it changes."""
    if not isinstance(node, dict):
        return node
    if "model" in node:
        return {
            **node,
            "normalizer": _without_dummy_prefix(node["normalizer"]),
            "pre_tokenizer": _without_dummy_prefix(node["pre_tokenizer"]),
        }
    match node.get("type"):
        case "Sequence":
            part = "normalizers" if "normalizers" in node else "pretokenizers"
            return {**node, part: [_without_dummy_prefix(child) for child in node[part]]}
        case "Prepend":
            return {"type": "Sequence", "normalizers": []}
        case "Metaspace":
            return {**node, "prepend_scheme": "never"}
        case "ByteLevel":
            return {**node, "add_prefix_space": False}
    return node
