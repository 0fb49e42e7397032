"""The ledger as the rest of the gateway sees it: opened once a process, started only where calls are served."""

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.ledger.checkpoint import Signer
from gateway.ledger.entry import LiveEntry
from gateway.ledger.keyfiles import sync_folder
from gateway.ledger.keystore import KeyStore
from gateway.ledger.reference import new_reference
from gateway.ledger.report import Report
from gateway.ledger.retention import RetentionSchedule
from gateway.ledger.scribe import Office, Scribe
from gateway.ledger.verify_outside import Outside
from gateway.model.caller import Caller
from gateway.model.errors import Unavailable
from gateway.store import schema, tables
from gateway.store.actor_keys import ActorKeys
from gateway.store.admin import Admin
from gateway.store.attest import DatabaseAttestations
from gateway.store.backup import Standing, back_up, copy_in, cut_log, standing, standing_of
from gateway.store.checks import DatabaseChecks
from gateway.store.committer import Committer, writing
from gateway.store.disposal import DatabaseDisposal
from gateway.store.disposed_log import DisposedLog
from gateway.store.engine import LedgerError as LedgerError
from gateway.store.engine import fold_wal, is_sqlite, make_engine, normal_url, unusable
from gateway.store.evidence import fingerprints, verify_database
from gateway.store.hits import DatabaseHits
from gateway.store.holds import DatabaseHolds, Opener, Units
from gateway.store.lease import lease
from gateway.store.log_export import export_log
from gateway.store.lookup import DatabaseStorage
from gateway.store.matters import DatabaseMatters
from gateway.store.placing import Placing
from gateway.store.published import DatabaseLog
from gateway.store.reader import DatabaseReader
from gateway.store.recovery import close_interrupted
from gateway.store.redating import DatabaseRedating
from gateway.store.release import Opener as ReleaseOpener
from gateway.store.release import ReleaseSource, release_source
from gateway.store.replicas import Replica, workers_alive
from gateway.store.rewrapping import Rewrapper
from gateway.store.saved import DatabaseSaved
from gateway.store.scans import DatabaseScans
from gateway.store.sequencer import Sequencer, SequencerThread
from gateway.store.shredding import Shredder, replay
from gateway.store.texts import DatabaseTexts
from gateway.store.writer import Writer

FOLD_SECONDS = 2.0
REAP_SECONDS = 15.0
SWITCH_SECONDS = 0.001
"""How soon a waiting thread may run (Python's own default is 5 ms)."""


class LedgerService:
    """Implements `gateway.ledger.port.Ledger`. `reader`, `admin` and `verify` work without `start`."""

    def __init__(
        self, engine: Engine, data_dir: Path, office: Office, controllers: Mapping[str, str], *, migrate: bool
    ) -> None:
        self._engine = engine
        self._office = office
        self._controllers = dict(controllers)
        self._signer = Signer(office.keystore)
        self._replica = Replica(engine, data_dir / "replicas")
        self._log_file = data_dir / "checkpoints.log"
        self._sequencer = Sequencer(engine, self._signer, self._log_file)
        self._committer = Committer(engine, self._replica.id, office.numbers)
        self._thread: SequencerThread | None = None
        self._reaped = self._folded = time.monotonic()
        self._writer: Writer | None = None
        self._storage: DatabaseStorage | None = None
        if migrate:
            schema.upgrade(engine)
        else:
            schema.require_current(engine)
        for name, value in fingerprints(self._signer.vkey, office.keystore).items():
            _check_fingerprint(engine, name, value)
        self.reader = DatabaseReader(engine)
        self.log = DatabaseLog(engine)
        self.attestations = DatabaseAttestations(engine)
        admin_replica = f"a{self._replica.id}"
        self.admin = Admin(
            engine, Committer(engine, admin_replica, office.numbers), office.digest_secret, self._sequence_soon
        )
        self.matters = DatabaseMatters(self.admin, office.keystore)
        self.texts = DatabaseTexts(engine, office.keystore)

        self._disposed = DisposedLog(data_dir / "disposed.log")
        self.shredder = Shredder(engine, office.keystore, self._disposed)
        self.rewrapper = Rewrapper(engine, office.keystore)
        self.hits = DatabaseHits(engine)
        self.saved = DatabaseSaved(self.admin)
        self.scans = DatabaseScans(self.admin, office.keystore, sqlite=is_sqlite(engine))
        self.actor_keys = ActorKeys(self.admin, office.keystore)
        self.checks = DatabaseChecks(self.admin)

    @property
    def vkey(self) -> str:
        """The C2SP verifier key of the checkpoints: give it to whoever is to check them."""
        return self._signer.vkey

    async def start(self) -> None:
        """Close what dead workers left open, then begin to record. Raises Unavailable, SchemaError, LedgerError."""
        await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Finish what was handed in, sequence it, and leave. Calls that are still open are closed at the next start."""
        await asyncio.to_thread(self._stop)

    def open(self, dialect: str, caller: Caller) -> LiveEntry:
        """See `Ledger.open`. Raises Unavailable where the ledger can't record."""
        if self._storage is None or not self.healthy():
            raise Unavailable("Calls can't be recorded just now, so none are let through.", retry_after_s=5)
        prefix = self._controllers.get(caller.controller)
        if prefix is None:
            raise Unavailable("This controller has no record prefix in the configuration.")
        return LiveEntry(Scribe(self._office, new_reference(prefix), dialect, caller), self._storage)

    def healthy(self) -> bool:
        """Whether calls can be recorded."""
        return self._writer is not None and self._writer.healthy

    def verify(self, *, sealed: bool = True, outside: Outside | None = None) -> Report:
        """Check the whole ledger; with `sealed`, open every sealed text in memory to compare it with its commitment.

        `outside` are the witnesses and time-stamping authorities to trust.
        """
        keystore = self._office.keystore if sealed else None
        return verify_database(self._engine, self._signer.vkey, keystore, self._log_file, outside)

    def export(self, folder: Path) -> Mapping[str, int]:
        """Write the log for an outsider; counts of what was written. Raises ExportError, OSError."""
        self._sequencer.drain()
        return export_log(self._engine, self._signer.vkey, self._log_file, folder)

    def lease(self, chore: str) -> AbstractContextManager[bool]:
        """Whether this worker alone may do a chore now; see `gateway.store.lease`."""
        return lease(self._engine, chore)

    def holds(self, units: Units) -> DatabaseHolds:
        """Legal holds; `units` finds what fits a filter."""
        return DatabaseHolds(self.admin, units)

    def disposal(self, opener: Opener, units: Units) -> DatabaseDisposal:
        """Disposal; `opener` opens the filters of holds."""
        return DatabaseDisposal(self._engine, self.admin, self._disposed, opener, units)

    def redating(self, opener: Opener, units: Units) -> DatabaseRedating:
        """Re-dating; `opener` opens the filters of holds."""
        return DatabaseRedating(self._engine, self.admin, opener, units)

    def placing(self, opener: Opener, units: Units) -> Placing:
        """Holds and saved searches that belong to a case; `opener` opens the filters of holds."""
        return Placing(self.admin, opener, units)

    def release(self, opening: ReleaseOpener | None = None) -> AbstractContextManager[ReleaseSource]:
        """One moment of the ledger, for one export; with `opening` its originals too."""
        return release_source(self._engine, opening)

    def backup(self, to: Path) -> int:
        """Copy the ledger to a new file while it runs (SQLite); its size in bytes. Raises LedgerError."""
        self._sequencer.drain()  # so that the copy can be held against a checkpoint
        return back_up(self._engine, to)

    def restored(self, missing: int, who: str) -> Path | None:
        """After a restore: record how many leaves are missing, go on with the checkpoints that are left, and destroy
        again what was disposed of since. Where the whole checkpoint log was put, if it was cut. Again is safe."""
        self.shredder.again()  # the key store may have come from a backup too
        size = self.standing().size
        # The leaf first: once the log is cut, nothing else knows of the loss. It is sequenced after that, or its own
        # checkpoint would contradict the log.
        self.admin.act("restore", str(missing), who, b"", lambda _: None, sequence=False)
        aside = cut_log(self._log_file, size)
        self._sequencer.drain()
        self.redispose()
        return aside

    def standing_of(self, backup: Path) -> Standing:
        """How far a backup that was just made goes. Raises SQLAlchemyError."""
        return standing_of(backup, self._signer.vkey, self._log_file)

    def standing(self) -> Standing:
        """How far this database goes, against the checkpoint log beside it."""
        return standing(self._engine, self._signer.vkey, self._log_file)

    def redispose(self) -> int:
        """Destroy again what a restored backup brought back, then every key that is still to be destroyed; how many
        records and cases came back."""
        count = replay(self._engine, self.admin, self._disposed)
        self.shredder.finish()
        return count

    def close(self) -> None:
        """Let the database go; for those that never started."""
        self._engine.dispose()

    def _start(self) -> None:
        # The writer thread must get its turn soon after each statement while the event loop is busy.
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
        self._replica.register()
        self._sequencer.catch_up_log()
        self.redispose()
        self.actor_keys.sweep()
        close_interrupted(self._engine, self._replica, self._office, lambda job: self._committer.commit([job]))
        self._sequencer.drain()
        thread = SequencerThread(self._sequencer, (self._replica.beat, self._fold, self._reap))
        writer = Writer(self._committer, thread.wake)
        self._thread, self._writer = thread, writer
        self._storage = DatabaseStorage(self._engine, writer)
        writer.start()
        thread.start()

    def _reap(self) -> None:
        """Close what workers that died meanwhile left open; now and then is often enough."""
        if self._writer is not None and time.monotonic() - self._reaped >= REAP_SECONDS:
            self._reaped = time.monotonic()
            close_interrupted(self._engine, self._replica, self._office, self._writer.run)

    def _fold(self) -> None:
        if time.monotonic() - self._folded >= FOLD_SECONDS:
            self._folded = time.monotonic()
            fold_wal(self._engine)

    def _stop(self) -> None:
        if self._thread is not None:
            self._thread.stop()
        if self._writer is not None:
            self._writer.stop()
        if self._storage is not None:
            self._storage.close()
            self._sequencer.drain()
        if self.reader.open_of(self._replica.id) == 0:
            self._replica.leave()
        else:
            self._replica.release()
        self._engine.dispose()

    def _sequence_soon(self) -> None:
        if self._thread is not None:
            self._thread.wake()
        else:
            self._sequencer.drain()


def open_ledger(
    url: str,
    data_dir: Path,
    keystore: KeyStore,
    schedule: RetentionSchedule,
    controllers: Mapping[str, str],
    suite_version: str,
    policy_hash: str,
    *,
    migrate: bool = True,
) -> LedgerService:
    """The ledger in the database at `url`.

    `data_dir` holds what belongs to this host: the checkpoint log and the workers' locks. `controllers` are record
    prefixes by controller id. With `migrate` off (for readers) an absent or older schema is refused, not made.
    Raises SchemaError, KeyStoreError or, where the database can't be reached or used, LedgerError.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    office = Office(keystore, schedule, (suite_version, policy_hash))
    engine = make_engine(url)
    try:
        return LedgerService(engine, data_dir, office, controllers, migrate=migrate)
    except SQLAlchemyError as error:
        engine.dispose()
        raise unusable(engine.url, error) from None  # the cause can hold statements and their values
    except BaseException:
        engine.dispose()  # whatever went wrong, no connection stays behind
        raise


def restore(url: str, backup: Path, data_dir: Path, keystore: KeyStore, *, accept_loss: bool = False) -> Standing:
    """Put a backup in the place of the SQLite ledger at `url`, once it is proved to be the beginning of what the
    checkpoint log says was signed. Raises LedgerError, which says what is missing; nothing is changed then.

    The caller opens the ledger next and calls `restored`.
    """
    parsed = normal_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise LedgerError("A PostgreSQL ledger is restored with pg_restore; then run `ai-gateway ledger restored`.")
    refuse_running(data_dir)
    place = Path(parsed.database)
    trial = place.with_name(place.name + ".restoring")
    copy_in(backup, trial)
    try:
        found = standing_of(trial, Signer(keystore).vkey, data_dir / "checkpoints.log")
        refuse_loss(found, accept_loss=accept_loss)
    except SQLAlchemyError as error:
        trial.unlink()
        raise unusable(parsed, error) from None
    except LedgerError:
        trial.unlink()
        raise
    for suffix in ("-wal", "-shm"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    trial.rename(place)
    sync_folder(place.parent)
    return found


def refuse_running(data_dir: Path) -> None:
    """Raises LedgerError while workers run on this host."""
    if workers_alive(data_dir / "replicas"):
        raise LedgerError("The gateway is running: stop it first.")


def refuse_loss(found: Standing, *, accept_loss: bool) -> None:
    """Raises LedgerError for a database that is not the beginning of what was signed for, or that lacks its end."""
    if found.problems:
        told = "; ".join(found.problems[:5])
        raise LedgerError(f"This is not the beginning of the ledger that was signed for: {told}. Use another backup.")
    if found.missing and not accept_loss:
        raise LedgerError(
            f"This database ends after {found.size} leaves; the checkpoint log has signed for {found.logged}. "
            f"{found.missing} leaves, and the records they speak of, would be lost. Use a newer backup, or accept "
            "the loss with --accept-loss: it is recorded, and the whole checkpoint log is kept."
        )


def probe(url: str) -> Literal["absent", "older", "current"]:
    """What the ledger in the database at `url` is like, without making or changing anything.

    Raises SchemaError where it is newer than this program, LedgerError where the database can't be reached or used.
    """
    parsed = normal_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        return "absent"
    engine = make_engine(url)
    try:
        return schema.state(engine)
    except SQLAlchemyError as error:
        raise unusable(engine.url, error) from None  # as in `open_ledger`
    finally:
        engine.dispose()


def _fingerprint(engine: Engine, name: str) -> str | None:
    table = tables.fingerprint
    with engine.connect() as connection:
        found: str | None = connection.scalar(select(table.c.value).where(table.c.name == name))
    return found


def _check_fingerprint(engine: Engine, name: str, value: str) -> None:
    """Refuse a key store that does not belong to this ledger: a silently new key would break every proof."""
    found = _fingerprint(engine, name)
    if found is None:
        try:
            with writing(engine) as connection:
                connection.execute(insert(tables.fingerprint).values(name=name, value=value))
            found = value
        except IntegrityError:  # another process, which began at the same moment, wrote its own
            found = _fingerprint(engine, name)
    if found != value:
        raise LedgerError(
            f"The key store is not the one that this ledger was written with: its {name} is another. "
            "Point keystore_dir at the right folder, or restore the key store from its own backup."
        )
