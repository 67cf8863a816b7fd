"""Lists and shows of every resource: read the query, send what the one statement brings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.paths import id_in, uuid_in
from services.network.api.schemas.attributes import (
    HTTPBadRequest,
    TenantIdProjectIdFilterConflict,
)
from services.network.domain.resource import Resource, View
from services.network.store.documents import NotAFilter, Order, Wanted, id_of, one, page
from services.network.store.listings import Listing
from shared.web.answers import answer_bytes
from shared.web.paging import Page, neutron_links_around, neutron_page

# Query keys that are no filters.
PAGING: Final = frozenset({"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"})
TAG_KEYS: Final = frozenset({"tags", "tags-any", "not-tags", "not-tags-any"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One resource of the API, as it is listed and shown."""

    singular: str
    plural: str
    listing: Listing
    missing: Callable[[object], Exception]


async def list_resources(request: web.Request, what: Collection) -> web.Response:
    """Answer a list."""
    require(request, f"get_{what.singular}")
    asked, found = await read_page(request, what)
    return send_page(request, what, asked, found)


async def read_page(request: web.Request, what: Collection) -> tuple[Page, list[str]]:
    """Return the page a list request asks for, and what is on it."""
    asked = neutron_page(request, sortable=what.listing.sorts)
    wanted = Wanted(
        filters=filters_in(request, what.listing),
        orders=[Order(key=each.key, descending=each.descending) for each in asked.sorts],
        marker=_marker(asked, what),
        limit=asked.limit if asked.is_asked else None,
        backwards=asked.backwards,
    )
    deps, view = request.app[DEPS], view_of(request)
    try:
        found = await page(deps.reads, what.listing, view, wanted)
    except NotAFilter as wrong:
        raise HTTPBadRequest(f"Invalid input for operation: {wrong}.") from wrong
    if not found and wanted.marker is not None:
        known = await one(deps.reads, what.listing, view, wanted.marker)
        if known is None:
            raise what.missing(wanted.marker)
    return asked, found


def send_page(
    request: web.Request, what: Collection, asked: Page, found: Sequence[str]
) -> web.Response:
    """Answer with documents as they are stored, or with the fields that were asked for."""
    fields = request.query.getall("fields", [])
    documents = [picked(each, fields) for each in found] if any(fields) else found
    ends = (id_of(found[0]), id_of(found[-1])) if found else None
    links = neutron_links_around(request, asked, len(found), ends)
    more = f',"{what.plural}_links":'.encode() + orjson.dumps(links) if links else b""
    head, listed = f'{{"{what.plural}":['.encode(), ",".join(documents).encode()
    return answer_bytes(b"".join((head, listed, b"]", more, b"}")))


async def show_resource(request: web.Request, what: Collection) -> web.Response:
    """Answer one resource."""
    require(request, f"get_{what.singular}")
    thing_id = id_in(request, what.missing)
    document = await one(request.app[DEPS].reads, what.listing, view_of(request), thing_id)
    if document is None:
        raise what.missing(thing_id)
    body = picked(document, request.query.getall("fields", []))
    return answer_bytes(f'{{"{what.singular}":{body}}}'.encode())


def filters_in(request: web.Request, listing: Listing) -> Mapping[str, Sequence[str]]:
    """Return what a list is filtered by.

    Raises:
        HTTPBadRequest: a key that is no attribute.
        TenantIdProjectIdFilterConflict: two projects at once.
    """
    keys = {key for key in request.query if key not in PAGING}
    known = listing.filters.keys() | (TAG_KEYS if listing.has_tags else frozenset())
    if unknown := sorted(keys - known):
        raise HTTPBadRequest(f"{unknown} is invalid attribute for filtering")
    filters = {key: request.query.getall(key) for key in keys}
    if any("\0" in value for values in filters.values() for value in values):
        raise HTTPBadRequest("Strings must not contain NUL characters.")
    projects = {tuple(filters[key]) for key in ("tenant_id", "project_id") if key in filters}
    if len(projects) > 1:
        raise TenantIdProjectIdFilterConflict
    return filters


def _marker(asked: Page, what: Collection) -> Any:
    if asked.marker is None:
        return None
    marker = uuid_in(asked.marker)
    if marker is None:
        raise what.missing(asked.marker)
    return marker


def picked(document: str, fields: Sequence[str]) -> str:
    """Return the document, or only the fields that were asked for."""
    if not any(fields):
        return document
    whole = orjson.loads(document)
    return orjson.dumps({key: whole[key] for key in whole if key in fields}).decode()


def as_seen(thing: Resource, view: View) -> dict[str, Any]:
    """Return a resource that was just written, as the caller may see it."""
    return thing.document() | (thing.restricted() if view.everything else {})
