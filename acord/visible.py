"""Text of others on a terminal: what would move the cursor, change colours or turn the direction is shown as an escape.

Control characters (C0 but tab and line feed, DEL, C1), marks of direction (Unicode's bidirectional controls, by which
text can be made to read otherwise than it is stored), line separators, and characters that show nothing: zero-width
spaces, tags, and the variation selectors of the supplement. Joiners stay, since emoji and scripts need them.
"""

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)


def visible(text: str) -> str:
    """The text with each such character as \\x1b, \\u202e or \\U000e0001; tabs and line feeds stay."""
    return _UNSEEN.sub(_escaped, text)


def visible_line(text: str) -> str:
    """The same on one line: tabs and line feeds are shown as \\t and \\n too."""
    return visible(text).replace("\t", "\\t").replace("\n", "\\n")


def visible_json(content: str) -> str:
    """JSON with such characters as JSON's own escapes: it reads as before, and is harmless where it is printed."""
    return _UNSEEN.sub(_json_escaped, content)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _json_escaped(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
