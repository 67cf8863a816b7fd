"""Alembic runs this file by its path."""

from services.image.store.tables import metadata
from shared.db.migration_env import run_migrations

run_migrations(metadata)
