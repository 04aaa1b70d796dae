"""In: files and pushes. Out: a delivery with a record time, a ledger, and set-aside rows.

A delivery number is the one axis of record time: offerings, inventory, measurements, events and
exclusions all carry the delivery that recorded them and the one that superseded them."""
