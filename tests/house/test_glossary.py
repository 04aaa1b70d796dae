"""The glossary is a table of every term of the field that the code uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"`([A-Za-z_][A-Za-z0-9_.]*)`")


def _glossary_rows() -> list[list[str]]:
    lines = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|") and not set(line) <= set("|- ")
    ]


def _words_of_the_code() -> frozenset[str]:
    words: set[str] = set()
    for file in (ROOT / "src" / "trueline").rglob("*.py"):
        words |= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", file.read_text(encoding="utf-8")))
    return frozenset(words)


def test_every_row_of_the_glossary_has_term_name_meaning_and_source() -> None:
    rows = _glossary_rows()
    assert len(rows) > 50
    for row in rows:
        assert len(row) == 4, row
        assert all(row), row


def test_names_in_the_glossary_exist_in_the_code() -> None:
    words = _words_of_the_code()
    for term, names, _, _ in _glossary_rows():
        for name in _NAME.findall(names):
            parts = name.split(".")
            found = any(part.rstrip("/") in words for part in parts)
            assert found, f"{name} ({term}) is in the glossary and not in the code"


def test_terms_of_the_domain_that_the_code_uses_are_in_the_glossary(shared: Path) -> None:
    domain = shared / "domain" / "DOMAIN.md"
    if not domain.is_file():
        pytest.skip(f"no domain rules at {domain}")
    section = domain.read_text(encoding="utf-8").split("## 6. Glossary")[1].split("\n## ")[0]
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    used = _words_of_the_code()
    missing = []
    for line in section.splitlines():
        cells = line.split("|")
        if len(cells) < 3:
            continue
        for name in _NAME.findall(cells[2]):
            last = name.split(".")[-1]
            if last in used and last not in glossary:
                missing.append(name)
    assert not missing
