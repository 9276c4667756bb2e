"""Put the tables of benchmarks/results into docs/performance.md, each between its two marks.

Run: python benchmarks/write_tables.py
"""

import re
from pathlib import Path

import dpo_vs_trl
import engine_limits
import eval_vs_lmeval
import gpu_2b

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
TABLES = {
    "dpo_vs_trl": lambda: dpo_vs_trl.table(dpo_vs_trl.RESULT),
    "engine_limits": lambda: engine_limits.table(engine_limits.RESULT),
    "eval_vs_lmeval": lambda: eval_vs_lmeval.table(eval_vs_lmeval.RESULT),
    "gpu_2b": lambda: gpu_2b.table(gpu_2b.RESULT),
}


def with_tables(page: str) -> str:
    """The page with every table as the results have it now. Raises ValueError where a mark is missing."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if begin not in page or end not in page:
            raise ValueError(f"{PAGE.name} has no marks for {name}")
        inside = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = f"{begin}\n{table().strip()}\n\n{end}"
        page = inside.sub(lambda _, text=text: text, page)
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
