"""Compute's neighbours on paper: a gateway, a network service and an image service."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from shared.contracts.ganeti import Failure
from shared.contracts.gateway import Cluster, ClusterState, Node
from tests.integration.compute.paper_volumes import PaperVolumes
from tests.integration.compute.refusals import not_found

Json = dict[str, Any]
GIB = 1024


def a_cluster(name: str = "athens", **changes: Any) -> Cluster:
    """Return a cluster with two nodes that have room."""
    nodes = [
        Node(
            name=f"node{number}.{name}",
            group="default",
            vcpus=16,
            memory=64 * GIB,
            memory_free=32 * GIB,
            disk=1000 * GIB,
            disk_free=500 * GIB,
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
        "software_version": "3.0.2",
        "groups": ["default"],
        "nodes": nodes,
        "version": 1,
    }
    return Cluster(**(given | changes))


@dataclass
class PaperGateway:
    """Takes submissions as the gateway does and does nothing; the test says how jobs end."""

    submissions: dict[str, Json] = field(default_factory=dict)  # key -> operation
    jobs: dict[str, tuple[str, int]] = field(default_factory=dict)  # key -> cluster, job
    refusals: dict[str, Failure] = field(default_factory=dict)  # cluster -> every submission's fate
    pending: bool = False
    done: bool = False  # whether everything is there already, by nobody knows which job
    cancels: bool = True  # whether jobs let themselves be canceled
    hypervisor: Json = field(default_factory=dict)  # what every instance has of its own
    disk_template: str = "ext"  # of every instance
    known_instances: dict[str, str] = field(default_factory=dict)  # name -> node, for a look
    known_states: dict[str, tuple[str, str]] = field(default_factory=dict)  # admin_state, status
    screens: dict[str, Json] = field(default_factory=dict)  # name -> console
    logs: dict[str, str] = field(default_factory=dict)  # name -> what it wrote
    screens_refused: int | None = None  # the status of every answer about screens and logs

    def answer(self, method: str, path: list[str], body: Json) -> httpx.Response:
        """Answer one call."""
        cluster = path[2]
        if method == "DELETE":  # of a job
            return httpx.Response(200, json={"canceled": self.cancels, "message": ""})
        if path[3] == "query":
            name = body["filter"][2]
            if body["fields"] == ["disk_template"]:
                return httpx.Response(200, json={"rows": [[[0, self.disk_template]]]})
            node = self.known_instances.get(name)
            told = {"name": name, "pnode": node, "custom_hvparams": self.hypervisor}
            told["admin_state"], told["status"] = self.known_states.get(name, ("up", "running"))
            row = [[0, told[field]] for field in body["fields"]]
            rows = [] if node is None and "pnode" in body["fields"] else [row]
            return httpx.Response(200, json={"rows": rows})
        if path[3] == "instances":
            return self._about(path[4], path[5])
        key = path[4]
        known = self.submissions.setdefault(key, body["operation"])
        if known != body["operation"]:
            return httpx.Response(422, json={"error": {"message": "another operation"}})
        state: Json = {"cluster": cluster, "key": key}
        if self.pending:
            return httpx.Response(200, json=state | {"status": "pending"})
        if cluster in self.refusals:
            failure = self.refusals[cluster].value
            return httpx.Response(
                200, json=state | {"status": "rejected", "failure": failure, "message": "no"}
            )
        return httpx.Response(200, json=state | self._taken(cluster, key))

    def _taken(self, cluster: str, key: str) -> Json:
        if self.done:
            return {"status": "done", "epoch": 1}
        _, job = self.jobs.setdefault(key, (cluster, len(self.jobs) + 1))
        return {"status": "accepted", "epoch": 1, "job_id": job}

    def _about(self, name: str, what: str) -> httpx.Response:
        if self.screens_refused is not None:
            return httpx.Response(self.screens_refused, json={"error": {"message": "no"}})
        if what == "console":
            found = self.screens.get(name)
            return not_found("instance") if found is None else httpx.Response(200, json=found)
        if name not in self.logs:
            return not_found("log")
        return httpx.Response(200, json={"output": self.logs[name]})

    def operations(self, kind: str = "") -> list[Json]:
        """Return what was submitted, in order."""
        return [each for each in self.submissions.values() if each["operation"].startswith(kind)]


@dataclass
class PaperNetwork:
    """Keeps ports."""

    networks: dict[str, Json] = field(default_factory=dict)
    ports: dict[str, Json] = field(default_factory=dict)
    made: dict[str, Json] = field(default_factory=dict)  # idempotency key -> first answer
    security_groups: list[Json] = field(default_factory=list)
    floating_ips: list[Json] = field(default_factory=list)
    vif_type: str = "bridge"
    bodies: dict[str, Json] = field(default_factory=dict)  # by key, what port was asked for
    refuse_ports: int | None = None
    refuses_for: int | None = None  # seconds, as it says with a refusal
    asked: Counter[str] = field(default_factory=Counter)

    def answer(
        self, method: str, path: list[str], body: Json, request: httpx.Request
    ) -> httpx.Response:
        """Answer one call."""
        collection, ident = path[1], path[2] if len(path) > 2 else None
        self.asked[f"{method} {collection}"] += 1
        answers: dict[tuple[str, bool], Callable[[], httpx.Response]] = {
            ("ports", False): lambda: self._ports(method, body, request),
            ("ports", True): lambda: self._port(method, str(ident), body),
            ("networks", False): lambda: httpx.Response(
                200, json={"networks": list(self.networks.values())}
            ),
            ("subnets", True): lambda: self._subnet(str(ident)),
            ("networks", True): lambda: self._network(str(ident)),
            ("floatingips", False): lambda: httpx.Response(
                200, json={"floatingips": self._floating(request)}
            ),
            ("floatingips", True): lambda: self._associate(str(ident), body["floatingip"]),
            ("security-groups", False): lambda: httpx.Response(
                200, json={"security_groups": self.security_groups}
            ),
        }
        return answers[collection, ident is not None]()

    def _floating(self, request: httpx.Request) -> list[Json]:
        wanted = request.url.params["floating_ip_address"]
        return [each for each in self.floating_ips if each["floating_ip_address"] == wanted]

    def _associate(self, ident: str, body: Json) -> httpx.Response:
        (found,) = (each for each in self.floating_ips if each["id"] == ident)
        found |= body
        return httpx.Response(200, json={"floatingip": found})

    def _subnet(self, ident: str) -> httpx.Response:
        subnet: Json = {
            "id": ident,
            "cidr": "10.0.0.0/24",
            "gateway_ip": "10.0.0.254",
            "dns_nameservers": ["9.9.9.9"],
            "host_routes": [],
        }
        return httpx.Response(200, json={"subnet": subnet})

    def _network(self, ident: str) -> httpx.Response:
        if ident not in self.networks:
            return not_found("network")
        return httpx.Response(200, json={"network": self.networks[ident]})

    def _ports(self, method: str, body: Json, request: httpx.Request) -> httpx.Response:
        if method == "GET":
            device = request.url.params["device_id"]
            found = [port for port in self.ports.values() if port["device_id"] == device]
            return httpx.Response(200, json={"ports": found})
        if self.refuse_ports is not None:
            fault = {"type": "IpAddressGenerationFailure", "message": "No more addresses."}
            later = {} if self.refuses_for is None else {"Retry-After": str(self.refuses_for)}
            return httpx.Response(self.refuse_ports, json={"NeutronError": fault}, headers=later)
        key = request.headers["Idempotency-Key"]
        if key in self.made:
            if self.bodies[key] != body:
                fault = {"type": "IdempotencyKeyReused", "message": "Another body."}
                return httpx.Response(422, json={"NeutronError": fault})
            return httpx.Response(201, json={"port": self.made[key]})
        self.bodies[key] = body
        number = len(self.made) + 1
        port: Json = {
            "id": str(uuid4()),
            "mac_address": f"fa:16:3e:00:00:{number:02x}",
            "status": "DOWN",
            "fixed_ips": [{"subnet_id": str(UUID(int=5)), "ip_address": f"10.0.0.{number}"}],
            "security_groups": [],
            **body["port"],
            **self._binding(),
        }
        self.made[key] = self.ports[port["id"]] = port
        return httpx.Response(201, json={"port": port})

    def _binding(self) -> Json:
        details: Json = {"ganeti_network": "cyc-subnet", "mode": "bridged", "link": "br0"}
        return {"binding:vif_type": self.vif_type, "binding:vif_details": details}

    def _port(self, method: str, ident: str, body: Json) -> httpx.Response:
        if ident not in self.ports:
            return not_found("port")
        if method == "DELETE":
            del self.ports[ident]
            return httpx.Response(204)
        for fixed in body.get("port", {}).get("fixed_ips", ()):
            fixed.setdefault("ip_address", "10.0.0.200")
        self.ports[ident] |= {**body.get("port", {}), **self._binding()}
        return httpx.Response(200, json={"port": self.ports[ident]})

    def own_port(self, project: str, network_id: str) -> Json:
        """Have a port the user made."""
        port: Json = {
            "id": str(uuid4()),
            "network_id": network_id,
            "project_id": project,
            "mac_address": "fa:16:3e:00:01:00",
            "device_id": "",
            "status": "DOWN",
            "fixed_ips": [{"subnet_id": str(UUID(int=5)), "ip_address": "10.0.0.99"}],
        }
        self.ports[port["id"]] = port
        return port


@dataclass
class PaperImages:
    """Keeps images and signs nothing."""

    images: dict[str, Json] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)

    arrive: bool = True  # whether bytes come once an upload was allowed
    full: bool = False  # whether the project may have no more images
    allowed: set[str] = field(default_factory=set)  # images that bytes were allowed for

    def answer(
        self, method: str, path: list[str], body: Json, request: httpx.Request
    ) -> httpx.Response:
        """Answer one call."""
        ident = path[3] if path[0] == "internal" else "".join(path[2:3])
        if not ident:
            return self._collection(method, body, request)
        if ident not in self.images:
            return not_found("image")
        if path[0] != "internal":
            return self._image(method, ident, body)
        if path[4] == "upload-tickets":
            return self._upload_ticket(ident)
        self.tickets.append(ident)
        return httpx.Response(
            200,
            json={
                "url": f"http://images/{ident}?secret={len(self.tickets)}",
                "sha512": "ab" * 64,
                "size": 2 * 1024 * 1024,
                "disk_format": "raw",
                "virtual_size": 2 * 1024 * 1024,
                "expires_at": "2030-01-01T00:00:00Z",
            },
        )

    def _collection(self, method: str, body: Json, request: httpx.Request) -> httpx.Response:
        if method == "GET":
            wanted = {
                k: v for k, v in request.url.params.items() if k not in {"sort", "owner", "limit"}
            }
            found = [i for i in self.images.values() if wanted.items() <= i.items()]
            return httpx.Response(200, json={"images": found[::-1]})
        if self.full:
            return httpx.Response(413, json={"message": "no more images"})
        self.images[body["id"]] = {**body, "status": "queued"}
        return httpx.Response(201, json=self.images[body["id"]])

    def _image(self, method: str, ident: str, body: Any) -> httpx.Response:
        if method == "DELETE":
            del self.images[ident]
            return httpx.Response(204)
        if method == "PATCH":
            for each in body:
                name = each["path"][1:].replace("~1", "/").replace("~0", "~")
                self.images[ident].pop(name, None)
                if each["op"] != "remove":
                    self.images[ident][name] = each["value"]
        if method == "PUT":  # no bytes at all
            self.images[ident]["status"] = "active"
            return httpx.Response(204)
        sent = {"status": "active"} if self.arrive and ident in self.allowed else {}
        return httpx.Response(200, json=self.images[ident] | sent)

    def _upload_ticket(self, ident: str) -> httpx.Response:
        self.allowed.add(ident)
        url = f"http://images/{ident}/upload?secret={len(self.allowed)}"
        return httpx.Response(200, json={"url": url, "expires_at": "2030-01-01T00:00:00Z"})


@dataclass
class World:
    """All neighbours behind one transport."""

    gateway: PaperGateway = field(default_factory=PaperGateway)
    network: PaperNetwork = field(default_factory=PaperNetwork)
    images: PaperImages = field(default_factory=PaperImages)
    volumes: PaperVolumes = field(default_factory=PaperVolumes)
    calls: Counter[int] = field(default_factory=Counter)  # by port of the service
    down: set[int] = field(default_factory=set)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer whichever neighbour's call it is."""
        port = request.url.port or 80
        self.calls[port] += 1
        if port in self.down:
            raise httpx.ConnectError("down")
        path = request.url.path.strip("/").split("/")
        body = orjson.loads(request.content) if request.content else {}
        if port == 8790:
            return self.gateway.answer(request.method, path, body)
        if port == 9696:
            return self.network.answer(request.method, path, body, request)
        if port == 8776:
            return self.volumes.answer(request.method, path, body, request)
        return self.images.answer(request.method, path, body, request)
