"""In: agreed exclusions, planned outages. Out: which time of which product does not count.

`load.load_exclusions` records, `exclusions.exclusions_at` reads; `agreed.agreed_part` and
`notice.notice_sufficient` decide how much of an outage is excluded."""
