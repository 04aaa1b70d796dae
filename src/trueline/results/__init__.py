"""In: the verdicts of an assessment. Out: a log of what was believed when, and receipts.

`close.close_period` and `close.restate_period` append to the log, `log.believed` reads it,
`log.check_log` proves that nobody edited it. `corrections` changes a closed period only by
proposal, countersignature and restatement. `receipt.build_receipt` bundles one figure with all it
was made of; `verify.verify_receipt` computes it again without the workspace."""
