"""Run by Alembic."""

from services.volume.store.tables import metadata
from shared.db.migration_env import run_migrations

run_migrations(metadata)
