"""Alembic's entry: it works on the connection it is handed, never on one of its own."""

from __future__ import annotations

from alembic import context

from mlops_core.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
# No begin_transaction here: the caller owns the transaction, so that a failed
# migration leaves nothing behind.
context.run_migrations()
