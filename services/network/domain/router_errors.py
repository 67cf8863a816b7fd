"""Refusals about routers and floating IPs, named as Neutron names them."""

from collections.abc import Sequence

from shared.errors import BadInput, Conflict, NotFound


class RouterNotFound(NotFound):
    """No such router, for this project."""

    code = "network.router.not_found"

    def __init__(self, router_id: object) -> None:
        super().__init__(f"Router {router_id} could not be found")


class FloatingIPNotFound(NotFound):
    """No such floating IP, for this project."""

    code = "network.floating_ip.not_found"

    def __init__(self, floating_id: object) -> None:
        super().__init__(f"Floating IP {floating_id} could not be found")


class RouterInUse(Conflict):
    """The router has interfaces."""

    code = "network.router.in_use"

    def __init__(self, router_id: object) -> None:
        super().__init__(f"Router {router_id} still has ports")


class RouterExternalGatewayInUseByFloatingIp(Conflict):
    """Floating IPs need the gateway."""

    code = "network.router.gateway_in_use"

    def __init__(self, router_id: object, network_id: object) -> None:
        super().__init__(
            f"Gateway cannot be updated for router {router_id}, since a gateway to external "
            f"network {network_id} is required by one or more floating IPs."
        )


class RouterInterfaceNotFound(NotFound):
    """The port is no interface of the router."""

    code = "network.router.interface_not_found"

    def __init__(self, router_id: object, port_id: object) -> None:
        super().__init__(f"Router {router_id} does not have an interface with id {port_id}")


class RouterInterfaceNotFoundForSubnet(NotFound):
    """The router is not on the subnet."""

    code = "network.router.not_on_subnet"

    def __init__(self, router_id: object, subnet_id: object) -> None:
        super().__init__(f"Router {router_id} has no interface on subnet {subnet_id}")


class RouterInterfaceInUseByFloatingIP(Conflict):
    """Floating IPs need the interface."""

    code = "network.router.interface_in_use_by_floating_ip"

    def __init__(self, router_id: object, subnet_id: object) -> None:
        super().__init__(
            f"Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, "
            "as it is required by one or more floating IPs."
        )


class RouterInterfaceInUseByRoute(Conflict):
    """Routes need the interface."""

    code = "network.router.interface_in_use_by_route"

    def __init__(self, router_id: object, subnet_id: object) -> None:
        super().__init__(
            f"Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, "
            "as it is required by one or more routes."
        )


class SubnetMismatchForPort(Conflict):
    """The port and the subnet that are named do not belong together."""

    code = "network.router.subnet_mismatch"

    def __init__(self, port_id: object, subnet_id: object) -> None:
        super().__init__(
            f"Subnet on port {port_id} does not match the requested subnet {subnet_id}"
        )


class PortInUse(Conflict):
    """Somebody is plugged into the port."""

    code = "network.port.in_use"

    def __init__(self, port_id: object, network_id: object, device_id: object) -> None:
        super().__init__(
            f"Unable to complete operation on port {port_id} for network {network_id}. "
            f"Port already has an attached device {device_id}."
        )


class ServicePortInUse(Conflict):
    """The port belongs to a router or a floating IP, and goes with it."""

    code = "network.port.of_service"

    def __init__(self, port_id: object, owner: str) -> None:
        super().__init__(
            f"Port {port_id} cannot be deleted directly via the port API: has device owner {owner}."
        )


class GatewayIpInUse(Conflict):
    """A router has the address that the subnet's gateway is."""

    code = "network.subnet.gateway_in_use"

    def __init__(self, address: object, port_id: object) -> None:
        super().__init__(
            f"Current gateway ip {address} already in use by port {port_id}. Unable to update."
        )


class InvalidRoutes(BadInput):
    """Routes that lead nowhere."""

    code = "network.router.bad_routes"

    def __init__(self, routes: Sequence[object], reason: str) -> None:
        super().__init__(f"Invalid format for routes: {list(routes)}, {reason}")


class RoutesExhausted(BadInput):
    """More routes than a router takes."""

    code = "network.router.too_many_routes"

    def __init__(self, router_id: object, most: int) -> None:
        super().__init__(
            f"Unable to complete operation for {router_id}. "
            f"The number of routes exceeds the maximum {most}."
        )


class ExternalGatewayForFloatingIPNotFound(NotFound):
    """No router leads from the port's subnet to the external network."""

    code = "network.floating_ip.unreachable"

    def __init__(self, network_id: object, subnet_id: object, port_id: object) -> None:
        super().__init__(
            f"External network {network_id} is not reachable from subnet {subnet_id}.  "
            f"Therefore, cannot associate Port {port_id} with a Floating IP."
        )


class FloatingIPPortAlreadyAssociated(Conflict):
    """The fixed address has a floating one of the network already."""

    code = "network.floating_ip.already_associated"

    def __init__(
        self, address: object, floating_id: object, port_id: object, fixed: object
    ) -> None:
        super().__init__(
            f"Cannot associate floating IP {address} ({floating_id}) with port {port_id} using "
            f"fixed IP {fixed}, as that fixed IP already has a floating IP on the external network."
        )


class ExternalIpAddressExhausted(BadInput):
    """No address is left on the external network."""

    code = "network.floating_ip.no_address_left"

    def __init__(self, network_id: object) -> None:
        super().__init__(f"Unable to find any IP address on external network {network_id}.")


class ExternalNetworkInUse(Conflict):
    """Gateways or floating IPs are on the network that shall no longer be external."""

    code = "network.network.external_in_use"

    def __init__(self, network_id: object) -> None:
        super().__init__(
            f"External network {network_id} cannot be updated to be made non-external, since it "
            "has existing gateway ports."
        )
