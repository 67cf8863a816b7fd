"""Images of the image service as Nova showed them."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.views.linking import links_to
from services.compute.usecases.imaging import NOT_INHERITED

STATUS: Final[Mapping[str, str]] = {
    "queued": "SAVING",
    "saving": "SAVING",
    "uploading": "SAVING",
    "importing": "SAVING",
    "active": "ACTIVE",
    "killed": "ERROR",
    "deleted": "DELETED",
    "pending_delete": "DELETED",
}
PROGRESS: Final[Mapping[str, int]] = {"queued": 25, "saving": 50, "active": 100}
OF_SERVERS: Final = frozenset(
    {"image_type", "backup_type", "instance_uuid", "image_location", "base_image_ref", "user_id",
     "owner_id"}
)  # fmt: skip


def named(request: web.Request, image: Mapping[str, Any]) -> dict[str, Any]:
    """Return an image in a brief list."""
    ident = image["id"]
    glance = request.app[DEPS].settings.image_url.rstrip("/")
    elsewhere = {
        "rel": "alternate",
        "type": "application/vnd.openstack.image",
        "href": f"{glance}/images/{ident}",
    }
    links = [*links_to(request, "images", ident), elsewhere]
    return {"id": ident, "name": image.get("name"), "links": links}


def detailed(request: web.Request, image: Mapping[str, Any]) -> dict[str, Any]:
    """Return an image with what it is."""
    shown = named(request, image) | {
        "status": STATUS.get(image["status"], "UNKNOWN"),
        "progress": PROGRESS.get(image["status"], 0),
        "created": image["created_at"],
        "updated": image["updated_at"],
        "minDisk": image.get("min_disk") or 0,
        "minRam": image.get("min_ram") or 0,
        "OS-EXT-IMG-SIZE:size": image.get("size"),
        "metadata": {
            name: value
            for name, value in image.items()
            if name in OF_SERVERS or name not in NOT_INHERITED
        },
    }
    if server_id := image.get("instance_uuid"):
        shown["server"] = {"id": server_id, "links": links_to(request, "servers", server_id)}
    return shown
