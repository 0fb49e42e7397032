"""Closing what dead workers left open: as `interrupted`, with the reply text that their journals hold."""

from collections.abc import Callable

import orjson
from sqlalchemy import Engine, select

from gateway.ledger import sealing
from gateway.ledger.keystore import KeyGone
from gateway.ledger.rows import AlreadyClosed, Job
from gateway.ledger.scribe import Ending, Office, Run, Scribe, journal_name, journalled
from gateway.ledger.tokens import Redactor, aligned
from gateway.model.caller import Caller
from gateway.store import tables
from gateway.store.replicas import Replica, bury
from gateway.store.unseal import texts_of
from gateway.telemetry.logs import get_logger

log = get_logger("gateway.store.recovery")


def close_interrupted(engine: Engine, replica: Replica, office: Office, commit: Callable[[Job], None]) -> int:
    """Close every entry of every dead worker; how many were closed."""
    closed = 0
    for dead in replica.dead():
        for ref, body, root in _open_records(engine, dead):
            scribe = _scribe(office, ref, body)
            runs = _journalled_runs(engine, office, scribe)
            try:
                commit(scribe.closed(Ending("interrupted"), runs, _redactor(engine, office, ref, root), None))
                closed += 1
            except AlreadyClosed:
                log.info("ledger_closed_before", ref=ref)
        bury(engine, dead)
    if closed:
        log.warning("ledger_interrupted_closed", count=closed)
    return closed


def _redactor(engine: Engine, office: Office, ref: str, root: bytes | None) -> Redactor:
    """What the request's replacements were, from its own texts. If they can't be read, the reply is sealed only."""
    try:
        with engine.connect() as connection:
            return aligned(pair for pair in texts_of(connection, office.keystore, root) if pair[0] != pair[1])
    except (sealing.Unsealable, KeyGone) as error:
        log.error("ledger_request_unreadable", ref=ref, kind=type(error).__name__)
        return Redactor(sure=False)


def _open_records(engine: Engine, replica: str) -> list[tuple[str, bytes, bytes | None]]:
    record, leaf = tables.record, tables.leaf
    query = select(record.c.ref, leaf.c.body, record.c.request_root)
    query = query.join(leaf, (leaf.c.ref == record.c.ref) & (leaf.c.kind == "opened"))
    with engine.connect() as connection:
        rows = connection.execute(query.where(record.c.outcome.is_(None), leaf.c.replica == replica))
        return [(row.ref, row.body, row.request_root) for row in rows]


def _scribe(office: Office, ref: str, leaf_body: bytes) -> Scribe:
    body = orjson.loads(leaf_body)
    caller = Caller(
        controller=body["controller"], key_id="", kind=body["caller"]["kind"], actor=body["actor"], identity="",
        person_known=body["caller"]["known"], person_class=body["caller"]["class"],
        service=body["caller"]["service"], purpose="",
    )  # fmt: skip
    scribe = Scribe(office, ref, body["dialect"], caller, body["stream"])
    if body["conversation"] is not None:
        scribe.settle_in(int(body["conversation"], 16), body["retention"]["class"])
    return scribe


def _journalled_runs(engine: Engine, office: Office, scribe: Scribe) -> list[Run]:
    """The reply text in a record's journal. What can't be opened is left out, and said in the log."""
    with engine.connect() as connection:
        journal = tables.journal
        rows = connection.execute(select(journal).where(journal.c.ref == scribe.ref).order_by(journal.c.seq)).all()
    home = scribe.home
    if not rows or home is None:
        return []
    runs: dict[str, Run] = {}
    try:
        name = journal_name(scribe.ref, 0)
        key = sealing.unwrap(
            office.keystore, home.controller, home.retention_class, rows[0].box, name, unit=home.conversation
        )
        for row in rows[1:]:
            data = sealing.open_text(key, row.box, journal_name(scribe.ref, row.seq))
            for address, channel, choice, called, text in journalled(data):
                runs.setdefault(address, Run(address, channel, choice, called)).chunks.append(text)
    except (sealing.Unsealable, KeyGone) as error:
        log.error("ledger_journal_unreadable", ref=scribe.ref, kind=type(error).__name__)
    return list(runs.values())
