"""In: drafts of threshold standards, and what people decide about them. Out: approved versions in
the product offering repository, what they would have meant, and what has to be issued again.

`draft`, `approve`, `publish`, `migrate` and `retire` are the acts; each leaves a row that stays."""
