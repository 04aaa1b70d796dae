"""`trueline trends`: what is getting worse, since when, how sure."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.known import what_was_known
from trueline.calendars.instants import parse_as_of
from trueline.cli import console
from trueline.errors import InputError, Place, nearest
from trueline.settings.workspace import Workspace
from trueline.trends.ask_workspace import WorkspaceScan, scan_workspace
from trueline.trends.asking import USUAL_DIMENSIONS, Asking
from trueline.trends.daily_history import newest_assessment
from trueline.trends.deterioration import ScanSetting
from trueline.trends.findings import (
    Outlook,
    QuietSeries,
    TrendFinding,
    TrendScan,
    tell,
    told_chance,
)
from trueline.trends.scan_store import store_scan, stored_scan

app = typer.Typer(no_args_is_help=True, help="What is getting worse, since when, how sure.")


@app.command()
def scan(
    days: Annotated[int, typer.Option(min=28, help="how many of the newest days")] = 365,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="dimensions: group, offering, segment, sla_type, region, product, or any "
            "characteristic; may be given more than once"
        ),
    ] = None,
    q: Annotated[float, typer.Option(help="share of false findings that is accepted")] = 0.05,
    floor: Annotated[float, typer.Option(help="smallest growth that matters: 0.1 is 10 %")] = 0.05,
    dependent: Annotated[
        bool, typer.Option(help="guard against groups that move together (Benjamini-Yekutieli)")
    ] = False,
    measuring_changed: Annotated[
        Path | None,
        typer.Option(
            help="CSV file with product_id and day: probes replaced, counters redefined; of these "
            "products nothing that the records or figures show is believed instead"
        ),
    ] = None,
    weekly: Annotated[
        bool, typer.Option("--weekly", help="test whole weeks, for slow drift under noisy days")
    ] = False,
    as_of: Annotated[str | None, typer.Option(help="memberships as known at this time")] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="put it on record: raise, follow and clear, as the worker does"
        ),
    ] = False,
    signed: Annotated[
        str | None, typer.Option(help="who records it (default: the user of this machine)")
    ] = None,
) -> None:
    """Test the daily figures of every group and objective, and keep what was found."""
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    setting = ScanSetting(share_false=q, floor=floor, dependent=dependent)
    asking = Asking(by or USUAL_DIMENSIONS, setting)
    told = _changes(measuring_changed) if measuring_changed else None
    found = scan_workspace(workspace, known, WorkspaceScan(asking, days, weekly, told))
    store_scan(workspace, found)
    _print(found)
    if record:
        _record(workspace, found, console.signed_by(signed))


@app.command()
def standing(
    every: Annotated[bool, typer.Option("--all", help="those that were cleared too")] = False,
) -> None:
    """What is on record as getting worse, newest first: raised once, cleared by two scans in a
    row that do not see it any more."""
    console.workspace()
    from trueline.trends.record_scan import told_of

    names = ("raised", "cleared", "what", "of", "objective", "of regime", "since", "q then")
    table = Table(*names)
    found = told_of(standing_only=not every)
    for one in found:
        raised = one.changes.order_by("pk").first()
        evidence = raised.evidence if raised else {}
        table.add_row(
            f"{one.raised_at:%Y-%m-%d}",
            f"{one.cleared_at:%Y-%m-%d}" if one.cleared_at else "",
            one.dimension,
            one.key,
            f"{one.objective_id}, {one.measure}",
            one.scope,
            str(evidence.get("since", "")),
            told_chance(evidence.get("q_value", 1.0)),
        )
    if found:
        console.out.print(table)
    else:
        console.out.print("nothing stands")


@app.command()
def show(
    key: Annotated[str | None, typer.Argument(help="a group, offering, product ...")] = None,
) -> None:
    """Print the newest scan again, or all it says of one group."""
    found = stored_scan(console.workspace())
    if found is None:
        raise InputError("no scan is stored", mend="Run trueline trends scan first")
    if key is None:
        _print(found)
        return
    for one in found.findings:
        if one.key == key:
            _print_one(one, found)
    quiet = [one for one in found.quiet if one.key == key]
    for series in quiet:
        console.out.print(_told_quiet(series), markup=False)
    if not quiet and all(one.key != key for one in found.findings):
        tested = {one.key for one in found.findings} | {one.key for one in found.quiet}
        raise InputError(
            f"The newest scan tested nothing of {key!r}, or it had too little data",
            mend=nearest(key, tested, see="trueline trends show"),
        )


def _record(workspace: Workspace, found: TrendScan, by: str) -> None:
    from trueline.trends.record_scan import OnRecord, record_scan

    newest = newest_assessment(workspace.results)
    on = OnRecord(assessed_at=newest.assessed_at if newest else "")
    done = record_scan(workspace, found, on, by=by, now=console.now())
    console.out.print(
        f"scan {done.number} is on record: {done.raised} raised, {done.cleared} cleared, "
        f"{done.standing} stand"
    )


def _changes(path: Path) -> dict[str, list[date]]:
    """Days by product id, from a CSV file with the columns product_id and day."""
    changes: dict[str, list[date]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                try:
                    day = date.fromisoformat(row["day"])
                    changes.setdefault(row["product_id"], []).append(day)
                except (KeyError, TypeError, ValueError):
                    raise InputError(
                        "a change needs product_id and day",
                        place=Place(file=str(path), line=number),
                        mend="Write the day as 2026-10-05",
                    ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    return changes


def _print(found: TrendScan) -> None:
    names = ("what", "of", "objective", "course", "since", "before", "now", "q", "members")
    table = Table(*names, "breaks its line")
    for one in found.findings:
        table.add_row(
            one.dimension,
            one.key,
            f"{one.objective_id}, {one.measure}",
            f"{one.kind}: {one.member or one.told_in}".removesuffix(": "),
            one.since,
            *one.told(),
            one.sure(),
            str(one.members),
            _when(one.outlook),
        )
    if found.findings:
        console.out.print(table)
    else:
        console.out.print("nothing is called")
    _print_what_could_be_seen(found)


def _print_what_could_be_seen(found: TrendScan) -> None:
    rule = "Benjamini-Yekutieli" if found.dependent else "Benjamini-Hochberg"
    console.out.print(
        f"{found.first_day} to {found.last_day}: {found.scanned:,} series tested "
        f"({rule}, q {found.share_false:g}), {found.too_little_data:,} with too little data.",
        markup=False,
    )
    console.out.print(
        f"No trend found is not stability: in half of the quiet series, growth below "
        f"{found.detectable_ratio:.0%} over these days would not have been seen; "
        f"of {found.unmeasured:,} more, most days are equal and no such growth can be told.",
        markup=False,
    )


def _print_one(one: TrendFinding, found: TrendScan) -> None:
    before, now = one.told()
    lines = [
        f"{one.dimension} {one.key}, {one.objective_id}, {one.measure}: {one.kind}",
        f"  since {one.since} (95 %: {one.since_from} to {one.since_to})",
        f"  {before} before, {now} now, q {one.sure()} among {found.scanned:,} series",
    ]
    if one.member:
        lines.append(f"  it goes away without {one.member}")
    if one.because:
        lines.append(f"  {one.because}")
    if one.changes:
        lines.append(f"  new levels from {', '.join(one.changes)}")
    if one.outlook is not None:
        lines.append(f"  {_told_outlook(one.outlook, one.measure)}")
    if one.told_in:
        lines.append(f"  it goes away without the members of {one.told_in}")
    console.out.print("\n".join(lines), markup=False)


def _when(outlook: Outlook | None) -> str:
    """By when, in a few words; empty where there is no line."""
    if outlook is None:
        return ""
    return outlook.expected or f"{_chance(outlook.probability)} in {outlook.days_ahead} days"


def _told_outlook(outlook: Outlook, measure: str) -> str:
    told = (
        f"its line is {tell(outlook.line, measure)}; a week beyond it within {outlook.days_ahead} "
        f"days: {_chance(outlook.probability)}"
    )
    if outlook.earliest:
        latest = outlook.latest or "beyond them"
        told += f", likely by {outlook.expected or 'no day of these'} "
        told += f"(10 % by {outlook.earliest}, 90 % {latest})"
    if outlook.error is not None and outlook.naive_error is not None:
        better = "better" if outlook.error < outlook.naive_error else "no better"
        told += f"; back-test {better} than repeating last week"
    return told


def _told_quiet(one: QuietSeries) -> str:
    seen = (
        "most days are equal, and no growth can be told"
        if one.detectable is None
        else f"growth below {one.detectable:.0%} over these days would not have been seen"
    )
    return (
        f"{one.dimension} {one.key}, {one.objective_id}, {one.measure}: {one.kind}, "
        f"q {told_chance(one.q_value)}; {seen}"
    )


def _chance(probability: float) -> str:
    """Floored, and 100 % only if it is certain."""
    return f"{int(probability * 100)} %"
