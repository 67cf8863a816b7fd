"""The image service's migrations."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.image.store.tables import metadata
from shared.db.uow import engine_for
from tests.contract.image.rig import to_head
from tests.parts.postgres import MakesDatabases


async def test_migrations_lead_to_the_tables_the_code_knows(
    migrated_database: MakesDatabases,
) -> None:
    engine = engine_for(migrated_database("image", to_head))

    def difference(connection: sa.Connection) -> object:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return compare_metadata(context, metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []
    await engine.dispose()
