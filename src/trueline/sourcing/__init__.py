"""In: catalogue, inventory, what was measured. Out: where they do not fit together.

`read.what_was_sourced` gathers, `reconcile.reconcile` compares: sold offerings without an
objective, objectives without a measurement, measurements without a sold offering."""
