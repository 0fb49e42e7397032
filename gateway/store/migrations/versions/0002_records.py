"""Records management: blind index, cases, holds, disposal, saved searches, officers, witnesses; records learn their unit
and model, worked out from their leaves."""

import sqlalchemy as sa
from alembic import op

from gateway.ledger.canonical import parse
from gateway.ledger.projection import changes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    op.create_table('blind',
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('part', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('digest', 'part', name=op.f('pk_blind')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_blind_part', 'blind', ['part'], unique=False)
    op.create_table('check_run',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('started_at', sa.String(length=32), nullable=False),
    sa.Column('finished_at', sa.String(length=32), nullable=False),
    sa.Column('ok', sa.Integer(), nullable=False),
    sa.Column('tree_size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('problems', sa.Integer(), nullable=False),
    sa.Column('report', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_run'))
    )
    op.create_table('cosignature',
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('witness', sa.String(length=255), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('size', 'witness', name=op.f('pk_cosignature'))
    )
    op.create_table('disposal',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('started_at', sa.String(length=32), nullable=False),
    sa.Column('finished_at', sa.String(length=32), nullable=True),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('cutoff', sa.String(length=10), nullable=False),
    sa.Column('disposed', sa.Integer(), nullable=False),
    sa.Column('held', sa.Integer(), nullable=False),
    sa.Column('certificate', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disposal'))
    )
    op.create_table('hold',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('matter', sa.String(length=40), nullable=True),
    sa.Column('placed_at', sa.String(length=32), nullable=False),
    sa.Column('placed_by', sa.String(length=64), nullable=False),
    sa.Column('released_at', sa.String(length=32), nullable=True),
    sa.Column('released_by', sa.String(length=64), nullable=True),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('box', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hold'))
    )
    op.create_index('ix_hold_in_force', 'hold', ['controller'], unique=False, sqlite_where=sa.text('released_at IS NULL'), postgresql_where=sa.text('released_at IS NULL'))
    op.create_table('hold_unit',
    sa.Column('hold', sa.String(length=32), nullable=False),
    sa.Column('unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('hold', 'unit', name=op.f('pk_hold_unit')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_hold_unit_unit', 'hold_unit', ['unit'], unique=False)
    op.create_table('matter',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('head', sa.LargeBinary(), nullable=False),
    sa.Column('opened_at', sa.String(length=32), nullable=False),
    sa.Column('received_on', sa.String(length=10), nullable=False),
    sa.Column('due_on', sa.String(length=10), nullable=True),
    sa.Column('closed_at', sa.String(length=32), nullable=True),
    sa.Column('retention_class', sa.String(length=64), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('dispose_after', sa.String(length=10), nullable=True),
    sa.Column('disposed_at', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_matter')),
    sa.UniqueConstraint('controller', 'year', 'number', name=op.f('uq_matter_controller_year_number'))
    )
    op.create_index('ix_matter_controller_state', 'matter', ['controller', 'state'], unique=False)
    op.create_table('matter_event',
    sa.Column('matter', sa.String(length=40), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('row', sa.Text(), nullable=False),
    sa.Column('box', sa.LargeBinary(), nullable=True),
    sa.Column('box_hash', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('matter', 'seq', name=op.f('pk_matter_event'))
    )
    op.create_table('matter_hit',
    sa.Column('matter', sa.String(length=40), nullable=False),
    sa.Column('unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('search', sa.String(length=32), nullable=False),
    sa.Column('decision', sa.String(length=16), nullable=False),
    sa.Column('second', sa.String(length=16), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('matter', 'unit', name=op.f('pk_matter_hit'))
    )
    op.create_index('ix_matter_hit_decision', 'matter_hit', ['matter', 'decision'], unique=False)
    op.create_index('ix_matter_hit_unit', 'matter_hit', ['unit'], unique=False)
    op.create_table('officer',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('revoked_at', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_officer')),
    sa.UniqueConstraint('digest', name=op.f('uq_officer_digest'))
    )
    op.create_table('saved_search',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('matter', sa.String(length=40), nullable=True),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('tree_size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('hits', sa.Integer(), nullable=False),
    sa.Column('found', sa.LargeBinary(), nullable=False),
    sa.Column('box_hash', sa.LargeBinary(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('box', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_search'))
    )
    op.create_table('scan_run',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('matter', sa.String(length=40), nullable=True),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('started_at', sa.String(length=32), nullable=False),
    sa.Column('finished_at', sa.String(length=32), nullable=True),
    sa.Column('tree_size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cursor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('texts', sa.Integer(), nullable=False),
    sa.Column('unreadable', sa.Integer(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('box_hash', sa.LargeBinary(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=True),
    sa.Column('box', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scan_run'))
    )
    op.create_index('ix_scan_run_matter', 'scan_run', ['matter'], unique=False)
    op.create_table('actor_key',
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.String(length=32), nullable=False),
    sa.Column('destroyed_at', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_actor_key')),
    sa.UniqueConstraint('version', name=op.f('uq_actor_key_version'))
    )
    op.create_index('ix_saved_search_matter', 'saved_search', ['matter'], unique=False)
    op.create_table('shred',
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('retention_class', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('slot', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('controller', 'retention_class', 'version', 'day', 'slot', name=op.f('pk_shred'))
    )
    op.create_table('time_stamp',
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('authority', sa.String(length=255), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('size', 'authority', name=op.f('pk_time_stamp'))
    )
    op.add_column('record', sa.Column('model', sa.String(length=128), server_default='', nullable=False))
    op.add_column('record', sa.Column('unit', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), server_default='0', nullable=False))
    op.add_column('record', sa.Column('disposed_at', sa.String(length=32), nullable=True))
    op.create_index('uq_leaf_disposed', 'leaf', ['ref'], unique=True, sqlite_where=sa.text("kind = 'disposed'"), postgresql_where=sa.text("kind = 'disposed'"))
    op.create_index('ix_record_unit_opened_at', 'record', ['unit', 'opened_at'], unique=False)
    op.create_index('ix_part_unit', 'part', ['id', 'conversation'], unique=False)
    op.drop_index('ix_record_controller_opened_at', table_name='record')
    op.create_index('ix_record_facts', 'record', ['controller', 'opened_at', 'unit', 'disposed_at', 'service', 'tool', 'person_class', 'outcome', 'findings', 'reply_findings'], unique=False)

    _fill()


def _fill() -> None:
    """What the new columns of `record` would hold if each had been written with them."""
    connection = op.get_bind()
    last = ""
    query = sa.text("SELECT DISTINCT ref FROM leaf WHERE kind = 'opened' AND ref > :last ORDER BY ref LIMIT :batch")
    leaves = sa.text("SELECT body FROM leaf WHERE ref = :ref AND kind IN ('opened', 'attempt') ORDER BY kind DESC, id")
    change = sa.text("UPDATE record SET unit = :unit, model = :model WHERE ref = :ref")
    while refs := list(connection.scalars(query, {"last": last, "batch": BATCH})):
        rows = []
        for ref in refs:
            row = {"unit": 0, "model": ""}
            bodies = [parse(bytes(body)) for body in connection.scalars(leaves, {"ref": ref})]
            for body in sorted(bodies, key=lambda each: each.get("number", 0)):
                row.update({k: v for k, v in changes(body).items() if k in ("unit", "model")})
            rows.append({"ref": ref, **row})
        connection.execute(change, rows)
        last = refs[-1]
