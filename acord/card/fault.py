"""What a check of a card finds wrong, as one record."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """file: relative to the folder of the card. line: from 1, None for the whole file. expected, found: as shown."""

    file: str
    line: int | None
    what: str
    expected: str = ""
    found: str = ""

    @property
    def where(self) -> str:
        """`file:line`, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def shown(self) -> str:
        """One line."""
        figures = f" (expected {self.expected}, found {self.found})" if self.expected or self.found else ""
        return f"{self.where}: {self.what}{figures}"
