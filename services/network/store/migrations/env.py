"""Alembic runs this file to migrate the service's database."""

from services.network.store.tables import metadata
from shared.db.migration_env import run_migrations

run_migrations(metadata)
