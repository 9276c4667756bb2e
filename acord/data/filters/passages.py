"""Parts of a text that are not its author's own prose: code, addresses, and what is quoted."""

import re

_FENCED = re.compile(r"(?:```|~~~).*?(?:```|~~~|\Z)", re.DOTALL)
_INLINE_CODE = re.compile(r"`[^`\n]{1,400}`")
_PAGE = re.compile(r"\b(?:https?://|www\.)\S+")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}")
# A straight quote opens after a space or bracket and closes before one; an apostrophe does neither.
_QUOTED = re.compile(
    r"“[^”]{1,600}”|«[^»]{1,600}»|‘[^’\n]{1,300}’(?!\w)|\"[^\"\n]{1,600}\"|(?<![\w'])'[^'\n]{1,300}'(?!\w)"
)
_BLOCK_QUOTE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
# What programs, markup and formulas have and prose hardly ever: it is enough to compare such texts to the letter.
_CODE_LIKE = re.compile(r"[{}=<>\\|`~^$#]|\w[(\[]|^[ \t]{2,}\S|;[ \t]*$|::|->|\S [*/+-] \S", re.MULTILINE)


def without_code(text: str) -> str:
    """The text with fenced blocks (an open one runs to the end) and inline code taken out."""
    return _INLINE_CODE.sub(" ", _FENCED.sub("\n", text)) if "`" in text or "~~~" in text else text


def without_quotes(text: str) -> str:
    """The text without what stands in quotation marks or in block quotes of markdown."""
    return _BLOCK_QUOTE.sub("", _QUOTED.sub(" ", text))


def without_addresses(text: str) -> str:
    """The text without addresses of pages and of people."""
    text = _PAGE.sub(" ", text)
    return _EMAIL.sub(" ", text) if "@" in text else text


def without_tables(text: str) -> str:
    """The text without rows of markdown tables."""
    return _TABLE_ROW.sub("", text) if "|" in text else text


def looks_like_code(text: str) -> bool:
    """Whether a text may hold code, markup or formulas. Meant to be wide: prose with a bracket glued on counts too."""
    return _CODE_LIKE.search(text) is not None
