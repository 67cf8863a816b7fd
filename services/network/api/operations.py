"""Handlers of what administrators look at: agents, zones, and how full networks are."""

from uuid import UUID

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.paths import id_in, uuid_in
from services.network.api.schemas.attributes import HTTPBadRequest
from services.network.domain.errors import AgentNotFound, NetworkNotFound
from services.network.domain.router_errors import RouterNotFound
from services.network.store.documents import one
from services.network.store.listings import NETWORKS
from services.network.store.router_listings import ROUTERS
from services.network.store.summaries import floating_ip_pools, fullness, zones
from shared.web.answers import answer


async def list_agents(request: web.Request) -> web.Response:
    """List agents: none, for nothing on the nodes reports to us."""
    require(request, "get_agent")
    return answer({"agents": []})


async def show_agent(request: web.Request) -> web.Response:
    """Show an agent: there is none."""
    require(request, "get_agent")
    raise AgentNotFound(request.match_info["id"])


async def list_router_agents(request: web.Request) -> web.Response:
    """List the agents that a router runs on: none, for nothing on the nodes forwards."""
    require(request, "get_agent")
    router_id = id_in(request, RouterNotFound)
    deps = request.app[DEPS]
    if await one(deps.reads, ROUTERS, view_of(request), router_id) is None:
        raise RouterNotFound(router_id)
    return answer({"agents": []})


async def list_network_agents(request: web.Request) -> web.Response:
    """List the agents that serve a network: none."""
    require(request, "get_agent")
    network_id = id_in(request, NetworkNotFound)
    deps = request.app[DEPS]
    if await one(deps.reads, NETWORKS, view_of(request), network_id) is None:
        raise NetworkNotFound(network_id)
    return answer({"agents": []})


async def list_floating_ip_pools(request: web.Request) -> web.Response:
    """List the ranges that floating IPs are taken from."""
    require(request, "get_floatingip_pool")
    deps = request.app[DEPS]
    found = await floating_ip_pools(deps.reads, view_of(request))
    return answer({"floatingip_pools": list(found)})


async def list_service_providers(request: web.Request) -> web.Response:
    """List who provides services: nobody but ourselves."""
    require(request, "get_service_provider")
    return answer({"service_providers": []})


async def list_availability_zones(request: web.Request) -> web.Response:
    """List the zones that clusters are in."""
    require(request, "get_availability_zone")
    deps = request.app[DEPS]
    names = sorted({*deps.zones, *await zones(deps.reads)})
    found = [
        {"name": name, "resource": resource, "state": "available"}
        for name in names
        for resource in ("network", "router")
    ]
    for key in ("name", "resource", "state"):
        if key in request.query:
            found = [zone for zone in found if zone[key] in request.query.getall(key)]
    return answer({"availability_zones": found})


async def list_ip_availabilities(request: web.Request) -> web.Response:
    """List how many addresses networks have, and how many are used."""
    require(request, "get_network_ip_availability")
    query = request.query
    if any("\0" in value for value in query.values()):
        raise HTTPBadRequest("Strings must not contain NUL characters.")
    version = query.get("ip_version")
    if version not in {None, "4", "6"}:
        raise HTTPBadRequest(f"Invalid input for ip_version. Reason: '{version}' is not in [4, 6].")
    network_id: UUID | None = None
    if "network_id" in query:
        network_id = uuid_in(query["network_id"])
        if network_id is None:
            return answer({"network_ip_availabilities": []})
    found = await fullness(
        request.app[DEPS].reads,
        network_id=network_id,
        name=query.get("network_name"),
        project_id=query.get("project_id", query.get("tenant_id")),
        ip_version=int(version) if version else None,
    )
    return answer({"network_ip_availabilities": list(found)})


async def show_ip_availability(request: web.Request) -> web.Response:
    """Show how many addresses a network has, and how many are used."""
    require(request, "get_network_ip_availability")
    network_id = id_in(request, NetworkNotFound)
    found = await fullness(request.app[DEPS].reads, network_id=network_id)
    if not found:
        raise NetworkNotFound(network_id)
    return answer({"network_ip_availability": found[0]})
