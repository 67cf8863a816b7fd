"""Run by Alembic."""

from services.ganeti_watcher.store.tables import metadata
from shared.db.migration_env import run_migrations

run_migrations(metadata)
