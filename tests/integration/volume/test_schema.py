"""The migrations and the tables say the same."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.volume.store.tables import metadata
from tests.integration.volume.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_newest_migration_makes_the_tables_as_they_are_written(rig: Rig) -> None:
    def compare(connection: sa.Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, metadata)
        return [each for each in found if "alembic_version" not in str(each)]

    async with rig.service.parts.engine.connect() as connection:
        assert await connection.run_sync(compare) == []
