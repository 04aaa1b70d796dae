"""In: times as text, zones, service hours, holidays. Out: instants and half-open intervals.

All arithmetic is in whole UTC seconds; a zone enters only where a calendar day does."""
