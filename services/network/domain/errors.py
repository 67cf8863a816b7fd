"""Refusals of the network service, named as Neutron names them: clients branch on the name.

The class's name is the ``type`` in the fault; the text after it is Neutron's.
"""

from shared.errors import BadInput, Conflict, NotFound, Unavailable


class InvalidInput(BadInput):
    """A value that cannot be meant."""

    code = "network.invalid_input"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Invalid input for operation: {reason}.")


class BadRequest(BadInput):
    """A combination of values that cannot be meant."""

    code = "network.bad_request"


class NetworkNotFound(NotFound):
    """No such network, for this project."""

    code = "network.network.not_found"

    def __init__(self, network_id: object) -> None:
        super().__init__(f"Network {network_id} could not be found.")


class SubnetNotFound(NotFound):
    """No such subnet, for this project."""

    code = "network.subnet.not_found"

    def __init__(self, subnet_id: object) -> None:
        super().__init__(f"Subnet {subnet_id} could not be found.")


class SubnetPoolNotFound(NotFound):
    """No such subnet pool: there are none."""

    code = "network.subnet_pool.not_found"

    def __init__(self, pool_id: object) -> None:
        super().__init__(f"Subnet pool {pool_id} could not be found.")


class PortNotFound(NotFound):
    """No such port, for this project."""

    code = "network.port.not_found"

    def __init__(self, port_id: object) -> None:
        super().__init__(f"Port {port_id} could not be found.")


class SecurityGroupNotFound(NotFound):
    """No such security group, for this project."""

    code = "network.security_group.not_found"

    def __init__(self, group_id: object) -> None:
        super().__init__(f"Security group {group_id} does not exist")


class SecurityGroupRuleNotFound(NotFound):
    """No such rule, for this project."""

    code = "network.security_group_rule.not_found"

    def __init__(self, rule_id: object) -> None:
        super().__init__(f"Security group rule {rule_id} does not exist")


class ExtensionNotFound(NotFound):
    """No extension of this alias."""

    code = "network.extension.not_found"


class AgentNotFound(NotFound):
    """No such agent: nothing on the nodes reports to us."""

    code = "network.agent.not_found"

    def __init__(self, agent_id: object) -> None:
        super().__init__(f"Agent {agent_id} could not be found.")


class TagNotFound(NotFound):
    """The resource does not carry the tag."""

    code = "network.tag.not_found"

    def __init__(self, tag: str) -> None:
        super().__init__(f"Tag {tag} could not be found.")


class NetworkInUse(Conflict):
    """Ports are left on the network."""

    code = "network.network.in_use"

    def __init__(self, network_id: object) -> None:
        super().__init__(
            f"Unable to complete operation on network {network_id}. "
            "There are one or more ports still in use on the network."
        )


class InvalidSharedSetting(Conflict):
    """Other projects use the network that shall no longer be shared."""

    code = "network.network.shared_in_use"

    def __init__(self, network_id: object) -> None:
        super().__init__(
            f"Unable to reconfigure sharing settings for network {network_id}. "
            "Multiple tenants are using it."
        )


class VlanIdInUse(Conflict):
    """Another network has the VLAN."""

    code = "network.network.vlan_in_use"

    def __init__(self, vlan: object, physical: object) -> None:
        super().__init__(
            f"Unable to create the network. The VLAN {vlan} on physical network "
            f"{physical} is in use."
        )


class FlatNetworkInUse(Conflict):
    """Another network has the physical network, untagged."""

    code = "network.network.flat_in_use"

    def __init__(self, physical: object) -> None:
        super().__init__(
            f"Unable to create the flat network. Physical network {physical} is in use."
        )


class NoNetworkAvailable(Unavailable):
    """Every VLAN of the pools is given out."""

    code = "network.network.none_available"

    def __init__(self) -> None:
        super().__init__(
            "Unable to create the network. No tenant network is available for allocation."
        )


class SubnetInUse(Conflict):
    """Ports have addresses of the subnet."""

    code = "network.subnet.in_use"

    def __init__(self, subnet_id: object) -> None:
        super().__init__(
            f"Unable to complete operation on subnet {subnet_id}: "
            "One or more ports have an IP allocation from this subnet."
        )


class GatewayConflictWithAllocationPools(Conflict):
    """The gateway is among the addresses to give out."""

    code = "network.subnet.gateway_in_pool"

    def __init__(self, gateway: object, pool: object) -> None:
        super().__init__(f"Gateway ip {gateway} conflicts with allocation pool {pool}.")


class OverlappingAllocationPools(Conflict):
    """Two pools share addresses."""

    code = "network.subnet.pools_overlap"

    def __init__(self, first: object, second: object, cidr: object) -> None:
        super().__init__(f"Found overlapping allocation pools: {first} {second} for subnet {cidr}.")


class OutOfBoundsAllocationPool(BadInput):
    """A pool leaves the subnet."""

    code = "network.subnet.pool_out_of_bounds"

    def __init__(self, pool: object, cidr: object) -> None:
        super().__init__(f"The allocation pool {pool} spans beyond the subnet cidr {cidr}.")


class InvalidAllocationPool(BadInput):
    """A pool that is no range."""

    code = "network.subnet.pool_invalid"

    def __init__(self, pool: object) -> None:
        super().__init__(f"The allocation pool {pool} is not valid.")


class DNSNameServersExhausted(BadInput):
    """More name servers than a subnet takes."""

    code = "network.subnet.too_many_name_servers"

    def __init__(self, subnet_id: object, most: int) -> None:
        super().__init__(
            f"Unable to complete operation for {subnet_id}. "
            f"The number of DNS nameservers exceeds the limit {most}."
        )


class HostRoutesExhausted(BadInput):
    """More routes than a subnet takes."""

    code = "network.subnet.too_many_routes"

    def __init__(self, subnet_id: object, most: int) -> None:
        super().__init__(
            f"Unable to complete operation for {subnet_id}. "
            f"The number of host routes exceeds the limit {most}."
        )


class IpAddressInUse(Conflict):
    """Somebody has the address."""

    code = "network.port.address_in_use"

    def __init__(self, network_id: object, address: object) -> None:
        super().__init__(
            f"Unable to complete operation for network {network_id}. "
            f"The IP address {address} is in use."
        )


class IpAddressGenerationFailure(Conflict):
    """No address is left."""

    code = "network.port.no_address_left"

    def __init__(self, network_id: object) -> None:
        super().__init__(f"No more IP addresses available on network {network_id}.")


class InvalidIpForNetwork(BadInput):
    """No subnet of the network holds the address."""

    code = "network.port.address_outside_network"

    def __init__(self, address: object) -> None:
        super().__init__(
            f"IP address {address} is not a valid IP for any of the subnets on the specified "
            "network."
        )


class InvalidIpForSubnet(BadInput):
    """The subnet does not hold the address, or nobody may have it."""

    code = "network.port.address_outside_subnet"

    def __init__(self, address: object) -> None:
        super().__init__(f"IP address {address} is not a valid IP for the specified subnet.")


class AllocationOnAutoAddressSubnet(BadInput):
    """The address follows from the MAC, and cannot be chosen."""

    code = "network.port.address_is_derived"

    def __init__(self, address: object, subnet_id: object) -> None:
        super().__init__(
            f"IPv6 address {address} can not be directly assigned to a port on subnet "
            f"{subnet_id} since the subnet is configured for automatic addresses"
        )


class MacAddressInUse(Conflict):
    """Another port of the network has the MAC."""

    code = "network.port.mac_in_use"

    def __init__(self, network_id: object, mac: object) -> None:
        super().__init__(
            f"Unable to complete operation for network {network_id}. "
            f"The mac address {mac} is in use."
        )


class PortBound(Conflict):
    """What a server uses cannot be changed."""

    code = "network.port.bound"

    def __init__(self, port_id: object, owner: str) -> None:
        super().__init__(
            f"Unable to complete operation on port {port_id}, port is already bound, "
            f"port type: {owner}, old_mac and new_mac differ."
        )


class PortSecurityPortHasSecurityGroup(Conflict):
    """Groups mean nothing without port security."""

    code = "network.port.groups_without_security"

    def __init__(self) -> None:
        super().__init__(
            "Port has security group associated. Cannot disable port security or IP address "
            "until security group is removed."
        )


class AddressPairAndPortSecurityRequired(Conflict):
    """Address pairs mean nothing without port security."""

    code = "network.port.pairs_without_security"

    def __init__(self) -> None:
        super().__init__("Port Security must be enabled in order to have allowed address pairs.")


class SecurityGroupInUse(Conflict):
    """Ports or rules use the group."""

    code = "network.security_group.in_use"

    def __init__(self, group_id: object) -> None:
        super().__init__(f"Security Group {group_id} in use.")


class SecurityGroupDefaultAlreadyExists(Conflict):
    """The name is kept for the project's default group."""

    code = "network.security_group.default_exists"

    def __init__(self) -> None:
        super().__init__("Default security group already exists.")


class SecurityGroupCannotUpdateDefault(Conflict):
    """The default group keeps its name."""

    code = "network.security_group.default_keeps_name"

    def __init__(self) -> None:
        super().__init__("Updating default security group not allowed.")


class SecurityGroupCannotRemoveDefault(Conflict):
    """The default group stays."""

    code = "network.security_group.default_stays"

    def __init__(self) -> None:
        super().__init__("Insufficient rights for removing default security group.")


class SecurityGroupRuleExists(Conflict):
    """The group has this rule."""

    code = "network.security_group_rule.exists"

    def __init__(self, rule_id: object) -> None:
        super().__init__(f"Security group rule already exists. Rule id is {rule_id}.")


class SecurityGroupRuleInvalid(BadInput):
    """A rule that cannot be meant; ``name`` says which of Neutron's errors it is."""

    code = "network.security_group_rule.invalid"


class RevisionNumberConstraintFailed(Conflict):
    """Somebody changed the resource since the client looked (412)."""

    code = "network.revision_mismatch"

    def __init__(self, wanted: int, found: int) -> None:
        super().__init__(
            f"Constrained to {wanted}, but current revision is {found}",
        )
