"""What handlers of writes share: reading bodies against tables, and wording answers."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.network.api.deps import require, view_of
from services.network.api.listing import as_seen
from services.network.api.schemas.attributes import (
    Author,
    Table,
    changed,
    drafted,
    resource_in,
    resources_in,
)
from services.network.domain.resource import Resource
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read_json

Fields = dict[str, Any]


def author_of(request: web.Request) -> Author:
    """Return who wrote the request, as far as bodies care."""
    caller = request[CALLER]
    return Author(
        project_id=caller.project_id, is_admin=caller.is_admin, is_service=caller.is_service
    )


async def drafts_in(request: web.Request, table: Table) -> tuple[list[Fields], bool]:
    """Return the fields of what shall be created, and whether a list was sent."""
    require(request, f"create_{table.singular}")
    items, is_bulk = resources_in(await read_json(request), table)
    author = author_of(request)
    return [drafted(item, table, author) for item in items], is_bulk


async def changes_in(request: web.Request, table: Table) -> Fields:
    """Return the fields that shall change."""
    require(request, f"update_{table.singular}")
    return changed(resource_in(await read_json(request), table), table, author_of(request))


def created(
    request: web.Request, table: Table, made: Sequence[Resource], *, is_bulk: bool
) -> web.Response:
    """Answer with what was created: alone, or as a list where a list was sent."""
    view = view_of(request)
    documents = [as_seen(each, view) for each in made]
    payload = {table.plural: documents} if is_bulk else {table.singular: documents[0]}
    return answer(payload, status=201)


def updated(request: web.Request, table: Table, thing: Resource) -> web.Response:
    """Answer with what was changed."""
    return answer({table.singular: as_seen(thing, view_of(request))})
