"""The demo operator's records as the files that its systems would deliver."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from importlib.resources import files

from trueline.calendars.instants import render_instant, seconds
from trueline.demo.contracts import GROUPS
from trueline.demo.happenings import AgreedWork, Happening
from trueline.demo.population import Population
from trueline.inventory.values import Agreement


def render_offerings() -> str:
    return files("trueline.demo").joinpath("offerings.yaml").read_text(encoding="utf-8")


def render_suppliers() -> str:
    return files("trueline.demo").joinpath("suppliers.yaml").read_text(encoding="utf-8")


def render_customers(population: Population) -> str:
    rows = [
        (
            customer.id,
            customer.name,
            customer.segment,
            "; ".join(f"{contact.role}={contact.address}" for contact in customer.contacts),
            customer.characteristics["industry"],
        )
        for customer in population.customers
    ]
    return _csv(("customer_id", "name", "segment", "contacts", "industry"), rows)


def render_products(population: Population) -> str:
    free = tuple(population.products[0].characteristics)
    heading = (
        *("product_id", "offering_id", "customer_id", "status", "start", "end", "time_zone"),
        *free,
    )
    rows = [
        (
            product.id,
            product.offering_id,
            product.customer_id,
            product.status,
            render_instant(seconds(product.start)),
            render_instant(seconds(product.end)) if product.end else "",
            product.time_zone,
            *(product.characteristics[name] for name in free),
        )
        for product in population.products
    ]
    return _csv(heading, rows)


def render_groups() -> str:
    rows = [(group.id, group.name, group.rule) for group in GROUPS]
    return _csv(("group_id", "name", "rule"), rows)


def render_agreements(agreements: Iterable[Agreement]) -> str:
    """One negotiated change of one product, or of all products of the customer, a row."""
    rows = [
        (
            *(agreement.id, agreement.customer_id, agreement.name, product_id),
            *(term.objective_id, key, value, str(term.valid_from or "")),
        )
        for agreement in agreements
        for term in agreement.terms
        for product_id in term.product_ids or ("",)
        for key, value in term.changes.items()
    ]
    heading = (
        *("agreement_id", "customer_id", "name", "product_id"),
        *("objective_id", "key", "value", "valid_from"),
    )
    return _csv(heading, rows)


def render_exclusions(population: Population, works: Iterable[AgreedWork]) -> str:
    rows = [
        (
            population.products[work.product].id,
            render_instant(work.start_s),
            render_instant(work.end_s),
            work.reason,
        )
        for work in works
    ]
    return _csv(("product_id", "start", "end", "reason"), rows)


def render_events(population: Population, happenings: Iterable[Happening]) -> str:
    heading = (
        *("event_id", "product_id", "kind", "start", "end", "impact", "cause", "source"),
        "stop_clock",
    )
    rows = [
        (
            happening.event_id,
            population.products[happening.product].id,
            happening.kind,
            render_instant(happening.start_s),
            "" if happening.end_s is None else render_instant(happening.end_s),
            "outage" if happening.kind == "outage" else "",
            happening.cause,
            happening.source,
            ";".join(
                f"{render_instant(start_s)}/{render_instant(end_s)}"
                for start_s, end_s in happening.stop_clock
            ),
        )
        for happening in happenings
    ]
    return _csv(heading, rows)


def _csv(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()
