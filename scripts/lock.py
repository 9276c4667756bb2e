"""Write requirements.lock: every distribution that Acord and its extras resolve to, pinned.

Used as a pip constraint file, so that one lock serves `pip install -e .` and `-e .[dev,bench]`. Entries of other
platforms (a torch build's own GPU libraries) are pinned by torch itself.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TORCH = "2.13.0"
HEADER = "# Written by `make lock`; do not edit. A constraint file: pip install -c requirements.lock -e .\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--report", str(report), f"torch=={TORCH}", f"{ROOT}[dev,bench]", "setuptools>=80"]
        subprocess.run(command, check=True)  # noqa: S603  fixed arguments
        installs = json.loads(report.read_text())["install"]
    pins = {
        item["metadata"]["name"].lower().replace("_", "-"): item["metadata"]["version"].split("+")[0]
        for item in installs
    }
    pins.pop("acord", None)
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    (ROOT / "requirements.lock").write_text(HEADER + "".join(lines))
    print(f"requirements.lock: {len(lines)} distributions")


if __name__ == "__main__":
    main()
