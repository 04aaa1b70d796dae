"""`trueline serve`: the pages, on loopback."""

from __future__ import annotations

from typing import Annotated

import typer

from trueline.cli import console


def serve(port: Annotated[int, typer.Option(help="loopback port")] = 8000) -> None:
    """Serve the pages and the push endpoints of this workspace."""
    workspace = console.workspace()
    from trueline.web.serve import serve as serve_pages

    console.out.print(f"Trueline on http://127.0.0.1:{port}/ (stop with Ctrl-C)")
    serve_pages(workspace, port)
