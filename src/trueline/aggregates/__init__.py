"""In: stored verdicts of any periods, with whom and what they concern. Out: fair comparisons.

`facts.read_facts` reads, `cube.pivot` counts, `standardise.standardised` compares like with like,
`reversal.find_reversals` warns where the whole points the other way than its parts,
`suppression.suppress` hides small cells, `sla_types.judge_objectives` finds targets that are lax,
unrealistic or never tested."""
