"""Re-dating: runs that apply a changed retention schedule to records that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('redating',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('controller', sa.String(length=128), nullable=False),
    sa.Column('started_at', sa.String(length=32), nullable=False),
    sa.Column('finished_at', sa.String(length=32), nullable=True),
    sa.Column('schedule', sa.String(length=16), nullable=False),
    sa.Column('records', sa.Integer(), nullable=False),
    sa.Column('certificate', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redating'))
    )
    op.create_index('ix_leaf_redated', 'leaf', ['ref'], unique=False, sqlite_where=sa.text("kind = 'redated'"), postgresql_where=sa.text("kind = 'redated'"))
