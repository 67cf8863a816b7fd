"""The figures of the performance budget: `python -m tests.bench`."""
