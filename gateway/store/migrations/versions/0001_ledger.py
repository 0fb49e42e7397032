"""The ledger's first tables: leaves and tree, records and texts, what serves them, gateway keys and suspensions."""

import sqlalchemy as sa
from alembic import op

from gateway.store.tables import SEARCH_POSTGRESQL, SEARCH_SQLITE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('checkpoint',
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('size', name=op.f('pk_checkpoint'))
    )
    op.create_table('fingerprint',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_fingerprint'))
    )
    op.create_table('gateway_key',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('revoked_at', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_key')),
    sa.UniqueConstraint('digest', name=op.f('uq_gateway_key_digest'))
    )
    op.create_index('ix_gateway_key_controller', 'gateway_key', ['controller'], unique=False)
    op.create_table('journal',
    sa.Column('ref', sa.String(length=24), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('box', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('ref', 'seq', name=op.f('pk_journal'))
    )
    op.create_table('leaf',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('replica', sa.String(length=32), nullable=False),
    sa.Column('replica_seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.String(length=24), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leaf')),
    sa.UniqueConstraint('replica', 'replica_seq', name=op.f('uq_leaf_replica_replica_seq'))
    )
    op.create_index('ix_leaf_ref', 'leaf', ['ref'], unique=False)
    op.create_index('uq_leaf_outcome', 'leaf', ['ref', 'kind'], unique=True, sqlite_where=sa.text("kind = 'opened' OR kind = 'closed'"), postgresql_where=sa.text("kind = 'opened' OR kind = 'closed'"))
    op.create_table('part',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('conversation', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('retention_class', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=True),
    sa.Column('sent_digest', sa.LargeBinary(), nullable=True),
    sa.Column('box', sa.LargeBinary(), nullable=True),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('kept_root', sa.LargeBinary(), nullable=True),
    sa.Column('text', sa.LargeBinary(), nullable=True),
    sa.Column('salt', sa.LargeBinary(), nullable=True),
    sa.Column('sent_root', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_part'))
    )
    op.create_index('ix_part_conversation_digest', 'part', ['conversation', 'digest'], unique=False)
    op.create_table('record',
    sa.Column('ref', sa.String(length=24), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('actor', sa.String(length=128), nullable=False),
    sa.Column('person_class', sa.String(length=128), nullable=False),
    sa.Column('service', sa.String(length=128), nullable=False),
    sa.Column('dialect', sa.String(length=128), nullable=False),
    sa.Column('tool', sa.String(length=128), nullable=False),
    sa.Column('tool_name', sa.String(length=128), nullable=False),
    sa.Column('deployment', sa.String(length=128), nullable=False),
    sa.Column('effect', sa.String(length=16), nullable=False),
    sa.Column('rule', sa.String(length=128), nullable=False),
    sa.Column('clause', sa.String(length=128), nullable=False),
    sa.Column('policy', sa.String(length=128), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.Column('conversation', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opened_at', sa.String(length=32), nullable=False),
    sa.Column('retention_class', sa.String(length=64), nullable=False),
    sa.Column('dispose_after', sa.String(length=10), nullable=False),
    sa.Column('facts_root', sa.LargeBinary(), nullable=True),
    sa.Column('request_root', sa.LargeBinary(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('error', sa.String(length=64), nullable=True),
    sa.Column('closed_at', sa.String(length=32), nullable=True),
    sa.Column('reply_root', sa.LargeBinary(), nullable=True),
    sa.Column('reply_findings', sa.Text(), nullable=True),
    sa.Column('note', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('ref', name=op.f('pk_record'))
    )
    op.create_index('ix_record_actor_opened_at', 'record', ['actor', 'opened_at'], unique=False)
    op.create_index('ix_record_controller_opened_at', 'record', ['controller', 'opened_at'], unique=False)
    op.create_index('ix_record_conversation', 'record', ['conversation'], unique=False)
    op.create_index('ix_record_dispose_after', 'record', ['dispose_after'], unique=False)
    op.create_index('ix_record_open', 'record', ['ref'], unique=False, sqlite_where=sa.text('outcome IS NULL'), postgresql_where=sa.text('outcome IS NULL'))
    op.create_index('ix_record_opened_at', 'record', ['opened_at'], unique=False)
    op.create_table('replica',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('started_at', sa.String(length=32), nullable=False),
    sa.Column('heartbeat_at', sa.String(length=32), nullable=False),
    sa.Column('stopped_at', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_replica'))
    )
    op.create_table('suspension',
    sa.Column('tool', sa.String(length=128), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tool', name=op.f('pk_suspension'))
    )
    op.create_table('tile',
    sa.Column('level', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('hashes', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('level', 'number', name=op.f('pk_tile'))
    )
    op.create_table('trace',
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('conversation', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.String(length=24), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('digest', 'purpose', name=op.f('pk_trace')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_trace_ref', 'trace', ['ref'], unique=False)
    op.create_table('tree',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('frontier', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tree'))
    )
    op.create_table('node',
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.Column('prev', sa.LargeBinary(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(length=24), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('kept_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kept_root', sa.LargeBinary(), nullable=False),
    sa.Column('sent_root', sa.LargeBinary(), nullable=True),
    sa.Column('box_hash', sa.LargeBinary(), nullable=False),
    sa.Column('place_root', sa.LargeBinary(), nullable=False),
    sa.Column('place', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['kept_id'], ['part.id'], name=op.f('fk_node_kept_id')),
    sa.ForeignKeyConstraint(['sent_id'], ['part.id'], name=op.f('fk_node_sent_id')),
    sa.PrimaryKeyConstraint('root', name=op.f('pk_node'))
    )
    op.create_index('ix_node_digest', 'node', ['digest'], unique=False)
    op.create_index('ix_node_kept_id', 'node', ['kept_id'], unique=False)
    op.create_index('ix_node_ref', 'node', ['ref'], unique=False)
    op.create_index('ix_node_sent_id', 'node', ['sent_id'], unique=False)
    op.create_table('pending',
    sa.Column('leaf', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['leaf'], ['leaf.id'], name=op.f('fk_pending_leaf')),
    sa.PrimaryKeyConstraint('leaf', name=op.f('pk_pending'))
    )
    op.create_table('sequenced',
    sa.Column('idx', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('leaf', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['leaf'], ['leaf.id'], name=op.f('fk_sequenced_leaf')),
    sa.PrimaryKeyConstraint('idx', name=op.f('pk_sequenced')),
    sa.UniqueConstraint('leaf', name=op.f('uq_sequenced_leaf'))
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SEARCH_SQLITE if sqlite else SEARCH_POSTGRESQL:
        op.execute(statement)
