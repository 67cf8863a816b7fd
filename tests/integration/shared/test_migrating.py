"""Services that start together migrate one after the other."""

import asyncio
from pathlib import Path
from textwrap import dedent

import asyncpg

from shared.db.migrate import migrate

ENV = """
import sqlalchemy as sa

from shared.db.migration_env import run_migrations

run_migrations(sa.MetaData())
"""
FIRST = """
    import sqlalchemy as sa
    from alembic import op

    revision, down_revision = "0001", None

    def upgrade():
        op.execute(sa.text("SELECT pg_sleep(0.2)"))  # the others are at it, too
        op.create_table("things", sa.Column("id", sa.Integer))
"""


async def test_processes_that_migrate_at_once_do_it_once(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "0001_first.py").write_text(dedent(FIRST))
    await asyncio.gather(*(migrate(database_url, tmp_path) for _ in range(3)))
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0001"
        assert await connection.fetchval("SELECT to_regclass('things')") is not None
    finally:
        await connection.close()
