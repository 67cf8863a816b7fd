"""The real Keystone, from its published package, in an environment of its own.

SQLite and Fernet keys lie in its folder; nothing is cached from one request to the next, so that
a revoked token is refused at once. What it holds is put there through its own
API: see `keystone_content`.
"""

import os
import shlex
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.parts import children
from deploy.parts.children import Child, PartFailed
from deploy.parts.environments import environment
from deploy.parts.keystone_content import REGION, SERVICE_USERS, Catalogue, Content
from deploy.parts.passwords import kept_password, write_private
from deploy.parts.ports import answers, free_port

INSIDE: Final = Path(__file__).resolve().parent / "in_keystone"
CONFIGURATION: Final = """\
[DEFAULT]
debug = false
use_stderr = true
[database]
connection = sqlite:///{home}/keystone.db
[token]
provider = fernet
expiration = 86400
[fernet_tokens]
key_repository = {home}/fernet-keys
[fernet_receipts]
key_repository = {home}/receipt-keys
[credential]
key_repository = {home}/credential-keys
[identity]
# The passwords are long and random: more rounds would only make each login slower.
password_hash_rounds = 4
[cache]
# What is looked up is remembered for the length of one request, and nothing for longer.
enabled = true
backend = dogpile.cache.null
[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
"""


@dataclass(slots=True, kw_only=True)
class Keystone:
    """An identity service and everybody's password."""

    home: Path
    port: int
    host: str = "127.0.0.1"
    logs: Path | None = None  # None: beside its data
    _setup: Child | None = None
    _server: Child | None = None
    _passwords: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """Where it answers; without a version, as the catalogue says it."""
        return f"http://{self.host}:{self.port}"

    @property
    def children(self) -> list[Child]:
        """What runs, for whoever watches over it."""
        return [child for child in (self._server,) if child]

    def password(self, user: str) -> str:
        """The password of a user this installation made."""
        if user not in self._passwords:
            self._passwords[user] = kept_password(self.home / "secrets", user)
        return self._passwords[user]

    def prepare(self) -> None:
        """Begin to make the database and the keys, unless they are made."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for repository in ("fernet-keys", "receipt-keys", "credential-keys"):
            (self.home / repository).mkdir(exist_ok=True, mode=0o700)
        write_private(self._config, CONFIGURATION.format(home=self.home))
        if self._is_made():
            return
        who = ["--keystone-user", str(os.geteuid()), "--keystone-group", str(os.getegid())]
        bootstrap = ["bootstrap", "--bootstrap-region-id", REGION]
        self._setup = children.start(
            "Keystone's setup",
            [
                *(environment("keystone").python, INSIDE / "several_commands.py", self._config),
                *("db_sync", "--", "fernet_setup", *who, "--", "credential_setup", *who),
                *("--", *bootstrap, "--bootstrap-public-url", self.url),
            ],
            log=self._logs / "keystone-setup.log",
            environ=self._environ() | {"OS_BOOTSTRAP_PASSWORD": self.password("admin")},
        )

    def start(self) -> None:
        """Start to serve, once the database is made."""
        if self._setup:
            setup = self._setup
            setup.wait_until_ended(within=300)
            self._made.write_text(self._release())
            self._setup = None
        # One worker: SQLite answers a second writer with "database is locked", Keystone with 500.
        options = ["-c", str(INSIDE / "gunicorn_settings.py"), "-b", f"{self.host}:{self.port}"]
        options += ["--workers", "1"]
        self._server = children.start(
            "Keystone",
            [environment("keystone").home / "bin" / "gunicorn"],
            log=self._logs / "keystone.log",
            # Not as arguments: Keystone would take those for its own.
            environ=self._environ() | {"GUNICORN_CMD_ARGS": shlex.join(options)},
            folder=self.home,
            stop_signal=signal.SIGQUIT,
        )

    def wait(self) -> None:
        """Wait until it answers."""
        if self._server is None:
            raise PartFailed("Keystone was not started")
        self._server.wait_until(lambda: answers(self.port, self.host), within=120)

    def fill(self, catalogue: Catalogue) -> None:
        """Have the projects, users, roles and the catalogue; what is there is left as it is."""
        everybody = ["demo", *SERVICE_USERS]
        passwords = {user: self.password(user) for user in everybody}
        with Content.opened(self.url, self.password("admin"), REGION) as content:
            content.fill(passwords, catalogue)

    def offer(self, catalogue: Catalogue) -> None:
        """Have the catalogue say where the services answer now."""
        with Content.opened(self.url, self.password("admin"), REGION) as content:
            content.offer(catalogue)

    def token(self, user: str, project: str) -> str:
        """Log a user in, as tests and installers do."""
        with Content.opened(self.url, self.password(user), REGION, user, project) as session:
            return session.token

    def stop(self) -> None:
        """Stop it, whichever state it is in."""
        for child in (self._setup, self._server):
            if child:
                child.stop()

    @property
    def _logs(self) -> Path:
        return self.logs or self.home

    @property
    def _config(self) -> Path:
        return self.home / "keystone.conf"

    @property
    def _made(self) -> Path:
        return self.home / "made-for"

    def _release(self) -> str:
        return environment("keystone").fingerprint()

    def _is_made(self) -> bool:
        """Whether the database was made, and by the release that is installed now."""
        return self._made.exists() and self._made.read_text() == self._release()

    def _environ(self) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return ours | {
            "OS_KEYSTONE_CONFIG_FILES": str(self._config),
            "PYTHONWARNINGS": "ignore",
        }


@contextmanager
def running_keystone(home: Path, *, port: int = 0) -> Iterator[Keystone]:
    """Run a Keystone for as long as the block lasts; its data stays in `home`.

    Raises:
        PartFailed: its environment is missing, or it does not start.
    """
    if not environment("keystone").is_current():
        raise PartFailed(
            "Keystone's environment is not installed: python3 -m deploy.parts.environments keystone"
        )
    keystone = Keystone(home=home.absolute(), port=port or free_port())
    try:
        keystone.prepare()
        keystone.start()
        keystone.wait()
        yield keystone
    finally:
        keystone.stop()


def forget(home: Path) -> None:
    """Remove a Keystone's data and passwords."""
    shutil.rmtree(home, ignore_errors=True)
