"""Reads flavors for answers: one statement each, raw, outside transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from services.compute.domain.flavor import Flavor
from services.compute.store.flavors import FIELDS
from services.compute.store.server_filters import Arguments
from shared.db.reads import Reads
from shared.errors import BadInput
from shared.web.paging import Sort

COLUMNS: Final = ", ".join(FIELDS)
FOR_PROJECT: Final = (
    "(is_public OR EXISTS (SELECT 1 FROM flavor_access AS access"
    " WHERE access.flavor_id = flavors.id AND access.project_id = {project}))"
)
# Nova's names of what flavors may be sorted by -> how rows are compared; never null, and never a
# constant, by which PostgreSQL does not sort.
SORTABLE: Final[Mapping[str, str]] = {
    "flavorid": "id",
    "id": "id",
    "name": "name",
    "memory_mb": "ram",
    "root_gb": "disk",
    "ephemeral_gb": "ephemeral",
    "swap": "swap",
    "vcpus": "vcpus",
    "vcpu_weight": "(id IS NULL)",
    "rxtx_factor": "rxtx_factor",
    "is_public": "is_public",
    "disabled": "(id IS NULL)",
    "description": "coalesce(description, '')",
    "created_at": "created_at",
    "updated_at": "coalesce(updated_at, '-infinity')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavorCriteria:
    """Which flavors are asked for."""

    project_id: str
    public: bool | None  # True: what the project may use; False: private ones; None: all
    least_ram: int | None
    least_disk: int | None
    sort: Sort
    limit: int
    marker: str | None


async def find(reads: Reads, flavor_id: str, project_id: str | None) -> Flavor | None:
    """Return a flavor that the project may use; project None: any flavor."""
    row = await reads.row(
        f"SELECT {COLUMNS} FROM flavors WHERE id = $1 AND ($2::text IS NULL OR "
        f"{FOR_PROJECT.format(project='$2')})",
        flavor_id,
        project_id,
    )
    return None if row is None else _flavor(row)


async def page(reads: Reads, criteria: FlavorCriteria) -> list[Flavor]:
    """Return a page of flavors.

    Raises:
        BadInput: there is no flavor with the marker's id.
    """
    into = Arguments()
    where = _conditions(criteria, into)
    by, direction = SORTABLE[criteria.sort.key], "DESC" if criteria.sort.descending else "ASC"
    if criteria.marker is not None:
        after = "<" if criteria.sort.descending else ">"
        where.append(
            f"({by}, id) {after} (SELECT {by}, id FROM flavors"
            f" WHERE id = {into.add(criteria.marker)})"
        )
    rows = await reads.rows(
        f"SELECT {COLUMNS} FROM flavors WHERE {' AND '.join(where)}"
        f" ORDER BY {by} {direction}, id {direction} LIMIT {into.add(criteria.limit)}",
        *into.values,
    )
    if not rows and criteria.marker is not None:
        known = await reads.value("SELECT 1 FROM flavors WHERE id = $1", criteria.marker)
        if known is None:
            raise BadInput(f"marker [{criteria.marker}] not found")
    return [_flavor(row) for row in rows]


async def access(reads: Reads, flavor_id: str) -> tuple[bool, list[str]] | None:
    """Return whether a flavor is public and which projects may use it; None: no such flavor."""
    row = await reads.row(
        "SELECT is_public, ARRAY(SELECT project_id FROM flavor_access"
        " WHERE flavor_id = flavors.id ORDER BY project_id) AS projects"
        " FROM flavors WHERE id = $1",
        flavor_id,
    )
    return None if row is None else (row["is_public"], list(row["projects"]))


def _conditions(criteria: FlavorCriteria, into: Arguments) -> list[str]:
    where = ["true"]
    if criteria.public:
        where.append(FOR_PROJECT.format(project=into.add(criteria.project_id)))
    elif criteria.public is not None:
        where.append("NOT is_public")
    where += _at_least("ram", criteria.least_ram, into)
    where += _at_least("disk", criteria.least_disk, into)
    return where


def _at_least(column: str, least: int | None, into: Arguments) -> Sequence[str]:
    if least is None:
        return ()
    # No flavor has more than fits into 31 bits, so larger wishes are all alike.
    return (f"{column}::bigint >= {into.add(max(-1, min(least, 2**31)))}::bigint",)


def _flavor(row: Any) -> Flavor:
    values = dict(row)
    values["extra_specs"] = orjson.loads(values["extra_specs"])
    return Flavor(**values)
