"""What comes with the package, so that a first run needs no network: sample preferences in three languages."""

import difflib
from importlib import resources
from pathlib import Path

from acord.errors import InputError

# How a recipe or a command names what comes with the package: bundled:model.
BUNDLED = "bundled:"


def bundled_path(name: str) -> Path:
    """The file or folder of the package's own data called `name`, such as `preferences/oasst.jsonl`.

    name: relative to `acord/bundled`, with forward slashes. Raises InputError where there is none, with the nearest.
    """
    root = Path(str(resources.files(__name__)))
    known = _names(root)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        fix = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."
        raise InputError(f"nothing bundled is called {name!r}", fix=fix)
    return root / name


def _names(root: Path) -> list[str]:
    paths = [path for path in root.rglob("*") if path.suffix not in {".py", ".pyc"} and path.name != "__pycache__"]
    return sorted(path.relative_to(root).as_posix() for path in paths)
