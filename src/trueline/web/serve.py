"""Serves the pages: waitress with threads, on the loopback address unless told otherwise."""

from __future__ import annotations

import logging
import threading

import waitress
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from trueline.settings.workspace import Workspace, use_workspace
from trueline.web.charts import vega_bundle
from trueline.web.records import records_at
from trueline.web.results import open_assessment, stored_periods

THREADS = 8
MAX_BODY_BYTES = 2 * 1024**3 + 1024**2


def serve(workspace: Workspace, port: int, *, host: str = "127.0.0.1") -> None:
    """Serve until interrupted. What the first page needs is read while the port opens."""
    pages = application(workspace)
    threading.Thread(target=warm, args=(workspace,), daemon=True, name="warm").start()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(
        pages,
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=MAX_BODY_BYTES,
        ident="trueline",
        _quiet=True,
    )


def application(workspace: Workspace) -> WSGIHandler:
    """The pages as a WSGI application, with the address patterns already read."""
    use_workspace(workspace.home)
    handler = get_wsgi_application()
    get_resolver().url_patterns  # noqa: B018 imports the views before the first request does
    return handler


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
