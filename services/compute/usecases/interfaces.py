"""Accepts interfaces onto servers and off them.

Nova answers with the interface's port, so the port is had in the request; the NIC is added by a
saga. A port whose request dies before the server's row has it goes with the server, or when its
owner deletes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from uuid import UUID

from services.compute.domain.device_rules import Change, require_changeable, require_hotplug
from services.compute.domain.devices import DeviceState
from services.compute.domain.lifecycle import Action
from services.compute.domain.request import NetworkAmbiguous
from services.compute.domain.server import FixedIp, Nic, Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.acting import Actor, record
from services.compute.usecases.neighbours import Networks
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.contracts.resources import NetworkChanged, PortChanged
from shared.errors import BadInput, CloudError, Conflict, NotAllowed, NotFound
from shared.ids import derived

ATTACH: Final = "compute.attach_interface"
DETACH: Final = "compute.detach_interface"
READDRESS: Final = "compute.readdress_interface"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceWish:
    """An interface somebody wants on a server: in a network, or by a port."""

    network_id: str | None = None
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wirer:
    """Who wires: in which request, with whose eyes on the network service."""

    actor: Actor
    token: str
    is_admin: bool = False
    may_attach_external: bool = False


async def attach(
    transaction: Transaction,
    networks: Networks,
    server_id: UUID,
    wirer: Wirer,
    wish: InterfaceWish,
) -> Nic:
    """Begin to attach an interface; return it, with its port.

    Raises:
        NotFound: no such server, network or port.
        BadInput: several networks and none named, or no address is left.
        Conflict: the server's state does not allow it, or the port or address is in use.
        OverQuota: the project may have no more ports.
    """
    async with transaction() as stores:
        server = await _changeable(stores, server_id, wirer.actor, Change.ATTACH_INTERFACE)
    if wish.port_id is not None:
        port = await _bind(networks, server, wirer, wish.port_id)
    else:
        network_id = wish.network_id or await _only_network(networks, server, wirer)
        port = await _make(networks, server, wirer, network_id, wish)
    try:
        return await _plug(transaction, networks, server_id, wirer, wish, port)
    except CloudError:
        await give_back(networks, port["id"], made=wish.port_id is None)
        raise


def owned_by(server: Server) -> Json:
    """Return what says of a port that it is the server's, and where."""
    return {
        "device_id": str(server.id),
        "device_owner": f"compute:{server.availability_zone or ''}",
        "binding:host_id": server.cluster,
    }


async def _bind(networks: Networks, server: Server, wirer: Wirer, port_id: str) -> Json:
    try:
        port = await networks.port(port_id, wirer.token)
    except (NotFound, NotAllowed, BadInput) as absent:
        raise NotFound(f"Port {port_id} could not be found.") from absent
    if port.get("device_id"):
        raise Conflict(f"Port {port_id} is still in use.")
    return await networks.update_port(port_id, owned_by(server), wirer.actor.request_id)


async def _only_network(networks: Networks, server: Server, wirer: Wirer) -> str:
    found = [
        network["id"]
        for network in await networks.networks({}, wirer.token)
        if network.get("shared") or server.project_id in _owners(network)
    ]
    if len(found) > 1:
        raise BadInput(
            "Multiple possible networks found, use a Network ID to be more specific.",
            name=NetworkAmbiguous.__name__,
        )
    if not found:
        raise BadInput(f"No network is there to attach instance {server.id} to.")
    return str(found[0])


def _owners(network: Mapping[str, Any]) -> set[Any]:
    return {network.get("project_id"), network.get("tenant_id")}


async def _make(
    networks: Networks, server: Server, wirer: Wirer, network_id: str, wish: InterfaceWish
) -> Json:
    try:
        network = await networks.network(network_id, wirer.token)
    except (NotFound, NotAllowed, BadInput) as absent:
        raise NotFound(f"Network {network_id} could not be found.") from absent
    is_open = network.get("shared") or server.project_id in _owners(network)
    if network.get("router:external") and not is_open and not wirer.may_attach_external:
        raise NotAllowed(
            f"It is not allowed to create an interface on external network {network_id}"
        )
    body: Json = {
        "network_id": network_id,
        "project_id": server.project_id,
        **owned_by(server),
    }
    if wish.fixed_ip is not None:
        body["fixed_ips"] = [{"ip_address": wish.fixed_ip}]
    request_id = wirer.actor.request_id
    key = derived(server.id, "interface", request_id)
    try:
        return await networks.create_port(body, idempotency_key=key, request_id=request_id)
    except Conflict as taken:
        if wish.fixed_ip is not None:
            raise
        raise BadInput(taken.message) from taken  # no address is left, as Nova says it


class Ports(Protocol):
    """The network service, as far as ports go back to it."""

    async def update_port(self, port_id: str, body: Json, request_id: str | None = None) -> Json:
        """Change a port."""
        ...

    async def delete_port(self, port_id: str, request_id: str | None = None) -> None:
        """Have no such port."""
        ...


async def give_back(networks: Ports, port_id: str, *, made: bool) -> None:
    """Delete a port that was made for a server, or let go of the user's own."""
    try:
        if made:
            await networks.delete_port(port_id)
        else:
            released = {"device_id": "", "device_owner": "", "binding:host_id": ""}
            await networks.update_port(port_id, released)
    except NotFound:
        return


async def _changeable(stores: Stores, server_id: UUID, actor: Actor, change: Change) -> Server:
    server = await stores.servers.get(server_id, actor.scope)
    server.require_unlocked(is_admin=actor.anywhere)
    require_changeable(server, change)
    cluster = await stores.capacity.cluster(server.cluster) if server.cluster else None
    require_hotplug(server, cluster)
    return server


async def _plug(
    transaction: Transaction,
    networks: Networks,
    server_id: UUID,
    wirer: Wirer,
    wish: InterfaceWish,
    port: Json,
) -> Nic:
    name = await _network_name(transaction, networks, str(port["network_id"]))
    nic = nic_of(port, name, tag=wish.tag, made_for_us=wish.port_id is None)
    async with transaction() as stores:
        await know(stores, port)  # before the server, as news of ports lock them
        server = await _changeable(stores, server_id, wirer.actor, Change.ATTACH_INTERFACE)
        plugged = replace(server, nics=(*server.nics, nic), updated_at=utcnow())
        await save(stores, plugged, wirer.actor.request_id)
        await record(stores, plugged, wirer.actor, Change.ATTACH_INTERFACE)
        notes = {"server": str(server_id), "port": nic.port_id, "made": nic.made_for_us}
        await stores.sagas.start(ATTACH, UUID(nic.port_id), notes, wirer.actor.request_id)
    return nic


async def _network_name(transaction: Transaction, networks: Networks, network_id: str) -> str:
    async with transaction() as stores:
        told = await stores.projections.documents(NetworkChanged.resource, [network_id])
    if network_id in told:
        return str(told[network_id].get("name", ""))
    return str((await networks.network(network_id)).get("name", ""))


def nic_of(port: Json, network_name: str, *, tag: str | None, made_for_us: bool) -> Nic:
    """Return a port as the NIC it is about to be."""
    return Nic(
        port_id=port["id"],
        network_id=str(port["network_id"]),
        network_name=network_name,
        mac=port["mac_address"],
        status=port.get("status") or "DOWN",
        made_for_us=made_for_us,
        tag=tag,
        state=DeviceState.ATTACHING,
        fixed_ips=tuple(
            FixedIp(address=each["ip_address"], subnet_id=each.get("subnet_id"))
            for each in port.get("fixed_ips") or ()
        ),
    )


async def know(stores: Stores, port: Json) -> None:
    """Take in what the owner answered about a port, so that older news of it is old news."""
    revision = port.get("revision_number")
    if revision is None:
        return
    seen = {name: value for name, value in port.items() if name != "binding:host_id"}
    fact = PortChanged(
        verb="updated",
        id=port["id"],
        project_id=port.get("project_id"),
        version=int(revision),
        document=seen,
    )
    await stores.projections.record_resources([fact])


async def detach(transaction: Transaction, server_id: UUID, actor: Actor, port_id: str) -> None:
    """Begin to detach an interface, also one on its way in; a repeat changes nothing.

    Raises:
        NotFound: no such server, or it has no such port.
        Conflict: the server's state does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        nic = next((each for each in server.nics if each.port_id == port_id), None)
        if nic is None:
            raise NotFound(f"Port {port_id} could not be found.")
        if nic.state is DeviceState.DETACHING:
            return
        await _changeable(stores, server_id, actor, Change.DETACH_INTERFACE)
        leaving = tuple(
            replace(each, state=DeviceState.DETACHING) if each is nic else each
            for each in server.nics
        )
        changed = replace(server, nics=leaving, updated_at=utcnow())
        await save(stores, changed, actor.request_id)
        await record(stores, changed, actor, Change.DETACH_INTERFACE)
        await begin_unplug(stores, server_id, port_id, made=nic.made_for_us, request=actor)


async def begin_unplug(
    stores: Stores, server_id: UUID, port_id: str, *, made: bool, request: Actor | None = None
) -> None:
    """Have a saga take a NIC out of its instance, and give its port back."""
    await stores.sagas.supersede(UUID(port_id))
    notes = {"server": str(server_id), "port": port_id, "made": made}
    request_id = request.request_id if request else None
    await stores.sagas.start(DETACH, UUID(port_id), notes, request_id)


async def readdress(stores: Stores, before: Server, after: Server) -> None:
    """Have Ganeti told of the interfaces whose address is another one now."""
    if after.cluster is None or after.action in {Action.CREATE, Action.DELETE}:
        return
    had = {nic.port_id: nic.ipv4 for nic in before.nics if nic.state is DeviceState.ATTACHED}
    for nic in after.nics:
        if nic.port_id in had and had[nic.port_id] != nic.ipv4:
            await stores.sagas.supersede(UUID(nic.port_id))
            notes = {"server": str(after.id), "port": nic.port_id}
            await stores.sagas.start(READDRESS, UUID(nic.port_id), notes)
