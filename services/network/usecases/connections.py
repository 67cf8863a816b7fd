"""What a router is connected to already, and what cannot come beside it."""

from collections.abc import Sequence
from uuid import UUID

from services.network.domain.addressing import overlap
from services.network.domain.errors import BadRequest
from services.network.domain.port import FixedIp
from services.network.domain.router import Router
from services.network.domain.subnet import Subnet
from services.network.store.stores import Stores


async def connected(stores: Stores, router: Router) -> list[FixedIp]:
    """Return the addresses the router has."""
    inside = [ip for port in await stores.ports.interfaces_of(router.id) for ip in port.fixed_ips]
    return [*inside, *router.gateway_ips]


async def check_overlap(stores: Stores, router: Router, new: Sequence[Subnet]) -> None:
    """Refuse to connect the router with addresses it is connected with already.

    Raises:
        BadRequest: says which.
    """
    known: dict[UUID, Subnet] = {}
    for each in await connected(stores, router):
        if each.subnet_id not in known:
            known[each.subnet_id] = await stores.subnets.get(each.subnet_id)
    for subnet in new:
        if subnet.id in known:
            raise BadRequest(
                f"Bad router request: Router already has a port on subnet {subnet.id}."
            )
        for other in known.values():
            if overlap(subnet.range, other.range):
                raise BadRequest(
                    f"Bad router request: Cidr {subnet.cidr} of subnet {subnet.id} overlaps "
                    f"with cidr {other.cidr} of subnet {other.id}."
                )
