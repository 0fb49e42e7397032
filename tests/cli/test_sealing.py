"""`cases seal-originals`, from leave to the open file."""

import json
from pathlib import Path

import pytest
import yaml

from gateway.model.officer import Role
from gateway.settings import default_path
from tests.cli.test_cli import run, wrong
from tests.support.records import CANARIES, site


@pytest.fixture
async def office(tmp_path: Path) -> tuple[Path, str, dict[Role, str]]:
    """Settings, a case that has found one conversation, and officers' keys."""
    with site(tmp_path) as made:
        await made.fill()
        await made.ledger.stop()
        case = made.cases["maidstone"].id
        keys = {role: made.keys["maidstone", role] for role in Role}
    settings = yaml.safe_load(default_path("gateway.yaml").read_text())
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(settings | {"data_dir": str(tmp_path / "data")}))
    return file, case, keys


def test_originals_are_sealed_under_leave_and_open_with_the_key(
    office: tuple[Path, str, dict[Role, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, case, keys = office
    sealed = tmp_path / "o.sealed"
    monkeypatch.setenv("AI_GATEWAY_OFFICER_KEY", keys[Role.IG_OFFICER])
    assert "Ask for it in this case" in wrong(
        "cases", "seal-originals", case, "--to", str(sealed), config=config, status=1
    )
    assert not sealed.exists()
    assert run("cases", "ask-leave", case, "--reason", "The tribunal asks", config=config).exit_code == 0
    monkeypatch.setenv("AI_GATEWAY_OFFICER_KEY", keys[Role.DPO])
    assert run("cases", "give-leave", case, config=config).exit_code == 0
    monkeypatch.setenv("AI_GATEWAY_OFFICER_KEY", keys[Role.IG_OFFICER])
    made = run("cases", "seal-originals", case, "--to", str(sealed), "--json", config=config)
    assert made.exit_code == 0, made.output
    assert sealed.stat().st_mode & 0o077 == 0
    key = json.loads(made.stdout)["key"]
    assert run("records", "open-original", str(sealed), str(tmp_path / "open"), text=f"{key}\n").exit_code == 0
    assert CANARIES["maidstone"] in "".join(path.read_text() for path in (tmp_path / "open").iterdir())
    assert "exists already" in wrong("cases", "seal-originals", case, "--to", str(sealed), config=config)
    phrase = "correct horse battery staple"
    words = ["cases", "seal-originals", case, "--to", str(tmp_path / "p.sealed"), "--passphrase"]
    told = run(*words, config=config, text=f"{phrase}\n{phrase}\n")
    assert told.exit_code == 0, told.output
    assert "The key, which is not told again" not in told.stdout
    result = run("records", "open-original", str(tmp_path / "p.sealed"), str(tmp_path / "q"), text=f"{phrase}\n")
    assert result.exit_code == 0
