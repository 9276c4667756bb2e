"""A bundle held against its manifest: which parts are missing or differ, so that these alone are copied again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acord.console import track
from acord.hashing import hash_file
from acord.languages import text
from acord.run.bundle.layout import RECIPE, Bundle, Part, read_bundle


class Fault(NamedTuple):
    """A part that is not as it should be. kind: missing, size or hash."""

    part: str
    kind: str
    bytes: int
    wanted: int

    def shown(self) -> str:
        """In the interface's language."""
        return text(f"bundle_part_{self.kind}", part=self.part, bytes=self.bytes, wanted=self.wanted)


@dataclass(frozen=True)
class Verified:
    """faults: of the parts, in their order."""

    folder: Path
    bundle: Bundle
    faults: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "folder": str(self.folder),
            "recipe": self.bundle.recipe,
            "parts": len(self.bundle.parts),
            "bytes": self.bundle.bytes,
            "faults": [fault._asdict() for fault in self.faults],
        }

    def shown(self) -> str:
        """For people."""
        if self.faults:
            return "\n".join(fault.shown() for fault in self.faults)
        return text("bundle_whole", parts=len(self.bundle.parts), megabytes=f"{self.bundle.bytes / 1e6:,.1f}")

    def copy_again(self) -> str:
        """The names of what is to be copied again, for a shell."""
        return " ".join(fault.part for fault in self.faults)


def verify(folder: Path) -> Verified:
    """Read every part. Raises InputError for a folder without a readable manifest."""
    bundle = read_bundle(folder)
    faults = []
    with track("verify", bundle.bytes, "B") as tracker:
        for part in bundle.parts:
            fault = size_fault(folder, part)
            if fault is None and hash_file(folder / part.name) != part.sha256:
                fault = Fault(part.name, "hash", part.bytes, part.bytes)
            if fault is not None:
                faults.append(fault)
            tracker.advance(part.bytes)
    recipe = folder / RECIPE
    if not recipe.is_file():
        faults.append(Fault(RECIPE, "missing", 0, 0))
    elif hash_file(recipe) != bundle.recipe_sha256:
        faults.append(Fault(RECIPE, "hash", recipe.stat().st_size, recipe.stat().st_size))
    return Verified(folder, bundle, tuple(faults))


def size_fault(folder: Path, part: Part) -> Fault | None:
    """Why a part cannot be whole, seen without reading it; None where it may be. A link is none of a bundle's files."""
    path = folder / part.name
    if path.is_symlink() or not path.is_file():
        return Fault(part.name, "missing", 0, part.bytes)
    size = path.stat().st_size
    return Fault(part.name, "size", size, part.bytes) if size != part.bytes else None
