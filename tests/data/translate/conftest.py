"""The generator of markdown messages is a benchmark's, and lies beside the other ones."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
