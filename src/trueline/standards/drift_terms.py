"""What was negotiated against what the same product would be promised without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from trueline.calendars.periods import midnight
from trueline.inventory.agreements import unfit_terms
from trueline.inventory.resolve import AppliedObjective
from trueline.inventory.values import Agreement, AgreementTerm, Product
from trueline.offerings.values import ServiceLevelObjective
from trueline.standards.drift_kinds import Compared, Drift, DriftFinding, finding, held
from trueline.standards.strictness import Strictness, differences, strictness


def broken_terms(compared: Compared, sold: Sequence[Product]) -> Iterator[DriftFinding]:
    """Terms that make no objective with anything in the catalogue, or with what was sold."""
    for agreement in compared.snapshot.agreements.values():
        unfit = unfit_terms(agreement, compared.catalog)
        since = compared.recorded.get(f"agreement {agreement.id}")
        for term in agreement.terms:
            if not _term_holds(term, compared.at_s):
                continue
            covered = [p for p in sold if _covers(agreement, term, p)]
            key = (term.objective_id, term.product_ids, term.valid_from, term.valid_to)
            subject = f"{agreement.id}/{term.objective_id}"
            if key in unfit:
                yield finding(Drift.TERM_BROKEN, subject, unfit[key], covered, since)
                continue
            for reason, products in _not_applied(compared, agreement, term, covered).items():
                yield finding(Drift.TERM_BROKEN, subject, reason, products, since)


def _not_applied(
    compared: Compared, agreement: Agreement, term: AgreementTerm, covered: Sequence[Product]
) -> Mapping[str, list[Product]]:
    """Products named by the term that it does nothing for, by reason."""
    found: dict[str, list[Product]] = defaultdict(list)
    for product in covered:
        applied = held(product, compared, compared.snapshot).get(term.objective_id)
        if applied is None:
            if term.product_ids is not None:
                reason = f"{product.offering_id} has no objective {term.objective_id}"
                found[reason].append(product)
            continue
        for why in applied.reasons:
            if why.startswith(f"agreement {agreement.id}: ") and "was NOT applied" in why:
                found[why.partition(": ")[2]].append(product)
    return found


def _covers(agreement: Agreement, term: AgreementTerm, product: Product) -> bool:
    if product.customer_id != agreement.customer_id:
        return False
    named = term.product_ids is None or product.id in term.product_ids
    return named and product.agreement_id in (None, agreement.id)


def _term_holds(term: AgreementTerm, at_s: int) -> bool:
    begun = term.valid_from is None or midnight(term.valid_from, "UTC") <= at_s
    return begun and (term.valid_to is None or at_s < midnight(term.valid_to, "UTC"))


_KINDS = {
    Strictness.SAME: Drift.TERM_SAME,
    Strictness.LOOSER: Drift.TERM_LOOSER,
    Strictness.STRICTER: Drift.TERM_STRICTER,
    Strictness.OTHER: Drift.TERM_OTHER,
}


def term_drift(compared: Compared, sold: Sequence[Product]) -> Iterator[DriftFinding]:
    """What was negotiated against what the same product would be promised without it."""
    touched: dict[tuple[Drift, str, str], list[Product]] = defaultdict(list)
    days: dict[str, date | None] = {}
    without = compared.standard_only
    customers = {agreement.customer_id for agreement in compared.snapshot.agreements.values()}
    for product in sold:
        if product.customer_id not in customers:
            continue
        plain = held(product, compared, without)
        for objective_id, one in held(product, compared, compared.snapshot).items():
            base = plain.get(objective_id)
            if one.agreement_id is None or base is None:
                continue
            kind = _KINDS[strictness(base.objective, one.objective)]
            subject = f"{one.agreement_id}/{objective_id}"
            touched[kind, subject, _differs(base.objective, one.objective)].append(product)
            days[subject] = _since(compared, one.agreement_id, base)
    for (kind, subject, told), products in touched.items():
        yield finding(kind, subject, told, products, days[subject])


def _differs(standard: ServiceLevelObjective, agreed: ServiceLevelObjective) -> str:
    told = [
        f"{one.key} {one.after or 'none'} where the standard says {one.before or 'none'}"
        for one in differences(standard, agreed)
    ]
    return "; ".join(told) or f"the same as version {standard.version} of the standard"


def _since(compared: Compared, agreement_id: str, base: AppliedObjective) -> date | None:
    """Both stood: the term since it was recorded, the standard since it is valid."""
    subject = f"objective {base.offering_id}/{base.objective.id}"
    days = [
        compared.recorded.get(f"agreement {agreement_id}"),
        base.objective.valid_from or compared.recorded.get(subject),
    ]
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None
