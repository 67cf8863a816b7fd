"""Brings a service's database into being, and up to date (Alembic, online)."""

from pathlib import Path

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.database import plain_engine

LOCK = 7242001  # one migration of a database at a time, whoever starts it


def alembic_config(migrations: Path) -> Config:
    """Return Alembic's configuration for a folder of migrations, without any ini file."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    return config


async def create_database(admin_url: str, service_url: str) -> None:
    """Have the database and its role, as the service's own URL names them.

    Args:
        admin_url: a role that may create roles and databases.
        service_url: the URL the service will use.
    """
    wanted = make_url(service_url)
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        if not await connection.fetchval(
            "SELECT 1 FROM pg_roles WHERE rolname = $1", wanted.username
        ):
            await connection.execute(f"CREATE ROLE {_name(wanted.username)} LOGIN")
        await connection.execute(
            f"ALTER ROLE {_name(wanted.username)} PASSWORD {_text(wanted.password)}"
        )
        if not await connection.fetchval(
            "SELECT 1 FROM pg_database WHERE datname = $1", wanted.database
        ):
            await connection.execute(
                f"CREATE DATABASE {_name(wanted.database)} OWNER {_name(wanted.username)}"
            )
    finally:
        await connection.close()


def _name(name: str | None) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _text(text: str | None) -> str:
    return "'" + str(text).replace("'", "''") + "'"


async def migrate(url: str, migrations: Path) -> None:
    """Bring the database at the URL to the newest migration; at once if it is there already.

    Args:
        url: ``postgresql://`` URL of the service's own role.
        migrations: the service's ``store/migrations`` folder.
    """
    engine = plain_engine(url)
    try:
        await upgrade(engine, migrations)
    finally:
        await engine.dispose()


async def upgrade(engine: AsyncEngine, migrations: Path) -> None:
    """Run the migrations that the engine's database has not seen."""

    def run(connection: sa.Connection) -> None:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        config = alembic_config(migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with engine.begin() as connection:
        if await connection.run_sync(_is_current, migrations):
            return
        await connection.run_sync(run)


def _is_current(connection: sa.Connection, migrations: Path) -> bool:
    """Whether the newest migration is in: a cheap look that spares a start Alembic's own."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    at = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    heads = ScriptDirectory.from_config(alembic_config(migrations)).get_heads()
    return set(at) == set(heads)
