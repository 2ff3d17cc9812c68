"""Benchmarks: `python -m bench`, `python -m bench.execution`. Figures are ratios or medians of one run."""
