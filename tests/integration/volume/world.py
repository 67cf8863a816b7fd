"""The volume service's neighbours: a gateway and an image service on paper, real storage agents."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha512
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import httpx
import orjson
from typing_extensions import override

from deploy.ganeti.storage.contents import Contents
from deploy.ganeti.storage.directory import Directory
from deploy.ganeti.storage.keeper import Keeper
from deploy.ganeti.storage.refusals import Refused
from deploy.ganeti.storage.routes import Routes
from deploy.ganeti.storage.workers import Workers
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import Cluster, ClusterState, Node

Json = dict[str, Any]
MIB = 1024 * 1024


def a_cluster(name: str = "athens", **changes: Any) -> Cluster:
    """Return a cluster with our provider and two nodes."""
    nodes = [
        Node(
            name=f"node{number}.{name}",
            group="default",
            vcpus=16,
            memory=65536,
            memory_free=32768,
            disk=1024 * 1024,
            disk_free=512 * 1024,
            instances=0,
        )
        for number in (1, 2)
    ]
    given: Json = {
        "name": name,
        "uuid": str(uuid4()),
        "state": ClusterState.ENABLED,
        "availability_zone": f"az-{name}",
        "os": "cyclades+default",
        "disk_template": "plain",
        "disk_templates": ["plain", "ext", "diskless"],
        "software_version": "3.0.2",
        "groups": ["default"],
        "nodes": nodes,
        "ext_provider": "cyclades",
        "has_agent": True,
        "version": 1,
    }
    return Cluster(**(given | changes))


def not_found(what: str) -> httpx.Response:
    """Return a 404."""
    return httpx.Response(404, json={"itemNotFound": {"code": 404, "message": f"No {what}."}})


class Agent:
    """A real storage agent without its door: one folder, its calls made in this process."""

    def __init__(self, root: Path) -> None:
        """Have the folder."""
        self.directory = Directory(root=root, node="node1", fuzzy=True)
        self.directory.prepare()
        self.workers = Workers(threads=1)
        keeper = Keeper(self.directory, self.workers, Contents(directory=self.directory))
        self._routes = Routes(directory=self.directory, keeper=keeper, console_logs=root)
        self.refusing: dict[tuple[str, str], tuple[int, str]] = {}  # method, kind -> refusal
        self.asked: list[tuple[str, str]] = []

    def answer(self, method: str, path: list[str], query: bytes, body: Any) -> httpx.Response:
        """Answer one call."""
        self.asked.append((method, "/".join(path)))
        if refusal := self.refusing.get((method, path[0])):
            code, message = refusal
            return httpx.Response(code, json={"error": {"code": code, "message": message}})
        try:
            asked = dict(parse_qsl(query.decode()))
            answer = self._routes.call(method, f"/v1/{'/'.join(path)}", asked, body)
        except Refused as why:
            failure = {"code": why.code, "message": str(why)}
            return httpx.Response(why.code, json={"error": failure})
        return httpx.Response(204) if answer is None else httpx.Response(200, json=answer)

    def volumes(self) -> set[str]:
        """Return the volumes there are."""
        return set(self.directory.volumes.names())

    def snapshots(self) -> set[str]:
        """Return the snapshots there are."""
        return set(self.directory.snapshots.names())

    def content(self, volume: str, count: int = 16) -> bytes:
        """Return how a volume begins."""
        with self.directory.volumes.data(volume).open("rb") as file:
            return file.read(count)

    def write(self, volume: str, content: bytes) -> None:
        """Have a volume begin so, as its server would."""
        with self.directory.volumes.data(volume).open("r+b") as file:
            file.write(content)


@dataclass
class PaperGateway:
    """Takes submissions as the gateway does; jobs end when the test says so.

    It keeps which instances have which disks, as far as the volume service's jobs make them.
    """

    submissions: dict[str, Json] = field(default_factory=dict)  # key -> operation
    jobs: dict[str, tuple[str, int]] = field(default_factory=dict)  # key -> cluster, job
    failing: dict[str, Failure] = field(default_factory=dict)  # operation -> how its jobs end
    refused: dict[str, Failure] = field(default_factory=dict)  # operation -> never a job
    instances: dict[str, list[str]] = field(default_factory=dict)  # name -> names of disks
    detached: set[str] = field(default_factory=set)  # disks kept without an instance
    removed: set[str] = field(default_factory=set)  # disks that are no more
    uuids: dict[str, str] = field(default_factory=dict)  # name of a disk -> Ganeti's uuid

    def answer(self, path: list[str], body: Json) -> httpx.Response:
        """Answer one call."""
        if path[3] == "query":
            return httpx.Response(200, json={"rows": self._rows(body)})
        key, cluster = path[4], path[2]
        known = self.submissions.get(key)
        if known is not None and known != body["operation"]:
            return httpx.Response(422, json={"error": {"message": "another operation"}})
        operation = self.submissions[key] = body["operation"]
        state: Json = {"cluster": cluster, "key": key}
        if failure := self.refused.get(operation["operation"]):
            refusal = {"status": "rejected", "failure": failure.value, "message": "no"}
            return httpx.Response(200, json=state | refusal)
        if key not in self.jobs:
            self.jobs[key] = (cluster, len(self.jobs) + 1)
            if operation["operation"] not in self.failing:
                self._do(operation)
        job = self.jobs[key][1]
        return httpx.Response(200, json=state | {"status": "accepted", "epoch": 1, "job_id": job})

    def _rows(self, body: Json) -> list[Any]:
        name = body["filter"][2]
        if name not in self.instances:
            return []
        disks = self.instances[name]
        values = {
            "name": name,
            "disk.names": disks,
            "disk.uuids": [self.uuid(each) for each in disks],
            "pnode": "node1.athens",
            "snodes": [],
        }
        return [[[0, values[each]] for each in body["fields"]]]

    def uuid(self, disk: str) -> str:
        """Return Ganeti's uuid of a disk."""
        return self.uuids.setdefault(disk, f"ganeti-{disk}")

    def _do(self, operation: Json) -> None:
        instance = operation["instance"]
        match operation["operation"]:
            case "instance.create":
                self.instances[instance] = [each["name"] for each in operation["disks"]]
            case "instance.delete":
                self.removed |= set(self.instances.pop(instance, ()))
            case "disk.attach":
                (disk,) = (name for name in self.detached if self.uuid(name) == operation["uuid"])
                self.detached.discard(disk)
                self.instances[instance].append(disk)
            case "disk.detach":
                self.instances[instance].remove(operation["disk"])
                self.detached.add(operation["disk"])
            case _:
                return

    def operations(self, kind: str = "") -> list[Json]:
        """Return what was submitted, in order."""
        return [each for each in self.submissions.values() if each["operation"].startswith(kind)]

    def ended(self, key: str) -> Failure | None:
        """Return how the job of a submission fails, if it does."""
        return self.failing.get(self.submissions[key]["operation"])


@dataclass
class PaperImages:
    """Keeps images; their bytes come from a small server, at signed addresses."""

    address: str = ""
    images: dict[str, Json] = field(default_factory=dict)
    content: dict[str, bytes] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)

    def have(self, content: bytes = b"an image", **fields: Any) -> Json:
        """Have an active image."""
        ident = str(uuid4())
        self.content[ident] = content.ljust(MIB, b"\0")
        self.images[ident] = {
            "id": ident,
            "name": "debian",
            "status": "active",
            "visibility": "public",
            "owner": "a" * 32,
            "disk_format": "raw",
            "container_format": "bare",
            "min_disk": 0,
            "min_ram": 0,
            "size": MIB,
            "virtual_size": MIB,
            "os_distro": "debian",
            **fields,
        }
        return self.images[ident]

    def answer(self, method: str, path: list[str], body: Json) -> httpx.Response:
        """Answer one call."""
        if (method, path) == ("POST", ["v2", "images"]):
            ident = str(uuid4())
            self.images[ident] = {"id": ident, "status": "queued", **body}
            return httpx.Response(201, json=self.images[ident])
        ident = path[3] if path[0] == "internal" else path[2]
        if ident not in self.images:
            return not_found("image")
        if method == "DELETE":
            del self.images[ident]
            return httpx.Response(204)
        if path[0] != "internal":
            return httpx.Response(200, json=self.images[ident])
        self.tickets.append(ident)
        return httpx.Response(200, json=self._ticket(ident))

    def _ticket(self, ident: str) -> Json:
        url = {"url": f"{self.address}/{ident}", "expires_at": "2030-01-01T00:00:00Z"}
        content = self.content.get(ident)
        if content is None:
            return url
        return url | {
            "sha512": sha512(content).hexdigest(),
            "size": len(content),
            "disk_format": self.images[ident]["disk_format"],
            "virtual_size": len(content),
        }


@contextmanager
def serving(images: PaperImages) -> Iterator[None]:
    """Serve the bytes of images, and take them, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = images.content.get(self.path[1:], b"")
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_PUT(self) -> None:
            ident, count = self.path[1:], int(self.headers["Content-Length"])
            images.content[ident] = self.rfile.read(min(count, MIB))
            for _mebibyte in range(count // MIB - 1):
                self.rfile.read(MIB)
            images.images[ident]["status"] = "active"
            self.send_response(204)
            self.end_headers()

        @override
        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    images.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class World:
    """All neighbours behind one transport."""

    folder: Path
    gateway: PaperGateway = field(default_factory=PaperGateway)
    images: PaperImages = field(default_factory=PaperImages)
    agents: dict[str, Agent] = field(default_factory=dict)
    down: set[int] = field(default_factory=set)
    calls: int = 0

    def agent(self, cluster: str = "athens") -> Agent:
        """Return the storage agent of a cluster."""
        if cluster not in self.agents:
            self.agents[cluster] = Agent(self.folder / str(uuid4()))
        return self.agents[cluster]

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer whichever neighbour's call it is."""
        port, self.calls = request.url.port or 80, self.calls + 1
        if port in self.down:
            raise httpx.ConnectError("down")
        path = request.url.path.strip("/").split("/")
        body = orjson.loads(request.content) if request.content else None
        if port == 9292:
            return self.images.answer(request.method, path, body or {})
        if path[3] == "storage":
            return self.agent(path[2]).answer(request.method, path[4:], request.url.query, body)
        return self.gateway.answer(path, body or {})

    def end(self) -> None:
        """Let the agents finish."""
        for agent in self.agents.values():
            agent.workers.end()
