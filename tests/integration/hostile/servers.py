"""The compute service as a target: a running server of A's, and one of each other thing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import httpx

from services.compute.api import server_actions
from services.compute.api.actions.unbuilt import UNBUILT
from services.compute.store.tables import metadata
from tests.contract.compute.test_proxies import GROUP, Neutron
from tests.integration.compute.rig import FLAVOR, IMAGE, NETWORK, Rig, furnish, running_rig
from tests.integration.hostile.noting import Notes
from tests.integration.hostile.samples import Json
from tests.integration.hostile.target import Route, Target, routes_of

ABSENT = str(UUID(int=79))
# What Nova did for its neighbours, until it did not.
OLD = {"OpenStack-API-Version": "compute 2.1"}
PROXIES = (
    "images", "os-security-group", "os-networks", "os-tenant-networks", "os-floating-ip",
)  # fmt: skip


def is_walked(path: str) -> bool:
    """Whether the path is the service's own, said once; what it never has says so for all."""
    own = path.startswith(("/v2.1/", "/internal/"))
    return own and "{project_id" not in path and "{rest" not in path


def bodies() -> dict[Route, list[Any]]:
    """Return bodies of routes that no model reads alone."""
    server, image = "/v2.1/servers/{server_id}", "/v2.1/images/{image_id}"
    return {
        Route("POST", f"{server}/action"): [
            *({name: {}} for name in server_actions.ACTIONS),
            *({name: {}} for name in UNBUILT),
        ],
        Route("PUT", f"{server}/tags/{{tag}}"): [],
        Route("POST", "/v2.1/flavors/{flavor_id}/action"): [
            {"addTenantAccess": {"tenant": "c" * 32}},
            {"removeTenantAccess": {"tenant": "c" * 32}},
        ],
        Route("PUT", "/v2.1/flavors/{flavor_id}/os-extra_specs/{key}"): [{"hw:k": "w"}],
        Route("PUT", "/v2.1/os-hosts/{host}"): [],
        Route("PUT", "/v2.1/os-services/{service_id}"): [{"status": "enabled"}],
        # Gone since 2.36 and 2.39: refused before their bodies are read.
        Route("POST", f"{image}/metadata"): [],
        Route("PUT", f"{image}/metadata"): [],
        Route("PUT", f"{image}/metadata/{{key}}"): [],
        Route("POST", "/v2.1/os-security-groups"): [],
        Route("PUT", "/v2.1/os-security-groups/{group_id}"): [],
        Route("POST", "/v2.1/os-security-group-rules"): [],
        Route("POST", "/v2.1/os-aggregates/{aggregate_id}/action"): [
            {"add_host": {"host": "node1.athens"}},
            {"remove_host": {"host": "node1.athens"}},
            {"set_metadata": {"metadata": {"k": "v"}}},
        ],
    }


@asynccontextmanager
async def compute_target(url: str, notes: Notes) -> AsyncIterator[Target]:
    """Run the compute service."""
    async with running_rig(url) as rig, aiohttp.ClientSession() as session:
        _have_security_groups(rig)

        async def refurnish(target: Target) -> None:
            await target.empty()
            await _furnish(rig, target)

        def tidy() -> None:
            images = rig.world.images.images
            for made in images.keys() - {IMAGE}:
                del images[made]

        yield Target(
            name="compute",
            family="nova",
            base=f"http://127.0.0.1:{rig.http.port}",
            session=session,
            engine=rig.service.parts.engine,
            metadata=metadata,
            routes=routes_of(rig.service.app, is_walked),
            furnish=refurnish,
            tidy=tidy,
            notes=notes,
            bodies=bodies(),
            headers={"OpenStack-API-Version": "compute 2.96"},
            headers_at={f"/v2.1/{name}": OLD for name in PROXIES},
            service="admin",
        )


def _have_security_groups(rig: Rig) -> None:
    http: Any = rig.service.parts.http
    http._transport = httpx.MockTransport(Neutron(rig).answer)


async def _make(rig: Rig, path: str, body: Json, who: str = "demo") -> Json:
    answer = await rig.call("POST", path, body, who=who, mv="2.96")
    assert answer.status < 300, answer.body
    ((_, made),) = answer.body.items()
    return dict(made)


async def _furnish(rig: Rig, target: Target) -> None:
    await furnish(rig)
    rig.world.images.images[IMAGE] |= {
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "protected": False,
        "k": "v",
    }
    await rig.know_cluster()
    server = await rig.active(metadata={"k": "v"}, tags=["t"])
    await _make(rig, "/os-keypairs", {"keypair": {"name": "key", "type": "ssh", "public_key": KEY}})
    group = await _make(
        rig, "/os-server-groups", {"server_group": {"name": "g", "policy": "affinity"}}
    )
    aggregate = await _make(rig, "/os-aggregates", {"aggregate": {"name": "a"}}, "admin")
    await rig.call(
        "POST", f"/flavors/{FLAVOR}/os-extra_specs", {"extra_specs": {"hw:k": "v"}}, who="admin"
    )
    hypervisors = (await rig.get("/os-hypervisors", who="admin", mv="2.96"))["hypervisors"]
    services = (await rig.get("/os-services", who="admin", mv="2.96"))["services"]
    actions = await rig.get(f"/servers/{server}/os-instance-actions")
    port = (await rig.get(f"/servers/{server}/os-interface"))["interfaceAttachments"][0]["port_id"]
    target.ids = {
        "server_id": server,
        "key": "k",
        "os-extra_specs/key": "hw:k",
        "tag": "t",
        "tags/tag": "t",
        "label": "private",
        "volume_id": ABSENT,
        "port_id": port,
        "request_id": actions["instanceActions"][0]["request_id"],
        "flavor_id": FLAVOR,
        "os-keypairs/name": "key",
        "os-quota-class-sets/name": "default",
        "project": "d" * 32,
        "group_id": group["id"],
        "os-security-groups/group_id": GROUP,
        "rule_id": ABSENT,
        "network_id": NETWORK,
        "hypervisor_id": str(hypervisors[0]["id"]),
        "host": "node1.athens",
        "power": "startup",
        "service_id": str(services[-1]["id"]),  # on a node
        "alias": "os-keypairs",
        "token": ABSENT,
        "before": "2026-01-01",
        "migration_id": "1",
        "aggregate_id": str(aggregate["id"]),
        "image_id": IMAGE,
    }
    target.private = {"server_id", "port_id", "group_id"}
    target.names = {
        "name": "sample",
        "flavorRef": FLAVOR,
        "imageRef": IMAGE,
        "networks": [{"uuid": NETWORK}],
        "public_key": KEY,
        "policy": "affinity",
        "project": "c" * 32,
        "tenant": "c" * 32,
        "host": "node1.athens",
        "vcpus": 1,
        "disk": 1,
        "key": "sample",
    }


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFz4cMo8vZmZ1N6k8sYyPj3Gq1e0m0wVw4mCwKq0vK8d a@b"
