"""The embedded PostgreSQL, as the demo and the tests run it."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.parts.children import PartFailed
from deploy.parts.postgres import PostgresServer, forget, running_postgres
from deploy.parts.unprivileged import substitute_for
from tests.parts.postgres import MakesDatabases, open_folder


@pytest.fixture
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


async def test_a_fresh_database_is_empty_and_speaks_to_asyncpg(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetch("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert tables == []


async def test_a_migrated_database_is_migrated_once_and_copied(
    migrated_database: MakesDatabases,
) -> None:
    runs = []

    async def migrate(url: str) -> None:
        runs.append(url)
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE thing (id int)")
        await connection.close()

    first = await asyncpg.connect(migrated_database("parts-test", migrate))
    await first.execute("INSERT INTO thing VALUES (1)")
    second = await asyncpg.connect(migrated_database("parts-test", migrate))
    rows = await second.fetch("SELECT * FROM thing")
    await first.close()
    await second.close()
    assert (rows, len(runs)) == ([], 1)


async def test_a_wrong_password_is_refused(postgres: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host=postgres.host, port=postgres.port, user=postgres.user, password="wrong"
        )


def test_data_is_kept_from_one_start_to_the_next(home: Path) -> None:
    with running_postgres(home, durable=False) as server:
        server.run("CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    with running_postgres(home, durable=False) as server:
        assert server.run("SELECT id FROM kept") == "7"


def test_a_refused_statement_is_told_in_the_servers_words(postgres: PostgresServer) -> None:
    with pytest.raises(PartFailed, match="syntax error"):
        postgres.run("SELEKT 1")


def test_a_second_server_on_the_same_data_is_refused_with_its_last_words(home: Path) -> None:
    with (
        running_postgres(home, durable=False),
        pytest.raises(PartFailed, match="already exists"),
        running_postgres(home, durable=False),
    ):
        pass


HOLDER = """
import sys, time
from collections.abc import Iterator
from pathlib import Path
from deploy.parts.postgres import running_postgres
with running_postgres(Path(sys.argv[1]), durable=False) as server:
    print(server.child.process.pid, flush=True)
    time.sleep(60)
"""


def test_it_ends_when_its_parent_is_killed(home: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, home], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        watched = os.pidfd_open(pid)
        holder.send_signal(signal.SIGKILL)
    # The file descriptor of a process becomes readable when it ends.
    assert select.select([watched], [], [], 20)[0] == [watched]
    os.close(watched)


def test_data_that_nobody_can_reach_is_kept_elsewhere_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "closed"
    home.mkdir(mode=0o700)
    with running_postgres(home, durable=False) as server:
        server.run("CREATE TABLE kept (id int)")
    with running_postgres(home, durable=False) as server:
        assert server.run("SELECT count(*) FROM kept") == "0"
    elsewhere = substitute_for(home / "data")
    assert elsewhere.exists() == (os.geteuid() == 0)
    assert (str(elsewhere) in capsys.readouterr().out) == (os.geteuid() == 0)
    forget(home)
    assert not elsewhere.exists()
    assert not home.exists()
