"""The network service as a target: one of each thing of A's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from services.network.store.tables import metadata
from tests.integration.hostile.noting import Notes
from tests.integration.hostile.samples import Json
from tests.integration.hostile.target import Route, Target, routes_of
from tests.integration.network.rig import Rig, running_rig

NETWORKED = "22222222-2222-2222-2222-222222222222"  # no port, no subnet
# What wraps the attributes of each kind of thing.
WRAPPERS = {
    "networks": "network",
    "subnets": "subnet",
    "ports": "port",
    "subnetpools": "subnetpool",
    "address-scopes": "address_scope",
    "address-groups": "address_group",
    "rbac-policies": "rbac_policy",
    "routers": "router",
    "floatingips": "floatingip",
    "security-groups": "security_group",
    "security-group-rules": "security_group_rule",
}
MANY = {name: name.replace("-", "_") for name in WRAPPERS}
BODIES: dict[Route, list[Any]] = {
    **{Route("PUT", f"/v2.0/{name}/{{id}}"): [{one: {}}] for name, one in WRAPPERS.items()},
    **{
        Route("POST", f"/v2.0/{name}"): [{one: {}}, {MANY[name]: [{}]}]
        for name, one in WRAPPERS.items()
    },
    Route("POST", "/v2.0/floatingips/{id}/port_forwardings"): [{"port_forwarding": {}}],
    Route("PUT", "/v2.0/floatingips/{id}/port_forwardings/{forwarding_id}"): [
        {"port_forwarding": {}}
    ],
    Route("POST", "/v2.0/default-security-group-rules"): [
        {"default_security_group_rule": {}},
        {"default_security_group_rules": [{}]},
    ],
    Route("PUT", "/v2.0/quotas/{project_id}"): [{"quota": {}}],
    Route("PUT", "/v2.0/subnetpools/{id}/add_prefixes"): [{"prefixes": ["10.9.0.0/16"]}],
    Route("PUT", "/v2.0/subnetpools/{id}/remove_prefixes"): [{"prefixes": ["10.8.0.0/16"]}],
    Route("PUT", "/v2.0/address-groups/{id}/add_addresses"): [{"addresses": ["10.9.0.0/16"]}],
    Route("PUT", "/v2.0/address-groups/{id}/remove_addresses"): [{"addresses": ["10.8.0.0/16"]}],
    Route("PUT", "/v2.0/routers/{id}/add_extraroutes"): [
        {"router": {"routes": [{"destination": "10.6.0.0/24", "nexthop": "10.0.0.9"}]}}
    ],
    Route("PUT", "/v2.0/routers/{id}/remove_extraroutes"): [
        {"router": {"routes": [{"destination": "10.6.0.0/24", "nexthop": "10.0.0.9"}]}}
    ],
    Route("PUT", "/v2.0/routers/{id}/add_router_interface"): [
        {"subnet_id": NETWORKED},
        {"port_id": NETWORKED},
    ],
    Route("PUT", "/v2.0/routers/{id}/remove_router_interface"): [{"subnet_id": NETWORKED}],
    Route("PUT", "/v2.0/{collection}/{id}/tags"): [{"tags": ["red"]}],
    Route("POST", "/v2.0/{collection}/{id}/tags"): [{"tags": ["red"]}],
    Route("PUT", "/v2.0/{collection}/{id}/tags/{tag}"): [],
}


def is_walked(path: str) -> bool:
    """Whether the path is the service's own."""
    return path.startswith(("/v2.0/", "/internal/")) and not path.endswith(".json")


@asynccontextmanager
async def network_target(url: str, notes: Notes) -> AsyncIterator[Target]:
    """Run the network service."""
    async with running_rig(url) as rig, aiohttp.ClientSession() as session:

        async def furnish(target: Target) -> None:
            await rig.forget()
            await _furnish(rig, target)

        yield Target(
            name="network",
            family="neutron",
            base=f"http://127.0.0.1:{rig.http.port}",
            session=session,
            engine=rig.service.parts.engine,
            metadata=metadata,
            routes=routes_of(rig.service.app, is_walked),
            furnish=furnish,
            tidy=lambda: None,  # nothing around it changes
            notes=notes,
            bodies=BODIES,
        )


async def _make(rig: Rig, collection: str, singular: str, who: str = "demo", **fields: Any) -> Json:
    status, answer = await rig.call(who, "POST", f"/{collection}", {singular: fields})
    assert status == 201, answer
    made: Json = answer[singular]
    return made


async def _furnish(rig: Rig, target: Target) -> None:
    await rig.know_cluster()
    network, subnet = await rig.network()
    outside = await _make(
        rig, "networks", "network", "admin", **{"name": "out", "router:external": True}
    )
    await _make(
        rig, "subnets", "subnet", "admin", network_id=outside["id"], cidr="192.0.2.0/24",
        ip_version=4,
    )  # fmt: skip
    port = await _make(rig, "ports", "port", network_id=network["id"])
    group = await _make(rig, "security-groups", "security_group", name="g")
    rule = await _make(
        rig, "security-group-rules", "security_group_rule",
        security_group_id=group["id"], direction="ingress",
    )  # fmt: skip
    router = await _make(rig, "routers", "router", name="r")
    scope = await _make(rig, "address-scopes", "address_scope", name="s", ip_version=4)
    pool = await _make(
        rig, "subnetpools", "subnetpool", name="p", prefixes=["10.8.0.0/16"],
        address_scope_id=scope["id"],
    )  # fmt: skip
    addresses = await _make(
        rig, "address-groups", "address_group", name="a", addresses=["10.8.0.0/16"]
    )
    rbac = await _make(
        rig, "rbac-policies", "rbac_policy", object_type="network", object_id=network["id"],
        action="access_as_shared", target_tenant="c" * 32,
    )  # fmt: skip
    body = {"router": {"external_gateway_info": {"network_id": outside["id"]}}}
    await rig.call("demo", "PUT", f"/routers/{router['id']}", body)
    floating = await _make(rig, "floatingips", "floatingip", floating_network_id=outside["id"])
    forwarded = await rig.make("ports", network_id=network["id"])
    await rig.call(
        "demo", "PUT", f"/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]}
    )
    wanted = {
        "internal_port_id": forwarded["id"],
        "internal_port": 22,
        "external_port": 2222,
        "protocol": "tcp",
    }
    path = f"/floatingips/{floating['id']}/port_forwardings"
    _, forwarding = await rig.call("demo", "POST", path, {"port_forwarding": wanted})
    target.ids = {
        "forwarding_id": forwarding["port_forwarding"]["id"],
        "networks/id": network["id"],
        "subnets/id": subnet["id"],
        "ports/id": port["id"],
        "security-groups/id": group["id"],
        "security-group-rules/id": rule["id"],
        "routers/id": router["id"],
        "address-scopes/id": scope["id"],
        "subnetpools/id": pool["id"],
        "address-groups/id": addresses["id"],
        "rbac-policies/id": rbac["id"],
        "floatingips/id": floating["id"],
        "network-ip-availabilities/id": network["id"],
        "agents/id": "11111111-1111-1111-1111-111111111111",
        "project_id": "d" * 32,
        "default-security-group-rules/id": "33333333-3333-3333-3333-333333333333",
        "collection": "networks",
        "{collection}/id": network["id"],
        "alias": "quotas",
        "tag": "red",
    }
    target.private = {name for name in target.ids if name.endswith("/id")}
    target.private.remove("default-security-group-rules/id")  # they are nobody's
    target.names = {
        "network_id": network["id"],
        "name": "sample",
        "security_group_id": group["id"],
        "floating_network_id": outside["id"],
        "cidr": "10.7.0.0/24",
        "ip_version": 4,
        "prefixes": ["10.9.0.0/16"],
        "addresses": ["10.9.0.0/16"],
        "remote_address_group_id": addresses["id"],
        "direction": "ingress",
        "internal_port_id": forwarded["id"],
        "internal_port": 80,
        "external_port": 8080,
        "protocol": "tcp",
        "object_type": "network",
        "object_id": network["id"],
        "action": "access_as_shared",
        "target_tenant": "*",
    }
