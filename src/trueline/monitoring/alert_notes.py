"""What people do with an alert: acknowledge it, comment on it, say who sees to it. Every act is a
row of its own with who and when; none of them clears the alert, which only a measure does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction

from trueline.errors import InputError, Place
from trueline.intake.record import write_lock
from trueline.monitoring.acts import Act
from trueline.monitoring.models import Alert, AlertNote
from trueline.people.people import may_where_known
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace

WATCHERS = frozenset(Role) - {Role.AUDITOR, Role.CUSTOMER_CONTACT}
_LONGEST = 2000


class NoteKind(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    COMMENT = "comment"
    OWNER = "owner"


@dataclass(frozen=True)
class Handled:
    """How an alert is dealt with: who acknowledged it, who owns it now, everything that was said,
    oldest first."""

    acknowledged: AlertNote | None = None
    owner: str = ""
    notes: tuple[AlertNote, ...] = field(default=())

    @property
    def words(self) -> str:
        seen = f"seen by {self.acknowledged.by}" if self.acknowledged else "not seen yet"
        return f"{seen}, owner {self.owner}" if self.owner else seen


def acknowledge(workspace: Workspace, alert_id: int, act: Act) -> AlertNote:
    """Somebody has seen it: once for each alert."""
    return _noted(workspace, alert_id, NoteKind.ACKNOWLEDGED, act)


def comment(workspace: Workspace, alert_id: int, act: Act) -> AlertNote:
    """`act.reason` is the comment."""
    if not act.reason.strip():
        raise InputError("The comment says nothing", place=Place(field="note"))
    return _noted(workspace, alert_id, NoteKind.COMMENT, act)


def assign(workspace: Workspace, alert_id: int, owner: str, act: Act) -> AlertNote:
    """Say who sees to it from now on."""
    if not owner.strip():
        raise InputError("Nobody is named as the owner", place=Place(field="owner"))
    return _noted(workspace, alert_id, NoteKind.OWNER, act, owner.strip())


def handled(alerts: Iterable[Alert]) -> Mapping[int, Handled]:
    """By alert; those to which nobody said anything are missing."""
    found: dict[int, list[AlertNote]] = {}
    ids = [alert.pk for alert in alerts]
    for note in AlertNote.objects.filter(alert_id__in=ids).order_by("at", "pk"):
        found.setdefault(note.alert_id, []).append(note)
    return {alert_id: _handled(notes) for alert_id, notes in found.items()}


def _handled(notes: list[AlertNote]) -> Handled:
    seen = next((note for note in notes if note.kind == NoteKind.ACKNOWLEDGED), None)
    owner = next((note.owner for note in reversed(notes) if note.kind == NoteKind.OWNER), "")
    return Handled(seen, owner, tuple(notes))


def alert_numbered(alert_id: int) -> Alert:
    found = Alert.objects.filter(pk=alert_id).first()
    if found is None:
        raise InputError(f"There is no alert {alert_id}", mend="`trueline alerts --all` lists them")
    return found


def _noted(
    workspace: Workspace, alert_id: int, kind: NoteKind, act: Act, owner: str = ""
) -> AlertNote:
    if not act.by.strip():
        raise InputError("Nobody is named who does this", mend="Say who with --by NAME")
    may_where_known(act.by, WATCHERS, "handle an alert")
    text = act.reason.strip()
    if len(text) > _LONGEST:
        raise InputError(f"The note is longer than {_LONGEST:,} characters")
    alert = alert_numbered(alert_id)
    with write_lock(workspace), transaction.atomic():
        note, created = _created(alert, kind, act, owner)
    if not created:
        raise InputError(
            f"{note.by} acknowledged alert {alert_id} already", mend="Comment on it instead"
        )
    return note


def _created(alert: Alert, kind: NoteKind, act: Act, owner: str) -> tuple[AlertNote, bool]:
    """Of two people who acknowledge at the same time one comes first."""
    values = {"owner": owner, "text": act.reason.strip(), "by": act.by, "at": act.now}
    if kind is NoteKind.ACKNOWLEDGED:
        return AlertNote.objects.get_or_create(alert=alert, kind=kind.value, defaults=values)
    return AlertNote.objects.create(alert=alert, kind=kind.value, **values), True
