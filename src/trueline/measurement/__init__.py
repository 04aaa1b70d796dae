"""In: measurement files, pushes and events. Out: granules and events as known at a delivery.

`load.load_measurements` reads files of any format in `formats/`, `append.append_granules` records
batches, `lake.open_lake` scans and compacts, `events.events_at` reads events, `unknown` keeps what
nobody knew yet for a replay."""
