"""In: customers, products, agreements and groups. Out: the inventory as known at a delivery.

`load` records versions, `snapshot.snapshot_at` reads them, `resolve.objectives_of` says which
objectives a product is held to and why, `rules.members` and `groups.members_at` say which
products a group holds."""
