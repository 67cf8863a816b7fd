"""The migrations lead to exactly the tables the service uses."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.network.store.tables import metadata
from shared.db.uow import engine_for
from tests.integration.network.rig import to_head
from tests.parts.postgres import MakesDatabases


def _differences(connection: sa.Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_nothing_differs_after_the_last_migration(
    migrated_database: MakesDatabases,
) -> None:
    engine = engine_for(migrated_database("network", to_head))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()
