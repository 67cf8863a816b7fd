"""Which addresses a port gets: those it asks for, or one of each kind the network offers."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

from services.network.domain.addressing import derived_address, is_host
from services.network.domain.errors import (
    AllocationOnAutoAddressSubnet,
    InvalidInput,
    InvalidIpForNetwork,
    InvalidIpForSubnet,
    IpAddressGenerationFailure,
    IpAddressInUse,
)
from services.network.domain.network import Network
from services.network.domain.port import FixedIp
from services.network.domain.router import INTERFACE
from services.network.domain.subnet import Subnet
from services.network.store.stores import Stores

OURS: Final = "network:"  # what the device_owner of the network's own ports begins with
Wish = Mapping[str, Any]  # "subnet_id" (a UUID), "ip_address", or both


class Allotment:
    """The addresses of one port, as they are given to it.

    Args:
        stores: of the transaction.
        network: the port's.
        subnets: of the network, oldest first.
        port_id: who gets the addresses.
        mac: some addresses follow from it.
        owner: the port's ``device_owner``: only the network's own ports (``network:…``) may
            be the gateway.
        taken: what the port has been given already, if it leaves the choice to us.
    """

    def __init__(
        self,
        stores: Stores,
        network: Network,
        subnets: Sequence[Subnet],
        *,
        port_id: UUID,
        mac: str,
        owner: str = "",
        taken: Sequence[FixedIp] = (),
    ) -> None:
        self._stores = stores
        self._network = network
        self._subnets = subnets
        self._port_id = port_id
        self._mac = mac
        self._is_ours = owner.startswith(OURS)
        self._is_interface = owner == INTERFACE
        self._taken = {each.subnet_id: each for each in taken}
        self._given: list[FixedIp] = []

    async def give(self, wishes: Sequence[Wish] | None) -> tuple[FixedIp, ...]:
        """Return what the port got.

        Args:
            wishes: what it asked for; None leaves it to us.

        Raises:
            IpAddressGenerationFailure: nothing is left.
            IpAddressInUse: somebody has an address it asked for.
            InvalidInput, InvalidIpForNetwork, InvalidIpForSubnet: there is no such address here.
        """
        if wishes is None:
            await self._one_of_each_version()
        else:
            for wish in wishes:
                await self._grant(wish)
        await self._automatic()
        return tuple(self._given)

    async def _one_of_each_version(self) -> None:
        for version in (4, 6):
            offered = [
                each
                for each in self._subnets
                if each.ip_version == version and not each.is_automatic
            ]
            taken = next((each for each in offered if each.id in self._taken), None)
            if taken is not None:
                self._given.append(self._taken[taken.id])
            elif offered and not await self._from_any(offered):
                raise IpAddressGenerationFailure(self._network.id)

    async def _from_any(self, offered: Sequence[Subnet]) -> bool:
        for subnet in offered:
            address = await self._stores.addresses.take_next(subnet.id, self._port_id)
            if address is not None:
                self._given.append(FixedIp(subnet.id, address))
                return True
        return False

    async def _automatic(self) -> None:
        """Add the addresses that guests make for themselves, wherever they do."""
        if self._is_interface:
            return
        have = {each.subnet_id for each in self._given}
        for subnet in self._subnets:
            if subnet.is_automatic and subnet.id not in have:
                await self._take(subnet, derived_address(subnet.cidr, self._mac))

    async def _grant(self, wish: Wish) -> None:
        subnet, address = self._meant(wish)
        if address is None:
            await self._any_address(subnet)
            return
        if subnet.is_automatic and not self._is_interface:
            if address != derived_address(subnet.cidr, self._mac):
                raise AllocationOnAutoAddressSubnet(address, subnet.id)
        elif not is_host(ip_address(address), subnet.range):
            raise InvalidIpForSubnet(address)
        if address == subnet.gateway_ip and not self._is_ours:
            raise IpAddressInUse(self._network.id, address)
        await self._take(subnet, address)

    def _meant(self, wish: Wish) -> tuple[Subnet, str | None]:
        address = wish.get("ip_address")
        wanted = wish.get("subnet_id")
        if wanted is not None:
            for subnet in self._subnets:
                if subnet.id == wanted:
                    if address is not None and ip_address(address) not in subnet.range:
                        raise InvalidIpForSubnet(address)
                    return subnet, address
            raise InvalidInput(
                f"Failed to create port on network {self._network.id}, "
                f"because fixed_ips included invalid subnet {wanted}"
            )
        if address is None:
            raise InvalidInput("IP allocation requires subnet_id or ip_address")
        for subnet in self._subnets:
            if ip_address(address) in subnet.range:
                return subnet, address
        raise InvalidIpForNetwork(address)

    async def _any_address(self, subnet: Subnet) -> None:
        if subnet.is_automatic:
            await self._take(subnet, derived_address(subnet.cidr, self._mac))
        elif not await self._from_any([subnet]):
            raise IpAddressGenerationFailure(self._network.id)

    async def _take(self, subnet: Subnet, address: str) -> None:
        if not await self._stores.addresses.take(subnet.id, address, self._port_id):
            raise IpAddressInUse(self._network.id, address)
        self._given.append(FixedIp(subnet.id, address))
