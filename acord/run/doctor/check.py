"""What a check finds: one line, and where something is wrong, what to do about it."""

from dataclasses import dataclass
from typing import Any, Literal

from acord.languages import text

State = Literal["ok", "note", "fault"]


@dataclass(frozen=True)
class Check:
    """One check. state: `note` is worth knowing and stops no run, `fault` stops one. fix: empty where all is well."""

    name: str
    state: State
    found: str
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"name": self.name, "state": self.state, "found": self.found, "fix": self.fix}

    def shown(self) -> str:
        """One line for people."""
        mark = text(f"doctor_{self.state}")
        return f"{mark:<7}{self.found}{'. ' if self.fix else ''}{self.fix}"


def fine(name: str, /, **values: str | int | float) -> Check:
    """A check that found all well; its line is the text doctor_NAME."""
    return Check(name, "ok", text(f"doctor_{name}", **values))


def wrong(name: str, key: str, state: State = "fault", /, **values: str | int | float) -> Check:
    """A check that found something; its line is the text doctor_KEY, what to do doctor_KEY_fix."""
    return Check(name, state, text(f"doctor_{key}", **values), text(f"doctor_{key}_fix", **values))
