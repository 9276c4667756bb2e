"""The benchmarks are scripts beside each other, not a package: tests find them as they find themselves."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
