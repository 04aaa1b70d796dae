"""Every page of the documentation is found from its index, and no link leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def _links(page: Path) -> list[Path]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [(page.parent / target).resolve() for target in _LINK.findall(text)]


def test_every_page_is_listed_in_the_index() -> None:
    listed = set(_links(DOCS / "README.md"))
    pages = {page for folder in DOCS.iterdir() if folder.is_dir() for page in folder.glob("*.md")}
    assert pages - listed == set()


def test_no_link_of_the_documentation_leads_nowhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for target in _links(page)
        if not target.exists()
    ]
    assert broken == []
