"""The ports of a server: made or bound, awaited, and let go of again."""

from typing import Any, Final

from services.compute.domain.server import FixedIp, NetworkWish, Nic, Server
from services.compute.effects.cloud import Cloud, Json, request_of, subject_of, tries_of
from services.compute.usecases import progress
from shared.contracts.operations import NicSpec
from shared.errors import BadInput, Conflict, NotAllowed, NotFound, OverQuota, Unprocessable
from shared.ids import derived
from shared.saga.definition import GiveUp, Notes, Rewind, Wait

WIRING_PAUSE: Final = 5.0  # seconds until a port is looked at without news of it
REFUSALS: Final = (BadInput, Conflict, NotAllowed, NotFound, OverQuota)
ROUND: Final = "ports_round"  # how often they were made anew on the same cluster
UNBOUND: Final = "unbound"
FAILED: Final = "binding_failed"


async def make_ports(cloud: Cloud, notes: Notes) -> Notes:
    """Have a port for each NIC, bound to the cluster; the user's own are bound, others made.

    A repeat may ask for something else than the first try did, which died before it was written
    down: the server's row has meanwhile learned its security groups of the port that was made.
    Then what was made is let go of, and made again.
    """
    server = await progress.read(cloud.transaction, subject_of(notes))
    made, nics = [], []
    for index, wish in enumerate(server.requested_networks):
        try:
            port = await _port(cloud, notes, server, index, wish)
        except Unprocessable as changed:
            raise Rewind("ports", {ROUND: notes.get(ROUND, 0) + 1}) from changed
        except REFUSALS as refused:
            raise GiveUp(refused.message) from refused
        made.append({"id": port["id"], **wiring_of(port)})
        nics.append(await _nic(cloud, port, wish))
    await progress.plug(cloud.transaction, server.id, nics)
    return {"ports": made}


async def _port(cloud: Cloud, notes: Notes, server: Server, index: int, wish: NetworkWish) -> Json:
    owner = {
        "device_id": str(server.id),
        "device_owner": f"compute:{server.availability_zone or ''}",
        "binding:host_id": notes["cluster"],
    }
    again = [notes[ROUND]] if ROUND in notes else []
    if wish.port_id is not None:
        return await cloud.networks.update_port(wish.port_id, owner, request_of(notes))
    body: Json = {"network_id": wish.network_id, "project_id": server.project_id, **owner}
    if wish.fixed_ip is not None:
        body["fixed_ips"] = [{"ip_address": wish.fixed_ip}]
    if groups := [group.id for group in server.security_groups if group.id]:
        body["security_groups"] = groups
    key = derived(server.id, "port", index, tries_of(notes), *again)
    return await cloud.networks.create_port(body, idempotency_key=key, request_id=request_of(notes))


async def _nic(cloud: Cloud, port: Json, wish: NetworkWish) -> Nic:
    network_id = str(port["network_id"])
    return Nic(
        port_id=port["id"],
        network_id=network_id,
        network_name=await _network_name(cloud, network_id),
        mac=port["mac_address"],
        status=port.get("status") or "DOWN",
        made_for_us=wish.port_id is None,
        tag=wish.tag,
        fixed_ips=tuple(
            FixedIp(address=each["ip_address"], subnet_id=each.get("subnet_id"))
            for each in port.get("fixed_ips") or ()
        ),
    )


async def _network_name(cloud: Cloud, network_id: str) -> str:
    known = await progress.network_name(cloud.transaction, network_id)
    if known is None:
        known = str((await cloud.networks.network(network_id)).get("name", ""))
    return known


def wiring_of(port: Json) -> Json:
    """Return how a port is found on the cluster's nodes, as far as is known yet."""
    details: dict[str, Any] = port.get("binding:vif_details") or {}
    return {
        "vif_type": port.get("binding:vif_type") or UNBOUND,
        "network": details.get("ganeti_network"),
        "mode": details.get("mode"),
        "link": details.get("link"),
        "vlan": details.get("vlan"),
    }


async def await_wiring(cloud: Cloud, notes: Notes) -> Notes:
    """Wait until the cluster knows the network of every port."""
    wired = []
    for port in notes["ports"]:
        known = port
        if port["vif_type"] in {UNBOUND, FAILED}:
            known = {"id": port["id"], **wiring_of(await _look(cloud, port["id"]))}
        if known["vif_type"] == FAILED:
            raise Rewind("place", {"tried": [*notes.get("tried", ()), notes["cluster"]]})
        if known["vif_type"] == UNBOUND:
            raise Wait(WIRING_PAUSE)
        wired.append(known)
    return {"ports": wired}


async def _look(cloud: Cloud, port_id: str) -> Json:
    try:
        return await cloud.networks.port(port_id)
    except NotFound as gone:
        raise GiveUp(f"Port {port_id} could not be found.") from gone


async def drop_ports(cloud: Cloud, notes: Notes) -> None:
    """Delete the ports made for the server, and let go of the user's own.

    Before a server ran, every port of it that its user did not name was made for it. Later one
    that is not in its row may be its user's, bound by a request that did not live to write it.
    """
    server = await progress.read(cloud.transaction, subject_of(notes))
    named = {wish.port_id for wish in server.requested_networks if wish.port_id}
    theirs = named | {nic.port_id for nic in server.nics if not nic.made_for_us}
    ours = {nic.port_id for nic in server.nics if nic.made_for_us}
    for port in await cloud.networks.ports({"device_id": str(server.id)}):
        unknown = server.launched_at is not None and port["id"] not in ours
        try:
            if port["id"] in theirs or unknown:
                released = {"device_id": "", "device_owner": "", "binding:host_id": ""}
                await cloud.networks.update_port(port["id"], released, request_of(notes))
            else:
                await cloud.networks.delete_port(port["id"], request_of(notes))
        except NotFound:
            continue


def nic_specs(server: Server, ports: list[Json]) -> list[NicSpec]:
    """Return the NICs of an instance, in the order the user asked for them."""
    wiring = {port["id"]: port for port in ports}
    return [nic_spec(nic, wiring[nic.port_id]) for nic in server.nics if nic.port_id in wiring]


def nic_spec(nic: Nic, wiring: Json) -> NicSpec:
    """Return a NIC of an instance, wired as its port says."""
    on_network = wiring["network"] is not None
    vlan = wiring["vlan"]
    return NicSpec(
        name=nic.port_id,
        mac=nic.mac,
        ip=nic.ipv4 if on_network else None,
        network=wiring["network"],
        mode=None if on_network else wiring["mode"],
        link=None if on_network else wiring["link"],
        vlan=None if on_network or vlan is None else str(vlan),
    )
