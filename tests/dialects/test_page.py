"""The page on dialects: its links to tests, its settings and its table say what is so."""

import ast
import re
from pathlib import Path

import yaml

from gateway.dialects.all import every
from gateway.http.routes import CALLS, KNOWN
from gateway.settings import UpstreamSettings
from gateway.upstream.config import PATHS
from tests.support.shared import ROOT

PAGE = ROOT / "docs" / "dialects.md"
SPOKEN = {
    "fine_tuning": "fine-tuning",
    "vector_stores": "vector stores",
    "evals": "evaluations",
    "ollama_models": "ollama's models",
    "ollama_embeddings": "ollama's models and embeddings",
}
"""How a kind is called in running text."""
TEXT = PAGE.read_text("utf-8")


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_link_names_a_test_that_exists() -> None:
    links = dict(re.findall(r'^\[([\w-]+)\]: (\S+ "\w+")$', TEXT, re.MULTILINE))
    used = set(re.findall(r"\]\[([\w-]+)\]", TEXT))
    assert used == set(links)
    for link in links.values():
        path, name = link.split(" ")
        assert name.strip('"') in functions((PAGE.parent / path).resolve())


def test_every_endpoint_has_its_row() -> None:
    rows = dict(re.findall(r"^\| `(/\S+)` \| `(\w+)` \|", TEXT, re.MULTILINE))
    assert rows == CALLS
    assert {dialect.name for dialect in every()} == set(CALLS.values())


def test_the_example_settings_load() -> None:
    found = re.search(r"```yaml\n(upstreams:.*?)```", TEXT, re.DOTALL)
    assert found
    for each in yaml.safe_load(found[1])["upstreams"].values():
        assert UpstreamSettings(**each).speaks


def test_what_an_upstream_can_speak_is_what_there_is() -> None:
    """A dialect that providers aren't told is said as a chat completion."""
    for dialect in every():
        assert dialect.name in PATHS or (dialect.bridge is not None and dialect.bridge.to in PATHS)


def test_what_is_not_offered_is_named() -> None:
    for kind, _ in KNOWN.values():
        assert SPOKEN.get(kind, kind) in TEXT.lower()
