"""One PostgreSQL for the session, and a database of its own for each test that asks."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from os import getpid
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

import pytest

from deploy.parts.postgres import PostgresServer, running_postgres


class MakesDatabases(Protocol):
    """Makes databases that hold what a migration left in the first of their kind."""

    def __call__(self, kind: str, migrate: Callable[[str], Any]) -> str:
        """Return the URL of a fresh database; `migrate(url)` ran once for its kind."""
        ...


@dataclass(slots=True)
class Databases:
    """Hands out databases of one server, and knows which kinds it has a template of."""

    server: PostgresServer
    _templates: dict[str, str] = field(default_factory=dict)
    _common: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """Make a database for the length of a block, and give its URL."""
        name = self._create(template)
        try:
            yield self.server.url_of(name)
        finally:
            self.server.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, kind: str, migrate: Callable[[str], Any]) -> str:
        """Return the template of a kind, which is migrated when first asked for."""
        if kind not in self._templates:
            name = self._create("template1")
            _run_aside(migrate, self.server.url_of(name))
            self._templates[kind] = name
        return self._templates[kind]

    def common(self, kind: str, migrate: Callable[[str], Any]) -> str:
        """Give the URL of the one of a kind, for tests that begin by emptying it."""
        if kind not in self._common:
            self._common[kind] = self._create(self.template(kind, migrate))
        return self.server.url_of(self._common[kind])

    def forget(self) -> None:
        """Drop what is left: the server may be somebody's, and stay."""
        for name in (*self._common.values(), *self._templates.values()):
            self.server.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        name = f"cyclades_test_{getpid()}_{next(self._numbers)}"
        self.server.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name


def _run_aside(migrate: Callable[[str], Any], url: str) -> None:
    """Run a migration in a thread: plain or async, it finds no event loop but its own."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            made = migrate(url)
            if isinstance(made, Coroutine):
                asyncio.run(made)
        except BaseException as failure:  # it is raised again below
            failures.append(failure)

    thread = threading.Thread(target=work, name="migrate")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


# Databases that live for one test are copied hundreds of times: memory spares the disk that.
MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
ENOUGH: Final = 2 << 30  # bytes; a container may have given it next to nothing


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that an unprivileged server can reach, as pytest's own are not."""
    roomy = os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > ENOUGH
    place = str(MEMORY) if roomy else None
    with TemporaryDirectory(prefix="cyclades-test-", dir=place) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the session; `CYCLADES_DATABASE_URL` names another."""
    with open_folder() as home, running_postgres(home, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Iterator[Databases]:
    """Databases of the session's server."""
    made = Databases(postgres)
    yield made
    made.forget()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The URL of an empty database that is this test's alone."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def migrated_database(databases: Databases) -> Iterator[MakesDatabases]:
    """Makes databases with a schema: migrated once per kind and session, copied per test."""
    with ExitStack() as made:

        def make(kind: str, migrate: Callable[[str], Any]) -> str:
            return made.enter_context(databases.fresh(databases.template(kind, migrate)))

        yield make
