"""In: granules of the product-days that a delivery touched. Out: daily figures and exceptions that
merge exactly, and tallies taken from them without reading granules again.

Exceptions are runs of granules: what was measured (so that what is missing is known too) and what
broke a threshold. They know no exclusions, so changed exclusions need no granule."""
