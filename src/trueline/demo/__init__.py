"""In: a scale (products, months, seed). Out: a workspace that holds a synthetic telecom operator.

The pure part (`operator`, `population`, `faults`, `series`, `truths`) makes values from a seed;
`build` delivers them through the ordinary loaders, so that ledgers and record times exist."""
