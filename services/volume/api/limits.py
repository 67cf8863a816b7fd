"""Handlers for /limits, /os-quota-sets and /os-quota-class-sets."""

from typing import Any, Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import is_yes
from services.volume.api.policy import require
from services.volume.api.schemas.quotas import Limits, QuotaClassBody, QuotaSetBody, Skip
from services.volume.domain.quotas import Usage
from services.volume.store import type_listing
from services.volume.usecases import limits
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read
from shared.web.microversion import at_least

IGNORED: Final = frozenset({"tenant_id", "force", "id", "skip_validation", "class_name"})


async def _type_names(request: web.Request) -> list[str]:
    return [kind.name for kind in await type_listing.list_types(request.app[DEPS].reads)]


async def show_limits(request: web.Request) -> web.Response:
    """Show what the project may have, and has."""
    caller = request[CALLER]
    project = caller.project_id
    asked = request.query.get("project_id") if at_least(request, 3, 39) else None
    if caller.is_admin and asked:
        project = type(project)(asked)
    require(request, "limits_extension:used_limits", project)
    held, usage = await limits.of_project(request.app[DEPS].transaction, project, [])
    absolute = {
        "maxTotalVolumes": held["volumes"],
        "maxTotalSnapshots": held["snapshots"],
        "maxTotalVolumeGigabytes": held["gigabytes"],
        "maxTotalBackups": held["backups"],
        "maxTotalBackupGigabytes": held["backup_gigabytes"],
        "totalVolumesUsed": usage.total.volumes,
        "totalSnapshotsUsed": usage.total.snapshots,
        "totalGigabytesUsed": usage.total.gigabytes,
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return answer({"limits": {"rate": [], "absolute": absolute}})


def _named(request: web.Request, rule: str) -> str:
    """Return the project the URL names; somebody else's only for administrators."""
    project = request.match_info["project"]
    require(request, rule, project)
    return project


async def show_quotas(request: web.Request) -> web.Response:
    """Show the limits of a project, with what is in use if asked."""
    project = _named(request, "volume_extension:quotas:show")
    names = await _type_names(request)
    held, usage = await limits.of_project(request.app[DEPS].transaction, project, names)
    if is_yes(request, "usage"):
        return answer({"quota_set": {"id": project, **_with_usage(held, usage)}})
    return answer({"quota_set": {"id": project, **held}})


def _with_usage(held: dict[str, int], usage: Usage) -> dict[str, Any]:
    return {
        name: {"limit": limit, "in_use": usage.of(name), "reserved": 0}
        for name, limit in held.items()
    }


async def show_default_quotas(request: web.Request) -> web.Response:
    """Show the limits a project has when nobody sets others."""
    project = _named(request, "volume_extension:quotas:show")
    names = await _type_names(request)
    held = await limits.of_class(request.app[DEPS].transaction, "default", names)
    return answer({"quota_set": {"id": project, **held}})


def _wanted(given: dict[str, Any]) -> dict[str, int]:
    wanted = {key: value for key, value in given.items() if key not in IGNORED}
    return dict(parsed(wanted, Limits).root)


def _skips(body: QuotaSetBody) -> bool:
    """Whether limits may be set below what is in use; clients say so in either place."""
    inner = {key: body.quota_set[key] for key in Skip.model_fields if key in body.quota_set}
    return body.skip_validation or parsed(inner, Skip).skip_validation


async def update_quotas(request: web.Request) -> web.Response:
    """Set limits of a project."""
    project = _named(request, "volume_extension:quotas:update")
    body = await read(request, QuotaSetBody)
    held = await limits.change_project(
        request.app[DEPS].transaction,
        project,
        _wanted(body.quota_set),
        await _type_names(request),
        even_below_usage=_skips(body),
    )
    return answer({"quota_set": held})


async def delete_quotas(request: web.Request) -> web.Response:
    """Have the default limits again."""
    project = _named(request, "volume_extension:quotas:delete")
    await limits.forget(request.app[DEPS].transaction, project)
    return web.Response(status=200)


async def show_class(request: web.Request) -> web.Response:
    """Show the limits of a class."""
    require(request, "volume_extension:quota_classes:get")
    name = request.match_info["name"]
    names = await _type_names(request)
    held = await limits.of_class(request.app[DEPS].transaction, name, names)
    return answer({"quota_class_set": {"id": name, **held}})


async def update_class(request: web.Request) -> web.Response:
    """Set limits of a class."""
    require(request, "volume_extension:quota_classes:update")
    wanted = _wanted((await read(request, QuotaClassBody)).quota_class_set)
    names = await _type_names(request)
    held = await limits.change_class(
        request.app[DEPS].transaction, request.match_info["name"], wanted, names
    )
    return answer({"quota_class_set": held})


ROUTES: Final = [
    web.get("/limits", show_limits),
    web.get("/os-quota-sets/{project}", show_quotas),
    web.get("/os-quota-sets/{project}/defaults", show_default_quotas),
    web.put("/os-quota-sets/{project}", update_quotas),
    web.delete("/os-quota-sets/{project}", delete_quotas),
    web.get("/os-quota-class-sets/{name}", show_class),
    web.put("/os-quota-class-sets/{name}", update_class),
]
