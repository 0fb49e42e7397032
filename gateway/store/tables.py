"""The tables. Text times are UTC ISO 8601 with microseconds and sort as text; hashes and sealed bytes are binary.

What proves (leaf, sequenced, tile, tree, checkpoint) is never updated but for `tree`; what a record shows
(record, part, node) can be computed again from leaves; what only serves (trace, journal, replica) proves nothing.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

_BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both; in SQLite only INTEGER makes a primary key the row's own number."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

leaf = Table(
    "leaf",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=False),
    Column("replica", String(32), nullable=False),
    Column("replica_seq", _BIG, nullable=False),
    Column("ref", String(24), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("replica", "replica_seq"),
)
Index("ix_leaf_ref", leaf.c.ref)
_ONE_OF_EACH = text("kind = 'opened' OR kind = 'closed'")
Index("uq_leaf_outcome", leaf.c.ref, leaf.c.kind, unique=True, sqlite_where=_ONE_OF_EACH, postgresql_where=_ONE_OF_EACH)
_DISPOSED = text("kind = 'disposed'")
Index("uq_leaf_disposed", leaf.c.ref, unique=True, sqlite_where=_DISPOSED, postgresql_where=_DISPOSED)
_REDATED = text("kind = 'redated'")
Index("ix_leaf_redated", leaf.c.ref, sqlite_where=_REDATED, postgresql_where=_REDATED)

pending = Table("pending", metadata, Column("leaf", _BIG, ForeignKey("leaf.id"), primary_key=True))

sequenced = Table(
    "sequenced",
    metadata,
    Column("idx", _BIG, primary_key=True, autoincrement=False),
    Column("leaf", _BIG, ForeignKey("leaf.id"), nullable=False, unique=True),
)

tile = Table(
    "tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", _BIG, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

tree = Table(
    "tree",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", _BIG, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", _BIG, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("ref", String(24), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("person_class", String(128), nullable=False),
    Column("service", String(128), nullable=False),
    Column("dialect", String(128), nullable=False),
    Column("tool", String(128), nullable=False),
    Column("tool_name", String(128), nullable=False),
    Column("deployment", String(128), nullable=False),
    Column("model", String(128), nullable=False, server_default=""),
    Column("effect", String(16), nullable=False),
    Column("rule", String(128), nullable=False),
    Column("clause", String(128), nullable=False),
    Column("policy", String(128), nullable=False),
    Column("findings", Text, nullable=False),
    Column("conversation", _BIG),
    Column("unit", _BIG, nullable=False, server_default="0"),
    Column("opened_at", String(32), nullable=False),
    Column("retention_class", String(64), nullable=False),
    Column("dispose_after", String(10), nullable=False),
    Column("facts_root", LargeBinary),
    Column("request_root", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("outcome", String(16)),
    Column("error", String(64)),
    Column("closed_at", String(32)),
    Column("reply_root", LargeBinary),
    Column("reply_findings", Text),
    Column("note", Integer),
    Column("disposed_at", String(32)),
)
_FACTS = "controller opened_at unit disposed_at service tool person_class outcome findings reply_findings"
Index("ix_record_facts", *(record.c[name] for name in _FACTS.split()))
"""Holds all that most searches ask of a record: a million records are walked in it without a look at their rows."""
Index("ix_record_opened_at", record.c.opened_at)
Index("ix_record_conversation", record.c.conversation)
Index("ix_record_unit_opened_at", record.c.unit, record.c.opened_at)
Index("ix_record_actor_opened_at", record.c.actor, record.c.opened_at)
Index("ix_record_dispose_after", record.c.dispose_after)
_OPEN = text("outcome IS NULL")
Index("ix_record_open", record.c.ref, sqlite_where=_OPEN, postgresql_where=_OPEN)

part = Table(
    "part",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=False),
    Column("conversation", _BIG, nullable=False),
    Column("controller", String(128), nullable=False),
    Column("retention_class", String(64), nullable=False),
    Column("digest", LargeBinary),
    Column("sent_digest", LargeBinary),
    Column("box", LargeBinary),
    Column("wrapped", LargeBinary),
    Column("kept_root", LargeBinary),
    Column("text", LargeBinary),
    Column("salt", LargeBinary),
    Column("sent_root", LargeBinary),
)
Index("ix_part_conversation_digest", part.c.conversation, part.c.digest)
Index("ix_part_unit", part.c.id, part.c.conversation)
"""From a text that was found to its conversation, without the sealed bytes that lie in its row."""

node = Table(
    "node",
    metadata,
    Column("root", LargeBinary, primary_key=True),
    Column("prev", LargeBinary, nullable=False),
    Column("position", Integer, nullable=False),
    Column("ref", String(24), nullable=False),
    Column("role", String(64), nullable=False),
    Column("kept_id", _BIG, ForeignKey("part.id"), nullable=False),
    Column("sent_id", _BIG, ForeignKey("part.id")),
    Column("kept_root", LargeBinary, nullable=False),
    Column("sent_root", LargeBinary),
    Column("box_hash", LargeBinary, nullable=False),
    Column("place_root", LargeBinary, nullable=False),
    Column("place", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
Index("ix_node_digest", node.c.digest)
Index("ix_node_ref", node.c.ref)
Index("ix_node_kept_id", node.c.kept_id)
Index("ix_node_sent_id", node.c.sent_id)

trace = Table(
    "trace",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("purpose", String(16), primary_key=True),
    Column("conversation", _BIG, nullable=False),
    Column("ref", String(24), nullable=False),
    Column("at", String(32), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_trace_ref", trace.c.ref)

journal = Table(
    "journal",
    metadata,
    Column("ref", String(24), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("box", LargeBinary, nullable=False),
)

replica = Table(
    "replica",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("started_at", String(32), nullable=False),
    Column("heartbeat_at", String(32), nullable=False),
    Column("stopped_at", String(32)),
)

fingerprint = Table(
    "fingerprint",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

gateway_key = Table(
    "gateway_key",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("controller", String(128), nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("revoked_at", String(32)),
)
Index("ix_gateway_key_controller", gateway_key.c.controller)

suspension = Table(
    "suspension",
    metadata,
    Column("tool", String(128), primary_key=True),
    Column("at", String(32), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
)

SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE search USING fts5(body, content='', tokenize=\"unicode61 remove_diacritics 2\")",
)
SEARCH_POSTGRESQL = (
    """CREATE TABLE search (part BIGINT NOT NULL, chunk INTEGER NOT NULL, body TSVECTOR NOT NULL,
    CONSTRAINT pk_search PRIMARY KEY (part, chunk))""",
    "CREATE INDEX ix_search_body ON search USING gin (body)",
)
"""Full text over redacted texts: each database has its own way, so it stands beside the metadata."""
