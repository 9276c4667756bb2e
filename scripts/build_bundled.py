"""Make the bundled model: read public text, train a tokenizer and a small Llama, measure it, write its folder.

    python scripts/build_bundled.py --run runs/bundled --install acord/bundled/model
    python scripts/build_bundled.py --run /tmp/smoke --smoke      # the whole path in little: what CI runs

Reads ../shared/data/text; --smoke works without it. A run that was stopped goes on from its newest checkpoint, and what
is finished (training, measuring) is not done again. Figures and reasons: docs/bundled-model.md.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as acord.cli sets it: threads that spin starve their neighbours

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scripts.bundled.run import FULL, SMOKE, build  # noqa: E402  the path must be known first


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(description="Make the bundled model.")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints, metrics and the result")
    parser.add_argument("--text", type=Path, default=ROOT.parent / "shared" / "data" / "text", help="the public text")
    parser.add_argument("--minutes", type=float, nargs=2, default=(64.0, 32.0), help="of each part, by the clock")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="a tiny model, a few steps, little text")
    parser.add_argument("--install", type=Path, help="where to copy the finished model to, such as acord/bundled/model")
    given = parser.parse_args()
    setting = SMOKE if given.smoke else FULL
    model = build(setting, given.text, given.run, minutes=given.minutes, threads=given.threads)
    if given.install is not None:
        shutil.rmtree(given.install, ignore_errors=True)
        model = shutil.copytree(model, given.install)
        for file in model.iterdir():
            file.chmod(0o644)  # weights are saved for their owner alone
    print(model)


if __name__ == "__main__":
    main()
