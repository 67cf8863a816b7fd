"""Lists of groups and of their snapshots: one statement each, outside any transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import orjson

from services.volume.domain.group import (
    Group,
    GroupSnapshot,
    not_found,
    snapshot_not_found,
)
from services.volume.store.groups import (
    AS_THEY_ARE,
    OF_GROUPS,
    OF_SNAPSHOTS,
    group_of,
    group_snapshot_of,
)
from services.volume.store.pages import Arguments, Filters, Listing, Window, page_of, visible_to
from shared.db.reads import Reads
from shared.errors import NotFound

Whole = TypeVar("Whole", Group, GroupSnapshot)
EVERY: Final = (*AS_THEY_ARE, "project_id", "user_id", "status")
SORTABLE: Final[Mapping[str, str]] = {
    "id": "{0}.id",
    "name": "coalesce({0}.name, '')",
    "status": "{0}.status",
    "group_type_id": "{0}.group_type_id",
    "created_at": "{0}.created_at",
    "updated_at": "coalesce({0}.updated_at, {0}.created_at)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Whole]):
    """What is listed."""

    listing: Listing
    columns: Sequence[str]
    read: Callable[[Mapping[Any, Any]], Whole]
    missing: Callable[[object], NotFound]

    @property
    def selected(self) -> str:
        """The columns, of the rows that go by ``v``."""
        return ", ".join(f"v.{name}" for name in self.columns)


def _group(row: Mapping[Any, Any]) -> Group:
    return group_of({**row, "volume_types": orjson.loads(row["volume_types"])})


GROUPS: Final = Kind(
    listing=Listing(table="groups", source="groups v", sortable=SORTABLE),
    columns=(*EVERY, *OF_GROUPS, "volume_types"),
    read=_group,
    missing=not_found,
)
GROUP_SNAPSHOTS: Final = Kind(
    listing=Listing(table="group_snapshots", source="group_snapshots v", sortable=SORTABLE),
    columns=(*EVERY, *OF_SNAPSHOTS),
    read=group_snapshot_of,
    missing=snapshot_not_found,
)


async def list_wholes(
    reads: Reads, kind: Kind[Whole], filters: Filters, window: Window
) -> list[Whole]:
    """Return the groups, or snapshots of groups, of a page.

    Raises:
        NotFound: the marker names none that the caller may see.
    """
    statement, arguments = page_of(kind.listing, kind.selected, filters, window)
    rows = await reads.rows(statement, *arguments)
    if window.marker is not None and not rows:
        raise kind.missing(window.marker)
    return [kind.read(row) for row in rows if row["id"] is not None]


async def show_whole(reads: Reads, kind: Kind[Whole], ident: UUID, project_id: str | None) -> Whole:
    """Return one group, or one snapshot of a group.

    Raises:
        NotFound: absent, deleted or somebody else's.
    """
    arguments = Arguments([ident])
    visible = visible_to("v", project_id, arguments)
    statement = f"SELECT {kind.selected} FROM {kind.listing.source} WHERE v.id = $1 AND {visible}"
    row = await reads.row(statement, *arguments)
    if row is None:
        raise kind.missing(ident)
    return kind.read(row)


async def volumes_of(reads: Reads, group_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Return the volumes of groups, the oldest first."""
    rows = await reads.rows(
        "SELECT group_id, id FROM volumes WHERE group_id = ANY($1) AND deleted_at IS NULL "
        "ORDER BY created_at, id",
        list(group_ids),
    )
    found: dict[UUID, list[str]] = {}
    for row in rows:
        found.setdefault(row["group_id"], []).append(str(row["id"]))
    return found
