"""The cloud in the storm: six processes, RabbitMQ, PostgreSQL, Keystone, simulated clusters."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from deploy.parts.children import Child, start
from deploy.parts.ports import answers, free_port
from deploy.parts.postgres import PostgresServer, running_postgres
from deploy.parts.rabbitmq import running_rabbitmq
from tests.bench import cpu
from tests.parts.cloud import Cloud, running_cloud
from tests.parts.keystone import filled_keystone

WATCHED: Final = ("rapi_gateway", "ganeti_watcher")
PATIENCE: Final = 600.0
TOKEN: Final = "agents-of-the-storm"
NODE: Final = {"memory_mib": 1 << 20, "cpus": 256, "disk_mib": 8 << 20}
# A job of a real cluster takes about as long, from its submission to its end.
DURATIONS: Final = {"default": 0.8, "start_delay": 0.3, "by_opcode": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How big it all is; the defaults are what is promised."""

    clusters: int = 100
    instances: int = 1000  # of each cluster
    transitions: int = 100_000
    seconds: float = 60.0


@dataclass(kw_only=True)
class Rig:
    """What the scenario needs."""

    scale: Scale
    cloud: Cloud
    amqp_url: str
    database: PostgresServer
    simulator: Child
    admin_url: str
    clusters: list[dict[str, Any]]  # as clusters.json has them
    home: Path
    api_url: str  # of compute, for users

    def sim(self, method: str, path: str, **body: Any) -> Any:
        """Ask the simulator's admin port."""
        answer = self.cloud.http.request(method, f"{self.admin_url}/sim{path}", json=body or None)
        return answer.raise_for_status().json()["result"]

    def pid(self, name: str) -> int:
        """The process of a service, or of the simulator."""
        child = self.simulator if name == "simulator" else self.cloud.children[name]
        return child.process.pid

    def cpu_seconds(self, *names: str) -> float:
        """CPU that these processes have used so far."""
        return cpu.tree_seconds([self.pid(name) for name in names])

    def peak_mib(self, name: str) -> int:
        """The most memory that a process has held."""
        for line in Path(f"/proc/{self.pid(name)}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
        return 0

    def register(self) -> None:
        """Tell the gateway about all clusters."""
        for each in self.clusters:
            body = {
                "name": short(each["name"]),
                "url": each["url"],
                "username": each["user"],
                "password": each["password"],
                "ca_pem": Path(each["ca_file"]).read_text(),
                "links": {"physnet1": {"mode": "bridged", "link": "br0"}},
                "settle": 2,
            }
            answer = self.cloud.call("POST", "rapi_gateway", "/v1/clusters", body)
            answer.raise_for_status()

    def followed(self) -> int:
        """How many instances the watcher has seen, of the clusters that it follows."""
        answer = self.cloud.call("GET", "ganeti_watcher", "/v1/clusters")
        if answer.status_code == 503:  # it is as busy as it gets: it will be asked again
            return 0
        rows = answer.raise_for_status().json()["clusters"]
        return sum(int(row["instances"]) for row in rows if row["state"] == "following")


def short(name: str) -> str:
    """What the gateway calls a cluster."""
    return name.split(".", 1)[0]


def _start_simulator(home: Path, scale: Scale, admin_port: int) -> Child:
    home.mkdir(parents=True)
    config = home / "simulator.json"
    asked = {
        "state_dir": str(home),
        "base_port": 0,
        "admin_port": admin_port,
        "clusters": scale.clusters,
        "nodes_per_cluster": 10,
        "instances_per_cluster": scale.instances,
        "node": NODE,
        "durations": DURATIONS,
        "max_running_jobs": 100,
        "consoles": False,
        "persist": False,
    }
    config.write_text(json.dumps(asked))
    return start(
        "simulator",
        [sys.executable, "-m", "deploy.simulator", "--config", str(config)],
        log=home / "simulator.log",
        environ=os.environ,
    )


@contextmanager
def _api_of(cloud: Cloud) -> Iterator[str]:
    """Run a process that answers compute's users only, beside the worker; gives its address.

    So `deploy/compose.yaml` has it: what workers have to do is not in the way of who asks.
    """
    port = free_port()
    url = f"http://{cloud.host}:{port}"
    child = start(
        "compute api",
        [sys.executable, "-m", "services.compute", "api"],
        log=cloud.home / "compute-api.log",
        environ=cloud.environment | {"CYCLADES_COMPUTE_PORT": str(port)},
    )
    try:
        child.wait_until(lambda: answers(port), PATIENCE)
        yield url
    finally:
        child.stop()


@contextmanager
def running_rig(scale: Scale) -> Iterator[Rig]:
    """Run everything for the length of the block; no cluster is registered yet."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="cyclades-storm-")))
        home.chmod(0o711)
        (home / "pg").mkdir(mode=0o711)
        port = free_port()
        simulator = _start_simulator(home / "simulator", scale, port)
        stack.callback(simulator.stop)
        database = stack.enter_context(running_postgres(home / "pg", durable=True))
        rabbitmq = stack.enter_context(running_rabbitmq(home / "rabbitmq"))
        keystone = stack.enter_context(filled_keystone(home / "keystone"))
        cloud = stack.enter_context(
            running_cloud(
                home / "cloud",
                database,
                keystone,
                rabbitmq.url,
                settings={"CYCLADES_GANETI_WATCHER_AGENT_TOKEN": TOKEN},
            )
        )
        known = home / "simulator" / "clusters.json"
        simulator.wait_until(
            lambda: known.exists() and '"ready"' in simulator.last_words(), PATIENCE
        )
        yield Rig(
            scale=scale,
            cloud=cloud,
            amqp_url=rabbitmq.url,
            database=database,
            simulator=simulator,
            admin_url=f"http://127.0.0.1:{port}",
            clusters=json.loads(known.read_text())["clusters"],
            home=home,
            api_url=stack.enter_context(_api_of(cloud)),
        )
