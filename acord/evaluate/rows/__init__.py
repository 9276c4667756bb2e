"""The project's own rows: variety, safety, over-refusal, bias and domain, in Valencian, Spanish and English.

Tasks of lm-evaluation-harness (tasks/*.yaml) over texts written for the project (data/*.jsonl). TASKS is the folder a
suite includes; from lm-evaluation-harness's own command line, `--include_path` takes it.
"""

from pathlib import Path

TASKS = Path(__file__).parent / "tasks"
DATA = Path(__file__).parent / "data"
