"""The whole schema of compute, one file per group of tables."""

from services.compute.store.tables.aggregates import aggregates
from services.compute.store.tables.consoles import console_tokens, seeds
from services.compute.store.tables.drifts import drift_marks, drifts
from services.compute.store.tables.flavors import flavor_access, flavors
from services.compute.store.tables.groups import server_groups
from services.compute.store.tables.keypairs import keypairs
from services.compute.store.tables.messaging import idempotency, messaging, metadata
from services.compute.store.tables.moves import moves
from services.compute.store.tables.nodes import node_flags
from services.compute.store.tables.projections import clusters, instances, resources
from services.compute.store.tables.quotas import quota_classes, quotas
from services.compute.store.tables.servers import server_actions, server_secrets, servers

__all__ = [
    "aggregates",
    "clusters",
    "console_tokens",
    "drift_marks",
    "drifts",
    "flavor_access",
    "flavors",
    "idempotency",
    "instances",
    "keypairs",
    "messaging",
    "metadata",
    "moves",
    "node_flags",
    "quota_classes",
    "quotas",
    "resources",
    "seeds",
    "server_actions",
    "server_groups",
    "server_secrets",
    "servers",
]
