"""What of a text is prose: code, addresses and numbers say nothing of its language."""

import re

_NO_PROSE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]+\.[\w.-]+", re.DOTALL)


def prose(text: str) -> str:
    """The text with a space for each fenced or inline code, page address and e-mail address."""
    return _NO_PROSE.sub(" ", text)
