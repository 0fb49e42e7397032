"""Alembic's entry: runs migrations on the connection that `gateway.store.schema` hands over."""

from alembic import context

from gateway.store import keeping

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=keeping.blind.metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
