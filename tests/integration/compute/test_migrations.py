"""The migrations make the very schema that the code works with."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.compute.store.tables import metadata
from tests.integration.compute.rig import Rig


def _differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_newest_migration_is_the_schema(bare: Rig) -> None:
    async with bare.service.parts.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
