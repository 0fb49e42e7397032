"""An export of the log convinces a stranger, or tells them what and where: no database, no key, no package."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from gateway.ledger import leaf
from gateway.ledger.attesting import Authority, time_stamp
from gateway.ledger.exporting import script
from gateway.ledger.rows import Job, LeafDraft
from gateway.ledger.timestamps import certificates, request
from gateway.ledger.verify_export import ExportVerification
from gateway.store.log_export import ExportError
from gateway.store.open import LedgerService
from gateway.upstream.post import HttpPost
from tests.store.test_sequencer import write
from tests.support.ledger import chat, service, turn
from tests.support.tampering import rewrite_history
from tests.support.tsa import time_stamping
from tests.support.witnessed import Neighbour

CANARY = "Quibblethorpe"
"""A name in a call's text: no byte of an export may hold it."""


class Made:
    """An export and what a stranger was told."""

    def __init__(self, folder: Path, vkey: str, witness: str, old_checkpoint: Path, ref: str) -> None:
        self.folder, self.vkey, self.witness, self.old, self.ref = folder, vkey, witness, old_checkpoint, ref

    def copy(self, to: Path) -> "Made":
        shutil.copytree(self.folder, to / "export")
        return Made(to / "export", self.vkey, self.witness, self.old, self.ref)

    def check(self, *, witness: bool = True) -> tuple[bool, list[str]]:
        """By our own command's way."""
        verification = ExportVerification(self.folder, self.vkey, [self.witness] if witness else [])
        holds = verification.run([self.old])
        return holds, verification.lines()

    def problems(self) -> list[str]:
        _, lines = self.check()
        return [line[2:] for line in lines if line.startswith("- ")]

    def stranger(self, *words: str) -> subprocess.CompletedProcess[str]:
        """With the script in the folder, in an interpreter without packages, environment or the gateway's code."""
        command = [sys.executable, "-I", "-S", "verify.py", "--key", self.vkey, *words]
        return subprocess.run(
            command, cwd=self.folder, env={}, capture_output=True, text=True, timeout=110, check=False
        )


async def grow(ledger: LedgerService, neighbour: Neighbour) -> str:
    """300 leaves, a record with a name in it, one that was disposed of; cosigned twice."""
    write(ledger, 300)
    ledger._sequencer.drain()
    assert neighbour.cosign(ledger) == "ok"
    await ledger.start()
    ref = await turn(ledger, chat(f"Write to {CANARY}"), "Yes.", replace={CANARY: "PERSON_AB12CD34"})
    body = leaf.disposed(ref=ref, at=datetime.now(UTC), run="run-1", retention_class="routine", actor="")
    ledger._committer.commit([Job(leaves=[LeafDraft("disposed", ref, body)])])
    await ledger.stop()
    return ref


@pytest_asyncio.fixture
async def made(url: str, tmp_path: Path) -> Made:
    ledger = service(url, tmp_path)
    neighbour = Neighbour(tmp_path, ledger.vkey)
    ref = await grow(ledger, neighbour)
    reader = service(url, tmp_path)
    assert neighbour.cosign(reader) == "ok"
    old = tmp_path / "kept-last-month.txt"
    old.write_text(str(reader.attestations.newest()[1]))  # type: ignore[index]
    write(reader, 3)
    counts = reader.export(tmp_path / "out")
    assert counts["entries"] == 306
    assert (counts["cosignatures"], counts["disposed"], counts["waiting"]) == (2, 1, 0)
    reader.close()
    return Made(tmp_path / "out", reader.vkey, neighbour.vkey, old, ref)


def test_the_whole_of_it_convinces_us_and_a_stranger(made: Made) -> None:
    holds, lines = made.check()
    assert holds, lines
    assert lines[0] == "The export is whole."
    assert lines[1].startswith("Checked: entries 306, tiles 3, records 1, disposed records 1,")
    assert any(
        line.startswith("Proven: swale.example/witness witnessed the first 303 of 306 entries") for line in lines
    )
    said = made.stranger("--witness", made.witness, "--checkpoint", str(made.old))
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == lines, "without any package it comes to the same words"
    alone = made.stranger()
    assert alone.returncode == 0
    assert "Note: No independent witness: whoever holds" in alone.stdout


def test_it_holds_no_content_and_no_secret(made: Made) -> None:
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert CANARY.encode() not in path.read_bytes(), path
        assert b"housing@" not in path.read_bytes()
    assert orjson.loads((made.folder / "disposed.jsonl").read_bytes())["ref"] == made.ref
    assert (made.folder / "tile" / "0" / "001.p" / "50").is_file()
    assert (made.folder / "tile" / "entries" / "000").is_file()
    assert oct(made.folder.stat().st_mode)[-3:] == "700"


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def forge(path: Path) -> None:
    """Another root, that could be one."""
    lines = path.read_text().split("\n")
    lines[2] = ("B" if lines[2][0] == "A" else "A") + lines[2][1:]
    path.write_text("\n".join(lines))


def swap_entries(path: Path) -> None:
    """The first two entries change places."""
    data = path.read_bytes()
    first = data[: 2 + int.from_bytes(data[:2], "big")]
    rest = data[len(first) :]
    second = rest[: 2 + int.from_bytes(rest[:2], "big")]
    path.write_bytes(second + first + rest[len(second) :])


UNFIT = (
    "swale.example/witness: it does not fit the entries: the log was rewritten after the witness saw it, or this line "
    "was changed"
)
NONE = (
    "swale.example/witness: there is none of this witness: it never witnessed this log, or its cosignatures were "
    "removed"
)
TRIALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte of an entry": (
        lambda f: flip(f / "tile/entries/000", 60),
        "tile/0/000: entry 0 does not have the hash in the tile: one of the two was changed",
    ),
    "a byte of a tile": (
        lambda f: flip(f / "tile/0/000", 32 * 17),
        "tile/0/000: entry 17 does not have the hash in the tile: one of the two was changed",
    ),
    "a byte of an upper tile": (
        lambda f: flip(f / "tile/1/000.p/1", 3),
        "tile/1/000: hash 0 of level 1 does not have the hash in the tile: one of the two was changed",
    ),
    "a bundle removed": (
        lambda f: (f / "tile/entries/001.p/50").unlink(),
        "tile/entries/001.p/50: it is missing; what comes after it can't be checked",
    ),
    "a bundle cut short": (
        lambda f: (f / "tile/entries/001.p/50").write_bytes((f / "tile/entries/001.p/50").read_bytes()[:-5]),
        "tile/entries/001.p/50: it holds 49 of 50 entries, or more than entries",
    ),
    "two entries reordered": (
        lambda f: swap_entries(f / "tile/entries/000"),
        "tile/0/000: entry 1 does not have the hash in the tile: one of the two was changed",
    ),
    "a tile removed": (lambda f: (f / "tile/0/000").unlink(), "tile/0/000: it is missing"),
    "the last tile cut short": (
        lambda f: (f / "tile/1/000.p/1").write_bytes(b""),
        "tile/1/000.p/1: it does not hold as many hashes as its name says",
    ),
    "something put behind a tile": (
        lambda f: (f / "tile/1/000.p/1").write_bytes((f / "tile/1/000.p/1").read_bytes() + b"John Smith"),
        "tile/1/000.p/1: it does not hold as many hashes as its name says",
    ),
    "the checkpoint removed": (lambda f: (f / "checkpoint").unlink(), "checkpoint: it is missing"),
    "the checkpoint forged": (
        lambda f: forge(f / "checkpoint"), "checkpoint: the checkpoint is not signed by the log's key",
    ),
    "a line of the log outside edited": (
        lambda f: flip(f / "checkpoints.log", 9),
        "checkpoints.log line 1: its fields do not agree with its signed note",
    ),
    "a cosignature edited": (
        lambda f: flip(f / "cosignatures.jsonl", 150),
        f"cosignature 300 of {UNFIT}",
    ),
    "every cosignature removed": (
        lambda f: (f / "cosignatures.jsonl").write_bytes(b""),
        f"cosignature {NONE}",
    ),
    "a disposal hidden": (
        lambda f: (f / "disposed.jsonl").write_bytes(b""), "disposed.jsonl: it is not what the entries say",
    ),
}  # fmt: skip


def test_whatever_is_changed_is_named_by_us_and_by_the_script(made: Made, tmp_path: Path) -> None:
    for number, (name, (tamper, said)) in enumerate(TRIALS.items()):
        copy = made.copy(tmp_path / f"trial-{number}")
        tamper(copy.folder)
        assert said in copy.problems(), (name, copy.problems())
        if number % 4 == 0:
            stranger = copy.stranger("--witness", copy.witness)
            assert stranger.returncode == 1
            assert stranger.stdout.startswith("THE EXPORT IS NOT WHOLE")
            assert f"- {said}\n" in stranger.stdout


def test_a_rewritten_history_is_found_by_witness_or_kept_checkpoint(url: str, made: Made, tmp_path: Path) -> None:
    """Everything signed anew with the log's own key, exported, and handed over with a straight face."""
    ledger = service(url, tmp_path)
    rewrite_history(ledger._engine, ledger._signer, tmp_path / "data" / "checkpoints.log", made.ref, "refused")
    ledger.export(tmp_path / "forged")
    ledger.close()
    forged = Made(tmp_path / "forged", made.vkey, made.witness, made.old, made.ref)
    assert forged.problems() == [
        f"your checkpoint {made.old.name}: the first 303 entries are not those that were signed: the log was rewritten",
        f"cosignature 303 of {UNFIT}",
    ]  # fmt: skip
    said = forged.stranger("--witness", made.witness)
    assert said.returncode == 1
    assert forged.stranger().returncode == 0, "and by nothing else: this is what a witness is for"


def test_another_log_s_key_or_none_is_a_mistake_or_a_finding(made: Made, tmp_path: Path) -> None:
    wrong = made.stranger("--witness", made.vkey)
    assert wrong.returncode == 2
    assert "this is a log's key, not a witness's" in wrong.stderr
    other = service(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other")
    other.close()
    with_other = Made(made.folder, other.vkey, made.witness, made.old, made.ref)
    assert "checkpoint: not a checkpoint of this log" in with_other.problems()


def test_an_export_goes_into_a_folder_of_its_own(made: Made, url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path)
    with pytest.raises(ExportError, match="is not empty"):
        ledger.export(made.folder)
    ledger.close()
    empty = service(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path / "empty")
    with pytest.raises(ExportError, match="The log is empty"):
        empty.export(tmp_path / "nothing")
    empty.close()


def test_time_stamps_travel_and_are_checked_with_their_roots(url: str, tmp_path: Path) -> None:
    ledger = service(url, tmp_path)
    write(ledger, 5)
    ledger._sequencer.drain()
    with time_stamping(tmp_path / "tsa") as authority:
        roots = certificates(authority.roots_file.read_bytes())
        assert time_stamp(ledger.attestations, Authority("Test TSA", authority.url, roots), HttpPost()) == "ok"
        ledger.export(tmp_path / "out")
        verification = ExportVerification(tmp_path / "out", ledger.vkey, [], roots)
        assert verification.run([]), verification.lines()
        assert verification.proven[0].startswith("The first 5 of 5 entries existed by 20")
        plain = ExportVerification(tmp_path / "out", ledger.vkey, [])
        assert plain.run([])
        [command] = [note.partition("not checked here: ")[2] for note in plain.notes if "openssl" in note]
        words = command.replace("ROOTS.pem", str(authority.roots_file)).split()
        done = subprocess.run(words, cwd=tmp_path / "out", capture_output=True, text=True, check=False)
        assert "Verification: OK" in done.stdout + done.stderr, "the command that is printed works"
        other = authority.reply(request(b"another")[0])
        token = tmp_path / "out" / "timestamps" / "Test-TSA-5.tsr"
        before = token.read_bytes()
        token.write_bytes(other)
        plain = ExportVerification(tmp_path / "out", ledger.vkey, [])
        assert not plain.run([])
        assert plain.problems == [
            "timestamps/Test-TSA-5.tsr: the time stamp is over something else than this checkpoint"
        ]
        token.write_bytes(before)
        rows = tmp_path / "out" / "timestamps.jsonl"
        rows.write_text(rows.read_text().replace("Test-TSA-5", "$(touch x)"))
        plain = ExportVerification(tmp_path / "out", ledger.vkey, [])
        assert not plain.run([])
        assert not any("touch" in note for note in plain.notes), "what people copy into a shell runs openssl alone"
        rows.write_text(rows.read_text().replace("$(touch x)", "Test-TSA-5"))
        forge(tmp_path / "out" / "timestamps" / "Test-TSA-5.note")
        broken = ExportVerification(tmp_path / "out", ledger.vkey, [], roots)
        assert not broken.run([])
        assert broken.problems == ["timestamps/Test-TSA-5: the checkpoint is not signed by the log's key"]
    ledger.close()


def test_the_script_is_one_file_of_plain_old_python() -> None:
    tree = ast.parse(script(), feature_version=(3, 9))
    imported = {
        name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - {"cryptography"} <= set(sys.stdlib_module_names)
    futures = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert len(futures) == 1


@pytest.mark.parametrize("note", ["", "x", "x\ny\nz\n\n", "{origin}\n1\nno base64!\n\n", "{origin}\n01\n{root}\n\n"])
def test_what_is_no_checkpoint_is_said_in_plain_words(note: str, tmp_path: Path) -> None:
    ledger = service(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    write(ledger, 2)
    ledger.export(tmp_path / "out")
    ledger.close()
    origin = ledger.vkey.partition("+")[0]
    (tmp_path / "out" / "checkpoint").write_text(note.format(origin=origin, root="A" * 43 + "="))
    verification = ExportVerification(tmp_path / "out", ledger.vkey, [])
    assert not verification.run([])
    assert verification.problems[0] in ("checkpoint: not a checkpoint", "checkpoint: not a checkpoint of this log")
