"""The list of images: one statement, whatever is asked for.

What a project sees is its own images, those for everybody and those shared with it. Each kind has
an index in the order most lists ask for, so each is read on its own and only as far as the page
needs it; then they are merged.
"""

from collections.abc import Sequence
from typing import Final

import orjson

from services.image.domain.query import Condition, Query, SortKey, Viewer
from shared.db.reads import Reads
from shared.errors import BadInput

# Columns that may be null take part in an order as this instead.
ORDER: Final = {
    "name": "coalesce(i.name, '')",
    "container_format": "coalesce(i.container_format, '')",
    "disk_format": "coalesce(i.disk_format, '')",
    "size": "coalesce(i.size, -1)",
}

SHARED_WITH: Final = """
  i.visibility = 'shared' AND EXISTS (
    SELECT 1 FROM members m
    WHERE m.image_id = i.id AND m.member_id = {project} AND ({status}::text IS NULL
      OR m.status = {status})
  )"""


class MarkerUnknown(BadInput):
    """The list is to go on after an image that the caller cannot see."""

    code = "image.marker_unknown"


class _Statement:
    """SQL that grows, with its arguments."""

    def __init__(self) -> None:
        self.arguments: list[object] = []

    def argument(self, value: object) -> str:
        """Return the place of a new argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"


async def find_images(reads: Reads, query: Query, viewer: Viewer) -> Sequence[bytes]:
    """Return the documents of the page.

    Raises:
        MarkerUnknown: there is nothing to go on after.
    """
    statement = _Statement()
    sql = _page(statement, query, viewer)
    rows = await reads.rows(sql, *statement.arguments)
    if not rows and query.marker is not None:
        await _check_marker(reads, query, viewer)
    return [row[0] for row in rows]


async def _check_marker(reads: Reads, query: Query, viewer: Viewer) -> None:
    """An empty page is either the last one, or one after nothing: only then it is worth a look."""
    statement = _Statement()
    kinds = _kinds(statement, query, viewer)
    sql = " ".join(["SELECT true FROM images i WHERE", _is_marker(statement, query, kinds)])
    if not await reads.value(sql, *statement.arguments):
        raise MarkerUnknown(f"No image found with ID {query.marker}")


def _page(statement: _Statement, query: Query, viewer: Viewer) -> str:
    order = ", ".join(
        f"{_key(each)} {'DESC' if each.descending else 'ASC'}" for each in query.sorts
    )
    # Not a parameter: for a limit it does not know, PostgreSQL plans anew every time.
    limit = int(query.limit)
    where = ["i.status <> 'deleted'", *_conditions(statement, query)]
    kinds = _kinds(statement, query, viewer)
    prelude = ""
    if query.marker is not None:
        prelude = _marker(query, _is_marker(statement, query, kinds))
        where.append(_after(query.sorts))
    tests = " AND ".join(where)
    tail = f"ORDER BY {order} LIMIT {limit}"
    columns = ", ".join(["i.document", *dict.fromkeys(f"i.{each.column}" for each in query.sorts)])
    branches = [
        " ".join([f"(SELECT {columns} FROM images i WHERE", f"({kind}) AND {tests}", f"{tail})"])
        for kind in kinds
    ]
    merged = f"({' UNION ALL '.join(branches)}) i"
    return " ".join([prelude, "SELECT i.document FROM", merged, tail])


def _kinds(statement: _Statement, query: Query, viewer: Viewer) -> list[str]:
    """Return the kinds of images the viewer sees; no image is of two of them."""
    if viewer.sees_all:
        return ["true"]
    project = statement.argument(viewer.project)
    status = statement.argument(query.member_status)
    kinds = [
        f"i.owner = {project}",
        f"i.visibility = 'public' AND i.owner <> {project}",
        f"i.owner <> {project} AND {SHARED_WITH.format(project=project, status=status)}",
    ]
    if query.with_community:
        kinds.append(f"i.visibility = 'community' AND i.owner <> {project}")
    return kinds


def _conditions(statement: _Statement, query: Query) -> list[str]:
    tests = [_condition(statement, each) for each in query.conditions]
    if query.visibility is not None:
        tests.append(f"i.visibility = {statement.argument(query.visibility.value)}")
    if query.tags:
        tests.append(f"i.tags @> {statement.argument(list(query.tags))}::text[]")
    if query.properties:
        wanted = orjson.dumps(dict(query.properties)).decode()
        tests.append(f"i.properties @> {statement.argument(wanted)}::jsonb")
    return tests


def _condition(statement: _Statement, condition: Condition) -> str:
    place = statement.argument(condition.value)
    if isinstance(condition.value, list):
        return f"i.{condition.column} = ANY({place})"
    return f"i.{condition.column} {condition.comparison.value} {place}"


def _key(sort: SortKey) -> str:
    return ORDER.get(sort.column, f"i.{sort.column}")


def _marker(query: Query, is_marker: str) -> str:
    keys = ", ".join(f"{_key(each)} AS k{at}" for at, each in enumerate(query.sorts))
    return " ".join(["WITH marker AS (SELECT", keys, "FROM images i WHERE", f"{is_marker})"])


def _is_marker(statement: _Statement, query: Query, kinds: Sequence[str]) -> str:
    """Return the test for the marker; one the viewer does not see is none."""
    seen = " OR ".join(f"({kind})" for kind in kinds)
    return f"i.id = {statement.argument(query.marker)} AND i.status <> 'deleted' AND ({seen})"


def _after(sorts: Sequence[SortKey]) -> str:
    """Return the test for what comes after the marker; its first half lets an index begin there."""
    first = sorts[0]
    bound = "<=" if first.descending else ">="
    tests = []
    for at, sort in enumerate(sorts):
        same = [f"{_key(each)} = {_of_marker(before)}" for before, each in enumerate(sorts[:at])]
        beyond = f"{_key(sort)} {'<' if sort.descending else '>'} {_of_marker(at)}"
        tests.append(f"({' AND '.join([*same, beyond])})")
    return f"{_key(first)} {bound} {_of_marker(0)} AND ({' OR '.join(tests)})"


def _of_marker(at: int) -> str:
    return " ".join(["(SELECT", f"k{at}", "FROM marker)"])
