"""Volumes as each microversion shows them (3.0 to 3.70)."""

from typing import Any

from aiohttp import web

from services.volume.api.policy import allows
from services.volume.domain.volume import Volume
from services.volume.usecases.documents import document
from shared.web.links import base_url
from shared.web.microversion import at_least
from shared.web.projects import project_prefix


def links(request: web.Request, volume_id: object) -> list[dict[str, str]]:
    """Return where a volume is found."""
    base, project = base_url(request), project_prefix(request)
    return [
        {"rel": "self", "href": f"{base}/v3{project}/volumes/{volume_id}"},
        {"rel": "bookmark", "href": f"{base}{project}/volumes/{volume_id}"},
    ]


def brief(request: web.Request, volume: Volume) -> dict[str, Any]:
    """Return a volume in a list without details."""
    own = links(request, volume.id)
    return {"id": str(volume.id), "name": volume.name, "links": own}


def detail(request: web.Request, volume: Volume) -> dict[str, Any]:
    """Return a volume whole."""
    shown = document(volume) | {"links": links(request, volume.id)}
    if volume.image_metadata:
        shown["volume_image_metadata"] = dict(volume.image_metadata)
    shown |= {
        name: value for version, name, value in _later(volume) if at_least(request, 3, version)
    }
    if allows(request, "volume_extension:volume_tenant_attribute"):
        shown["os-vol-tenant-attr:tenant_id"] = volume.project_id
    if allows(request, "volume_extension:volume_host_attribute"):
        shown["os-vol-host-attr:host"] = None  # no disk exists before a server needs it
        shown |= {"migration_status": None}
        if at_least(request, 3, 21):
            shown["provider_id"] = None
        if at_least(request, 3, 61):
            shown["cluster_name"] = None
    if allows(request, "volume_extension:volume_mig_status_attribute"):
        shown |= {"os-vol-mig-status-attr:migstat": None, "os-vol-mig-status-attr:name_id": None}
    return shown


def _later(volume: Volume) -> list[tuple[int, str, Any]]:
    """Return what came with which minor version."""
    return [
        (13, "group_id", None),
        (48, "shared_targets", False),
        (48, "service_uuid", None),
        (63, "volume_type_id", str(volume.volume_type_id)),
        (64, "encryption_key_id", None),
        (65, "consumes_quota", True),
    ]
