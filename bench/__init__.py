"""`python -m bench`: ratios measured side by side in one run.

In: nothing but this package and, where they are installed, the peers. Out: a table per section, a
JSON file, and by `python -m bench report FILE.json` the reference page of the figures."""
