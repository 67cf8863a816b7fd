"""The cloud that is tormented: a handle on every part of it, to kill it and to start it again."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx

from deploy.parts import children, postgres
from deploy.parts.children import Child, PartFailed
from deploy.parts.ports import free_port
from deploy.parts.postgres import PostgresServer, running_postgres
from deploy.parts.rabbitmq import RabbitNode, running_rabbitmq
from tests.parts.cloud import SERVICES, Cloud, running_cloud, running_simulator_process
from tests.parts.keystone import filled_keystone
from tests.parts.site import DEMO, Site, fill

CLUSTERS: Final = 4
# Second processes: work moves to them when the first is killed.
SECONDS: Final = ("compute", "rapi_gateway", "ganeti_watcher")
PATIENCE: Final = 90.0


@dataclass(kw_only=True)
class Rig:
    """A running cloud, and what can be broken."""

    site: Site
    admin_url: str  # of the simulator
    home: Path
    broker: RabbitNode
    database: PostgresServer
    clusters: int
    workers: dict[str, Child] = field(default_factory=dict)

    @property
    def cloud(self) -> Cloud:
        """The services."""
        return self.site.cloud

    @property
    def amqp_url(self) -> str:
        """Where the broker is."""
        return self.broker.url

    @property
    def processes(self) -> set[str]:
        """The names of what `kill` takes."""
        return {*SERVICES, *(f"{name} worker" for name in SECONDS)}

    def kill(self, name: str) -> None:
        """End a process as a power cut would, if it runs."""
        held = self.workers if name.endswith(" worker") else self.cloud.children
        if name in held:
            held.pop(name).kill()

    def launch(self, name: str) -> None:
        """Start a process, unless it runs."""
        held = self.workers if name.endswith(" worker") else self.cloud.children
        if name in held and held[name].is_running:
            return
        if not name.endswith(" worker"):
            self.cloud.launch(name)
            return
        service = name.removesuffix(" worker")
        port = {f"CYCLADES_{service.upper()}_PORT": str(free_port())}
        self.workers[name] = children.start(
            name,
            [sys.executable, "-m", f"services.{service}", "worker"],
            log=self.cloud.home / f"{service}-worker.log",
            environ=self.cloud.environment | port,
        )

    def kill_broker(self) -> None:
        """Kill RabbitMQ and start it on what it has on its disk."""
        self.broker.kill9()
        self.broker.restart()

    def kill_database(self) -> None:
        """Kill PostgreSQL and start it; it recovers from its log.

        Raises:
            PartFailed: it did not come back.
        """
        assert self.database.child is not None
        self.database.child.kill()
        deadline = time.monotonic() + PATIENCE
        while True:
            try:  # its sessions' processes end a moment after it, and must have
                self.database = postgres.start_again(self.database, self.home / "pg")
            except PartFailed:
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def admin(self, cluster: int, what: str, **body: Any) -> None:
        """Tell the simulator to do something to a cluster."""
        url = f"{self.admin_url}/clusters/{cluster}/{what}"
        httpx.post(url, json=body, timeout=30, trust_env=False).raise_for_status()

    def truth(self, cluster: int) -> list[dict[str, Any]]:
        """What really happened in a cluster, as the simulator remembers it."""
        answer = httpx.get(
            f"{self.admin_url}/clusters/{cluster}/truth", timeout=30, trust_env=False
        )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["result"]
        return found

    def mend(self) -> None:
        """Start what is down and take every fault back."""
        for name in sorted(self.processes):
            self.launch(name)
        for cluster in range(1, self.clusters + 1):
            self.admin(cluster, "heal")
        self.cloud.wait()

    def stop(self) -> None:
        """End what the cloud's own context does not know."""
        for each in self.workers.values():
            each.stop()
        if self.database.child:
            self.database.child.stop()


def allow_plenty(site: Site) -> None:
    """Let the project have as many servers and ports as it likes."""
    token = {"X-Subject-Token": site.cloud.token(*DEMO)}
    answer = site.cloud.http.get(
        f"{site.cloud.keystone.url}/v3/auth/tokens",
        headers={"X-Auth-Token": site.cloud.token(), **token},
    )
    project = answer.raise_for_status().json()["token"]["project"]["id"]
    plenty = {"instances": -1, "cores": -1, "ram": -1}
    for service, path, body in (
        ("compute", f"/v2.1/os-quota-sets/{project}", {"quota_set": plenty}),
        ("network", f"/v2.0/quotas/{project}", {"quota": {"port": -1}}),
    ):
        site.cloud.call("PUT", service, path, body).raise_for_status()


@contextmanager
def running_rig(clusters: int = CLUSTERS) -> Iterator[Rig]:
    """Run the whole cloud for the length of the block."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="cyclades-chaos-")))
        home.chmod(0o711)
        (home / "pg").mkdir(mode=0o711)
        database = stack.enter_context(running_postgres(home / "pg", durable=True))
        broker = stack.enter_context(running_rabbitmq(home / "rabbitmq"))
        keystone = stack.enter_context(filled_keystone(home / "keystone"))
        admin_port = free_port()
        simulated = stack.enter_context(
            running_simulator_process(
                home / "simulator",
                clusters,
                nodes_per_cluster=4,
                admin_port=admin_port,
                durations={"default": 0.2, "by_opcode": {"OP_INSTANCE_CREATE": 1.0}},
            )
        )
        cloud = stack.enter_context(running_cloud(home / "cloud", database, keystone, broker.url))
        site = fill(cloud, simulated)
        allow_plenty(site)
        rig = Rig(
            site=site,
            admin_url=f"http://127.0.0.1:{admin_port}/sim",
            home=home,
            broker=broker,
            database=database,
            clusters=clusters,
        )
        stack.callback(rig.stop)
        for name in SECONDS:
            rig.launch(f"{name} worker")
        yield rig
