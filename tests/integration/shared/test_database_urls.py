"""What may stand in a database's URL: what libpq knows, for every way we reach it."""

import pytest
import sqlalchemy as sa

from deploy.parts.postgres import PostgresServer
from shared.db.database import engine_for, plain_engine
from shared.db.reads import open_reads

QUESTION = "SELECT current_setting('application_name')"


@pytest.fixture(params=["socket", "port"])
def url(request: pytest.FixtureRequest, postgres: PostgresServer) -> str:
    if request.param == "port":
        where = f"{postgres.host}:{postgres.port}/postgres?sslmode=disable&"
    elif postgres.sockets is None:
        pytest.skip("this server has no socket that we reach")
    else:
        where = f"/postgres?host={postgres.sockets}&port={postgres.port}&"
    whose = f"{postgres.user}:{postgres.password}"
    return f"postgresql://{whose}@{where}application_name=asked"


async def test_transactions_take_it(url: str) -> None:
    engine = engine_for(url)
    async with engine.transaction() as connection:
        assert (await connection.execute(sa.text(QUESTION))).scalar_one() == "asked"
    await engine.dispose()


async def test_reads_take_it(url: str) -> None:
    reads = await open_reads(url)
    assert await reads.value(QUESTION) == "asked"
    await reads.close()


async def test_migrations_take_it(url: str) -> None:
    engine = plain_engine(url)
    async with engine.connect() as connection:
        assert (await connection.execute(sa.text(QUESTION))).scalar_one() == "asked"
    await engine.dispose()
