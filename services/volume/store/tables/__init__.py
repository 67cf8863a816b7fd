"""The whole schema of the volume service."""

from services.volume.store.tables.base import drifts, idempotency, messaging, metadata
from services.volume.store.tables.groups import group_snapshots, group_types, groups
from services.volume.store.tables.projections import clusters, pools, resources, service_states
from services.volume.store.tables.types import (
    default_types,
    qos_specs,
    quotas,
    volume_type_access,
    volume_types,
)
from services.volume.store.tables.volumes import (
    attachments,
    messages,
    snapshots,
    transfers,
    volumes,
)

__all__ = [
    "attachments",
    "clusters",
    "default_types",
    "drifts",
    "group_snapshots",
    "group_types",
    "groups",
    "idempotency",
    "messages",
    "messaging",
    "metadata",
    "pools",
    "qos_specs",
    "quotas",
    "resources",
    "service_states",
    "snapshots",
    "transfers",
    "volume_type_access",
    "volume_types",
    "volumes",
]
