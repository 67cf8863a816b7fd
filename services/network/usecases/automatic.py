"""Addresses that follow from MACs: every port of a network has one in each automatic subnet."""

from dataclasses import replace

from services.network.domain.addressing import derived_address
from services.network.domain.port import FixedIp
from services.network.domain.router import INTERFACE, SERVICE_PORTS
from services.network.domain.subnet import Subnet
from services.network.store.stores import Stores
from services.network.usecases.news import tell
from shared.contracts.resources import UPDATED


async def give_to_ports(stores: Stores, subnet: Subnet) -> None:
    """Give the ports that are there already their address in a new automatic subnet."""
    changed = []
    for port in await stores.ports.of_network(subnet.network_id):
        if port.device_owner in SERVICE_PORTS:
            continue
        address = derived_address(subnet.cidr, port.mac_address)
        if await stores.addresses.take(subnet.id, address, port.id):
            given = (*port.fixed_ips, FixedIp(subnet.id, address))
            changed.append(replace(port, fixed_ips=given))
    await tell(stores, UPDATED, await stores.ports.save_all(changed))


async def take_from_ports(stores: Stores, subnet: Subnet) -> None:
    """Take the addresses of an automatic subnet that is about to go from guests' ports.

    A router's address was chosen, and keeps the subnet.
    """
    changed = []
    for port in await stores.ports.of_network(subnet.network_id):
        gone = [each for each in port.fixed_ips if each.subnet_id == subnet.id]
        if not gone or port.device_owner == INTERFACE:
            continue
        await stores.addresses.release(gone, [])
        left = tuple(each for each in port.fixed_ips if each.subnet_id != subnet.id)
        changed.append(replace(port, fixed_ips=left))
    await tell(stores, UPDATED, await stores.ports.save_all(changed))
