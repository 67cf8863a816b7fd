"""The migrations make exactly the tables the code knows."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.rapi_gateway.store.tables import metadata
from shared.db.uow import engine_for


async def test_migrations_and_tables_agree(database: str) -> None:
    def difference(connection: sa.Connection) -> object:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    engine = engine_for(database)
    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []
    await engine.dispose()
