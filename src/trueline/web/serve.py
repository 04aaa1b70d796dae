"""Serves the pages: waitress with threads, on the loopback address unless told otherwise."""

from __future__ import annotations

import logging
import threading

import waitress
from django.core.wsgi import get_wsgi_application

from trueline.settings.workspace import Workspace, use_workspace
from trueline.web.charts import vega_bundle
from trueline.web.records import records_at
from trueline.web.results import open_assessment, stored_periods

THREADS = 8
MAX_BODY_BYTES = 2 * 1024**3 + 1024**2


def serve(workspace: Workspace, port: int, *, host: str = "127.0.0.1") -> None:
    """Serve until interrupted. What the first page needs is read while the port opens."""
    use_workspace(workspace.home)
    application = get_wsgi_application()
    threading.Thread(target=warm, args=(workspace,), daemon=True, name="warm").start()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(
        application,
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=MAX_BODY_BYTES,
        ident="trueline",
        _quiet=True,
    )


def warm(workspace: Workspace) -> None:
    """Read the newest assessment and its records, and build the chart script, once."""
    from django.db import connection

    try:
        periods = stored_periods(workspace)
        if periods:
            assessment = open_assessment(workspace, periods[0])
            if assessment is not None:
                assessment.daily  # noqa: B018 computed on first use, then kept
                if assessment.facts.delivery is not None:
                    records_at(workspace, assessment.facts.delivery)
        vega_bundle(workspace)
    finally:
        connection.close()
