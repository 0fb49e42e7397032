"""Holds, disposal, keys and backups on the command line, as officers and operators meet them."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.recordkeeping import Recordkeeping
from gateway.records.disposal import Disposals
from gateway.records.redating import Redatings
from gateway.store.open import LedgerService
from tests.records.test_disposal import CANARY, OTHER, talk
from tests.support import keeping
from tests.support.ledger import service

SETTINGS = """\
mode: demo
data_dir: {folder}/data
keystore_dir: {folder}/keys
database: {{url: "sqlite:///{folder}/ledger.db"}}
controllers:
  maidstone: {{name: Maidstone Borough Council, prefix: MBC, contact: ig@maidstone.example}}
  swale: {{name: Swale Borough Council, prefix: SBC, contact: ig@swale.example}}
  tunbridge-wells: {{name: Tunbridge Wells Borough Council, prefix: TWBC, contact: ig@tunbridgewells.example}}
upstreams:
  offline: {{kind: offline}}
retention:
  backup_days: 40
  classes:
    routine: {{days: 365, basis: RS-1}}
    casework: {{days: 2190, basis: RS-2}}
"""


@pytest.fixture
async def ledger(tmp_path: Path) -> LedgerService:
    """A ledger at rest with two conversations."""
    made = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    await made.start()
    await talk(made, CANARY)
    await talk(made, OTHER)
    await made.stop()
    (tmp_path / "gateway.yaml").write_text(SETTINGS.format(folder=tmp_path))
    return made


def records(folder: Path) -> list[str]:
    """`ai-gateway records` as an officer types it, on a day when everything is due."""
    key = folder / "officer.key"
    if not key.exists():
        words = ["officers", "add", "--email", "jo@maidstone.example", "--role", "dpo", "--save-key", str(key)]
        made = run(app, *words, "--controller", "maidstone", "--controller", "swale", "--config", config_of(folder))
        assert made.exit_code == 0, made.output
    return ["--officer-key-file", str(key), "--config", config_of(folder)]


def config_of(folder: Path) -> str:
    return str(folder / "gateway.yaml")


@pytest.fixture(autouse=True)
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disposal takes place on a day when everything is due."""

    def disposals(office: Recordkeeping) -> Disposals:
        return keeping.disposals(office.ledger, tmp_path / "keys")

    monkeypatch.setattr(Recordkeeping, "disposals", property(disposals))
    monkeypatch.setattr(Recordkeeping, "holds", property(lambda each: keeping.holds(each.ledger, tmp_path / "keys")))


def run(commands: typer.Typer | list[str], *words: str, text: str | None = None) -> Result:
    given = list(words) if isinstance(commands, typer.Typer) else ["records", *words, *commands]
    result = CliRunner().invoke(app, given, input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_hold_is_placed_listed_and_released(ledger: LedgerService, tmp_path: Path) -> None:
    commands = records(tmp_path)
    nothing = run(commands, "hold", "list", "--controller", "maidstone")
    assert (nothing.exit_code, "No hold is in force." in nothing.stderr) == (0, True)
    placed = run(
        commands, "hold", "place", "--controller", "maidstone", "--reason", "FOI-2026-41, letters", "--words", OTHER
    )
    assert placed.exit_code == 0
    found = re.search(r"HOLD-[0-9A-F]{12}", placed.stdout)
    assert found
    assert "1 conversation fits now" in placed.stdout
    listed = run(commands, "hold", "list", "--controller", "maidstone").stdout
    assert "FOI-2026-41, letters" in listed
    assert run(commands, "hold", "list", "--controller", "swale").stdout.count("\n") == 1
    assert json.loads(run(commands, "hold", "list", "--controller", "maidstone", "--json").stdout)[0]["units"] == 1
    done = run(commands, "hold", "release", found[0].lower(), "--reason", "closed", "--controller", "maidstone")
    assert (done.exit_code, "is released" in done.stdout) == (0, True)
    again = run(commands, "hold", "release", found[0], "--reason", "closed", "--controller", "maidstone")
    assert (again.exit_code, "no hold" in again.stderr) == (1, True)
    both = json.loads(run(commands, "hold", "list", "--controller", "maidstone", "--released", "--json").stdout)
    assert both[0]["release_reason"] == "closed"


def test_a_hold_that_is_not_understood_is_named_with_what_to_do(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = records(tmp_path)
    where = ("--controller", "maidstone")
    placed = run(commands, "hold", "place", *where, "--reason", "FOI-2026-2, passes", "--label", "BIOMETRIC").stdout
    found = re.search(r"HOLD-[0-9A-F]{12}", placed)
    assert found
    monkeypatch.setattr("gateway.records.search.LABELS", {})
    listed = " ".join(run(commands, "hold", "list", *where).stdout.split())
    assert "FOI-2026-2, passes (it looks for what is not known any more: everything is held until" in listed
    dry = run(commands, "dispose", *where, "--dry-run")
    assert f"{found[0]} can't be read, so everything counts as held." in " ".join(dry.stderr.split())
    assert f"{found[0]} can't be read" in " ".join(run(commands, "redate", *where, "--dry-run").stderr.split())
    real = run(commands, "dispose", *where, "--yes")
    assert (real.exit_code, f"{found[0]} is in force and can't be read" in " ".join(real.stderr.split())) == (1, True)


def test_mistakes_with_holds_say_what_to_do(ledger: LedgerService, tmp_path: Path) -> None:
    commands = records(tmp_path)
    for words, what in (
        (["--controller", "kent", "--words", "x", "--reason", "x"], "Use one of: maidstone, swale"),
        (["--controller", "maidstone", "--reason", "x"], "add --everything"),
        (["--controller", "maidstone", "--words", "x", "--reason", " "], "say why"),
        (["--controller", "maidstone", "--fact", "tool", "--reason", "x"], "NAME=VALUE"),
    ):
        result = run(commands, "hold", "place", *words)
        assert result.exit_code == 2
        assert what in " ".join(result.stderr.split())


def test_disposal_is_tried_dry_then_run_and_certified(ledger: LedgerService, tmp_path: Path) -> None:
    commands = records(tmp_path)
    run(commands, "hold", "place", "--controller", "maidstone", "--reason", "FOI", "--words", OTHER)
    dry = run(commands, "dispose", "--controller", "maidstone", "--dry-run")
    assert dry.exit_code == 0
    assert "routine\t2\t4\t1" in dry.stdout
    assert "To be destroyed: 1 conversation and 0 request files." in dry.stdout
    assert ledger.reader.search(CANARY)
    stopped = run(commands, "dispose", "--controller", "maidstone", text="n\n")
    assert stopped.exit_code == 1
    assert ledger.reader.search(CANARY)
    unasked = run(commands, "dispose", "--controller", "maidstone", "--json")
    assert (unasked.exit_code, "--yes" in unasked.stderr) == (2, True)
    assert ledger.reader.search(CANARY)
    done = run(commands, "dispose", "--controller", "maidstone", "--yes")
    assert done.exit_code == 0
    assert "Destroyed: 2 records in 1 conversation," in done.stdout
    assert "Kept by legal holds: 1 conversation." in done.stdout
    assert "Backups of the database from before this run hold the redacted texts until" in done.stdout
    assert ledger.reader.search(CANARY) == []
    config = ["--config", str(tmp_path / "gateway.yaml")]
    with ledger._engine.connect() as connection:
        [ref, *_] = connection.exec_driver_sql("SELECT ref FROM record WHERE disposed_at IS NOT NULL").scalars()
    result = run(app, "records", "show", ref, *config)
    shown = result.stdout
    assert result.exit_code == 0, result.output
    assert "no text of it is left" in shown
    assert "sealed only" not in shown
    nothing = run(commands, "dispose", "--controller", "maidstone", "--yes")
    assert "Nothing is destroyed." in nothing.stdout
    listed = run(commands, "disposals", "--controller", "maidstone").stdout.splitlines()
    name = listed[1].split("\t")[0]
    assert "Certificate of disposal" in run(commands, "disposals", "--controller", "maidstone", "--run", name).stdout
    for words, what, status in (
        (["dispose", "--controller", "maidstone", "--before", "2999-01-01"], "not come yet", 2),
        (["dispose", "--controller", "maidstone", "--reviewed", "routine"], "not a class that", 2),
        (["disposals", "--controller", "maidstone", "--run", "DISP-X"], "no finished run", 1),
    ):
        result = run(commands, *words)
        assert (result.exit_code, what in result.stderr) == (status, True)


def test_a_changed_schedule_is_applied_to_what_is_there(ledger: LedgerService, tmp_path: Path) -> None:
    commands = records(tmp_path)
    where = ("--controller", "maidstone")
    same = run(commands, "redate", *where)
    assert (same.exit_code, "No date is changed." in same.stdout) == (0, True)
    (tmp_path / "gateway.yaml").write_text(SETTINGS.format(folder=tmp_path).replace("365", "10"))
    dry = run(commands, "redate", *where, "--dry-run")
    assert dry.exit_code == 0
    assert "routine\t2\t4\t0\t4\t0\t" in dry.stdout
    assert json.loads(run(commands, "redate", *where, "--dry-run", "--json").stdout)["classes"][0]["shorter"] == 4
    (tmp_path / "gateway.yaml").write_text(SETTINGS.format(folder=tmp_path).replace("365", "1095"))
    stopped = run(commands, "redate", *where, text="n\n")
    assert stopped.exit_code == 1
    unasked = run(commands, "redate", *where, "--json")
    assert (unasked.exit_code, "--yes" in unasked.stderr) == (2, True)
    assert "No schedule was ever applied anew." in run(commands, "redatings", *where).stderr
    done = run(commands, "redate", *where, "--yes")
    assert done.exit_code == 0, done.output
    assert "Re-dated: 4 records in 2 conversations." in done.stdout
    assert "routine: 4 records, 4 kept longer, 0 shorter." in done.stdout
    assert "1,095 days from created. Authority: RS-1." in done.stdout
    name = run(commands, "redatings", *where).stdout.splitlines()[1].split("\t")[0]
    assert "Certificate of re-dating" in run(commands, "redatings", *where, "--run", name.lower()).stdout
    assert json.loads(run(commands, "redatings", *where, "--json").stdout)[0]["records"] == 4
    for words, what, status in (
        (["redate", *where, "--json"], "this changes when records go", 2),
        (["redate", *where, "--class", "nothing"], "not a class of the retention schedule", 2),
        (["redatings", *where, "--run", "DATE-X"], "no finished run", 1),
    ):
        result = run(commands, *words)
        assert (result.exit_code, what in result.stderr) == (status, True)
    assert run(app, "ledger", "verify", "--config", config_of(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("service_", "command", "runs", "nothing"),
    [
        (Disposals, "dispose", "disposals", "Nothing is destroyed."),
        (Redatings, "redate", "redatings", "No date is changed."),
    ],
)
def test_a_run_that_was_stopped_at_its_very_end_is_closed_though_nothing_is_left_to_do(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service_: type, command: str, runs: str,
    nothing: str,
) -> None:  # fmt: skip
    commands, where = records(tmp_path), ("--controller", "maidstone")
    (tmp_path / "gateway.yaml").write_text(SETTINGS.format(folder=tmp_path).replace("365", "1095"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(service_, "_finish", killed)
        assert run(commands, command, *where, "--yes").exit_code != 0
    [stopped] = json.loads(run(commands, runs, *where, "--json").stdout)
    assert stopped["finished_at"] is None
    assert run(commands, command, *where, "--yes").exit_code == 0
    closed = run(commands, runs, *where, "--run", stopped["id"]).stdout
    assert "stopped before its end" in closed
    assert "4 records in 2 conversations" in closed
    assert nothing in run(commands, command, *where, "--yes").stdout


def test_keys_are_listed_rotated_and_sealed(
    ledger: LedgerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ["--config", str(tmp_path / "gateway.yaml")]
    assert "maidstone\troutine\t1\t1" in run(app, "keystore", "list", *config).stdout
    where = ["--controller", "maidstone", "--class", "routine"]
    done = run(app, "keystore", "rotate", *where, "--rewrap", *config)
    assert done.exit_code == 0
    assert "Version 2 of the key for maidstone, routine seals from now on." in done.stdout
    assert re.search(r"\d+ texts were wrapped anew", done.stdout)
    wrong = run(app, "keystore", "rotate", "--controller", "maidstone", "--class", "nothing", *config)
    assert (wrong.exit_code, "Use one of: routine" in wrong.stderr) == (2, True)
    assert "The settings name nothing" in run(app, "keystore", "seal", *config).stdout
    monkeypatch.setenv("MASTER", "m" * 40)
    (tmp_path / "gateway.yaml").write_text(
        SETTINGS.format(folder=tmp_path) + "keystore: {wrap: environment, master_key_env: MASTER}\n"
    )
    assert re.search(r"^\d+ key files written \(environment\)", run(app, "keystore", "seal", *config).stdout)
    assert run(app, "ledger", "verify", *config).exit_code == 0
    monkeypatch.setenv("MASTER", "n" * 40)
    shut = run(app, "ledger", "verify", *config)
    assert (shut.exit_code, "another master key" in shut.stderr) == (2, True)


def test_backup_and_restore(ledger: LedgerService, tmp_path: Path) -> None:
    config = ["--config", str(tmp_path / "gateway.yaml")]
    done = run(app, "ledger", "backup", str(tmp_path / "b.db"), *config)
    assert done.exit_code == 0, done.output
    assert "40 days, by the settings" in done.stdout
    assert "no more than 14 days" in done.stdout
    assert "exists already" in run(app, "ledger", "backup", str(tmp_path / "b.db"), *config).stderr
    assert run(records(tmp_path), "dispose", "--controller", "maidstone", "--yes").exit_code == 0
    refused = run(app, "ledger", "restore", str(tmp_path / "b.db"), *config)
    assert (refused.exit_code, "would be lost" in refused.stderr) == (1, True)
    assert ledger.reader.search(CANARY) == []
    back = run(app, "ledger", "restore", str(tmp_path / "b.db"), "--accept-loss", *config)
    assert back.exit_code == 0, back.output
    assert "is the beginning of what was signed for" in back.stdout
    assert "Missing, and signed for:" in back.stderr
    assert run(app, "ledger", "verify", *config).exit_code == 0
    assert run(app, "ledger", "restored", *config).exit_code == 0
    fresh = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    assert fresh.reader.search(CANARY) == []
    fresh.close()
