"""Models measured on suites of tasks: rows as data, the harness over the tree engine, statistics, tables."""
