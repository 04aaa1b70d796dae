"""What is getting worse: the newest scan of trends, ranked."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse

from trueline.trends.findings import TrendScan
from trueline.trends.record_scan import newest_run, raised_when
from trueline.trends.scan_store import stored_scan
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.trend_lines import quiet_lines, trend_lines
from trueline.web.wording import day_text


def trends(request: HttpRequest) -> HttpResponse:
    sight = look(request)
    scan = stored_scan(sight.workspace)
    records = sight.records if sight.assessment else None
    worse, explained = trend_lines(scan, raised_when(), records) if scan else ([], [])
    return show(
        request,
        sight,
        "web/trends.html",
        {
            "scan": scan,
            "days": _days(scan) if scan else "",
            "run": newest_run(),
            "tables": (
                ("worse", "Getting worse", worse),
                ("explained", "Called, but something else explains it", explained),
            ),
            "quiet": quiet_lines(scan) if scan else [],
            "detectable": f"{scan.detectable_ratio:.0%}" if scan else "",
            "method": "Benjamini-Yekutieli" if scan and scan.dependent else "Benjamini-Hochberg",
        },
    )


def _days(scan: TrendScan) -> str:
    first, last = (date.fromisoformat(day) for day in (scan.first_day, scan.last_day))
    return f"{day_text(first)} to {day_text(last)}"
