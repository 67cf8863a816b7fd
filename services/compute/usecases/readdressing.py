"""Changes what the ports of a server are: their security groups, their addresses.

The ports are the network service's; what it answers is taken into the server's row at once, so
that who asked sees it in the next answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.compute.domain.server import Group, Server
from services.compute.store.stores import Transaction
from services.compute.usecases.acting import Actor
from services.compute.usecases.interfaces import know, readdress
from services.compute.usecases.neighbours import Networks
from services.compute.usecases.progress import as_told
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.errors import BadInput, Conflict, NotFound

Json = dict[str, Any]
Change = Callable[[Json], Json | None]  # a port -> what is to change about it; None: nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Readdressing:
    """Who changes the ports of which server, with whose eyes on the network service."""

    transaction: Transaction
    networks: Networks
    server_id: UUID
    actor: Actor
    token: str


async def _server(using: Readdressing) -> Server:
    async with using.transaction() as stores:
        server = await stores.servers.get(using.server_id, using.actor.scope)
        server.require_unlocked(is_admin=using.actor.anywhere)
        return server


async def add_group(using: Readdressing, wanted: str) -> None:
    """Have a security group on every port of a server.

    Raises:
        NotFound: no such server or group, or the server has no ports.
        Conflict: several groups have this name.
    """
    server = await _server(using)
    groups = await _groups(using, server)
    group = _one(groups, wanted, server)

    def added(port: Json) -> Json | None:
        has = port.get("security_groups") or []
        if group.id in has or port.get("port_security_enabled") is False:
            return None
        return {"security_groups": [*has, group.id]}

    ports = await _ports(using, server)
    if not ports:
        raise NotFound(f"instance_id {server.id} could not be found as device id on any ports")
    await _change(using, ports, added, groups)


async def remove_group(using: Readdressing, wanted: str) -> None:
    """Have a security group on no port of a server.

    Raises:
        NotFound: no such server or group, or no port of the server has it.
        Conflict: several groups have this name.
    """
    server = await _server(using)
    groups = await _groups(using, server)
    ports = await _ports(using, server)
    used = {ident for port in ports for ident in port.get("security_groups") or ()}
    here = [group for group in groups if group.id in used]
    group = _one(here if _named(here, wanted) else groups, wanted, server)
    if group.id not in used:
        raise NotFound(f"Security group {wanted} not associated with the instance {server.id}")

    def removed(port: Json) -> Json | None:
        has = port.get("security_groups") or []
        if group.id not in has:
            return None
        return {"security_groups": [ident for ident in has if ident != group.id]}

    await _change(using, ports, removed, groups)


async def _groups(using: Readdressing, server: Server) -> list[Group]:
    found = await using.networks.security_groups({"project_id": server.project_id}, using.token)
    return [Group(id=each["id"], name=each["name"]) for each in found]


def _named(groups: Sequence[Group], wanted: str) -> list[Group]:
    return [group for group in groups if group.id == wanted] or [
        group for group in groups if group.name == wanted
    ]


def _one(groups: Sequence[Group], wanted: str, server: Server) -> Group:
    found = _named(groups, wanted)
    if not found:
        raise NotFound(f"Security group {wanted} not found for project {server.project_id}.")
    if len(found) > 1:
        raise Conflict(
            f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific."
        )
    return found[0]


async def _ports(using: Readdressing, server: Server) -> list[Json]:
    """Return the ports of the server's NICs, as their owner has them now."""
    ours = {nic.port_id for nic in server.nics}
    found = await using.networks.ports({"device_id": str(server.id)})
    return [port for port in found if port["id"] in ours]


async def _change(
    using: Readdressing, ports: Sequence[Json], change: Change, groups: Sequence[Group]
) -> None:
    """Change ports at their owner's, and take in what it answers."""
    answers: dict[str, Json] = {port["id"]: port for port in ports}
    for port in ports:
        if (body := change(port)) is not None:
            answers[port["id"]] = await using.networks.update_port(
                port["id"], body, using.actor.request_id
            )
    async with using.transaction() as stores:
        # Ports before the server, as news of ports lock them: the other order could deadlock.
        for ident in sorted(answers):
            await know(stores, answers[ident])
        server = await stores.servers.get(using.server_id, using.actor.scope)
        changed = replace(
            server,
            nics=tuple(as_told(nic, answers.get(nic.port_id, {})) for nic in server.nics),
            security_groups=_of(answers.values(), [*groups, *server.security_groups]),
        )
        if changed != server:
            await save(stores, replace(changed, updated_at=utcnow()), using.actor.request_id)
            await readdress(stores, server, changed)


def _of(ports: Any, groups: Sequence[Group]) -> tuple[Group, ...]:
    """Return the security groups of ports, with their names."""
    names: Mapping[str, str] = {group.id: group.name for group in reversed(groups)}
    ids = dict.fromkeys(ident for port in ports for ident in port.get("security_groups") or ())
    return tuple(Group(id=ident, name=names.get(ident, ident)) for ident in ids)


async def add_address(using: Readdressing, network_id: str) -> None:
    """Give the server's port in a network one more address.

    Raises:
        NotFound: no such server.
        BadInput: it has no port there, or no address is left.
    """
    server = await _server(using)
    ports = [port for port in await _ports(using, server) if port["network_id"] == network_id]
    if not ports or not ports[0].get("fixed_ips"):
        raise BadInput(f"Network {network_id} is not one of instance {server.id}.")
    port, has = ports[0], ports[0]["fixed_ips"]
    more = [*has, {"subnet_id": has[0]["subnet_id"]}]
    await _readdress(using, server, port, more)


async def remove_address(using: Readdressing, address: str) -> None:
    """Take an address from the server's ports.

    Raises:
        NotFound: no such server.
        BadInput: none of its ports has the address, or the port cannot do without.
    """
    server = await _server(using)
    for port in await _ports(using, server):
        has = port.get("fixed_ips") or []
        left = [each for each in has if each["ip_address"] != address]
        if len(left) < len(has):
            return await _readdress(using, server, port, left)
    raise BadInput(f"Fixed IP address {address} not found for instance {server.id}.")


async def _readdress(
    using: Readdressing, server: Server, port: Json, fixed_ips: list[Json]
) -> None:
    groups = list(server.security_groups)
    try:
        await _change(using, [port], lambda _: {"fixed_ips": fixed_ips}, groups)
    except Conflict as refused:
        raise BadInput(refused.message) from refused


async def associate(using: Readdressing, address: str, fixed_address: str | None) -> None:
    """Give a floating address to a server.

    Raises:
        NotFound: no such server or floating address.
        BadInput: the server has no address that it could belong to.
    """
    server = await _server(using)
    floating = await _floating(using, address)
    for nic in server.nics:
        for fixed in nic.fixed_ips:
            if fixed.address == fixed_address or (not fixed_address and ":" not in fixed.address):
                body = {"port_id": nic.port_id, "fixed_ip_address": fixed.address}
                await using.networks.associate(
                    floating["id"], body, using.token, using.actor.request_id
                )
                return
    raise BadInput(f"No fixed IP addresses to associate on instance {server.id}.")


async def disassociate(using: Readdressing, address: str) -> None:
    """Take a floating address from a server.

    Raises:
        NotFound: no such server or floating address.
        Conflict: it is another server's, or nobody's.
    """
    server = await _server(using)
    floating = await _floating(using, address)
    if floating.get("port_id") not in {nic.port_id for nic in server.nics}:
        raise Conflict(f"Floating IP {address} is not associated with instance {server.id}.")
    await using.networks.associate(
        floating["id"], {"port_id": None}, using.token, using.actor.request_id
    )


async def _floating(using: Readdressing, address: str) -> Json:
    found = await using.networks.floating_ips({"floating_ip_address": address}, using.token)
    if not found:
        raise NotFound(f"Floating IP not found for address {address}.")
    return found[0]
