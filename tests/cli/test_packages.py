"""`records verify-package` and `records open-original`, as somebody uses them who has a package and nothing else."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.ledger.checkpoint import Signer
from gateway.records.export.sealed import seal_case
from tests.records.export.conftest import LETTER, Desk
from tests.records.export.conftest import desk as desk


def run(*words: str, text: str | None = None) -> Result:
    result = CliRunner().invoke(app, ["records", *words], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def package(desk: Desk, tmp_path: Path) -> Path:
    desk.export(desk.case(), tmp_path / "FOI-2026-0117")
    return tmp_path / "FOI-2026-0117"


def test_a_package_is_checked_in_a_folder_and_in_a_zip_file(desk: Desk, package: Path) -> None:
    key = Signer(desk.archive.keystore).vkey
    for path in (package, package.with_name("FOI-2026-0117.zip")):
        result = run("verify-package", str(path), "--key", key)
        assert result.exit_code == 0
        assert result.stdout.startswith("The package holds: nothing was changed, and every released word is as it was")
        assert "The key came from the package itself" not in result.stdout
    assert "The key came from the package itself" in run("verify-package", str(package)).stdout


def test_a_changed_package_names_the_place(package: Path) -> None:
    page = package / "data/release/records.html"
    page.write_text(page.read_text().replace("£412", "£413"))
    result = run("verify-package", str(package))
    assert result.exit_code == 1
    assert result.stdout.startswith("THE PACKAGE DOES NOT HOLD: 2 problems found.")
    assert "- data/release/records.html: it was changed: its hash is not that in manifest-sha256.txt" in result.stdout
    assert "- data/release/records.html: text T00001: its words are not those proved" in result.stdout
    told = json.loads(run("verify-package", str(package), "--json").stdout)
    assert (told["ok"], len(told["problems"])) == (False, 2)


def test_what_is_no_package_is_a_mistake(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        result = run("verify-package", str(path))
        assert result.exit_code == 2
        assert "Give the folder that holds bagit.txt, or the zip file." in " ".join(result.stderr.split())


def test_a_sealed_original_opens_with_its_key(desk: Desk, tmp_path: Path) -> None:
    sealed, target = tmp_path / "o.sealed", tmp_path / "originals"
    with desk.archive.source(opened=True) as source:
        key = seal_case(source, desk.case(), sealed)
    result = run("open-original", str(sealed), str(target), text="wrong\n")
    assert (result.exit_code, target.exists()) == (1, False)
    assert "mistyped" in result.stderr
    result = run("open-original", str(sealed), str(target), text=f"{key}\n")
    assert result.exit_code == 0
    assert "3 conversations are in" in result.stdout
    assert target.stat().st_mode & 0o077 == 0
    assert any(LETTER in text["text"] for path in target.iterdir() for text in json.loads(path.read_text())["texts"])
    assert run("open-original", str(sealed), str(target)).exit_code == 2
    assert run("open-original", str(tmp_path / "no"), str(tmp_path / "x")).exit_code == 2
