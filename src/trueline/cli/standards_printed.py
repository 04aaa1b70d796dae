"""How standards, proposals and their differences look on the command line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from rich.table import Table

from trueline.cli import console
from trueline.settings.workspace import Workspace
from trueline.standards.life_cycle import State
from trueline.standards.models import ProposalAct, StandardProposal

if TYPE_CHECKING:  # what examines a draft is imported where one is
    from trueline.standards.compared import Compared
    from trueline.standards.facts import Examined
    from trueline.standards.overview import StandardLine, VersionLine
    from trueline.standards.reissue import Reissue
    from trueline.standards.replay import Replay
    from trueline.standards.replay_told import ReplayTold, Tally
    from trueline.standards.suggestion import Suggestion

PRINTED = 20


def print_losses(file: str, losses: Sequence[str]) -> None:
    """What a file says and a standard cannot hold."""
    for loss in losses:
        console.err.print(f"{file}: not taken over: {loss}", markup=False)


def print_list(lines: Sequence[StandardLine], today: date) -> None:
    """One row for each standard."""
    table = Table(
        "standard", "version", "state", "promise", "basis", "valid from", "review", "open"
    )
    for line in lines:
        newest = line.newest
        table.add_row(
            line.name,
            str(newest.version) if newest else "",
            newest.state if newest else "",
            _promise(newest) if newest else "",
            newest.objective.basis if newest else "",
            str(newest.objective.valid_from or "") if newest else "",
            _review(line, today),
            ", ".join(f"{p.pk} {p.state}" for p in line.proposals),
        )
    console.print_listing(
        table,
        "None; `trueline load offerings FILE` brings those of a catalogue, "
        "`trueline standards draft FILE --by NAME` drafts new ones",
    )
    owed = sum(line.review_owed(today) for line in lines)
    console.out.print(f"{len(lines):,} standards, {owed:,} with a review owed", markup=False)


def _promise(version: VersionLine) -> str:
    objective = version.objective
    return f"{objective.statistic} {objective.comparator} {objective.conformance_target}"


def _review(line: StandardLine, today: date) -> str:
    due = line.newest.review_due if line.newest else None
    if not line.review_owed(today):
        return str(due or "")
    return f"owed since {due}" if due else "none planned"


def print_proposals() -> None:
    """Every proposal, newest first."""
    table = Table("proposal", "standard", "state", "version", "author", "review due")
    for proposal in StandardProposal.objects.order_by("-pk"):
        table.add_row(
            str(proposal.pk),
            proposal.standard,
            proposal.state,
            str(proposal.version or ""),
            proposal.author,
            str(proposal.review_due or ""),
        )
    console.print_listing(
        table, "No proposals; `trueline standards draft FILE --by NAME` drafts one"
    )


def print_versions(line: StandardLine) -> None:
    """Every version of one standard."""
    console.out.print(f"{line.name}: {line.scope.words}", markup=False)
    table = Table(
        "version", "state", "promise", "basis", "valid from", "valid to", "reaches", "from"
    )
    for version in line.versions:
        objective = version.objective
        table.add_row(
            str(version.version),
            version.state,
            _promise(version),
            objective.basis,
            str(objective.valid_from or ""),
            str(objective.valid_to or ""),
            objective.rollout,
            f"proposal {version.proposal}" if version.proposal else "catalogue file",
        )
    console.out.print(table)
    for proposal in line.proposals:
        console.out.print(
            f"proposal {proposal.pk} is {proposal.state}, by {proposal.author}", markup=False
        )


def print_proposal(workspace: Workspace, proposal: StandardProposal) -> None:
    """One proposal: what it is held against, and everything done to it."""
    from trueline.standards.approve import missing_parts
    from trueline.standards.document import draft_of
    from trueline.standards.facts import examine

    say = console.out.print
    say(f"proposal {proposal.pk}: {proposal.standard}, {proposal.state}", markup=False)
    draft = draft_of(proposal.document)
    if draft.rationale:
        say(f"  why: {draft.rationale}", markup=False)
    if proposal.state in (State.DRAFT, State.REVIEW, State.APPROVED):
        examined = examine(workspace, draft)
        print_examined(examined)
        if proposal.state == State.REVIEW:
            missing = ", ".join(missing_parts(proposal, examined))
            say(f"  approvals missing: {missing}", markup=False)
    for act in ProposalAct.objects.filter(proposal=proposal).order_by("pk"):
        part = f" ({act.part})" if act.part else ""
        note = f": {act.note}" if act.note else ""
        say(f"  {act.at:%Y-%m-%dT%H:%M:%SZ} {act.act}{part} by {act.by}{note}", markup=False)


def print_examined(examined: Examined) -> None:
    """Faults, warnings, exposure and the approvals needed."""
    say = console.out.print
    draft, exposure = examined.proposed.draft, examined.exposure
    say(f"{draft.name}, would be version {examined.proposed.version}", markup=False)
    for one in examined.findings:
        mend = f" ({one.mend})" if one.mend else ""
        say(f"  {one.severity}: {one.field}: {one.what}{mend}", markup=False)
    charge = "not known" if exposure.monthly_charge is None else f"{exposure.monthly_charge:,f}"
    say(
        f"  exposure: {exposure.products:,} products of {exposure.customers:,} customers, "
        f"monthly charges {charge} (limit {examined.limit:,f}); approvals needed: "
        f"{', '.join(examined.parts)}",
        markup=False,
    )


def print_differences(compared: Compared) -> None:
    """Key by key, and what it comes to for the customer."""
    table = Table("key", compared.before_name, compared.after_name, "promises")
    for one in compared.differences:
        table.add_row(one.key, one.before, one.after, one.strictness)
    console.out.print(table)
    console.out.print(f"all in all: {compared.strictness}", markup=False)


def print_reissue(reissue: Sequence[Reissue]) -> None:
    """Periods with their products; nothing to do is said too."""
    if not reissue:
        console.out.print("nothing to issue again", markup=False)
        return
    by_period: dict[tuple[str, str], list[Reissue]] = defaultdict(list)
    for one in reissue:
        by_period[one.period, one.objective_id].append(one)
    for (period, objective_id), mine in by_period.items():
        some = ", ".join(one.product_id for one in mine[:PRINTED])
        more = f" and {len(mine) - PRINTED:,} more" if len(mine) > PRINTED else ""
        console.out.print(
            f"issue again {period} {objective_id}: {len(mine):,} products: {some}{more}",
            markup=False,
        )


def print_replay(replay: Replay, told: ReplayTold, elapsed_s: float) -> None:
    """Today beside the draft, together, by period and by segment."""
    console.out.print(
        f"{told.total.figures:,} figures of {len(replay.periods)} periods {replay.source.value} in "
        f"{elapsed_s:.1f} s; {replay.negotiated:,} products keep other terms",
        markup=False,
    )
    if replay.bounds is not None:
        from trueline.standards.replay_told import bounds_told

        console.out.print(
            f"{bounds_told(replay.bounds, told.unsure)}; --exact says more", markup=False
        )
    counted = ("met", "at risk", "breached", "open")
    table = Table("", "version", *counted, "share met", "5 % margin", "credits")
    for one in (told.total, *told.periods, *told.segments):
        for name, tally in (("today", one.today), ("draft", one.draft)):
            if tally is not None:
                table.add_row(one.name if name == "today" else "", name, *_tally_cells(tally))
    console.out.print(table)
    console.out.print(
        f"newly breached: {len(told.newly_violated):,}, no longer: {told.no_longer_violated:,}",
        markup=False,
    )
    for figure in told.newly_violated[:PRINTED]:
        console.out.print(
            f"  {figure.product.id} of {figure.product.customer_id} in {figure.period}: "
            f"{_number(figure.value)}",
            markup=False,
        )


def _tally_cells(tally: Tally) -> tuple[str, ...]:
    from trueline.assessment.values import Verdict

    share = "" if tally.share_met is None else f"{tally.share_met:.4f}"
    if tally.share_low is not None:
        share += f" ({tally.share_low:.4f} to {tally.share_high:.4f})"
    unknown = f" + {tally.unknown} not known" if tally.unknown else ""
    return (
        f"{tally.of(Verdict.MET) + tally.of(Verdict.WITHIN_TOLERANCE):,}",
        f"{tally.of(Verdict.AT_RISK):,}",
        f"{tally.of(Verdict.VIOLATED):,}",
        f"{tally.of(Verdict.NOT_ASSESSABLE) + tally.of(Verdict.NOT_APPLICABLE):,}",
        share,
        "" if tally.low_margin is None else f"{tally.low_margin:.6g}",
        f"{tally.credits:,f}{unknown}",
    )


def _number(value: Fraction | None) -> str:
    return "no value" if value is None else f"{float(value):.6g}"


def print_suggestion(standard: str, found: Suggestion) -> None:
    """The percentile and its bound; what it is not is said too."""
    say = console.out.print
    say(f"{standard}: a suggestion from {found.figures:,} figures, not a standard", markup=False)
    percent = f"{float(found.share * 100):g} %"
    say(f"  {percent} of these figures keep {_number(found.percentile)}", markup=False)
    if found.bound is None:
        say(f"  no bound: {found.needed:,} figures are needed", markup=False)
    else:
        say(
            f"  with {float(found.confidence * 100):g} % confidence, {percent} of all such figures "
            f"keep {_number(found.bound)}",
            markup=False,
        )
    say("  periods of one product are taken as independent, which they are not", markup=False)
