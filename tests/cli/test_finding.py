"""Searching and rescanning on the command line: whose records are reached, and how pages follow one another."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from detectors.finding import Finding
from gateway.ledger.projection import unit_of
from gateway.model.officer import Role
from gateway.recordkeeping import Recordkeeping
from gateway.settings import default_path
from tests.cli.test_cli import run, wrong
from tests.support.ledger import chat, turn
from tests.support.records import Site, site


class Herons:
    """A detection that takes herons for people."""

    version = "suite-2"

    def inspect(self, text: str, *, allow: str | None = None) -> Sequence[Finding]:
        return [Finding(m.start(), m.end(), "PERSON", 1.0, "test", "1") for m in re.finditer("heron|kite", text)]


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[Site]:
    """Six conversations of Maidstone's housing, one of Swale's planning."""
    with site(tmp_path) as office:
        await office.fill()
        for number in range(5):
            await turn(office.ledger, chat(f"Heronry {number} by the lake"), "Noted.")
        await office.ledger.stop()
        yield office


@pytest.fixture
def config(made: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Production settings over it, an IG officer of Maidstone, and the detection of herons."""
    settings = yaml.safe_load(default_path("gateway.yaml").read_text())
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(settings | {"mode": "production", "data_dir": str(tmp_path / "data")}))
    monkeypatch.delenv("AI_GATEWAY_OFFICER_KEY_FILE", raising=False)
    monkeypatch.setenv("AI_GATEWAY_OFFICER_KEY", made.keys["maidstone", Role.IG_OFFICER])
    monkeypatch.setattr("gateway.administration.suite_of", lambda _settings: Herons())
    return file


def pages(config: Path, *options: str) -> list[list[list[str]]]:
    """The references of every page, by the mark that each gives."""
    found, after = [], ""
    while True:
        told = json.loads(run("records", "search", "--json", *options, "--after", after, config=config).stdout)
        found.append([hit["refs"] for hit in told["hits"]])
        assert bool(told["recall"]) == (not after), "said once, with the first page"
        after = told["after"]
        if not after:
            return found


def test_pages_follow_one_another_without_the_council_s_name(config: Path) -> None:
    (whole,) = pages(config)
    assert len(whole) == 6
    assert pages(config, "--limit", "4") == [whole[:4], whole[4:]]


def test_only_a_page_with_others_behind_it_says_so(config: Path) -> None:
    first = run("records", "search", "--limit", "4", config=config).output
    assert "4 of 6 conversations" in first
    after = re.search(r"--after (\S+) the next", first)
    assert after
    last = run("records", "search", "--limit", "4", "--after", after[1], config=config).output
    assert "2 of 6 conversations" in last
    assert "--limit shows more" not in last
    assert "older" not in last
    middle = run("records", "search", "--limit", "1", "--after", after[1], config=config).output
    assert "There are older ones: --after" in middle


def test_a_mark_belongs_to_conversations_of_one_council(
    config: Path, made: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--records" in wrong("records", "search", "--records", "--after", "x", config=config)
    monkeypatch.delenv("AI_GATEWAY_OFFICER_KEY")
    config.write_text(config.read_text().replace("production", "demo"))
    assert "--after needs --controller" in wrong("records", "search", "--after", "x", config=config)


def test_single_records_come_with_what_can_not_be_found(config: Path) -> None:
    said = run("records", "search", "heronry", "--records", config=config).output
    assert "What this can't have found" in said


def rescan(config: Path, *options: str) -> tuple[int, int]:
    """Records read, and near-misses among them."""
    told = json.loads(run("records", "rescan", "--json", *options, config=config).stdout)
    return told["records"], len(told["near_misses"])


def test_a_rescan_reads_what_the_officer_may(config: Path, made: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rescan(config) == (6, 1)
    assert rescan(config, "--index") == (6, 1)
    wrong("records", "rescan", "--controller", "swale", config=config, status=1)
    key = made.add_officer("maidstone", Role.SERVICE_MANAGER, services=("housing",))
    monkeypatch.setenv("AI_GATEWAY_OFFICER_KEY", key)
    wrong("records", "rescan", config=config, status=1)


def test_what_only_a_case_may_find_is_not_read(config: Path, made: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    record = made.ledger.reader.show(made.refs["maidstone"])
    assert record is not None
    hidden = frozenset({unit_of(record.row.ref, record.row.conversation)})
    monkeypatch.setattr(Recordkeeping, "restricted", lambda _self, _controller: hidden)
    assert rescan(config) == (5, 0)
    said = run("records", "search", config=config).output
    assert made.refs["maidstone"] not in said
    assert "5 of 6 conversations" in said
    assert "1 of them not shown: under a restriction" in said


def test_nothing_typed_is_not_everything(config: Path) -> None:
    """An empty variable of a script, or an empty line, must not take the condition away."""
    assert "no case reference to look for" in wrong("records", "search", "--case-ref", "", config=config)
    assert "no case reference to look for" in wrong("records", "search", "--case-ref", "-", config=config)
