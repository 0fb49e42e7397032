"""Cases on the command line: what is read, decided and confirmed, which grounds there are, what time it is."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from detectors.errors import ConfigError
from gateway import detecting
from gateway.administration import suite_key
from gateway.cli.main import app
from gateway.settings import Settings, load_settings
from gateway.store.open import LedgerService
from tests.cli.test_keeping import config_of
from tests.cli.test_keeping import ledger as ledger
from tests.support.cases import WordInspector

CASE = "FOI-MBC-2026-0001"


def run(folder: Path, *words: str, who: str = "first", status: int = 0) -> Result:
    env = {"AI_GATEWAY_OFFICER_KEY_FILE": str(folder / f"{who}.key")}
    result = CliRunner().invoke(app, [*words, "--config", config_of(folder)], env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Every time that a command loaded detection."""
    loaded: list[Settings] = []

    def suite_of(settings: Settings) -> WordInspector:
        loaded.append(settings)
        return WordInspector({"Zebedee": "PERSON"})

    monkeypatch.setattr(detecting, "suite_of", suite_of)
    return loaded


@pytest.fixture
def folder(ledger: LedgerService, tmp_path: Path, loads: list[Settings]) -> Path:
    """Two officers, and a case that found two conversations."""
    for who in ("first", "second"):
        named = ["--email", f"{who}@maidstone.example", "--role", "ig_officer", "--controller", "maidstone"]
        made = CliRunner().invoke(
            app,
            ["officers", "add", *named, "--save-key", str(tmp_path / f"{who}.key"), "--config", config_of(tmp_path)],
        )
        assert made.exit_code == 0, made.output
    run(tmp_path, "cases", "open", "foi", "--received", "2026-11-02", "--subject", "bins")
    run(tmp_path, "cases", "search", CASE, "--since", "2020-01-01")
    return tmp_path


def units(folder: Path) -> list[str]:
    return [each["conversation"] for each in json.loads(run(folder, "cases", "hits", CASE, "--json").stdout)]


def test_detection_is_loaded_once_for_many_conversations(folder: Path, loads: list[Settings]) -> None:
    assert loads == []  # opening and searching need none
    first, second = units(folder)
    shown = json.loads(run(folder, "cases", "read", CASE, first, "--json").stdout)
    assert len(loads) == 1
    for unit in (first, second, second):
        run(folder, "cases", "read", CASE, unit, "--seen")
    run(folder, "cases", "decide", CASE, second, "withhold", "--code", "FOIA s.41", "--reason", "told in confidence")
    assert len(loads) == 1
    assert json.loads(run(folder, "cases", "read", CASE, first, "--json", who="second").stdout)["texts"] == [
        {**each, "passages": [{**one, "seen": False} for one in each["passages"]]} for each in shown["texts"]
    ]


def test_the_second_reader_sees_what_was_decided_and_confirms_that(folder: Path) -> None:
    first, _ = units(folder)
    assert "passage" in run(folder, "cases", "read", CASE, first).stdout
    run(folder, "cases", "read", CASE, first, "--seen")
    run(folder, "cases", "decide", CASE, first, "withhold", "--code", "FOIA s.41", "--reason", "told in confidence")
    shown = run(folder, "cases", "read", CASE, first, who="second").stdout
    assert "FOIA s.41 told in confidence" in " ".join(shown.split())
    as_of = json.loads(run(folder, "cases", "read", CASE, first, "--json", who="second").stdout)["as_of"]
    assert f"--as-of {as_of}" in shown
    run(folder, "cases", "decide", CASE, first, "not_relevant")
    refused = run(folder, "cases", "confirm", CASE, first, "--as-of", str(as_of), who="second", status=1)
    assert "decided anew after you read it" in " ".join(refused.stderr.split())
    done = run(folder, "cases", "confirm", CASE, first, "--as-of", str(as_of + 1), who="second")
    assert "1 decision is confirmed." in done.stdout


def test_a_correction_is_read_in_another_case(folder: Path) -> None:
    first, _ = units(folder)
    run(folder, "cases", "open", "rectification", "--received", "2026-11-02", "--subject", "a date")
    run(folder, "cases", "search", "RCT-MBC-2026-0002", "--since", "2020-01-01")
    run(folder, "cases", "correct", "RCT-MBC-2026-0002", first, "The date is 4 May.")
    shown = run(folder, "cases", "read", CASE, first).stdout
    assert "Correction RCT-MBC-2026-0002/1" in shown
    assert "The date is 4 May." in shown
    assert json.loads(run(folder, "cases", "read", CASE, first, "--json").stdout)["corrections"][0]["ref"] == ""


@pytest.mark.parametrize("given", ["8000000000000000", "ffffffffffffffff", "0x00000000000012", "1234_5678_9abc_d0"])
def test_what_is_no_conversation_is_said(folder: Path, given: str) -> None:
    assert "is not a conversation" in run(folder, "cases", "hits", CASE, "--after", given, status=2).output
    assert "is not a conversation" in run(folder, "cases", "confirm", CASE, given, status=2).output


def test_grounds_are_those_of_the_settings(folder: Path) -> None:
    own = "FOIA:\n  - {code: FOIA s.44 (Enterprise Act), name: Prohibited by Part 9, test: false}\n"
    (folder / "own-grounds.yaml").write_text(own)
    settings = folder / "gateway.yaml"
    settings.write_text(settings.read_text() + "cases: {exemptions: own-grounds.yaml}\n")
    listed = [each["code"] for each in json.loads(run(folder, "cases", "grounds", "foi", "--json").stdout)]
    assert "FOIA s.44 (Enterprise Act)" in listed
    assert "FOIA s.40(2)" in listed
    (folder / "own-grounds.yaml").write_text("FOIA: none\n")
    for words in (("grounds",), ("decide", CASE, units_of(folder), "not_relevant")):
        told = run(folder, "cases", *words, status=2)
        assert "under FOIA there should be a list" in " ".join(told.stderr.split())
    (folder / "own-grounds.yaml").unlink()
    assert "own-grounds.yaml" in run(folder, "cases", "grounds", status=2).stderr


def units_of(folder: Path) -> str:
    return units(folder)[0]


def test_an_incident_has_its_time_by_the_clock_on_the_wall(folder: Path) -> None:
    told = ["incidents", "open", "--subject", "a name was sent", "--personal-data"]
    summer = json.loads(run(folder, *told, "--aware", "2026-07-02T09:15", "--json").stdout)
    assert summer["due_at"] == "2026-07-05T08:15:00+00:00"
    twice = json.loads(run(folder, *told, "--aware", "2026-10-25T01:30", "--json").stdout)
    assert twice["due_at"] == "2026-10-28T00:30:00+00:00"
    offset = json.loads(run(folder, *told, "--aware", "2026-07-02T09:15+0000", "--json").stdout)
    assert offset["due_at"] == "2026-07-05T09:15:00+00:00"


def test_the_key_of_detection_changes_with_what_it_finds_by(folder: Path) -> None:
    settings = load_settings(folder / "gateway.yaml")
    assert suite_key(settings) == suite_key(settings)
    (folder / "detectors.yaml").write_text("names: {model: nowhere}\n")
    with pytest.raises(ConfigError, match="nowhere"):
        suite_key(settings.model_copy(update={"detectors": folder / "detectors.yaml"}))
    (folder / "detectors.yaml").write_text("default_threshold: 0.9\n")
    assert suite_key(settings.model_copy(update={"detectors": folder / "detectors.yaml"})) != suite_key(settings)


def test_a_case_that_found_nothing_says_what_comes_first(folder: Path) -> None:
    other = run(folder, "cases", "open", "eir", "--received", "2026-11-02", "--subject", "trees", "--json")
    number = json.loads(other.stdout)["id"]
    said = run(folder, "cases", "read", number, status=1)
    assert "nothing was found in this case yet" in said.output
    assert f"cases search {number}" in said.output
