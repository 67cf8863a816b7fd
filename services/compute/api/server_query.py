"""What the query of a list of servers asks for."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from services.compute.api.paths import uuid_of
from services.compute.domain.lifecycle import STATUS, STATUS_DURING
from services.compute.settings import ComputeSettings
from services.compute.store.server_filters import FILTERS, NEWEST_FIRST, SORTABLE, Criteria
from shared.errors import BadInput, NotAllowed
from shared.identity.caller import CALLER
from shared.identity.policy import Policy
from shared.web.microversion import at_least
from shared.web.paging import Page, nova_page

TRUE: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
FALSE: Final = frozenset({"0", "f", "false", "off", "n", "no"})
LONGEST_PATTERN: Final = 255
ALIASES: Final[Mapping[str, str]] = {
    "display_name": "name",
    "display_description": "description",
    "hypervisor_hostname": "node",
    "instance_type_id": "flavor",
    "image_ref": "image",
    "instance_uuid": "uuid",
}
EVERYBODY: Final = frozenset(
    {"reservation_id", "name", "status", "image", "flavor", "ip", "tags", "tags-any", "not-tags",
     "not-tags-any", "locked"}
)  # fmt: skip
SINCE_2_83: Final = frozenset(
    {"availability_zone", "config_drive", "key_name", "created_at", "launched_at",
     "terminated_at", "power_state", "task_state", "vm_state", "user_id"}
)  # fmt: skip
# Known to Nova, but nothing here ever differs in them, or they are not filters of rows.
OTHERS: Final = frozenset(
    {"all_tenants", "changes-since", "changes-before", "deleted", "project_id", "tenant_id",
     "limit", "marker", "sort_key", "sort_dir", "progress", "kernel_id", "ramdisk_id",
     "root_device_name", "auto_disk_config", "disk_config", "soft_deleted", "cell_name",
     "locked_by", "architecture", "ephemeral_gb", "root_gb", "memory_mb", "vcpus", "host_status"}
)  # fmt: skip
STATUSES: Final = frozenset(STATUS.values()) | frozenset(STATUS_DURING.values())
NOVAS_STATUSES: Final = STATUSES | frozenset(
    {"MIGRATING", "PASSWORD", "PAUSED", "REBUILD", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED",
     "SHELVED_OFFLOADED", "SOFT_DELETED", "SUSPENDED", "UNKNOWN", "VERIFY_RESIZE"}
)  # fmt: skip
POWERS: Final[Mapping[str, str]] = {
    "nostate": "0", "running": "1", "paused": "3", "shutdown": "4", "crashed": "6",
    "suspended": "7",
}  # fmt: skip


def criteria_of(
    request: web.Request, policy: Policy, settings: ComputeSettings, *, detailed: bool
) -> tuple[Criteria, Page]:
    """Return which servers are asked for, and which page of them.

    Raises:
        BadInput: a parameter is not known or not possible.
        NotAllowed: it is for administrators.
    """
    page = nova_page(request, max_limit=settings.max_limit, sortable=SORTABLE, default=NEWEST_FIRST)
    if page.marker is not None and uuid_of(page.marker) is None:
        raise BadInput(f"marker [{page.marker}] not found")
    if at_least(request, 2, 75):
        _refuse_unknown(request)
    project_id = _project(request, policy, detailed=detailed)
    filters, deleted = _filters(request, policy)
    criteria = Criteria(
        project_id=project_id,
        filters=filters,
        changes_since=_moment(request, "changes-since"),
        changes_before=_moment(request, "changes-before") if at_least(request, 2, 66) else None,
        deleted=deleted,
        sorts=page.sorts,
        limit=page.limit,
        marker=page.marker,
    )
    return criteria, page


def _refuse_unknown(request: web.Request) -> None:
    for name in request.query:
        if name not in FILTERS and name not in ALIASES and name not in OTHERS:
            raise BadInput(f"Additional properties are not allowed ('{name}' was unexpected)")


def _project(request: web.Request, policy: Policy, *, detailed: bool) -> str | None:
    """Return whose servers are meant; None: everybody's."""
    caller = request[CALLER]
    if not yes(request.query.get("all_tenants", "false") or "true", "all_tenants"):
        return caller.project_id
    kind = "detail" if detailed else "index"
    policy.require(caller, f"os_compute_api:servers:{kind}:get_all_tenants")
    return request.query.get("project_id") or request.query.get("tenant_id")


def _filters(
    request: web.Request, policy: Policy
) -> tuple[dict[str, tuple[str, ...]], bool | None]:
    caller = request[CALLER]
    all_filters = policy.allows(caller, "os_compute_api:servers:allow_all_filters")
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(request.query):
        known = ALIASES.get(name, name)
        if known in FILTERS and (all_filters or _is_for_everybody(request, known)):
            found[known] = _values(request, known, tuple(request.query.getall(name)))
    deleted = None
    if all_filters and "deleted" in request.query:
        deleted = yes(request.query["deleted"], "deleted")
    if "DELETED" in found.get("status", ()):
        if not all_filters:
            raise NotAllowed("Only administrators may list deleted instances")
        deleted = True
    return found, deleted


def _is_for_everybody(request: web.Request, name: str) -> bool:
    if name == "ip6":
        return at_least(request, 2, 5)
    if name.endswith(("tags", "tags-any")) and not at_least(request, 2, 26):
        return False
    return name in EVERYBODY or (name in SINCE_2_83 and at_least(request, 2, 83))


def _values(request: web.Request, name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values as the store takes them."""
    if any("\0" in value for value in values):
        raise BadInput(f"Invalid input for query parameters {name}.")
    if name == "status":
        return _statuses(request, values)
    convert = CONVERT.get(name)
    return tuple(convert(value, name) for value in values) if convert else values


def _statuses(request: web.Request, values: tuple[str, ...]) -> tuple[str, ...]:
    wanted = tuple(value.upper() for value in values)
    if unknown := [value for value in wanted if value not in NOVAS_STATUSES]:
        if at_least(request, 2, 38):
            raise BadInput(f"Invalid status value: {unknown[0]}")
        return tuple(value for value in wanted if value in NOVAS_STATUSES)
    return wanted


def yes(text: str, name: str) -> bool:
    """Return the truth a query's value stands for.

    Raises:
        BadInput: it stands for none.
    """
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise BadInput(f"Invalid input for query parameters {name}. Value: {text[:64]}.")


def _truth(text: str, name: str) -> str:
    return "true" if yes(text, name) else "false"


def _pattern(text: str, name: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as invalid:
        raise BadInput(f"Invalid regular expression in filter {name}.") from invalid
    if len(text) > LONGEST_PATTERN:
        raise BadInput(f"Invalid input for query parameters {name}. Value is too long.")
    return text


def _instant(text: str, name: str) -> str:
    return moment(text, name).isoformat()


def moment(text: str, name: str) -> datetime:
    """Return the moment a query's value names; without a zone it is UTC.

    Raises:
        BadInput: it names none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as invalid:
        raise BadInput(
            f"Invalid input for query parameters {name}. Value: {text[:64]}."
        ) from invalid


def _moment(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    return None if text is None else moment(text, name)


def _power(text: str, _name: str) -> str:
    return POWERS.get(text.lower(), text)


CONVERT: Final[Mapping[str, Callable[[str, str], str]]] = {
    "name": _pattern, "ip": _pattern, "ip6": _pattern, "description": _pattern,
    "hostname": _pattern, "access_ip_v4": _pattern, "access_ip_v6": _pattern,
    "config_drive": _truth, "locked": _truth, "power_state": _power,
    "created_at": _instant, "launched_at": _instant, "terminated_at": _instant,
}  # fmt: skip
