"""What proves our speed: `python -m bench.execution` and others. Figures are ratios or medians of one run."""
