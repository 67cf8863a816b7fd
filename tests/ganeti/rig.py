"""The real clusters as tests see them: a plain RAPI client, a shell inside, files from outside."""

import json
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

FINAL = {"success", "error", "canceled"}
CERTIFICATE_NAME = "ganeti.example.com"  # Ganeti writes this into the certificate it makes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One running cluster."""

    name: str
    url: str
    user: str
    password: str
    ca: Path  # verify the RAPI with this and CERTIFICATE_NAME
    host_address: str  # where servers on this machine are reached from its nodes
    nodes: tuple[str, ...]  # the first is the master
    node_files: Mapping[str, Path]  # each node's own files, on this machine
    runner: tuple[str, ...]
    hypervisor: str
    addresses: Mapping[str, str]  # of the nodes
    agent_url: str  # of the storage agents, with {node} in it
    agent_token: str
    agent_ca: Path
    storage: Path  # what provider and agents share, on this machine

    def inside(self, node: str, *command: str) -> str:
        """Run a command on a node and return what it prints."""
        runner = (self.runner[0], node.partition(".")[0])
        done = subprocess.run([*runner, *command], check=True, capture_output=True, text=True)
        return done.stdout

    def gnt(self, *command: str) -> str:
        """Run a command on the master, as an administrator would, and return what it prints."""
        done = subprocess.run([*self.runner, *command], check=True, capture_output=True, text=True)
        return done.stdout

    def queue_file(self, job: int) -> Path:
        """The file of a job in the master's queue."""
        return self.node_files[self.nodes[0]] / "lib" / "queue" / f"job-{job}"

    def file_storage(self, node: str) -> Path:
        """Where the file disks of a node's instances are, on this machine."""
        return self.node_files[node] / "srv" / "file-storage"

    def logs(self, node: str) -> Path:
        """Where a node logs, on this machine."""
        return self.node_files[node] / "log"

    def disk(self, instance: str, node: str) -> Path:
        """The file that is the first disk of an instance, on this machine."""
        (file,) = (self.file_storage(node) / instance).glob("*.disk0")
        return file


class Rapi:
    """As little of a RAPI client as the tests need; the product has its own."""

    def __init__(self, cluster: Cluster) -> None:
        context = ssl.create_default_context(cafile=str(cluster.ca))
        self._http = httpx.Client(
            base_url=cluster.url,
            auth=(cluster.user, cluster.password),
            verify=context,
            trust_env=False,
            timeout=60,
            # The certificate carries a name of its own, not the address.
            event_hooks={"request": [expect_certificate_name]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str) -> Any:
        """The answer to a GET that has to succeed."""
        return self._answer("GET", path)

    def submit(self, method: str, path: str, body: object = None) -> int:
        """Submit something that becomes a job, and return the job's number."""
        return int(self._answer(method, path, body))

    def run(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Submit something and return its job when it has ended, well or badly."""
        return self.ended(self.submit(method, path, body))

    def ended(self, job: int) -> dict[str, Any]:
        """The job, once it has ended; Ganeti itself says when something changed."""
        status = None
        while status not in FINAL:
            change = {"fields": ["status"], "previous_job_info": status and [status]}
            changed = self._answer(
                "GET", f"/2/jobs/{job}/wait", {**change, "previous_log_serial": None}
            )
            status = changed["job_info"][0] if changed else status
        found: dict[str, Any] = self.get(f"/2/jobs/{job}")
        return found

    def _answer(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


def expect_certificate_name(request: httpx.Request) -> None:
    """Check the server's certificate for the name Ganeti put into it."""
    request.extensions["sni_hostname"] = CERTIFICATE_NAME


def running_clusters(description: Path) -> tuple[Cluster, ...]:
    """What ganeti-up.sh wrote down."""
    written = json.loads(description.read_text(encoding="utf-8"))
    return tuple(
        Cluster(
            name=found["name"],
            url=found["rapi"],
            user=found["rapi_user"],
            password=found["rapi_password"],
            ca=Path(found["rapi_ca"]),
            host_address=found["host_address"],
            nodes=tuple(found["nodes"]),
            node_files={node: Path(files) for node, files in found["node_files"].items()},
            runner=tuple(found["exec"]),
            hypervisor=found["hypervisor"],
            addresses=found["addresses"],
            agent_url=found["agent_url"],
            agent_token=found["agent_token"],
            agent_ca=Path(found["agent_ca"]),
            storage=Path(found["storage"]),
        )
        for found in written["clusters"]
    )
