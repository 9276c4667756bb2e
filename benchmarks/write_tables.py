"""Put the tables of benchmarks/results into the pages of docs, each between its two marks.

Run: python benchmarks/write_tables.py
"""

import re
from collections.abc import Mapping
from pathlib import Path

import checkpoint_cost
import detector
import dpo_vs_trl
import engine_limits
import eval_vs_lmeval
import full_size
import gpu_2b
import plan_vs_actual
import processes
import serve
import serve_engine
import translation

DOCS = Path(__file__).parents[1] / "docs"
# Each page with the benchmarks whose tables stand in it.
PAGES = {
    DOCS / "performance.md": (
        dpo_vs_trl,
        engine_limits,
        eval_vs_lmeval,
        full_size,
        serve_engine,
        serve,
        gpu_2b,
        processes,
    ),
    DOCS / "plan.md": (plan_vs_actual,),
    DOCS / "reliability.md": (checkpoint_cost,),
    DOCS / "translation.md": (translation,),
    DOCS / "valencian.md": (detector,),
}


def tables_of(page: Path) -> dict[str, str]:
    """The tables of a page as the results have them now, by the name of their benchmark."""
    return {module.__name__: module.table(module.RESULT) for module in PAGES[page]}


def with_tables(page: str, tables: Mapping[str, str]) -> str:
    """The page with every table in its place. Raises ValueError where a mark is missing."""
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        if begin not in page or end not in page:
            raise ValueError(f"the page has no marks for {name}")
        inside = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        text = f"{begin}\n{table.strip()}\n\n{end}"
        page = inside.sub(lambda _, text=text: text, page)
    return page


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(with_tables(path.read_text(encoding="utf-8"), tables_of(path)), encoding="utf-8")
