"""Which volumes a query asks for. Keys nobody knows are left out, as Cinder does."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.volume.store.pages import COMPARISONS, Filters
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.microversion import at_least

YES, NO = frozenset({"true", "1", "yes", "on", "t"}), frozenset({"false", "0", "no", "off", "f"})
LARGEST: Final = 2**31 - 1  # what the column of sizes holds
# Of what no volume has yet: whoever asks for one of these gets an empty list.
NEVER: Final[Mapping[str, tuple[int, int]]] = {"migration_status": (3, 0)}
NEVER_SNAPSHOTS: Final[Mapping[str, tuple[int, int]]] = {}
# Query keys -> the minor version they came with; before it they were keys nobody knew.
SINCE: Final[Mapping[str, int]] = {"group_id": 10, "group_snapshot_id": 14}
LIKE: Final[Mapping[str, str]] = {
    "name~": "name",
    "description~": "description",
    "status~": "status",
    "availability_zone~": "availability_zone",
}
LIKE_SNAPSHOTS: Final = {key: LIKE[key] for key in ("name~", "description~", "status~")}
NOTHING: Final = object()  # what no row has
# What /resource_filters tells.
FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "volume": (
        "name", "status", "metadata", "bootable", "migration_status", "availability_zone",
        "group_id", "size", "created_at", "updated_at", "consumes_quota",
    ),
    "snapshot": (
        "name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota",
        "group_snapshot_id",
    ),
    "group": ("name", "status", "group_type_id", "source_group_id", "group_snapshot_id"),
    "group_snapshot": ("name", "status", "group_id"),
    "attachment": ("volume_id", "status", "instance_id", "attach_status"),
    "message": ("resource_uuid", "resource_type", "event_id", "request_id", "message_level"),
    "pool": ("name", "volume_type"),
    "volume_type": ("is_public", "extra_specs"),
}  # fmt: skip


def is_yes(request: web.Request, key: str) -> bool:
    """Whether a flag of the query is set."""
    return request.query.get(key, "").lower() in YES


def filters_in(request: web.Request) -> Filters:
    """Return which volumes are asked for.

    Raises:
        BadInput: a value cannot be one of its key.
    """
    query, caller = request.query, request[CALLER]
    project: str | None = caller.project_id
    if caller.is_admin and is_yes(request, "all_tenants"):
        project = query.get("project_id")
    equal = _exact(request, EXACT)
    return Filters(
        project_id=project,
        equal={column: value for column, value in equal.items() if value is not NOTHING},
        like={column: query[key] for key, column in LIKE.items() if key in query}
        if at_least(request, 3, 34)
        else {},
        items=_items(request),
        moments=_moments(request) if at_least(request, 3, 60) else (),
        nothing=_asks_for_nothing(request) or NOTHING in equal.values(),
    )


def _exact(
    request: web.Request, known: Mapping[str, tuple[str, Callable[[str], Any]]]
) -> dict[str, Any]:
    """Return columns and what they must be; ``NOTHING`` is what no row has."""
    return {
        column: as_value(request.query[key])
        for key, (column, as_value) in known.items()
        if key in request.query
        and at_least(request, 3, SINCE.get(key, 0))
        and (key != "bootable" or _is_flag(request, key))
    }


def snapshot_filters_in(request: web.Request) -> Filters:
    """Return which snapshots are asked for.

    Raises:
        BadInput: a value cannot be one of its key.
    """
    query, caller = request.query, request[CALLER]
    project: str | None = caller.project_id
    if caller.is_admin and is_yes(request, "all_tenants"):
        project = query.get("project_id")
    nothing = _asks_for_nothing(request, NEVER_SNAPSHOTS)
    equal = _exact(request, EXACT_SNAPSHOTS)
    nothing = nothing or NOTHING in equal.values()
    items = {"metadata": dictionary("metadata", query["metadata"])} if _has_items(request) else {}
    return Filters(
        project_id=project,
        equal={column: value for column, value in equal.items() if value is not NOTHING},
        like={column: query[key] for key, column in LIKE_SNAPSHOTS.items() if key in query}
        if at_least(request, 3, 34)
        else {},
        items=items,
        moments=_moments(request) if at_least(request, 3, 60) else (),
        nothing=nothing,
    )


def whole_filters_in(
    request: web.Request, known: Mapping[str, tuple[str, Callable[[str], Any]]]
) -> Filters:
    """Return which groups, or snapshots of groups, are asked for."""
    caller = request[CALLER]
    everybody = caller.is_admin and is_yes(request, "all_tenants")
    equal = _exact(request, known)
    return Filters(
        project_id=request.query.get("project_id") if everybody else caller.project_id,
        equal={column: value for column, value in equal.items() if value is not NOTHING},
        nothing=NOTHING in equal.values(),
    )


def _has_items(request: web.Request) -> bool:
    return "metadata" in request.query and at_least(request, 3, 22)


def _asks_for_nothing(request: web.Request, never: Mapping[str, tuple[int, int]] = NEVER) -> bool:
    query = request.query
    if (
        at_least(request, 3, 65)
        and "consumes_quota" in query
        and not _flag(query["consumes_quota"])
    ):
        return True
    if "size" in query and _number(query["size"]) > LARGEST:
        return True
    return any(key in query and at_least(request, *since) for key, since in never.items())


def _is_flag(request: web.Request, key: str) -> bool:
    """Whether the value is one; junk is an error since 3.2, and was left out before."""
    return at_least(request, 3, 2) or request.query[key].lower() in YES | NO


def _flag(text: str) -> bool:
    if text.lower() not in YES | NO:
        raise BadInput(f"Invalid input received: '{text[:40]}' is not a boolean.")
    return text.lower() in YES


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadInput(f"Invalid input received: size must be a number, not '{text[:40]}'.")
    return int(text)


def _size(text: str) -> int:
    return min(_number(text), LARGEST)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise BadInput(f"Invalid input received: '{text[:40]}' is not a 'uuid'.") from wrong


def _uuid_or_nothing(text: str) -> Any:
    try:
        return UUID(text)
    except ValueError:
        return NOTHING


# Query keys -> the column, and how the value is read.
EXACT: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "name": ("name", str),
    "display_name": ("name", str),
    "status": ("status", str),
    "availability_zone": ("availability_zone", str),
    "volume_type_id": ("volume_type_id", _uuid),
    "size": ("size", _size),
    "bootable": ("bootable", _flag),
    "group_id": ("group_id", _uuid_or_nothing),
}

EXACT_SNAPSHOTS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "name": ("name", str),
    "display_name": ("name", str),
    "status": ("status", str),
    "volume_id": ("volume_id", _uuid_or_nothing),
    "group_snapshot_id": ("group_snapshot_id", _uuid_or_nothing),
}
EXACT_GROUPS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "name": ("name", str),
    "status": ("status", str),
    "group_type_id": ("group_type_id", _uuid_or_nothing),
    "source_group_id": ("source_group_id", _uuid_or_nothing),
    "group_snapshot_id": ("group_snapshot_id", _uuid_or_nothing),
}
EXACT_GROUP_SNAPSHOTS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "name": ("name", str),
    "status": ("status", str),
    "group_id": ("group_id", _uuid_or_nothing),
}


def _items(request: web.Request) -> dict[str, dict[str, str]]:
    asked: dict[str, dict[str, str]] = {}
    if "metadata" in request.query:
        asked["metadata"] = dictionary("metadata", request.query["metadata"])
    if "glance_metadata" in request.query and at_least(request, 3, 4):
        asked["image_metadata"] = dictionary("glance_metadata", request.query["glance_metadata"])
    return asked


def dictionary(key: str, text: str) -> dict[str, str]:
    """Read the filter, which clients write as JSON or as Python's own notation."""
    refusal = BadInput(f"Invalid filter value for {key}.")
    try:
        asked = orjson.loads(re.sub(r"\bu(?=')", "", text).replace("'", '"'))
    except orjson.JSONDecodeError as wrong:
        raise refusal from wrong
    if not isinstance(asked, dict):
        raise refusal
    items = {key: str(value) for key, value in asked.items()}
    if any("\0" in part for item in items.items() for part in item):
        raise refusal
    return items


def _moments(request: web.Request) -> list[tuple[str, str, datetime]]:
    """Read ``created_at=gt:2026-01-01T00:00:00,lt:2026-02-01T00:00:00`` and ``updated_at``."""
    return [
        (column, *_moment(column, part))
        for column in ("created_at", "updated_at")
        if column in request.query
        for part in request.query[column].split(",")[:8]
    ]


def _moment(column: str, text: str) -> tuple[str, datetime]:
    how, _, when = (
        text.partition(":") if text.partition(":")[0] in COMPARISONS else ("eq", "", text)
    )
    try:
        moment = datetime.fromisoformat(when)
        return how, moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise BadInput(f"Invalid filter value for {column}: '{text[:60]}'.") from wrong
