"""The library entry points need no workspace and no settings."""

from __future__ import annotations

import subprocess
import sys


def test_trends_are_imported_without_django() -> None:
    program = (
        "import sys, trueline.trends; "
        "sys.exit(any(name.split('.')[0] in ('django', 'ibis', 'duckdb') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
