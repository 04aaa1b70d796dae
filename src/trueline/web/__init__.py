"""In: stored assessments, records and deliveries. Out: the pages a service level manager reads.

`results` and `records` read, `views/` answer one page each, `charts` draws. No page runs the
assessment engine: what is shown is what was stored."""
