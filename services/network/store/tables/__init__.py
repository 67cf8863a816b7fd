"""The whole schema of the network service, one file per group of tables.

Every resource's row carries its documents, rendered when it was written: ``doc`` as its owner
sees it, ``admin_doc`` with what administrators see besides. Lists and shows only send them.
"""

from services.network.store.tables.base import (
    drifts,
    idempotency,
    messaging,
    metadata,
)
from services.network.store.tables.clusters import (
    cluster_subnets,
    clusters,
    instances,
    quotas,
)
from services.network.store.tables.networks import (
    address_groups,
    address_scopes,
    addresses,
    floating_ips,
    free_ranges,
    networks,
    ports,
    rbac_policies,
    reservations,
    routers,
    subnet_pools,
    subnets,
)
from services.network.store.tables.security_groups import (
    default_rules,
    port_groups,
    security_group_rules,
    security_groups,
)

__all__ = [
    "address_groups",
    "address_scopes",
    "addresses",
    "cluster_subnets",
    "clusters",
    "default_rules",
    "drifts",
    "floating_ips",
    "free_ranges",
    "idempotency",
    "instances",
    "messaging",
    "metadata",
    "networks",
    "port_groups",
    "ports",
    "quotas",
    "rbac_policies",
    "reservations",
    "routers",
    "security_group_rules",
    "security_groups",
    "subnet_pools",
    "subnets",
]
