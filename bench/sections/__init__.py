"""One module per section; each has `figures(scale) -> list[Figure]`."""
