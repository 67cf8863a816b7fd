"""A router: between networks, and to the world through an external one."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final
from uuid import UUID

from typing_extensions import override

from services.network.domain.addressing import IpNetwork
from services.network.domain.port import FixedIp
from services.network.domain.resource import Json, NamedResource
from services.network.domain.router_errors import InvalidRoutes, RoutesExhausted

INTERFACE: Final = "network:router_interface"
GATEWAY: Final = "network:router_gateway"
FLOATING: Final = "network:floatingip"
SERVICE_PORTS: Final = frozenset({INTERFACE, GATEWAY, FLOATING})  # not anybody's to give or take

ACTIVE: Final = "ACTIVE"  # clients know no other status of a router
MOST_ROUTES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Router(NamedResource):
    """A router of a project."""

    admin_state_up: bool = True
    availability_zone_hints: tuple[str, ...] = ()
    routes: tuple[Json, ...] = ()
    gateway_network_id: UUID | None = None
    gateway_port_id: UUID | None = None
    gateway_ips: tuple[FixedIp, ...] = ()
    enable_snat: bool = True

    @override
    def document(self) -> Json:
        """Return the router as its owner sees it."""
        return self.named() | {
            "admin_state_up": self.admin_state_up,
            "status": ACTIVE,
            "external_gateway_info": self._gateway(),
            "routes": list(self.routes),
            "availability_zone_hints": list(self.availability_zone_hints),
            "availability_zones": [],
            "flavor_id": None,
        }

    @override
    def restricted(self) -> Json:
        """Return how it is made: plainly."""
        return {"distributed": False, "ha": False}

    def _gateway(self) -> Json | None:
        if self.gateway_network_id is None:
            return None
        return {
            "network_id": str(self.gateway_network_id),
            "enable_snat": self.enable_snat,
            "external_fixed_ips": [each.as_json() for each in self.gateway_ips],
        }


def check_routes(
    routes: Sequence[Json], connected: Sequence[IpNetwork], own: Sequence[str], router_id: UUID
) -> None:
    """Refuse routes that lead nowhere.

    Args:
        routes: destinations and next hops.
        connected: ranges the router has an address in.
        own: its addresses.
        router_id: which router.

    Raises:
        InvalidRoutes: a next hop that is not a neighbour.
        RoutesExhausted: too many.
    """
    if len(routes) > MOST_ROUTES:
        raise RoutesExhausted(router_id, MOST_ROUTES)
    for route in routes:
        hop = ip_address(route["nexthop"])
        if hop.version != ip_network(route["destination"]).version:
            raise InvalidRoutes(routes, "the nexthop is of another IP version")
        if not any(hop in each for each in connected if each.version == hop.version):
            raise InvalidRoutes(routes, "the nexthop is not connected with router")
        if str(hop) in own:
            raise InvalidRoutes(routes, "the nexthop is used by router")
