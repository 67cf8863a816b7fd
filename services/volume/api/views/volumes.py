"""Volumes as each microversion shows them (3.0 to 3.70)."""

from typing import Any

from aiohttp import web

from services.volume.api.policy import allows
from services.volume.domain.document import document, later
from services.volume.domain.volume import Volume
from services.volume.store.rendering import SINCE, filled_in
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


def is_stored(request: web.Request) -> bool:
    """Whether the stored answers are what this caller sees at this microversion."""
    more = ("volume_host_attribute", "volume_mig_status_attribute")
    return at_least(request, 3, SINCE) and not any(
        allows(request, f"volume_extension:{rule}") for rule in more
    )


def from_stored(request: web.Request, body: bytes) -> bytes:
    """Return stored answers, joined, with our address in them."""
    base, project = base_url(request), project_prefix(request)
    return filled_in(body, f"{base}/v3{project}", f"{base}{project}")


def brief(request: web.Request, volume: Volume) -> dict[str, Any]:
    """Return a volume in a list without details."""
    own = links(request, volume.id)
    return {"id": str(volume.id), "name": volume.name, "links": own}


def detail(request: web.Request, volume: Volume) -> dict[str, Any]:
    """Return a volume whole."""
    shown = document(volume) | {"links": links(request, volume.id)}
    shown |= {
        name: value for version, name, value in later(volume) if at_least(request, 3, version)
    }
    if not allows(request, "volume_extension:volume_tenant_attribute"):
        del shown["os-vol-tenant-attr:tenant_id"]
    if allows(request, "volume_extension:volume_host_attribute"):
        shown["os-vol-host-attr:host"] = host_of(volume)
        shown |= {"migration_status": None}
        if at_least(request, 3, 21):
            shown["provider_id"] = None
        if at_least(request, 3, 61):
            shown["cluster_name"] = None
    if allows(request, "volume_extension:volume_mig_status_attribute"):
        shown |= {"os-vol-mig-status-attr:migstat": None, "os-vol-mig-status-attr:name_id": None}
    return shown


def host_of(volume: Volume) -> str | None:
    """Return where a volume is, as Cinder writes it; None: nowhere yet."""
    if volume.cluster is None:
        return None
    return f"{volume.cluster}@{volume.disk_template}#pool"
