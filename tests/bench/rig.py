"""The cloud that is measured: six processes, RabbitMQ, PostgreSQL, Keystone, simulated clusters."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from deploy.parts.postgres import PostgresServer, running_postgres
from deploy.parts.rabbitmq import running_rabbitmq
from tests.bench import cpu
from tests.parts.cloud import SERVICES, Cloud, running_cloud, running_simulator_process
from tests.parts.keystone import filled_keystone
from tests.parts.site import DEMO, Site, fill

CLUSTERS: Final = 4
PLENTY: Final = {"instances": -1, "cores": -1, "ram": -1}
PLENTY_OF_VOLUMES: Final = {"volumes": -1, "gigabytes": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """What a scenario needs."""

    site: Site
    database: PostgresServer

    @property
    def cloud(self) -> Cloud:
        """The running services."""
        return self.site.cloud

    @property
    def headers(self) -> dict[str, str]:
        """Of a user's requests, at the newest microversions."""
        return {
            "X-Auth-Token": self.cloud.token(*DEMO),
            "OpenStack-API-Version": "compute latest,volume latest",
        }

    @property
    def database_pid(self) -> int:
        """The process of PostgreSQL below which all others are."""
        assert self.database.child is not None
        return self.database.child.process.pid

    def pids(self, *services: str) -> list[int]:
        """The processes of these services (all, if none is named), and the database's."""
        names = services or SERVICES
        return [*(self.cloud.children[name].process.pid for name in names), self.database_pid]

    def seconds(self, *services: str) -> float:
        """CPU that these services (all, if none is named) and the database have used so far."""
        return cpu.tree_seconds(self.pids(*services))

    def restart(self, service: str, role: str) -> None:
        """Have a service in another role: ``api`` answers and leaves the work for later."""
        self.cloud.children.pop(service).stop()
        self.cloud.launch(service, role)
        self.cloud.wait([service])

    def allow_plenty(self) -> None:
        """Let the project have as many servers, ports and volumes as it likes."""
        project = self.project_id()
        for service, path, body in (
            ("compute", f"/v2.1/os-quota-sets/{project}", {"quota_set": PLENTY}),
            ("network", f"/v2.0/quotas/{project}", {"quota": {"port": -1}}),
            ("volume", f"/v3/os-quota-sets/{project}", {"quota_set": PLENTY_OF_VOLUMES}),
        ):
            answer = self.cloud.call("PUT", service, path, body)
            assert answer.status_code == 200, answer.text

    def project_id(self) -> str:
        """The id of project demo."""
        token = self.cloud.token(*DEMO)
        answer = self.cloud.http.get(
            f"{self.cloud.keystone.url}/v3/auth/tokens",
            headers={"X-Auth-Token": token, "X-Subject-Token": token},
        )
        return str(answer.json()["token"]["project"]["id"])


@contextmanager
def running_rig(clusters: int = CLUSTERS) -> Iterator[Rig]:
    """Run everything for the length of the block, with so many simulated clusters."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="cyclades-bench-")))
        home.chmod(0o711)
        (home / "pg").mkdir(mode=0o711)
        database = stack.enter_context(running_postgres(home / "pg", durable=True))
        rabbitmq = stack.enter_context(running_rabbitmq(home / "rabbitmq"))
        keystone = stack.enter_context(filled_keystone(home / "keystone"))
        simulated = stack.enter_context(
            running_simulator_process(
                home / "simulator", clusters, nodes_per_cluster=10, max_running_jobs=100
            )
        )
        cloud = stack.enter_context(
            running_cloud(
                home / "cloud",
                database,
                keystone,
                rabbitmq.url,
                settings={"CYCLADES_RAPI_GATEWAY_SUBMITS_PER_SECOND": "1000"},
            )
        )
        yield Rig(site=fill(cloud, simulated), database=database)
