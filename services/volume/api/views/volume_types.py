"""Types as users and administrators see them."""

from typing import Any

from aiohttp import web

from services.volume.api.policy import allows
from services.volume.domain.volume_type import VISIBLE, VolumeType


def volume_type(request: web.Request, kind: VolumeType) -> dict[str, Any]:
    """Return a type; administrators see what it promises."""
    shown = answered(request, kind)
    if allows(request, "volume_extension:types_extra_specs:read_sensitive"):
        shown["qos_specs_id"] = str(kind.qos_specs_id) if kind.qos_specs_id else None
    return shown


def answered(request: web.Request, kind: VolumeType) -> dict[str, Any]:
    """Return a type as it is answered to who makes or changes it.

    Users see only the extra specs that are meant for them.
    """
    specs = dict(kind.extra_specs)
    everything = allows(request, "volume_extension:types_extra_specs:read_sensitive")
    if not everything:
        specs = {key: value for key, value in specs.items() if key in VISIBLE}
    return {
        "id": str(kind.id),
        "name": kind.name,
        "description": kind.description,
        "is_public": kind.is_public,
        "os-volume-type-access:is_public": kind.is_public,
        "extra_specs": specs,
    }
