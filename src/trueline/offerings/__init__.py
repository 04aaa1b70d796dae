"""In: catalogue files (trueline/v1 YAML, OpenSLO v1). Out: the catalogue as known at a delivery.

`load.load_offerings` records versions, `catalog.catalog_at` reads them, `export` gives back what
was imported. `keys` is the one definition of the file; reading, writing and the published JSON
Schema follow it."""
