"""The table of contents of the command line: what `trueline --help` prints, and nothing imported
for it but the words."""

from __future__ import annotations

import typer

SENTENCES = {
    "load": "Load offerings, inventory, measurements, events, exclusions.",
    "replay": "Take in measurements that were kept aside for unknown products or parameters.",
    "assess": "Which sold offerings keep the line, by how much, over which time.",
    "aggregate": "Pooled figures of groups, share met with its interval, worst members.",
    "pivot": "Share of verdicts that kept the line, by two dimensions.",
    "explain": "One figure opened up: objective, every interval with its reason, formula, clause.",
    "lineage": "From a figure to the rows it was made of.",
    "trends": "What is getting worse, since when, how sure.",
    "test": "Run the cases of test files.",
    "feeds": "Freshness and completeness of every feed.",
    "reconcile": "Sold without a promise, promised and not measured, measured and not sold.",
    "identities": "What names in feeds stand for, decided by a person and kept.",
    "drift": "Where contracts, products and suppliers have come apart from the catalogue.",
    "problems": "What many violated products share.",
    "results": "Closed periods, restatements, what was believed when.",
    "corrections": "Corrections of closed periods, by two persons.",
    "writeback": "Tell the product inventory (TMF637) of results.",
    "receipt": "Bundle a figure with its inputs, versions, formula and hashes.",
    "verify": "Compute a receipt again, without any workspace.",
    "export": "Give back what was loaded.",
    "deliveries": "The newest deliveries with their ledgers.",
    "lake": "Upkeep of the measurement lake.",
    "regimes": "Monitoring regimes: what is watched, by whom.",
    "alerts": "Standing alerts, newest first, each with what it was raised on.",
    "worker": "Bring summaries up to date and run the regimes that are due.",
    "demo": "Build the demo operator.",
    "people": "Who works with this workspace, in which roles.",
    "standards": "Threshold standards: draft, approve, publish, compare, replay.",
    "suppliers": "What promises rest on, and what is missing there.",
    "credits": "Credit advice by the terms of each objective. Advice only: billing decides.",
    "serve": "Serve the pages on the loopback address.",
    "run": "The demo operator, its assessment and the pages, in one go.",
    "version": "Which version of Trueline this is.",
}


def register_names(app: typer.Typer) -> None:
    """Put every command on `app` with its sentence; what it does is not imported."""
    for name, sentence in SENTENCES.items():
        app.command(name, help=sentence)(_not_asked_for)


def _not_asked_for() -> None:
    """Stands for a command that is listed; one that is asked for is imported instead."""
