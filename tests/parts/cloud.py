"""A whole cloud of real processes: one per service, RabbitMQ, PostgreSQL, Keystone, simulator.

Any of them can be killed and started again in the middle of whatever a test does.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.fernet import Fernet

from deploy.parts.children import Child, start
from deploy.parts.keystone import Keystone
from deploy.parts.keystone_content import Catalogue
from deploy.parts.ports import free_port
from deploy.parts.postgres import PostgresServer
from shared.service.command import prepare_database

USERS: Final = {
    "compute": "nova",
    "network": "neutron",
    "image": "glance",
    "volume": "cinder",
    "rapi_gateway": "cyclades",
    "ganeti_watcher": "cyclades",
}
SERVICES: Final = tuple(USERS)
PATIENCE: Final = 60.0


@dataclass(kw_only=True)
class Cloud:
    """The processes of a cloud, and how to reach them."""

    home: Path
    host: str
    keystone: Keystone
    environment: dict[str, str]
    ports: dict[str, int]
    children: dict[str, Child] = field(default_factory=dict)
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, trust_env=False))

    def url(self, service: str) -> str:
        """Where a service answers."""
        return f"http://{self.host}:{self.ports[service]}"

    def launch(self, service: str, role: str = "all") -> None:
        """Start the process of a service; `wait` says when it is ready."""
        command = [sys.executable, "-m", f"services.{service}", role]
        self.children[service] = start(
            service, command, log=self.home / f"{service}.log", environ=self.environment
        )

    def kill9(self, service: str) -> None:
        """End a service as a power cut would."""
        self.children.pop(service).kill()

    def wait(self, services: Sequence[str] = SERVICES) -> None:
        """Wait until these services can do their work."""
        for service in services:
            ready = partial(_answers, f"{self.url(service)}/readyz")
            self.children[service].wait_until(ready, within=PATIENCE)

    def stop(self) -> None:
        """End all services."""
        for child in self.children.values():
            child.process.terminate()
        for child in self.children.values():
            child.stop()

    def token(self, user: str = "admin", project: str = "admin") -> str:
        """A token, kept for the length of the cloud."""
        if (user, project) not in self._tokens:
            self._tokens[user, project] = self.keystone.token(user, project)
        return self._tokens[user, project]

    def call(
        self,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        who: tuple[str, str] = ("admin", "admin"),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Ask a service something, as somebody."""
        sent = {"X-Auth-Token": self.token(*who), **(headers or {})}
        return self.http.request(
            method, self.url(service) + path, json=body, content=content, headers=sent
        )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def until(question: Any, within: float = 30.0, what: str = "it", every: float = 0.05) -> Any:
    """Ask until the answer is true, and return it; so many seconds between two questions."""
    deadline = time.monotonic() + within
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within:.0f} s")
        time.sleep(every)
    return answer


def environment_for(
    database: PostgresServer,
    keystone: Keystone,
    ports: Mapping[str, int],
    host: str,
    amqp_url: str | None,
) -> dict[str, str]:
    """The variables that make six services one cloud.

    Args:
        database: each service gets a database of its own on it.
        keystone: who vouches for tokens, and has the service users.
        ports: of the services.
        host: the address they listen on.
        amqp_url: RabbitMQ; none for the bus of one process.
    """
    made = {
        **os.environ,
        "CYCLADES_HOST": host,
        "CYCLADES_IDENTITY_URL": keystone.url,
        "CYCLADES_SECRET_KEY": Fernet.generate_key().decode(),
        "CYCLADES_DATABASE_URL": database.url,
    }
    if amqp_url:
        made["CYCLADES_AMQP_URL"] = amqp_url
    url = {name: f"http://{host}:{port}" for name, port in ports.items()}
    for name, user in USERS.items():
        prefix = f"CYCLADES_{name.upper()}_"
        made[f"{prefix}PORT"] = str(ports[name])
        made[f"{prefix}PUBLIC_URL"] = url[name]
        made[f"{prefix}GATEWAY_URL"] = url["rapi_gateway"]
        made[f"{prefix}SERVICE_USER"] = user
        made[f"{prefix}SERVICE_PASSWORD"] = keystone.password(user)
        made[f"{prefix}DATABASE_URL"] = _own_database(database, name)
    made["CYCLADES_COMPUTE_NETWORK_URL"] = url["network"]
    made["CYCLADES_COMPUTE_IMAGE_URL"] = url["image"]
    made["CYCLADES_COMPUTE_VOLUME_URL"] = url["volume"]
    made["CYCLADES_VOLUME_IMAGE_URL"] = url["image"]
    return made


def _own_database(database: PostgresServer, service: str) -> str:
    host = database.url_of(f"cyclades_{service}").split("@", 1)[1]
    return f"postgresql://cyclades_{service}:{service}-secret@{host}"


@contextmanager
def running_cloud(
    home: Path,
    database: PostgresServer,
    keystone: Keystone,
    amqp_url: str,
    *,
    host: str = "127.0.0.1",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Cloud]:
    """Run six services as six processes on a database server of their own.

    Args:
        home: logs and images go here.
        database: its databases `cyclades_…` are the cloud's.
        keystone: its catalogue is pointed at this cloud.
        amqp_url: RabbitMQ.
        host: the address the services listen on.
        settings: more variables; {compute} in one is the port of compute.
    """
    ports = {name: free_port() for name in SERVICES}
    environment = environment_for(database, keystone, ports, host, amqp_url)
    environment["CYCLADES_IMAGE_DATA_DIR"] = str(home / "images")
    environment |= {name: _with_ports(word, ports) for name, word in (settings or {}).items()}
    cloud = Cloud(home=home, host=host, keystone=keystone, environment=environment, ports=ports)
    keystone.offer(Catalogue(identity=keystone.url, **{k: cloud.url(k) for k in SERVICES[:4]}))
    with ExitStack() as stack:
        stack.callback(cloud.http.close)
        stack.callback(cloud.stop)
        _migrate(environment)
        for name in SERVICES:
            cloud.launch(name)
        cloud.wait()
        yield cloud


def _with_ports(word: str, ports: Mapping[str, int]) -> str:
    for name, port in ports.items():
        word = word.replace(f"{{{name}}}", str(port))
    return word


def _migrate(environment: Mapping[str, str]) -> None:
    """Have the databases of all services; in a thread, for it brings an event loop of its own."""

    async def all_of_them() -> None:
        for name in SERVICES:
            definition = import_module(f"services.{name}.main").DEFINITION
            settings = definition.settings.from_environment(environment)
            await prepare_database(definition, settings, environment)

    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, all_of_them()).result(PATIENCE)


@contextmanager
def running_simulator_process(
    home: Path, clusters: int = 2, **settings: Any
) -> Iterator[list[dict[str, Any]]]:
    """Run the simulator as a process of its own; gives what its `clusters.json` says."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "simulator.json"
    asked = {"state_dir": str(home), "base_port": 0, "admin_port": 0, "clusters": clusters}
    config.write_text(json.dumps(asked | settings))
    child = start(
        "simulator",
        [sys.executable, "-m", "deploy.simulator", "--config", str(config)],
        log=home / "simulator.log",
        environ=os.environ,
    )
    try:
        known = home / "clusters.json"
        child.wait_until(lambda: known.exists() and '"ready"' in child.last_words(), PATIENCE)
        yield json.loads(known.read_text())["clusters"]
    finally:
        child.stop()
