"""In: table expressions (Ibis). Out: Arrow tables. The only home of engine drivers."""
