"""Handlers for what clients look up: services, zones, extensions, filters."""

from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import FILTERS
from services.volume.api.policy import require
from shared.clock import micros, utcnow
from shared.errors import NotFound
from shared.web.answers import answer
from shared.web.microversion import at_least

EXTENSIONS: Final = {
    "os-types-manage": ("TypesManage", "Types management."),
    "os-types-extra-specs": ("TypesExtraSpecs", "Extra specs of types."),
    "os-volume-type-access": ("VolumeTypeAccess", "Types that only some projects may use."),
    "os-quota-sets": ("Quotas", "Limits of projects."),
    "os-quota-class-sets": ("QuotaClasses", "Limits of quota classes."),
    "os-used-limits": ("UsedLimits", "What is used of limits."),
    "os-availability-zone": ("AvailabilityZones", "Zones."),
    "os-extended-services": ("ExtendedServices", "Services."),
    "os-volume-actions": ("VolumeActions", "Actions of volumes."),
    "os-admin-actions": ("AdminActions", "Administrators' actions of volumes."),
    "os-vol-image-meta": ("VolumeImageMetadata", "What a volume says of its image."),
    "os-volume-transfer": ("VolumeTransfer", "Volumes given to another project."),
    "os-vol-tenant-attr": ("VolumeTenantAttribute", "Whose a volume is."),
}
UPDATED: Final = "2026-01-01T00:00:00Z"


async def list_services(request: web.Request) -> web.Response:
    """List the one scheduler and the one volume service that answer here."""
    require(request, "volume_extension:services:index")
    zone, now = request.app[DEPS].settings.availability_zone, micros(utcnow())
    shown = [
        {
            "binary": binary,
            "host": host,
            "zone": zone,
            "status": "enabled",
            "state": "up",
            "updated_at": now,
            "disabled_reason": None,
            **_later(request, binary),
        }
        for binary, host in (("cinder-scheduler", "cyclades"), ("cinder-volume", "cyclades@ganeti"))
    ]
    query = request.query
    wanted = [
        each
        for each in shown
        if query.get("binary", each["binary"]) == each["binary"]
        and query.get("host", each["host"]) == each["host"]
    ]
    return answer({"services": wanted})


def _later(request: web.Request, binary: str) -> dict[str, object]:
    """Return what services showed later: clusters (3.7), the state of what stores (3.49)."""
    stores = binary == "cinder-volume"
    shown: dict[str, object] = {}
    if stores:
        shown |= {"replication_status": None, "active_backend_id": None, "frozen": False}
    if at_least(request, 3, 7):
        shown["cluster"] = None
    if stores and at_least(request, 3, 49):
        shown["backend_state"] = "up"
    return shown


async def list_zones(request: web.Request) -> web.Response:
    """List the zones volumes may be in."""
    zone = request.app[DEPS].settings.availability_zone
    info = {"zoneName": zone, "zoneState": {"available": True}}
    return answer({"availabilityZoneInfo": [info]})


def _extension(alias: str) -> dict[str, object]:
    name, description = EXTENSIONS[alias]
    shown: dict[str, object] = {"alias": alias, "name": name, "description": description}
    return shown | {"updated": UPDATED, "links": []}


async def list_extensions(_request: web.Request) -> web.Response:
    """List what is there beyond the core."""
    return answer({"extensions": [_extension(alias) for alias in EXTENSIONS]})


async def show_extension(request: web.Request) -> web.Response:
    """Show one extension."""
    alias = request.match_info["alias"]
    if alias not in EXTENSIONS:
        raise NotFound(f"Extension {alias} could not be found.")
    return answer({"extension": _extension(alias)})


async def list_resource_filters(request: web.Request) -> web.Response:
    """List what lists may be filtered by (3.33)."""
    every = [{"resource": name, "filters": list(known)} for name, known in FILTERS.items()]
    asked = request.query.get("resource")
    return answer({"resource_filters": [one for one in every if asked in (None, one["resource"])]})


ROUTES: Final = [
    web.get("/os-services", list_services),
    web.get("/os-availability-zone", list_zones),
    web.get("/extensions", list_extensions),
    web.get("/extensions/{alias}", show_extension),
    web.get("/resource_filters", list_resource_filters),
]
