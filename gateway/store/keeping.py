"""The tables of records management: search, holds and disposal, request cases, officers, witnesses.

They share `gateway.store.tables.metadata`. What people write (a requester's name, a reason, a search for somebody) is
sealed in `box` columns; the rest is codes, counts, times and keyed digests. Each change of a case, a hold, a disposal
or an officer has a leaf, whose `row` is the hash of what the change left.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text

from gateway.store.tables import metadata

_BIG = BigInteger().with_variant(Integer(), "sqlite")

blind = Table(
    "blind",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("part", _BIG, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Keyed digests of detected values, by the part they stand in. Content: goes with its part."""
Index("ix_blind_part", blind.c.part)

matter = Table(
    "matter",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(32), nullable=False),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("opened_at", String(32), nullable=False),
    Column("received_on", String(10), nullable=False),
    Column("due_on", String(10)),
    Column("closed_at", String(32)),
    Column("retention_class", String(64), nullable=False),
    Column("wrapped", LargeBinary),
    Column("dispose_after", String(10)),
    Column("disposed_at", String(32)),
    UniqueConstraint("controller", "year", "number"),
)
"""Request cases and incidents. The row is what the newest event says; `wrapped` is the key of the events' boxes.
`number` counts a controller's cases of a year without gaps."""
Index("ix_matter_controller_state", matter.c.controller, matter.c.state)

matter_event = Table(
    "matter_event",
    metadata,
    Column("matter", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("row", Text, nullable=False),
    Column("box", LargeBinary),
    Column("box_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""What happened in a case, in order; never updated, except that disposal empties `box`. `row` are the
columns of `matter` as the event left them (canonical JSON), so that they can be checked without a key."""

matter_hit = Table(
    "matter_hit",
    metadata,
    Column("matter", String(40), primary_key=True),
    Column("unit", _BIG, primary_key=True, autoincrement=False),
    Column("search", String(32), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("second", String(16), nullable=False),
    Column("seq", Integer, nullable=False),
)
"""The conversations that a case's searches found and what was decided on each; `seq` is the newest event about it."""
Index("ix_matter_hit_decision", matter_hit.c.matter, matter_hit.c.decision)
Index("ix_matter_hit_unit", matter_hit.c.unit)

hold = Table(
    "hold",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("matter", String(40)),
    Column("placed_at", String(32), nullable=False),
    Column("placed_by", String(64), nullable=False),
    Column("released_at", String(32)),
    Column("released_by", String(64)),
    Column("wrapped", LargeBinary),
    Column("box", LargeBinary),
)
"""Legal holds. `box` seals reason and query, and is emptied when a released hold's case is disposed of; a hold in force
keeps what it named and whatever fits its query later."""
_IN_FORCE = text("released_at IS NULL")
Index("ix_hold_in_force", hold.c.controller, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE)

hold_unit = Table(
    "hold_unit",
    metadata,
    Column("hold", String(32), primary_key=True),
    Column("unit", _BIG, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
Index("ix_hold_unit_unit", hold_unit.c.unit)

disposal = Table(
    "disposal",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("actor", String(64), nullable=False),
    Column("cutoff", String(10), nullable=False),
    Column("disposed", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("certificate", Text),
)
"""Disposal runs and their certificates (JSON without content)."""

redating = Table(
    "redating",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("schedule", String(16), nullable=False),
    Column("records", Integer, nullable=False),
    Column("certificate", Text, nullable=False),
)
"""Runs that gave records the last day of a changed schedule, and their certificates (JSON without content)."""

shred = Table(
    "shred",
    metadata,
    Column("controller", String(128), primary_key=True),
    Column("retention_class", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("slot", _BIG, primary_key=True, autoincrement=False),
)
"""Leaves of key trees that are still to be destroyed in the key store: written with the disposal, removed once they are
gone. Version 0 means every version."""

saved_search = Table(
    "saved_search",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("matter", String(40)),
    Column("at", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("tree_size", _BIG, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("found", LargeBinary, nullable=False),
    Column("box_hash", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary),
    Column("box", LargeBinary),
)
"""Searches that were kept: `tree_size` is what there was to search, `found` the hash of the units found, in order.
`box` seals the query and goes with its case; `box_hash` stays."""
Index("ix_saved_search_matter", saved_search.c.matter)

scan_run = Table(
    "scan_run",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("matter", String(40)),
    Column("actor", String(64), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("tree_size", _BIG, nullable=False),
    Column("cursor", _BIG, nullable=False),
    Column("texts", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("box_hash", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary),
    Column("box", LargeBinary),
)
"""Runs that wrote what they found into the blind index: scans, which open originals to look for somebody, and rescans
by a new detection. How far they came (`cursor` is the last part of a scan, the last record of a rescan), what they read
and found. `box` seals what they looked for and where; a scan's goes with its case."""
Index("ix_scan_run_matter", scan_run.c.matter)

actor_key = Table(
    "actor_key",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("version", Integer, nullable=False, unique=True),
    Column("made_at", String(32), nullable=False),
    Column("destroyed_at", String(32)),
)
"""Versions of the key of callers' pseudonyms, after the first; the keys themselves lie in the key store."""

officer = Table(
    "officer",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("revoked_at", String(32)),
)
"""Who may use the records: roles, controllers, expiry in `body`; `digest` is the keyed digest of the officer's key."""

cosignature = Table(
    "cosignature",
    metadata,
    Column("size", _BIG, primary_key=True, autoincrement=False),
    Column("witness", String(255), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("line", Text, nullable=False),
)
"""Signature lines of witnesses over checkpoints (C2SP tlog-cosignature)."""

time_stamp = Table(
    "time_stamp",
    metadata,
    Column("size", _BIG, primary_key=True, autoincrement=False),
    Column("authority", String(255), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("token", LargeBinary, nullable=False),
)
"""RFC 3161 tokens over checkpoints."""

check_run = Table(
    "check_run",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("started_at", String(32), nullable=False),
    Column("finished_at", String(32), nullable=False),
    Column("ok", Integer, nullable=False),
    Column("tree_size", _BIG, nullable=False),
    Column("problems", Integer, nullable=False),
    Column("report", Text, nullable=False),
)
"""Full checks of the ledger and what they found (BS 10008: verification runs are kept)."""
