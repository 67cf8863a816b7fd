"""A private RabbitMQ node: loopback only, its own epmd, everything in one folder.

Where an administrator gives `CYCLADES_AMQP_URL`, that broker is used and none is started.
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.parts import children
from deploy.parts.children import Child, PartFailed
from deploy.parts.packages import installed_program
from deploy.parts.passwords import kept_password, write_private
from deploy.parts.ports import answers, free_port

USER: Final = "cyclades"
# Debian's /usr/sbin/rabbitmq-server changes user and folder; the script behind it does not.
FOLDERS: Final = ("/usr/lib/rabbitmq/bin", *os.get_exec_path())

# Idle schedulers sleep at once: on a machine that is shared, spinning takes from the others.
ERLANG: Final = (
    "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
)

CONFIGURATION: Final = """\
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
log.console = true
log.console.level = warning
log.file = false
"""


@dataclass(slots=True, kw_only=True)
class RabbitNode:
    """A broker, and the handles a test needs to make it fail."""

    home: Path
    port: int
    password: str
    programs: Path
    epmd_port: int
    dist_port: int
    child: Child | None = None

    @property
    def url(self) -> str:
        """Where to connect, and as whom."""
        return f"amqp://{USER}:{self.password}@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the node and wait until it accepts connections."""
        self.child = children.start(
            "RabbitMQ",
            [self.programs / "rabbitmq-server"],
            log=self.home / "rabbitmq.log",
            environ=self._environ(),
            folder=self.home,
            # The Erlang machine has nothing to lose that a confirm has not promised.
            orphan_signal=signal.SIGKILL,
        )
        self.child.wait_until(lambda: answers(self.port), within=90)

    def stop(self) -> None:
        """Stop it in good order."""
        if self.child:
            self.child.stop()

    def knows(self, queue: str) -> bool:
        """Whether a quorum queue would survive `kill9`.

        RabbitMQ 3.10 writes the name of a new queue to its disk within about a second, and
        answers nothing about a queue that was declared and killed within that second.
        """
        ledgers = self.home.rglob("names.dets")
        return any(queue.encode() in ledger.read_bytes() for ledger in ledgers)

    def kill9(self) -> None:
        """Take it away as a power cut would; see `knows` for queues just declared."""
        if self.child:
            self.child.kill()

    def restart(self) -> None:
        """Bring it back with what it has on disk, whether it was stopped or killed."""
        self.stop()
        self.start()

    def lose_everything(self) -> None:
        """Take it away with its disk, and bring it back as if it had never been there."""
        self.kill9()
        shutil.rmtree(self.home / "data")
        self.start()

    def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl` on the node.

        Raises:
            PartFailed: it refused; the message is its own.
        """
        ran = subprocess.run(
            [self.programs / "rabbitmqctl", "-q", "-n", self._name, *arguments],
            env=self._environ(),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
        )
        if ran.returncode:
            raise PartFailed(ran.stderr.strip() or ran.stdout.strip())
        return ran.stdout.strip()

    @property
    def _name(self) -> str:
        return f"cyclades-{self.port}@localhost"

    def _environ(self) -> dict[str, str]:
        here = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        return here | {
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._name,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "none.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "none.config"),
            "RABBITMQ_CONFIG_FILES": str(self.home / "none.d"),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
            "RABBITMQ_PID_FILE": str(self.home / "node.pid"),
            # Makes the script become the Erlang machine, instead of waiting for it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


@contextmanager
def running_rabbitmq(home: Path, *, port: int = 0) -> Iterator[RabbitNode]:
    """Run a node for as long as the block lasts; its data stays in `home`.

    Raises:
        PartFailed: RabbitMQ is not there and cannot be installed, or does not start.
    """
    programs = installed_program("rabbitmq-server", FOLDERS).parent
    node = _prepared(home.absolute(), port or free_port(), programs)
    epmd = children.start(
        "epmd",
        [
            *(installed_program("epmd", FOLDERS, package="erlang-base"), "-address", "127.0.0.1"),
            *("-port", str(node.epmd_port)),
        ],
        log=home / "epmd.log",
    )
    try:
        epmd.wait_until(lambda: answers(node.epmd_port), within=10)
        node.start()
        yield node
    finally:
        node.stop()
        epmd.stop()


def _prepared(home: Path, port: int, programs: Path) -> RabbitNode:
    (home / "data").mkdir(parents=True, exist_ok=True)
    (home / "plugins").write_text("[].\n")
    password = kept_password(home / "secrets", "rabbitmq")
    conf = CONFIGURATION.format(port=port, user=USER, password=password)
    write_private(home / "rabbitmq.conf", conf)
    cookie = home / ".erlang.cookie"
    if not cookie.exists():
        write_private(cookie, secrets.token_hex(16))
        cookie.chmod(0o400)
    return RabbitNode(
        home=home,
        port=port,
        password=password,
        programs=programs,
        epmd_port=free_port(),
        dist_port=free_port(),
    )


def forget(home: Path) -> None:
    """Remove a node's data."""
    shutil.rmtree(home, ignore_errors=True)
