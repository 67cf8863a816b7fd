"""Runs the gateway's migrations; Alembic loads this file by path."""

from services.rapi_gateway.store.tables import metadata
from shared.db.migration_env import run_migrations

run_migrations(metadata)
