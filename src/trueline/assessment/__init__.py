"""In: objectives that apply to sold offerings, what was measured, what is excluded.
Out: a verdict per product and objective with its time account, and aggregates over groups.

Rules are table expressions and pure functions; `assess.py` reads, runs and decides."""
