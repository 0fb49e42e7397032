"""Witnesses and time stamps in a package: carried, checked with plain Python, and what is not checked is said."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.ledger.checkpoint import Signer, split_note
from gateway.ledger.cosignature import Cosigner
from gateway.ledger.timestamps import request
from gateway.records.export.checker.main import verify_package
from gateway.records.export.checker.outside import ATTESTED
from gateway.store import tables
from gateway.store.attest import DatabaseAttestations
from tests.records.export.conftest import Desk
from tests.records.export.forging import Council
from tests.support.tsa import Authority, time_stamping

AT = datetime(2026, 11, 24, 10, 5, 12, tzinfo=UTC)
WITNESS, OTHER = (Cosigner(f"{name}.example/witness", name.encode() * 6 + b"." * 2) for name in ("swale", "wells"))


@dataclass(frozen=True)
class Vouched:
    """A package whose log was cosigned by one witness, and stamped, at earlier checkpoints than its own."""

    folder: Path
    vkey: str
    size: int
    stamped: int

    def told(self, *witnesses: str) -> list[str]:
        """What the checker says."""
        return verify_package(str(self.folder), self.vkey, witnesses).lines()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with time_stamping(tmp_path_factory.mktemp("tsa") / "a") as running:
        yield running


@pytest.fixture(scope="module")
def made(desk: Desk, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Vouched:
    assert len(desk.archive.checkpoints()) > 2, "the newest checkpoint is not the one that others saw"
    with desk.archive.engine.connect() as connection:
        table = tables.checkpoint
        rows = connection.execute(select(table.c.size, table.c.note).order_by(table.c.size)).all()
    seen, stamped = rows[-2], rows[0]
    others = DatabaseAttestations(desk.archive.engine)
    for cosigner in (WITNESS, OTHER):
        others.keep_cosignature(
            seen.size, cosigner.name, AT, cosigner.cosign(split_note(seen.note)[0], int(AT.timestamp()))
        )
    token = authority.reply(request(stamped.note.encode())[0])
    others.keep_time_stamp(stamped.size, "Test & TSA", AT, token)
    target = tmp_path_factory.mktemp("vouched") / "p"
    desk.export(desk.case(), target)
    return Vouched(target, Signer(desk.archive.keystore).vkey, seen.size, stamped.size)


@pytest.fixture
def vouched(made: Vouched, tmp_path: Path) -> Vouched:
    """A copy to tamper with."""
    return Vouched(Path(shutil.copytree(made.folder, tmp_path / "p")), made.vkey, made.size, made.stamped)


def test_a_cosignature_is_checked_with_the_witness_s_key(made: Vouched) -> None:
    said = made.told(WITNESS.vkey)
    assert said[0].startswith("The package holds")
    [proven] = [line for line in said if line.startswith("Proven: ")]
    assert proven.startswith(f"Proven: swale.example/witness witnessed the first {made.size} of ")
    assert proven.endswith("entries of this package, at 2026-11-24 10:05:12 UTC.")
    assert any("wells.example/witness+" in line and "--witness" in line for line in said)
    assert not any("No independent witness" in line for line in said)


def test_without_a_witness_s_key_it_says_so_and_does_not_fail(made: Vouched) -> None:
    said = made.told()
    assert said[0].startswith("The package holds")
    assert any(line.startswith("Note: No independent witness: ") for line in said)
    assert not any(line.startswith("Proven") for line in said)


def test_the_shipped_file_does_the_same(made: Vouched) -> None:
    words = [str(made.folder / "data/proofs/verify.py"), str(made.folder), made.vkey, "--witness", WITNESS.vkey]
    done = subprocess.run([sys.executable, "-I", "-S", *words], capture_output=True, text=True, cwd="/", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == made.told(WITNESS.vkey)


def test_a_witness_that_is_named_must_have_cosigned(made: Vouched) -> None:
    stranger = Cosigner("elsewhere.example/witness", bytes(32))
    said = made.told(stranger.vkey)
    assert said[0].startswith("THE PACKAGE DOES NOT HOLD")
    assert any("cosignature elsewhere.example/witness: there is none of this witness" in line for line in said)
    impostor = Cosigner(WITNESS.name, bytes(32))
    for keys in ((impostor.vkey,), (WITNESS.vkey, impostor.vkey)):
        assert made.told(*keys)[0].startswith("THE PACKAGE DOES NOT HOLD")


def test_even_the_council_can_not_forge_a_cosignature(desk: Desk, vouched: Vouched) -> None:
    council = Council(desk, vouched.folder)
    path = vouched.folder / f"{ATTESTED}{vouched.size}.cosigned"
    before = path.read_text()
    line = next(line for line in before.splitlines() if WITNESS.name in line)
    raw = bytearray(base64.b64decode(line.split(" ")[2]))
    raw[11] ^= 1  # the time
    changed = line.rsplit(" ", 1)[0] + " " + base64.b64encode(raw).decode()
    for after in (before.replace(line, changed), before.replace(line + "\n", "")):
        path.write_text(after)
        council.resign()
        assert vouched.told(WITNESS.vkey)[0].startswith("THE PACKAGE DOES NOT HOLD")
    path.write_text(before)
    council.resign()
    assert vouched.told(WITNESS.vkey)[0].startswith("The package holds")


def test_the_log_of_the_package_goes_on_from_what_the_witness_saw(desk: Desk, vouched: Vouched) -> None:
    """Two histories of one log: the witness saw one, the package is proved by the other."""
    council = Council(desk, vouched.folder)
    start = vouched.folder / f"{ATTESTED}{vouched.size}"
    other = council.signer.sign(vouched.size, bytes(32))
    start.with_suffix(".checkpoint").write_text(other)
    start.with_suffix(".cosigned").write_text(other + WITNESS.cosign(split_note(other)[0], 1_760_000_000))
    council.resign()
    said = vouched.told(WITNESS.vkey)
    assert any("the log of the package does not go on from it: it is another history" in line for line in said)
    assert not any(line.startswith("Proven") for line in said)


def test_a_proof_that_is_missing_or_of_another_checkpoint_is_none(desk: Desk, vouched: Vouched) -> None:
    council = Council(desk, vouched.folder)
    path = vouched.folder / f"{ATTESTED}{vouched.size}.consistency"
    before = path.read_text()
    for after in (before.replace("old ", "old 1"), before.partition("\n\n")[0] + "\n\n", before[:-3], "x"):
        path.write_text(after)
        council.resign()
        assert vouched.told(WITNESS.vkey)[0].startswith("THE PACKAGE DOES NOT HOLD")
    path.unlink()
    council.resign()
    assert any("it is missing" in line for line in vouched.told(WITNESS.vkey))
    path.write_text(before)
    (path.parent / "1.note").write_text("x")
    council.resign()
    assert any("neither a checkpoint nor what goes with one" in line for line in vouched.told(WITNESS.vkey))


def test_a_time_stamp_is_over_its_checkpoint_and_openssl_checks_it(made: Vouched, authority: Authority) -> None:
    said = made.told()
    [note] = [line for line in said if "time stamp of" in line]
    assert note.startswith(f"Note: A time stamp of Test-TSA says that the first {made.stamped} of ")
    assert "its signature is not checked here" in note
    command = note[note.index("openssl ts -verify") :]
    assert command in (made.folder / "data/00-read-me.html").read_text()
    words = command.replace("ROOTS.pem", str(authority.roots_file)).split()
    done = subprocess.run(words, cwd=made.folder, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr, "the command that is printed works"


def test_a_stamp_over_something_else_is_a_problem(desk: Desk, vouched: Vouched, authority: Authority) -> None:
    council = Council(desk, vouched.folder)
    [path] = (vouched.folder / ATTESTED).glob("*.tsr")
    for token in (authority.reply(request(b"another")[0]), b"no DER"):
        path.write_bytes(token)
        council.resign()
        said = vouched.told()
        assert said[0].startswith("THE PACKAGE DOES NOT HOLD")
        assert any(path.name in line and "time stamp" in line for line in said)


def test_the_read_me_names_the_witnesses(made: Vouched) -> None:
    page = (made.folder / "data/00-read-me.html").read_text()
    assert "swale.example/witness, wells.example/witness" in page
    assert "--witness WITNESS-KEY" in page
    assert json.dumps(WITNESS.vkey) not in page, "the key has to come from the witness"
