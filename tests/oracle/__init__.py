"""A second implementation of the contract: slow, obvious, plain Python.

In: a contract workspace folder and a period. Out: the rows of `trueline assess` for it, worked
from the contract's words with exact fractions. It imports nothing of `trueline.assessment`, and no
table engine, so that an error of one side cannot be repeated by the other.

Where the contract is silent:

- A granule is known by (product, parameter, start); the last row for it in the file stands.
- A trusted granule covers its time up to the start of the next trusted one, never beyond its end.
- A trusted granule of a ratio parameter with denominator 0 is still counted in `samples`. Its time
  is unknown except for `ratio` (nothing to add) and the two availability state machines (no loss).
- A state machine that lacks n granules of look-ahead keeps its state.
- best_case and worst_case of a state machine are shares of time, (good + unknown) / allowed and
  good / allowed.
- An objective qualified by an availability objective has that one's unavailable time excluded.
- A stopped clock shortens the repair time and the down time of its own event (M3, O-39).
- An objective that was over before the product started gives no row.
- A value stands in its row even when coverage makes the verdict notAssessable; a scope that is
  empty or wholly excluded has none.
- A rounded value is both shown and compared.
- The row of an objective that begins or ends inside the period shows the whole calendar period.
"""
