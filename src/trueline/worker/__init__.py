"""In: the time. Out: what is due by then is done: summaries brought up to date, regimes run."""
