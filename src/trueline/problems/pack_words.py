"""The readable parts of a hand-over pack: a summary for people, the methods with their limits."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from trueline.problems import life
from trueline.problems.dossier import Claim, Dossier
from trueline.problems.lift import LiftLine
from trueline.problems.models import ProductProblem
from trueline.problems.phrases import (
    in_words,
    told_allowance,
    told_chance,
    told_money,
    told_rival,
)

METHODS = """How to read this pack
=====================

For use inside the operator: the evidence rows hold sold offerings of every customer.

summary.html       for people
problem.json       the problem in the words of TMF656 ServiceProblem
evidence-rows.csv  every product that was looked at; all counts are counts of these rows
lift.csv           combinations of attributes: members, bad ones, expected ones, chance
impact.csv         affected and exposed products, customers, charges, allowance left, credits
timeline.csv       what happened before, and what was done
course.csv         day by day: how many missed their line, of the finding and of the others
steps.csv          every act on the problem
sources.json       hashes of the stored results that this was made from
SHA256SUMS         the hash of every file of this pack

Checking the counts
-------------------
In evidence-rows.csv, the rows with in_finding = 1 are the members, those of them with bad = 1 the
bad ones. Expected is members x (all bad / all rows). p is the hypergeometric chance of as many bad
ones or more among the members, counted one by one. Products of surer findings, which were set aside
before this one was found, have no row. Where the measure is not "violated": observed and expected
are the reports and what was expected of them; of a ratio its numerator and its denominator; of a
level the mean and the middle one of its offering.

Methods and their limits
------------------------
1. Enrichment. Every attribute value and every pair was looked at; q allows for that (Benjamini and
   Hochberg): of findings with q below 0.05 about one in twenty is there by chance. p and q of the
   evidence divide counts by the design effect where products hang together behind a node, so they
   are larger than the p of lift.csv, which counts products one by one.
2. Not separable. Combinations with exactly the same products cannot be told apart by these data.
3. Rivals explain nearly as much: the data are at most 20 times likelier under the finding. Products
   that have one and not the other would tell which.
4. Happened before is an order of time. It is no cause.
5. A shared attribute says where the excess lies, not why. What is not recorded as an attribute
   cannot be found.
6. Exposed products share the combination and kept their line so far. That they will miss it is not
   said.
7. Credits are advice by the terms of each objective; billing decides. Amounts of different
   currencies are not added up.
8. Products whose verdict is not known are left out, neither good nor bad. Of imported tickets,
   reports and violations, a product that none is told of counts as not reported.
9. Counts are as stored when the pack was made. The evidence in problem.json is as of the scan that
   last added members; if a period was assessed again since, the two differ.
"""

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #ccc;vertical-align:top}.num{text-align:right}"
    "@media(prefers-color-scheme:dark){body{background:#14181d;color:#e6e9ec}}"
)


def summary_html(problem: ProductProblem, dossier: Dossier) -> str:
    """One page without script or links, for people outside."""
    claim = dossier.claim
    title = f"Problem {problem.pk}: {in_words(claim.names[0])}"
    noted = life.noted_of(problem)
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
            f"</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>",
            f"<p>{escape(problem.state)} since {problem.state_since:%Y-%m-%d %H:%M} UTC. First "
            f"alert, not the cause: {escape(problem.first_alert)}.</p>",
            _what(claim),
            _pairs(
                "Known",
                [
                    ("Known error", noted.get(life.NoteAct.KNOWN_ERROR, "none yet")),
                    ("Workaround", noted.get(life.NoteAct.WORKAROUND, "none yet")),
                ],
            ),
            _impact(dossier),
            _lift_table(dossier.lift),
            _list("Rivals", (told_rival(one) for one in claim.rivals)),
            _list(
                "Timeline",
                (f"{one.first} to {one.last}: {one.text}" for one in dossier.marks),
            ),
            '<h2>Methods and limits</h2><pre style="white-space:pre-wrap">'
            f"{escape(METHODS)}</pre></body></html>\n",
        ]
    )


def _what(claim: Claim) -> str:
    same = [in_words(one) for one in claim.names[1:]]
    told = claim.evidence.get("told")
    pairs = [
        ("Objective", claim.objective_id),
        ("Measure", claim.measure.value + (f": {told}" if told else "")),
        ("Shared", in_words(claim.names[0])),
        ("Not separable from", "; ".join(same) or "nothing"),
        ("Period", claim.period),
        ("Bad", f"{claim.evidence['violated']:,} of {claim.evidence['members']:,}"),
        ("Expected by chance", f"{claim.evidence['expected']:.1f}"),
        (
            "Chance of so many",
            f"p {told_chance(claim.evidence['p'])}, q {told_chance(claim.evidence['q'])} of "
            f"{claim.evidence['scanned']:,} combinations",
        ),
    ]
    return _pairs("What it is", pairs)


def _impact(dossier: Dossier) -> str:
    impact = dossier.impact
    return _pairs(
        "Impact",
        [
            ("Affected", f"{impact.affected:,} products of {impact.customers:,} customers"),
            ("Their monthly charge", told_money(impact.revenue)),
            (
                "Exposed, kept so far",
                f"{impact.exposed:,} products of {impact.customers_exposed:,} customers",
            ),
            ("Their monthly charge", told_money(impact.revenue_exposed)),
            ("Allowance left to them", told_allowance(impact.allowance)),
            ("Credits advised to the affected", told_money(impact.advised)),
            (
                "Credits at risk of the exposed",
                f"{told_money(impact.risk_least)} if just missed, "
                f"{told_money(impact.risk_most)} at most",
            ),
        ],
    )


def _lift_table(lines: Iterable[LiftLine]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.role)}</td><td>{escape(in_words(one.attributes))}</td>"
        f'<td class="num">{one.bad:,} of {one.members:,}</td>'
        f'<td class="num">{one.expected:.1f}</td>'
        f'<td class="num">{"–" if one.lift is None else f"{one.lift:.2f}"}</td>'
        f'<td class="num">{told_chance(one.p)}</td></tr>'
        for one in lines
    )
    return (
        "<h2>Lift</h2><table><tr><th>Why shown</th><th>Attributes</th><th>Bad</th>"
        f"<th>Expected</th><th>Lift</th><th>p</th></tr>{rows}</table>"
    )


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in pairs)
    return f"<h2>{escape(title)}</h2><table>{rows}</table>"


def _list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in lines) or "<li>none</li>"
    return f"<h2>{escape(title)}</h2><ul>{items}</ul>"
