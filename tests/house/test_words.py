"""Names and notes that the house does not use."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.tree import PACKAGE, ROOT, parsed, short, source_files

SOURCES = ("src", "tests", "bench")
FORBIDDEN_NAMES = frozenset(
    ("utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "v2")
)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
IGNORED_TYPE = re.compile(r"#\s*type:\s*ignore(?P<code>\[[a-z, -]+\])?(?P<reason>\s+#\s*\S+)?")

# Words of every programmer's day. What a person of the field says is in the glossary instead.
EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        """API ARIA ASCII BOM CLI CSP CSRF CSS CSV DNS ENG EUR GB GET GNU HTML HTTP ID IEEE IO
        IP ISO ITU JSON NAN NIL OK OS PDF POST RFC SHA SQL SVG TLS UDF URI URL UTC UTF WSGI XML
        YAML ZIP""",
    )
)
EVERYDAY_NAMES = frozenset(
    re.findall(
        r"\w+",
        "cls csrf csv db fcntl gpp gt html http ln lt ms nd pb pk rpc sql sqrt str svg tz vl xml",
    )
)
ABBREVIATION = re.compile(r"(?<![\w.`/-])[A-Z]{2,5}(?![\w.`/-])")


def _comments(path: Path) -> Iterator[tokenize.TokenInfo]:
    source = io.StringIO(path.read_text(encoding="utf-8"))
    return (t for t in tokenize.generate_tokens(source.readline) if t.type == tokenize.COMMENT)


@pytest.mark.parametrize("folder", SOURCES)
def test_no_file_or_folder_has_a_name_that_says_nothing(folder: str) -> None:
    named = [
        short(path)
        for path in (ROOT / folder).rglob("*")
        if path.suffix in ("", ".py") and path.stem in FORBIDDEN_NAMES
    ]

    assert named == []


def test_nothing_is_left_unfinished() -> None:
    unfinished = []
    for path in source_files(*SOURCES):
        notes = [
            f"{short(path)}:{c.start[0]}" for c in _comments(path) if UNFINISHED.search(c.string)
        ]
        raised = [
            f"{short(path)}:{node.lineno}"
            for node in ast.walk(parsed(path))
            # A stub raises it; catching it from a library is no stub.
            if isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node)
        ]
        unfinished += [*notes, *raised]

    assert unfinished == []


def test_every_ignored_type_names_its_code_and_in_src_its_reason() -> None:
    bare = []
    for path in source_files(*SOURCES):
        for comment in _comments(path):
            found = IGNORED_TYPE.search(comment.string)
            if found and not (found["code"] and (found["reason"] or "src" not in path.parts)):
                bare.append(f"{short(path)}:{comment.start[0]}")

    assert bare == []


def test_only_entries_read_the_clock() -> None:
    """`now` comes from cli/ and web/; waiting and timing use the monotonic clock."""
    clock = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|timezone\.now|time\.time)\(")
    readers = [
        short(path)
        for path in source_files("src")
        if PACKAGE / "cli" not in path.parents
        and PACKAGE / "web" not in path.parents
        and clock.search(path.read_text(encoding="utf-8"))
    ]

    assert readers == []


def test_abbreviations_in_the_text_of_the_code_are_in_the_glossary() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    known = EVERYDAY | set(re.findall(r"\b[A-Z]{2,5}\b", glossary))
    unknown = {
        f"{word} in {short(path)}"
        for path in source_files("src")
        for word in _abbreviations(path)
        if word not in known
    }

    assert unknown == set()


def _abbreviations(path: Path) -> Iterator[str]:
    """Capitals in docstrings and comments that are no name of the file's own code."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = list(ast.walk(parsed(path)))
    texts = [ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented)]
    texts += [comment.string for comment in _comments(path)]
    own = {node.id for node in nodes if isinstance(node, ast.Name)}
    own |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    own |= {node.value for node in nodes if isinstance(node, ast.Constant)}
    for text in texts:
        prose = re.sub(r"`[^`]*`", "", text)
        yield from (word for word in ABBREVIATION.findall(prose) if word not in own)


def test_names_without_a_vowel_are_everyday_or_in_the_glossary() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").lower()
    known = EVERYDAY_NAMES | set(re.findall(r"[a-z]+", glossary))
    unknown = set()
    for path in source_files("src"):
        for name in _defined_names(parsed(path)):
            for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name):
                word = part.lower()
                if len(word) > 1 and not re.search("[aeiouy]", word) and word not in known:
                    unknown.add(f"{name} in {short(path)}")

    assert unknown == set()


def _defined_names(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
