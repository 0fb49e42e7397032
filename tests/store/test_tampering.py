"""Tamper trials: what an insider may do to the ledger, and the words in which `verify` says what and where.

On both databases. The insider has the database and the data folder, and in the last trials the signing key as well.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, func, insert, make_url, select, text, update

from gateway.ledger.checkpoint import Signer
from gateway.ledger.keystore import FileKeyStore
from gateway.ledger.merkle import root_of
from gateway.ledger.report import Report
from gateway.ledger.verify_outside import Outside
from gateway.store import tables
from gateway.store.evidence import verify_database
from gateway.store.keeping import check_run, cosignature
from gateway.store.open import LedgerError, LedgerService
from gateway.store.sequencer import read_log
from tests.store.test_sequencer import write
from tests.support.ledger import chat, service, turn
from tests.support.postgres import fresh_database
from tests.support.tampering import change, outcome_of, rewrite_history, rows_of, truncate
from tests.support.witnessed import Neighbour


@dataclass
class Case:
    """A ledger at rest that was cosigned in the middle and at the end, and what is known of it from before."""

    url: str
    folder: Path
    ledger: LedgerService
    neighbour: Neighbour
    refs: Sequence[str]

    @property
    def engine(self) -> Any:
        return self.ledger._engine

    @property
    def log_file(self) -> Path:
        return self.folder / "data" / "checkpoints.log"

    @property
    def signer(self) -> Signer:
        return self.ledger._signer

    def report(self, *, witness: bool = False, log: bool = True) -> Report:
        outside = Outside([self.neighbour.key], demanded=True) if witness else Outside()
        keys = FileKeyStore(self.folder / "keys")
        return verify_database(self.engine, self.ledger.vkey, keys, self.log_file if log else None, outside)

    def problems(self, *, witness: bool = False, log: bool = True) -> list[str]:
        return [str(each) for each in self.report(witness=witness, log=log).problems]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """290 leaves of nobody's, then three records, a suspension and a check run; 256 of the leaves fill a tile. Nobody
    has it open."""
    folder = tmp_path_factory.mktemp("original")
    postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres_module_url") if postgres else f"sqlite:///{folder / 'ledger.db'}"
    ledger = service(url, folder)
    neighbour = Neighbour(folder, ledger.vkey)
    write(ledger, 290)
    ledger._sequencer.drain()
    assert neighbour.cosign(ledger) == "ok"
    refs = asyncio.run(three(service(url, folder)))
    ledger.admin.suspend("copilot", "sec@maidstone.example", "vendor incident")
    at = datetime.now(UTC)
    ledger.checks.keep(ledger.verify(), at, at)
    assert neighbour.cosign(ledger) == "ok"
    made = Case(url, folder, ledger, neighbour, refs)
    assert made.report(witness=True).ok, made.report(witness=True).lines()
    ledger.close()
    return made


async def three(ledger: LedgerService) -> list[str]:
    await ledger.start()
    refs = [await turn(ledger, chat(f"Question {n} about bins"), f"Answer {n}") for n in range(3)]
    await ledger.stop()
    return refs


@pytest.fixture
def case(original: Case, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """A copy to tamper with."""
    shutil.copytree(original.folder, tmp_path, dirs_exist_ok=True)
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        if not original.url.startswith("sqlite"):
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(fresh_database(server, make_url(original.url).database or ""))
        ledger = service(url, tmp_path)
        yield Case(url, tmp_path, ledger, Neighbour(tmp_path, ledger.vkey), original.refs)
        ledger.close()


def leaf_of(case: Case, ref: str, kind: str) -> Any:
    query = select(tables.leaf).where(tables.leaf.c.ref == ref, tables.leaf.c.kind == kind)
    with case.engine.connect() as connection:
        return connection.execute(query).one()


def index_of(case: Case, leaf: Any) -> int:
    query = select(tables.sequenced.c.idx).where(tables.sequenced.c.leaf == leaf.id)
    with case.engine.connect() as connection:
        return int(connection.scalar(query) or 0)


def test_drop_a_leaf(case: Case) -> None:
    ref = case.refs[1]
    leaf = leaf_of(case, ref, "opened")
    index = index_of(case, leaf)
    change(case.engine, delete(tables.leaf).where(tables.leaf.c.id == leaf.id))
    found = case.problems()
    closed = f"leaf {leaf.replica}/{leaf.replica_seq + 1}, record {ref}"
    assert found[0] == f"{closed}: replica sequence jumps from {leaf.replica_seq - 1}: leaves between were removed"
    assert f"sequenced {index}: there is no such leaf: it was removed" in found
    assert f"leaf {ref}, record {ref}: 0 opened and 1 closed leaves" in found


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        (lambda c: delete(tables.record).where(tables.record.c.ref == c.refs[0]),
         "record {0}, record {0}: its row was removed"),
        (lambda c: delete(tables.suspension), "suspension copilot: its row was removed without a leaf"),
        (lambda c: delete(check_run), "check_run {run}: its row was removed without a leaf"),
        (lambda c: delete(tables.tile), "tile 0/0: it is missing"),
        (lambda c: delete(tables.sequenced).where(tables.sequenced.c.idx == 7),
         "sequenced 8: index 7 was expected: the sequence has a gap"),
        (lambda c: delete(tables.fingerprint).where(tables.fingerprint.c.name == "checkpoint key"),
         "fingerprint checkpoint key: the ledger was written with another key, or this row was changed"),
    ],
)  # fmt: skip
def test_drop_a_row(case: Case, drop: Callable[[Case], Any], said: str) -> None:
    run = rows_of(case.engine, check_run)[0].id
    change(case.engine, drop(case))
    assert said.format(case.refs[0], run=run) in case.problems()


def test_drop_a_text(case: Case) -> None:
    part = rows_of(case.engine, tables.part)[0]
    change(case.engine, delete(tables.part).where(tables.part.c.id == part.id))
    assert any(f"part {part.id}, is gone or is another" in problem for problem in case.problems())


def flipped(data: bytes) -> bytes:
    return data[:20] + bytes([data[20] ^ 1]) + data[21:]


def test_change_a_byte_of_a_leaf(case: Case) -> None:
    leaf = leaf_of(case, case.refs[0], "closed")
    body = leaf.body.replace(b'"delivered"', b'"delivererd"'[:11] + b'"')
    change(case.engine, update(tables.leaf).where(tables.leaf.c.id == leaf.id).values(body=body))
    name = f"leaf {leaf.replica}/{leaf.replica_seq}, record {case.refs[0]}"
    assert f"{name}: the leaf's bytes do not have the stored hash: one of them was changed" in case.problems()


def test_change_a_byte_of_a_leaf_and_its_hash(case: Case) -> None:
    """The hash fits again; the chain of the writer and the signed root don't."""
    from gateway.ledger.merkle import leaf_hash

    leaf = leaf_of(case, case.refs[0], "opened")
    body = leaf.body.replace(b'"housing"', b'"parking"')
    assert body != leaf.body
    change(case.engine, update(tables.leaf).where(tables.leaf.c.id == leaf.id).values(body=body, hash=leaf_hash(body)))
    found = case.problems()
    ref, before = case.refs[0], f"{leaf.replica}/{leaf.replica_seq}"
    following = f"leaf {leaf.replica}/{leaf.replica_seq + 1}, record {ref}"
    assert f"{following}: does not follow leaf {before}: one of the two was changed" in found
    assert f"record {ref}, record {ref}: column service is not what the leaves say" in found
    assert any(
        each.startswith("checkpoint ") and "its root is not that of the leaves: a leaf between index 290 and" in each
        and ref in each for each in found
    )  # fmt: skip


@pytest.mark.parametrize(
    "table", ["part", "node", "tile", "tree", "checkpoint", "suspension", "check_run", "cosignature"]
)
def test_change_a_byte_elsewhere(case: Case, table: str) -> None:
    """The exact words for each are in the table below; `test_verify` tries every column of every table."""
    columns = {"part": "text", "node": "place_root", "tile": "hashes", "tree": "frontier", "checkpoint": "root",
               "suspension": "salt", "check_run": "tree_size", "cosignature": "line"}  # fmt: skip
    target = tables.metadata.tables[table]
    [first, *_] = [row for row in rows_of(case.engine, target) if getattr(row, columns[table])]
    value = getattr(first, columns[table])
    new: Any = value + 1 if isinstance(value, int) else None
    if isinstance(value, bytes):
        new = bytes([value[0] ^ 1]) + value[1:]
    elif isinstance(value, str):
        new = value[:60] + ("A" if value[60] != "A" else "B") + value[61:]
    keys = [column == getattr(first, column.name) for column in target.primary_key.columns]
    change(case.engine, update(target).where(*keys).values({columns[table]: new}))
    key = "/".join(str(getattr(first, column.name)) for column in target.primary_key.columns)
    said = {
        "part": f"part {key}: the redacted text is not the one that was committed to",
        "tile": f"tile {key}: its hashes are not those of the leaves",
        "tree": "tree 1: the sequencer's stored state is not that of the leaves",
        "checkpoint": f"checkpoint {key}: its columns do not agree with its signed note",
        "suspension": "suspension copilot: it is not as its newest admin leaf left it",
        "check_run": f"check_run {key}: it is not as its newest admin leaf left it",
        "cosignature": "cosignature 290 of swale.example/witness: it does not fit what the leaves give: the log was "
        "rewritten after the witness saw it, or this row was changed",
    }
    found = case.problems(witness=True)
    if table == "node":
        assert f"node {first.root.hex()[:16]}, record {first.ref}: its columns do not give its root" in found
    elif table == "part":
        assert found[0] == said[table]
    else:
        assert found == [said[table]]


def test_reorder(case: Case) -> None:
    first, second = [row.leaf for row in rows_of(case.engine, tables.sequenced)[40:42]]
    sequenced = tables.sequenced
    change(
        case.engine,
        update(sequenced).where(sequenced.c.idx == 40).values(leaf=-1),
        update(sequenced).where(sequenced.c.idx == 41).values(leaf=first),
        update(sequenced).where(sequenced.c.idx == 40).values(leaf=second),
    )
    assert case.problems()[0] == (
        "checkpoint 290: its root is not that of the leaves: a leaf between index 0 and 289 was changed"
    )


def test_truncate_the_tail(case: Case) -> None:
    """The database says that it never was longer; the log outside remembers."""
    truncate(case.engine, None, None, 290)
    change(case.engine, delete(tables.suspension), delete(check_run))
    beyond = [line["size"] for line in read_log(case.log_file)]
    whole = beyond.index(290) + 1
    found = case.problems()
    assert found == [
        f"checkpoint log line {number}: it covers {size} leaves, the database has 290: the database was rolled back or "
        "cut"
        for number, size in enumerate(beyond, 1)
        if number > whole
    ]
    assert found
    said = case.problems(witness=True, log=False)
    what = f"the witness saw {beyond[-1]} leaves, the log has 290: leaves were removed from the end, or an older backup"
    assert said == [f"cosignature {beyond[-1]} of swale.example/witness: {what} was restored"]


def backup_of(url: str, folder: Path) -> str:
    """A copy of a database that nobody has open, as a backup of it would be once restored; its URL."""
    if url.startswith("sqlite"):
        shutil.copyfile(folder / "ledger.db", folder / "backup.db")
        return f"sqlite:///{folder / 'backup.db'}"
    parsed = make_url(url)
    engine = create_engine(parsed.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {parsed.database}_b TEMPLATE {parsed.database}"))
    engine.dispose()
    return parsed.set(database=f"{parsed.database}_b").render_as_string(hide_password=False)


def test_restore_an_old_backup(url: str, tmp_path: Path) -> None:
    """The database as it was last week, put back: the log outside and the witness both remember this week."""
    ledger = service(url, tmp_path)
    neighbour = Neighbour(tmp_path, ledger.vkey)
    write(ledger, 20)
    ledger._sequencer.drain()
    ledger.close()
    backup = backup_of(url, tmp_path)
    ledger = service(url, tmp_path)
    write(ledger, 5)
    ledger._sequencer.drain()
    assert neighbour.cosign(ledger) == "ok"
    ledger.close()
    restored = service(backup, tmp_path)
    assert [str(each) for each in restored.verify().problems] == [
        "checkpoint log line 2: it covers 25 leaves, the database has 20: the database was rolled back or cut"
    ]
    write(restored, 9)  # and then it went on
    restored._sequencer.drain()
    assert [str(each) for each in restored.verify().problems] == [
        "checkpoint log line 2: the log was rewritten after this checkpoint was signed"
    ]
    assert neighbour.cosign(restored) == "conflict"
    restored.close()


def test_swap_a_key(case: Case, tmp_path: Path) -> None:
    """Another signing key in the key store, and every checkpoint signed anew with it."""
    shutil.copytree(tmp_path / "keys", tmp_path / "swapped")
    (tmp_path / "swapped" / "secret.checkpoint-ed25519").unlink()
    other = Signer(FileKeyStore(tmp_path / "swapped"))
    with pytest.raises(LedgerError, match="its checkpoint key is another"):
        service(case.url, tmp_path, keys=tmp_path / "swapped")
    hashes = [row.hash for row in rows_of(case.engine, tables.leaf.join(tables.sequenced), tables.sequenced.c.idx)]  # type: ignore[arg-type]
    table = tables.checkpoint
    rows = rows_of(case.engine, table)
    change(
        case.engine,
        update(tables.fingerprint).where(tables.fingerprint.c.name == "checkpoint key").values(value=other.vkey),
        *[update(table).where(table.c.size == row.size).values(note=other.sign(row.size, root_of(hashes[: row.size])))
          for row in rows],
    )  # fmt: skip
    found = case.problems()
    assert found[0] == ("fingerprint checkpoint key: the ledger was written with another key, or this row was changed")
    assert found[1:] == [f"checkpoint {row.size}: not a checkpoint of this log" for row in rows]


def test_forge_a_checkpoint(case: Case, tmp_path: Path) -> None:
    """Of a root that somebody would like to have, under the log's name and another key."""
    forger = Signer(FileKeyStore(tmp_path / "forger"))
    root = root_of([b"x" * 32])
    note = forger.sign(100, root).replace(forger.origin, case.signer.origin)
    change(case.engine, insert(tables.checkpoint).values(size=100, root=root, note=note))
    assert case.problems() == ["checkpoint 100: the checkpoint is not signed by the log's key"]


def test_drop_a_leaf_that_waits(case: Case) -> None:
    """Durable, not in the tree yet: the writer's own chain, and the list of those that wait, miss it."""
    write(case.ledger, 3)
    leaf = tables.leaf
    with case.engine.connect() as connection:
        waiting = connection.execute(select(leaf).join(tables.pending).order_by(leaf.c.replica_seq)).all()
    middle = waiting[1]
    change(case.engine, delete(tables.leaf).where(leaf.c.id == middle.id))
    jump = f"replica sequence jumps from {middle.replica_seq - 1}: leaves between were removed"
    assert case.problems() == [
        f"leaf {middle.replica}/{middle.replica_seq + 1}: {jump}",
        f"pending {middle.id}: there is no such leaf: it was removed",
    ]
    change(case.engine, delete(tables.pending).where(tables.pending.c.leaf == middle.id))
    assert len(case.problems()) == 1


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda lines: [lines[0].replace(b'"size":290', b'"size":291'), *lines[1:]],
         "checkpoint log line 1: its fields do not agree with its signed note"),
        (lambda lines: [lines[0].replace(b"\\n290\\n", b"\\n291\\n"), *lines[1:]],
         "checkpoint log line 1: the checkpoint is not signed by the log's key"),
        (lambda lines: [lines[0], b'{"size": 1}\n', *lines[1:]], "checkpoint log line 2: not a checkpoint"),
        (lambda lines: [b"what?\n", *lines], "checkpoint log {log}: it can't be read (JSONDecodeError)"),
    ],
)  # fmt: skip
def test_edit_the_checkpoint_log(case: Case, edit: Callable[[list[bytes]], list[bytes]], said: str) -> None:
    lines = case.log_file.read_bytes().splitlines(keepends=True)
    case.log_file.write_bytes(b"".join(edit(lines)))
    assert case.problems() == [said.format(log=case.log_file)]


def test_cut_the_checkpoint_log(case: Case) -> None:
    """No problem by itself, since a copy may simply be old; it is said all the same."""
    lines = case.log_file.read_bytes().splitlines(keepends=True)
    case.log_file.write_bytes(lines[0])
    report = case.report()
    assert report.ok
    newest = rows_of(case.engine, tables.checkpoint)[-1].size
    assert f"The checkpoint log ends at 290 leaves, the database at {newest}." in report.notes


def test_rewrite_history_with_the_signing_key_but_without_the_witness(case: Case) -> None:
    """The perfect forgery: every hash, chain, checkpoint and the log outside are made anew, with the log's own key."""
    ref = case.refs[0]
    rewrite_history(case.engine, case.signer, case.log_file, ref, "refused")
    assert outcome_of(case.engine, ref) == "refused"
    alone = case.report()
    assert alone.ok, "by itself it can't be told; that is why the note is there"
    assert any("No independent witness has cosigned" in note for note in alone.notes)
    sizes = [row.size for row in rows_of(case.engine, cosignature)]
    rewritten = (
        "it does not fit what the leaves give: the log was rewritten after the witness saw it, or this row was changed"
    )
    report = case.report(witness=True)
    assert [str(each) for each in report.problems] == [f"cosignature {sizes[1]} of swale.example/witness: {rewritten}"]
    assert report.proven[0].startswith(f"swale.example/witness witnessed the first 290 of {report.size} leaves")
    # Without the cosignatures that get in the way, there are none where there must be some.
    change(case.engine, delete(cosignature))
    none = "there is no cosignature of this witness: it never witnessed this log, or they were removed"
    assert case.problems(witness=True) == [f"cosignature swale.example/witness: {none}"]
    # And the witness itself does not cosign a second history.
    assert case.neighbour.cosign(case.ledger) == "conflict"
    with case.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(cosignature)) == 0
