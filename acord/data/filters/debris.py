"""The filter `debris`: control tokens and role headings that a chat template left in a text.

Known by shape: ChatML, GPT, Phi, Zephyr, Cohere, Granite, OpenAssistant and Harmony (<|name|>, whatever the name),
Llama 2 and Mistral ([INST], <<SYS>>, <s>), Gemma (<start_of_turn>), DeepSeek (full-width bars), byte tokens (<0x0A>),
SentencePiece's space mark, Alpaca's headings (### Response:), and transcripts that run on (a line `Human:`).
"""

import re

from acord.data.filters.fault import Fault
from acord.data.filters.passages import without_code, without_quotes
from acord.data.pairs import Pair
from acord.data.turns import USER

REASON = "remains of a chat template"

_TOKEN = re.compile(
    r"<\|[A-Za-z][\w.-]{0,40}\|>|<\|im_(?:start|end)\b|<｜[^\s<>｜]{1,40}｜>|</?s>|<</?SYS>>|\[/?INST\]"
    r"|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>"
    r"|<0x[0-9A-F]{2}>|▁(?=[^\W\d_])"
)
# These are words of HTML or of talk about language models too: only at an edge of the text, or twice on end.
_FAINT = re.compile(r"</?s>|<(?:bos|eos|pad|unk)>")
# A token in the run of a sentence is spoken of: "the token <|im_end|> closes a turn".
_BEFORE_MENTION = re.compile(r"[\w,(][ ]?\Z")
_AFTER_MENTION = re.compile(r"\A(?:[,;:.)?]|[ ][\w(])")

_HEADING = re.compile(r"^#{2,4} ?(Assistant|Human|User|Instruction|Response):", re.MULTILINE)
_COMMON_HEADINGS = {"Instruction", "Response"}
_ASKER = re.compile(r"^(?:Human|USER|User|Prompter|Humano|Usuario|Usuari|Humà): ?", re.MULTILINE)
_ANSWERER = re.compile(r"^(?:Assistant|ASSISTANT|AI|Bot|Asistente|Assistent): ?", re.MULTILINE)
_SPEAKER_FIRST = re.compile(r"\A[*_\"“]{0,3}[A-ZÀ-Ý][\w .'-]{0,30}:")
_ASKS_FOR_DIALOGUE = re.compile(
    r"\b(?:dialog|conversa|chat|script|transcri|play\b|scene|skit|interview|role|diálog|diàleg|guion|guió|escena|"
    r"entrevista|obra|xat)",
    re.IGNORECASE,
)


def spells_control_token(text: str) -> bool:
    """Whether a text holds what some chat template reads as one of its own signs, even if it only speaks of it."""
    return _TOKEN.search(text) is not None


def debris(pair: Pair) -> Fault | None:
    """A fault where a turn of the prompt, or a reply, holds what a template left; code and quotes do not count."""
    for turn in pair.prompt:
        found = _remains(turn["content"])
        if found is not None:
            return Fault(REASON, f"{found} in a {turn['role']} turn")
    asked = "\n".join(turn["content"] for turn in pair.prompt if turn["role"] == USER)
    for name, reply in (("chosen", pair.chosen), ("rejected", pair.rejected)):
        found = _remains(reply) or _role_line(reply, asked)
        if found is not None:
            return Fault(REASON, f"{found} in the {name} reply")
    return None


def _remains(text: str) -> str | None:
    """The first control token or heading that nobody speaks of, None where there is none."""
    if _TOKEN.search(text) is None and _HEADING.search(text) is None:
        return None
    prose = without_quotes(without_code(text)).strip()
    for match in _TOKEN.finditer(prose):
        if _is_debris(prose, match):
            return match.group()
    headings = list(_HEADING.finditer(prose))
    names = {match.group(1) for match in headings}
    for match in headings:
        if match.group(1) not in _COMMON_HEADINGS or names >= _COMMON_HEADINGS or match.start() == 0:
            return match.group()
    return None


def _is_debris(prose: str, match: re.Match[str]) -> bool:
    before, after = prose[max(0, match.start() - 48) : match.start()], prose[match.end() : match.end() + 48]
    if _FAINT.fullmatch(match.group()):
        if match.group() == "<s>" and before == "" and after:
            return "</s>" not in prose[:-4]
        doubled = _FAINT.match(after.lstrip()) is not None or _FAINT.search(before.rstrip()[-6:]) is not None
        return before == "" or (after == "" and not _is_closing_tag(prose, match)) or doubled
    return not (_BEFORE_MENTION.search(before) and _AFTER_MENTION.match(after))


def _is_closing_tag(prose: str, match: re.Match[str]) -> bool:
    """Whether a final </s> ends something struck through in HTML that began further in."""
    return match.group() == "</s>" and prose.find("<s>") > 0


def _role_line(reply: str, asked: str) -> str | None:
    """A role's name that opens a line of a reply, where nobody asked for a dialogue and the reply is none."""
    if _ASKER.search(reply) is None and _ANSWERER.search(reply) is None:
        return None
    if _ASKS_FOR_DIALOGUE.search(asked) or _ASKER.search(asked) or _ANSWERER.search(asked):
        return None
    prose = without_code(reply).strip()
    askers, answerers = list(_ASKER.finditer(prose)), list(_ANSWERER.finditer(prose))
    lines = sorted([*askers, *answerers], key=lambda match: match.start())
    if not lines:
        return None
    name = lines[0].group().strip()
    if lines[0].start() == 0:
        # One label and no other speaker is the template's own header; more of them are a dialogue that is told.
        return name if answerers and len(lines) == 1 else None
    if _SPEAKER_FIRST.match(prose):
        return None
    return name if name == "Human:" or (askers and answerers) else None
