"""What is getting worse: the newest scan of trends, ranked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from trueline.trends.scan_store import stored_scan
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.trend_lines import trend_lines


def trends(request: HttpRequest) -> HttpResponse:
    sight = look(request)
    scan = stored_scan(sight.workspace)
    worse, explained = (
        trend_lines(scan, sight.records if sight.assessment else None) if scan else ([], [])
    )
    return show(
        request,
        sight,
        "web/trends.html",
        {
            "scan": scan,
            "tables": (
                ("worse", "Getting worse", worse),
                ("explained", "Called, but something else explains it", explained),
            ),
            "detectable": f"{scan.detectable_ratio:.0%}" if scan else "",
            "method": "Benjamini-Yekutieli" if scan and scan.dependent else "Benjamini-Hochberg",
        },
    )
