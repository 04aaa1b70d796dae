"""What one request looks at: workspace, period, stored assessment and the records behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.http import Http404, HttpRequest

from trueline.calendars.periods import parse_period
from trueline.intake.models import Delivery
from trueline.intake.record import latest_delivery
from trueline.monitoring.acts import DELIVERY_KIND as REGIME_ACTS
from trueline.settings.workspace import Workspace, current_workspace
from trueline.web.records import Records, records_at
from trueline.web.results import StoredAssessment, open_assessment, stored_periods


@dataclass(frozen=True)
class Sight:
    workspace: Workspace
    period: str  # "" while nothing is assessed
    periods: tuple[str, ...]
    assessment: StoredAssessment | None

    @cached_property
    def records(self) -> Records:
        return records_at(self.workspace, self.delivery)

    @property
    def delivery(self) -> int:
        stored = self.assessment.facts.delivery if self.assessment else None
        return latest_delivery() if stored is None else stored

    @property
    def assessed(self) -> StoredAssessment:
        """The assessment; 404 where the page cannot do without one."""
        if self.assessment is None:
            raise Http404("Nothing is assessed yet in this workspace")
        return self.assessment

    @cached_property
    def later_deliveries(self) -> int:
        """Loads recorded since this assessment: its figures do not know them."""
        if self.assessment is None or self.assessment.facts.delivery is None:
            return 0
        recorded = Delivery.objects.filter(recorded_at__isnull=False)
        later = recorded.filter(id__gt=self.assessment.facts.delivery)
        return later.exclude(kind=REGIME_ACTS).count()  # those change no figure


def look(request: HttpRequest) -> Sight:
    """The sight that the URL asks for: `?period=`, else the newest assessed period."""
    workspace = current_workspace()
    periods = stored_periods(workspace)
    asked = request.GET.get("period") or (periods[0] if periods else "")
    if asked and asked not in periods:
        raise Http404(f"The period {asked} is not assessed")
    assessment = open_assessment(workspace, asked) if asked else None
    return Sight(workspace, asked, periods, assessment)


def period_name(label: str) -> str:
    """`October 2026` for 2026-10; weeks, quarters, years and days keep their label."""
    period = parse_period(label)
    return f"{period.first:%B %Y}" if period.length == "P1M" else label


def page_number(request: HttpRequest) -> int:
    """`?page=`, 1 where it is no number; a page past the end is held by the list."""
    text = request.GET.get("page", "1")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    return max(asked, 1)
