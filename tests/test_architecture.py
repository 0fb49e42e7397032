"""The shape of the house, read from the source tree: fences, sizes, cycles, empty package files."""

import ast
import graphlib
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("gateway", "policies", "detectors")
SOURCES = sorted(p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))
CODE = [p for p in SOURCES if "versions" not in p.parts]

FENCES = {
    "fastapi": ("gateway/http/", "gateway/console/", "gateway/app.py"),
    "python_multipart": ("gateway/http/forms.py",),
    "starlette": ("gateway/http/", "gateway/console/", "gateway/app.py"),
    "litellm": ("gateway/upstream/litellm_sdk.py",),
    "aiohttp": ("gateway/upstream/",),
    "sqlalchemy": ("gateway/store/",),
    "alembic": ("gateway/store/",),
    "psycopg": ("gateway/store/",),
    "sqlite3": ("gateway/store/",),
    "presidio_analyzer": ("detectors/presidio.py", "detectors/evaluate/stock.py"),  # the second only to compare with
    "presidio_anonymizer": ("detectors/presidio.py",),
    "spacy": ("detectors/names/",),
    "onnxruntime": ("detectors/names/runtime.py", "detectors/names/training/"),
    "tokenizers": ("detectors/names/pieces.py", "detectors/names/training/"),
    "torch": ("detectors/names/training/",),
    "rfc3161_client": ("gateway/ledger/timestamps.py",),
    "prometheus_client": ("gateway/telemetry/",),
    "structlog": ("gateway/telemetry/",),
    "yaml": ("policies/source.py", "detectors/", "gateway/records/cases/exemptions.py"),
    "typer": ("gateway/cli/",),
    "rich": ("gateway/cli/",),
    "policies": (
        "policies/",
        "gateway/stages/decide.py",
        "gateway/administration.py",
        "gateway/app.py",
        "gateway/settings.py",
        "gateway/catalogue.py",
    ),
    "detectors": (
        "detectors/",
        "gateway/stages/",
        "gateway/administration.py",
        "gateway/app.py",
        "gateway/detecting.py",
        "gateway/cli/",
        "gateway/records/",
    ),
}
"""Who may import what, lazily or not. The key is a top-level package; the values are path prefixes."""

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


def name_of(path: Path) -> str:
    """`gateway/model/part.py` -> `gateway.model.part`."""
    relative = path.relative_to(ROOT).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    return ".".join(parts)


class Source(NamedTuple):
    """What is asked of a file, read once: every module imported anywhere in it, type-checking blocks and lazy imports
    included, with the line; its functions, with first and last line."""

    imports: list[tuple[str, int]]
    functions: list[tuple[str, int, int]]


@cache
def source_of(path: Path) -> Source:
    found = Source([], [])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.imports.extend((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found.imports.extend((name, node.lineno) for name in names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            found.functions.append((node.name, node.lineno, node.end_lineno))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_fences(path: Path) -> None:
    """A library that is fenced in is imported nowhere else."""
    relative = path.relative_to(ROOT).as_posix()
    for module, line in source_of(path).imports:
        allowed = FENCES.get(module.split(".")[0])
        assert allowed is None or relative.startswith(allowed), f"{relative}:{line} may not import {module}"


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_sizes(path: Path) -> None:
    """Files and functions stay small enough to read in one sitting."""
    text = path.read_text()
    assert text.count("\n") <= MAX_FILE_LINES, f"{path.name} has {text.count(chr(10))} lines"
    for name, first, last in source_of(path).functions:
        assert last - first < MAX_FUNCTION_LINES, f"{path.name}:{first} {name} has {last - first + 1} lines"


def test_no_import_cycles() -> None:
    """No circle of imports, not even a lazy one."""
    modules = {name_of(p): p for p in SOURCES}
    graph = {
        name: {module for module, _ in source_of(path).imports if module in modules and module != name}
        for name, path in modules.items()
    }
    try:
        list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as circle:
        pytest.fail("import cycle: " + " -> ".join(circle.args[1]))


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "__init__.py"], ids=name_of)
def test_package_files_are_empty(path: Path) -> None:
    """Re-exports in `__init__` are how cycles begin."""
    assert path.read_text().strip() == ""


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_broad_excepts_have_reasons(path: Path) -> None:
    """`except Exception` and `except BaseException` say why, on the line or just above or below it."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if "except Exception" in line or "except BaseException" in line:
            around = " ".join(lines[max(0, number - 1) : number + 2])
            comments = re.sub(r"# (?:noqa: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*|type: ignore\[[a-z-]+\])", "#", around)
            assert re.search(r"#\W*\w+ \w+", comments), f"{path.name}:{number + 1} has no reason"


def test_top_level_is_as_agreed() -> None:
    """The top level holds what was agreed and nothing else, so that nobody has to search."""
    agreed = {"pyproject.toml", "gateway", "policies", "detectors", "config", "deploy", "tests", "README.md"}
    earned = {"Makefile", "LICENSE", "CHANGELOG.md", "docs", "requirements", "var"}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    names = {name.split("/")[0] for name in listed} or {p.name for p in ROOT.iterdir()}  # an unpacked archive
    found = {name for name in names if not name.startswith(".") and name != "__pycache__"}
    assert agreed <= found
    assert found <= agreed | earned, f"unexpected at the top level: {sorted(found - agreed - earned)}"
