"""Handlers for what clients look up: extensions, and what lists may be filtered by."""

from typing import Final

from aiohttp import web

from services.volume.api.filters import FILTERS
from shared.errors import NotFound
from shared.web.answers import answer

EXTENSIONS: Final = {
    "os-types-manage": ("TypesManage", "Types management."),
    "os-types-extra-specs": ("TypesExtraSpecs", "Extra specs of types."),
    "os-volume-type-access": ("VolumeTypeAccess", "Types that only some projects may use."),
    "os-quota-sets": ("Quotas", "Limits of projects."),
    "os-quota-class-sets": ("QuotaClasses", "Limits of quota classes."),
    "os-used-limits": ("UsedLimits", "What is used of limits."),
    "os-availability-zone": ("AvailabilityZones", "Zones."),
    "os-extended-services": ("ExtendedServices", "Services."),
    "os-services": ("Services", "Services, enabled and disabled."),
    "os-hosts": ("Hosts", "What stores volumes."),
    "scheduler-stats": ("Scheduler_stats", "Pools and their room."),
    "qos-specs": ("Qos_specs_manage", "What types promise."),
    "os-volume-actions": ("VolumeActions", "Actions of volumes."),
    "os-admin-actions": ("AdminActions", "Administrators' actions of volumes and snapshots."),
    "os-snapshot-actions": ("SnapshotActions", "Actions of snapshots."),
    "os-extended-snapshot-attributes": ("ExtendedSnapshotAttributes", "More of a snapshot."),
    "os-vol-image-meta": ("VolumeImageMetadata", "What a volume says of its image."),
    "os-volume-transfer": ("VolumeTransfer", "Volumes given to another project."),
    "os-vol-tenant-attr": ("VolumeTenantAttribute", "Whose a volume is."),
    "os-vol-host-attr": ("VolumeHostAttribute", "Where a volume is."),
    "os-vol-mig-status-attr": ("VolumeMigStatusAttribute", "Whether a volume moves."),
    "OS-SCH-HNT": ("SchedulerHints", "Hints where to put a volume."),
}
UPDATED: Final = "2026-01-01T00:00:00Z"


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
    web.get("/extensions", list_extensions),
    web.get("/extensions/{alias}", show_extension),
    web.get("/resource_filters", list_resource_filters),
]
