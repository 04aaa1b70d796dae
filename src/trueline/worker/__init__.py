"""In: the time. Out: what is due by then is done: certain names taken in, summaries brought up to
date, regimes run."""
