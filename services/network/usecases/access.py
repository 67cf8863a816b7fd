"""Whose a resource is, and what others may see of it."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from services.network.domain.address_group import AddressGroup
from services.network.domain.errors import (
    NetworkNotFound,
    PortNotFound,
    SecurityGroupNotFound,
    SubnetNotFound,
)
from services.network.domain.floating_ip import FloatingIp
from services.network.domain.network import Network
from services.network.domain.port import Port
from services.network.domain.resource import Resource, View
from services.network.domain.router import SERVICE_PORTS, Router
from services.network.domain.router_errors import FloatingIPNotFound, RouterNotFound
from services.network.domain.security_group import SecurityGroup
from services.network.domain.subnet import Subnet
from services.network.domain.subnet_pool import AddressScope, SubnetPool
from services.network.store.stores import Stores
from shared.errors import NotAllowed


class PolicyNotAuthorized(NotAllowed):
    """The resource may be seen, but not changed."""

    code = "network.not_allowed"

    def __init__(self, rule: str) -> None:
        super().__init__(f"rule:{rule} is disallowed by policy")


def owns(view: View, thing: Resource) -> bool:
    """Whether the caller may do with the resource what its owner may."""
    return view.everything or thing.project_id == view.project_id


def sees_network(view: View, network: Network) -> bool:
    """Whether the caller may see the network."""
    known = (*network.shared_with, *network.external_to)
    return owns(view, network) or network.shared or network.external or view.project_id in known


def shares(view: View, thing: SubnetPool | AddressScope | AddressGroup) -> bool:
    """Whether the caller may use what may be shared with others."""
    return owns(view, thing) or thing.shared or view.project_id in thing.shared_with


def check_own(
    view: View, thing: SubnetPool | AddressScope | AddressGroup, missing: Exception, rule: str
) -> None:
    """Let pass who may change what may be shared; whoever only shares it may not.

    Raises:
        PolicyNotAuthorized: it is shared with the caller, no more.
    """
    if owns(view, thing):
        return
    raise PolicyNotAuthorized(rule) if shares(view, thing) else missing


async def visible_network(stores: Stores, view: View, network_id: UUID) -> Network:
    """Return a network the caller may see; it stays until the transaction ends.

    Raises:
        NetworkNotFound: absent, or another project's.
    """
    network = await stores.networks.hold(network_id)
    if not sees_network(view, network):
        raise NetworkNotFound(network_id)
    return network


async def own_network(stores: Stores, view: View, network_id: UUID, rule: str) -> Network:
    """Return, locked, a network the caller may change.

    Raises:
        NetworkNotFound: absent, or another project's.
        PolicyNotAuthorized: it is shared with the caller, no more.
    """
    network = await stores.networks.get(network_id, lock=True)
    if owns(view, network):
        return network
    if sees_network(view, network):
        raise PolicyNotAuthorized(rule)
    raise NetworkNotFound(network_id)


async def own_subnet(
    stores: Stores, view: View, subnet_id: UUID, rule: str
) -> tuple[Subnet, Network]:
    """Return, locked, a subnet the caller may change, and its network.

    Raises:
        SubnetNotFound: absent, or another project's.
        PolicyNotAuthorized: it is on a network that is shared with the caller.
    """
    found = await stores.subnets.get(subnet_id)
    network = await stores.networks.get(found.network_id, lock=True)  # always before the subnet
    subnet = await stores.subnets.get(subnet_id, lock=True)
    if owns(view, subnet) or owns(view, network):
        return subnet, network
    if sees_network(view, network):
        raise PolicyNotAuthorized(rule)
    raise SubnetNotFound(subnet_id)


async def own_port(stores: Stores, view: View, port_id: UUID) -> tuple[Port, Network]:
    """Return a port the caller may change (its own, or on its own network), and its network.

    Raises:
        PortNotFound: absent, or another project's.
    """
    port = await stores.ports.get(port_id)
    network = await stores.networks.get(port.network_id)
    if owns(view, port) or owns(view, network):
        return port, network
    raise PortNotFound(port_id)


async def own_router(stores: Stores, view: View, router_id: UUID) -> Router:
    """Return, locked, a router of the caller's.

    Raises:
        RouterNotFound: absent, or another project's.
    """
    router = await stores.routers.get(router_id, lock=True)
    if not owns(view, router):
        raise RouterNotFound(router_id)
    return router


async def own_floating_ip(stores: Stores, view: View, floating_id: UUID) -> FloatingIp:
    """Return, locked, a floating IP of the caller's.

    Raises:
        FloatingIPNotFound: absent, or another project's.
    """
    floating = await stores.floating_ips.get(floating_id, lock=True)
    if not owns(view, floating):
        raise FloatingIPNotFound(floating_id)
    return floating


async def own_group(stores: Stores, view: View, group_id: UUID) -> SecurityGroup:
    """Return, locked and with its rules, a security group the caller may change.

    Raises:
        SecurityGroupNotFound: absent, or another project's.
    """
    group = await stores.groups.whole(group_id)
    if not owns(view, group):
        raise SecurityGroupNotFound(group_id)
    return group


async def usable_groups(
    stores: Stores, view: View, group_ids: Collection[UUID], project_id: str
) -> set[UUID]:
    """Return which of the security groups a thing of the project may be in, or speak of."""
    if view.everything:
        return await stores.groups.known(group_ids)
    return await stores.groups.usable(group_ids, {view.project_id, project_id})


# What only the network's owner decides about a port on it.
HOSTS_OWN: Final = ("mac_address", "port_security_enabled", "allowed_address_pairs")


def check_guest(view: View, network: Network, fields: Mapping[str, Any], rule: str) -> None:
    """Refuse fields of a port that the caller, a guest on the network, may not choose.

    Nobody but administrators makes ports look like routers': those are made by connecting them.

    Raises:
        PolicyNotAuthorized: names the field.
    """
    if fields.get("device_owner") in SERVICE_PORTS and not view.everything:
        raise PolicyNotAuthorized(f"{rule}:device_owner")
    if owns(view, network):
        return
    for name in HOSTS_OWN:
        if name in fields:
            raise PolicyNotAuthorized(f"{rule}:{name}")
    if any("ip_address" in wish for wish in fields.get("fixed_ips") or ()):
        raise PolicyNotAuthorized(f"{rule}:fixed_ips:ip_address")
    if str(fields.get("device_owner", "")).startswith("network:"):
        raise PolicyNotAuthorized(f"{rule}:device_owner")
