"""Reads servers for answers: one statement each, raw, outside transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.dialects.postgresql import JSONB

from services.compute.domain.server import Fault, Server
from services.compute.store.documents import extended
from services.compute.store.rows import fault_of, server_of
from services.compute.store.server_filters import (
    Arguments,
    Criteria,
    after_marker,
    conditions,
    order_by,
    select,
)
from services.compute.store.servers import COLUMNS
from shared.db.reads import Reads
from shared.errors import BadInput

PLAIN_COLUMNS = ", ".join(f'"{column.name}"' for column in COLUMNS)
JSON_COLUMNS = frozenset(column.name for column in COLUMNS if isinstance(column.type, JSONB))
KEYS = {column.name: column.key for column in COLUMNS}


class Shape(Enum):
    """Which of the stored answers is wanted."""

    LEAST = "min"
    HIGHEST = "max"


@dataclass(frozen=True, slots=True)
class Stored:
    """A server's stored answer, and what goes into it still."""

    view: bytes
    admin: bytes
    fault: Fault | None
    group_id: UUID | None


Listed = tuple[bytes, Fault | None]  # a stored answer in a list, and what goes into it still


@dataclass(frozen=True, slots=True)
class Named:
    """A server in a brief list."""

    id: UUID
    name: str


def _fault(text: str) -> Fault | None:
    return fault_of(orjson.loads(text))


def _server(row: Any) -> Server:
    return server_of(
        {
            KEYS[name]: orjson.loads(value) if name in JSON_COLUMNS and value is not None else value
            for name, value in row.items()
        }
    )


async def show(
    reads: Reads, server_id: UUID, project_id: str | None, shape: Shape
) -> Stored | None:
    """Return the stored answer of a server its users see; project None: anybody's."""
    row = await reads.row(
        select(
            f"view_{shape.value}, admin_{shape.value}, fault, group_id",
            "WHERE id = $1 AND visible AND ($2::text IS NULL OR project_id = $2)",
        ),
        server_id,
        project_id,
    )
    if row is None:
        return None
    view, admin, fault, group_id = row
    return Stored(view, admin, fault and _fault(fault), group_id)


async def find(
    reads: Reads, server_id: UUID, project_id: str | None, *, deleted: bool = False
) -> Server | None:
    """Return a server; project None: anybody's.

    Args:
        reads: the fast lane.
        server_id: which.
        project_id: whose it must be.
        deleted: whether one that is gone will do.
    """
    row = await reads.row(
        select(
            PLAIN_COLUMNS,
            "WHERE id = $1 AND (visible OR $3) AND ($2::text IS NULL OR project_id = $2)",
        ),
        server_id,
        project_id,
        deleted,
    )
    return None if row is None else _server(row)


async def page_of_stored(
    reads: Reads, criteria: Criteria, shape: Shape, *, whole: bool
) -> list[Listed]:
    """Return a page of stored answers; every column of a thousand rows counts.

    Args:
        reads: the fast lane.
        criteria: which page.
        shape: of the answers.
        whole: with what only administrators see.

    Raises:
        BadInput: the marker or a pattern is no good.
    """
    columns = f"view_{shape.value}, fault"
    if not whole:
        return [
            row if row[1] is None else (row[0], _fault(row[1]))
            for row in await _page(reads, criteria, columns)
        ]
    rows = await _page(reads, criteria, f"{columns}, admin_{shape.value}")
    return [(extended(view, admin), fault and _fault(fault)) for view, fault, admin in rows]


async def page_of_servers(reads: Reads, criteria: Criteria) -> list[Server]:
    """Return a page of servers.

    Raises:
        BadInput: the marker or a pattern is no good.
    """
    return [_server(row) for row in await _page(reads, criteria, PLAIN_COLUMNS)]


async def page_of_names(reads: Reads, criteria: Criteria) -> list[Named]:
    """Return a page of ids and names.

    Raises:
        BadInput: the marker or a pattern is no good.
    """
    rows = await _page(reads, criteria, "id, name")
    return [Named(row["id"], row["name"]) for row in rows]


async def _page(reads: Reads, criteria: Criteria, columns: str) -> Sequence[Any]:
    into = Arguments()
    where = conditions(criteria, into)
    if criteria.marker is not None:
        where.append(after_marker(criteria, into))
    statement = select(
        columns,
        f"WHERE {' AND '.join(where)}",
        # Not a parameter: for a limit it does not know, PostgreSQL plans anew every time.
        f"ORDER BY {order_by(criteria)} LIMIT {int(criteria.limit)}",
    )
    try:
        rows = await reads.rows(statement, *into.values)
    except asyncpg.InvalidRegularExpressionError as invalid:
        raise BadInput("A filter is no valid regular expression.") from invalid
    if not rows and criteria.marker is not None:
        await _require_marker(reads, criteria)
    return rows


async def _require_marker(reads: Reads, criteria: Criteria) -> None:
    known = await reads.value(
        "SELECT 1 FROM servers WHERE id = $1::uuid AND ($2::text IS NULL OR project_id = $2)",
        criteria.marker,
        criteria.project_id,
    )
    if known is None:
        raise BadInput(f"marker [{criteria.marker}] not found")


async def placed(reads: Reads, ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Return which of these servers there are, of any project, and whether each is on a cluster."""
    rows = await reads.rows(
        "SELECT id, cluster IS NOT NULL AS placed FROM servers WHERE id = ANY($1) AND visible", ids
    )
    return {row["id"]: row["placed"] for row in rows}
