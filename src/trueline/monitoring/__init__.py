"""In: regimes (which group, which objectives, how often, what alarms, who watches), assessments.
Out: runs with their cohort, repeatable byte for byte; findings, predicted verdicts, alerts."""
