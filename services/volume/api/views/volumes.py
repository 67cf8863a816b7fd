"""Volumes as each microversion shows them (3.0 to 3.70)."""

from typing import Any, Final

from aiohttp import web

from services.volume.api.policy import allows
from services.volume.domain.document import document, later
from services.volume.domain.volume import Volume
from services.volume.store.rendering import SINCE, filled_in
from shared.identity.caller import CALLER
from shared.web.links import base_url
from shared.web.microversion import at_least
from shared.web.projects import project_prefix

NOWHERE: Final = "cyclades@unplaced"  # who has the volumes of which nothing is stored yet


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


def answered(request: web.Request, volume: Volume) -> dict[str, Any]:
    """Return a volume as it is answered to who makes or changes it: without its extensions."""
    shown = document(volume) | {"links": links(request, volume.id)}
    shown |= {
        name: value for version, name, value in later(volume) if at_least(request, 3, version)
    }
    for extension in ("os-vol-tenant-attr:tenant_id", "volume_image_metadata"):
        shown.pop(extension, None)
    return shown


def detail(request: web.Request, volume: Volume) -> dict[str, Any]:
    """Return a volume whole."""
    shown = answered(request, volume)
    if volume.image_metadata:
        shown["volume_image_metadata"] = dict(volume.image_metadata)
    if allows(request, "volume_extension:volume_tenant_attribute"):
        shown["os-vol-tenant-attr:tenant_id"] = volume.project_id
    if allows(request, "volume_extension:volume_host_attribute"):
        shown["os-vol-host-attr:host"] = host_of(request, volume)
        shown |= {"migration_status": None}
        if at_least(request, 3, 21):
            shown["provider_id"] = None
        if at_least(request, 3, 61):
            shown["cluster_name"] = None
    if allows(request, "volume_extension:volume_mig_status_attribute"):
        shown |= {"os-vol-mig-status-attr:migstat": None, "os-vol-mig-status-attr:name_id": None}
    return shown


def host_of(request: web.Request, volume: Volume) -> str | None:
    """Return where a volume is, as Cinder writes it; compute is told that it is nowhere yet."""
    if volume.cluster is None:
        return None if request[CALLER].is_service else f"{NOWHERE}#pool"
    return f"{volume.cluster}@{volume.disk_template}#pool"
