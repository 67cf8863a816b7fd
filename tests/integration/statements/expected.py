"""How many statements requests take: the tables to edit when a path gets shorter or longer.

A GET takes one, if it is not named here. A write takes what stands here, or less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.integration.compute.rig import FLAVOR, IMAGE, NETWORK

# What is the same for everybody, or asked of a neighbour: the database is not asked at all.
SILENT: Final = {
    "compute": (
        "/v2.1/", "/v2.1/extensions", "/v2.1/extensions/{alias}", "/v2.1/images",
        "/v2.1/images/detail", "/v2.1/images/{image_id}", "/v2.1/images/{image_id}/metadata/{key}",
        "/v2.1/os-instance_usage_audit_log", "/v2.1/os-networks", "/v2.1/os-networks/{network_id}",
        "/v2.1/os-security-groups", "/v2.1/os-security-groups/{group_id}",
        "/v2.1/os-tenant-networks", "/v2.1/os-tenant-networks/{network_id}",
    ),
    "network": (
        "/v2.0/", "/v2.0/agents", "/v2.0/extensions", "/v2.0/extensions/{alias}",
        "/v2.0/quotas/project", "/v2.0/quotas/tenant", "/v2.0/quotas/{project_id}/default",
        "/v2.0/service-providers",
    ),
    "image": ("/v2/info/import", "/v2/schemas/metadefs/{name}", "/v2/schemas/{name}"),
    "volume": (
        "/v3/", "/v3/backups", "/v3/backups/detail", "/v3/cgsnapshots", "/v3/cgsnapshots/detail",
        "/v3/clusters", "/v3/clusters/detail", "/v3/consistencygroups",
        "/v3/consistencygroups/detail", "/v3/extensions", "/v3/extensions/{alias}",
        "/v3/resource_filters",
    ),
}  # fmt: skip

# Parts of something that must be there, and the caller's, before they are looked for: two. And
# what is no plain read.
LONGER: Final[Mapping[str, Mapping[str, int]]] = {
    "compute": {
        "/v2.1/servers/{server_id}/diagnostics": 2,
        "/v2.1/servers/{server_id}/migrations": 2,
        "/v2.1/servers/{server_id}/migrations/{migration_id}": 2,
        "/v2.1/servers/{server_id}/os-instance-actions": 2,
        "/v2.1/servers/{server_id}/os-instance-actions/{request_id}": 2,
    },
    "network": {
        "/v2.0/auto-allocated-topology/{project_id}": 6,  # makes a network, where it may
        "/v2.0/quotas/{project_id}/details": 2,
    },
    "image": {
        "/v2/images/{image_id}/members": 2,
        "/v2/images/{image_id}/members/{member_id}": 2,
        "/v2/images/{image_id}/tasks": 2,
    },
    "volume": {
        "/v3/limits": 3,
        "/v3/os-quota-class-sets/{name}": 2,
        "/v3/os-quota-sets/{project}": 4,
        "/v3/os-quota-sets/{project}/defaults": 2,
        "/v3/qos-specs/{qos_id}/associations": 2,
        "/v3/qos-specs/{qos_id}/disassociate_all": 4,  # Cinder writes by GET here
    },
}

READS: Final[Mapping[str, Mapping[str, int]]] = {
    name: dict.fromkeys(silent, 0) | dict(LONGER[name]) for name, silent in SILENT.items()
}


@dataclass(frozen=True, slots=True)
class Write:
    """A write, with ids of the target in braces, and how many statements it takes."""

    method: str
    path: str
    body: Any
    statements: int


SERVER: Final = {
    "name": "counted",
    "flavorRef": FLAVOR,
    "imageRef": IMAGE,
    "networks": [{"uuid": NETWORK}],
}
IMAGE_BODY: Final = {"name": "counted", "disk_format": "raw", "container_format": "bare"}

WRITES: Final[Mapping[str, tuple[Write, ...]]] = {
    "compute": (
        Write("POST", "/v2.1/servers", {"server": SERVER}, 5),
        Write("PUT", "/v2.1/servers/{server_id}", {"server": {"name": "counted"}}, 6),
    ),
    "network": (
        Write("POST", "/v2.0/networks", {"network": {}}, 7),
        Write("POST", "/v2.0/ports", {"port": {"network_id": "{networks/id}"}}, 4),
        Write("PUT", "/v2.0/ports/{ports/id}", {"port": {"name": "counted"}}, 7),
    ),
    "image": (Write("POST", "/v2/images", IMAGE_BODY, 1),),
    "volume": (
        Write("POST", "/v3/volumes", {"volume": {"size": 1}}, 4),
        Write("PUT", "/v3/volumes/{volume_id}", {"volume": {"name": "counted"}}, 5),
    ),
}
