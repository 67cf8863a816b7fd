"""Refusals about subnet pools, address scopes and RBAC policies, named as Neutron names them."""

from shared.errors import BadInput, Conflict, NotFound


class AddressScopeNotFound(NotFound):
    """No such address scope, for this project."""

    code = "network.address_scope.not_found"

    def __init__(self, scope_id: object) -> None:
        super().__init__(f"Address scope {scope_id} could not be found")


class AddressScopeInUse(Conflict):
    """Subnet pools are of the scope."""

    code = "network.address_scope.in_use"

    def __init__(self, scope_id: object) -> None:
        super().__init__(
            f"Unable to complete operation on address scope {scope_id}. There are one or more "
            "subnet pools in use on the address scope"
        )


class AddressScopeUpdateError(Conflict):
    """The scope cannot become that."""

    code = "network.address_scope.bad_update"

    def __init__(self, scope_id: object, reason: str) -> None:
        super().__init__(f"Unable to update address scope {scope_id} : {reason}")


class AddressScopePrefixConflict(Conflict):
    """Two pools of a scope share addresses."""

    code = "network.address_scope.overlap"

    def __init__(self) -> None:
        super().__init__(
            "Failed to associate address scope: subnetpools within an address scope must have "
            "unique prefixes."
        )


class IllegalSubnetPoolIpVersionAssociationToAddressScope(BadInput):
    """The pool and the scope are of different IP versions."""

    code = "network.subnet_pool.scope_version"

    def __init__(self, pool_id: object, scope_id: object, version: int) -> None:
        super().__init__(
            f"Illegal subnetpool association: subnetpool {pool_id} cannot associate with address "
            f"scope {scope_id} because subnetpool ip_version is not {version}."
        )


class IllegalSubnetPoolPrefixBounds(BadInput):
    """Prefix lengths that contradict each other."""

    code = "network.subnet_pool.bad_bounds"

    def __init__(self, kind: str, length: int, other: str, base: int) -> None:
        super().__init__(f"Illegal prefix bounds: {kind}={length}, {other}={base}.")


class IllegalSubnetPoolUpdate(BadInput):
    """The pool cannot become that."""

    code = "network.subnet_pool.bad_update"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Illegal subnetpool update : {reason}")


class SubnetPoolInUse(Conflict):
    """Subnets have addresses of the prefixes that shall go."""

    code = "network.subnet_pool.prefixes_in_use"

    def __init__(self, pool_id: object, reason: str) -> None:
        super().__init__(f"Subnet pool {pool_id} could not be changed: {reason}")


class SubnetPoolDeleteError(Conflict):
    """Subnets are cut from the pool."""

    code = "network.subnet_pool.in_use"

    def __init__(self) -> None:
        super().__init__(
            "Unable to delete subnet pool: Subnets allocated from pool are still in use."
        )


class SubnetAllocationError(Conflict):
    """The pool has no such range to give."""

    code = "network.subnet_pool.nothing_left"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Failed to allocate subnet: {reason}.")


class MinPrefixSubnetAllocationError(BadInput):
    """A larger range than the pool gives."""

    code = "network.subnet_pool.too_large"

    def __init__(self, length: int, least: int) -> None:
        super().__init__(
            f"Unable to allocate subnet with prefix length {length}, minimum allowed prefix is "
            f"{least}."
        )


class MaxPrefixSubnetAllocationError(BadInput):
    """A smaller range than the pool gives."""

    code = "network.subnet_pool.too_small"

    def __init__(self, length: int, most: int) -> None:
        super().__init__(
            f"Unable to allocate subnet with prefix length {length}, maximum allowed prefix is "
            f"{most}."
        )


class SubnetPoolQuotaExceeded(Conflict):
    """The project has all it may have of the pool."""

    code = "network.subnet_pool.over_quota"

    def __init__(self) -> None:
        super().__init__("Per-tenant subnet pool prefix quota exceeded.")


class NetworkSubnetPoolAffinityError(BadInput):
    """The network's other subnets are from elsewhere."""

    code = "network.subnet_pool.mixed"

    def __init__(self) -> None:
        super().__init__(
            "Subnets hosted on the same network must be allocated from the same subnet pool."
        )


class RbacPolicyNotFound(NotFound):
    """No such policy, for this project."""

    code = "network.rbac_policy.not_found"

    def __init__(self, policy_id: object) -> None:
        super().__init__(f"RBAC policy of type network with ID {policy_id} not found")


class DuplicateRbacPolicy(Conflict):
    """The object is shared so already."""

    code = "network.rbac_policy.exists"

    def __init__(self) -> None:
        super().__init__("An RBAC policy already exists with those values.")


class RbacPolicyInUse(Conflict):
    """Somebody uses what the policy lets them use."""

    code = "network.rbac_policy.in_use"

    def __init__(self, object_id: object, details: str) -> None:
        super().__init__(
            f"RBAC policy on object {object_id} cannot be removed because other objects depend "
            f"on it.\nDetails: {details}"
        )


class AutoAllocationFailure(Conflict):
    """The administrator has not said where projects' networks come from."""

    code = "network.auto_topology.impossible"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Deployment error: {reason}.")


class AutoAllocatedTopologyNotFound(NotFound):
    """Nothing was allocated for the project."""

    code = "network.auto_topology.not_found"

    def __init__(self, project_id: object) -> None:
        super().__init__(f"Auto-allocated topology of project {project_id} could not be found")
