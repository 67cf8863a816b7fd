"""Host aggregates: nodes under a name, for administrators."""

from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import require_since
from services.compute.api.queries import name_in
from services.compute.api.schemas.aggregates import (
    AggregateAction,
    AggregateChangeBody,
    CacheBody,
    NewAggregateBody,
)
from services.compute.api.schemas.fields import MAX_INT
from services.compute.api.views.aggregates import aggregate_view, brief_view
from services.compute.domain.aggregate import Aggregate, aggregate_not_found
from services.compute.store import aggregates as store
from services.compute.usecases import aggregates as usecases
from shared.clock import utcnow
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.ids import new_uuid
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.microversion import MICROVERSION

RULE: Final = "os_compute_api:os-aggregates:"


async def list_aggregates(request: web.Request) -> web.Response:
    """Return all aggregates."""
    _require(request, "index")
    minor = request[MICROVERSION].minor
    found = await store.every(request.app[DEPS].reads)
    return answer({"aggregates": [aggregate_view(each, minor) for each in found]})


async def show_aggregate(request: web.Request) -> web.Response:
    """Return one aggregate."""
    _require(request, "show")
    ident = _ident(request)
    found = await store.find(request.app[DEPS].reads, ident)
    if found is None:
        raise aggregate_not_found(ident)
    return _shown(request, found)


async def create_aggregate(request: web.Request) -> web.Response:
    """Make an aggregate."""
    _require(request, "create")
    given = (await read(request, NewAggregateBody)).aggregate
    made = await usecases.create(
        request.app[DEPS].transaction,
        Aggregate(
            uuid=new_uuid(),
            name=given.name,
            availability_zone=given.availability_zone,
            created_at=utcnow(),
        ),
    )
    return answer({"aggregate": brief_view(made, request[MICROVERSION].minor)})


async def update_aggregate(request: web.Request) -> web.Response:
    """Change an aggregate's name or zone."""
    _require(request, "update")
    given = (await read(request, AggregateChangeBody)).aggregate
    zoned = "availability_zone" in given.model_fields_set
    changed = await usecases.rename(
        request.app[DEPS].transaction,
        _ident(request),
        given.name or None,
        lambda each: each.in_zone(given.availability_zone) if zoned else each,
    )
    return _shown(request, changed)


async def delete_aggregate(request: web.Request) -> web.Response:
    """Delete an aggregate."""
    _require(request, "delete")
    await usecases.delete(request.app[DEPS].transaction, _ident(request))
    return answer_nothing(status=200)


async def act(request: web.Request) -> web.Response:
    """Put a host into an aggregate, take one out, or change its metadata."""
    transaction, ident = request.app[DEPS].transaction, _ident(request)
    given = await read(request, AggregateAction)
    if len(given.model_fields_set) != 1:
        raise BadInput("Exactly one of add_host, remove_host and set_metadata is needed.")
    _require(request, next(iter(given.model_fields_set)))
    if given.add_host is not None:
        changed = await usecases.add_host(transaction, ident, given.add_host.host)
    elif given.remove_host is not None:
        changed = await usecases.remove_host(transaction, ident, given.remove_host.host)
    elif given.set_metadata is not None:
        changed = await usecases.set_details(transaction, ident, given.set_metadata.metadata)
    else:
        raise BadInput("The action needs its arguments.")
    return _shown(request, changed)


async def cache_images(request: web.Request) -> web.Response:
    """Accept that images be had on the nodes (2.81): each fetches one when it first needs it."""
    require_since(request, 81)
    request.app[DEPS].policy.require(request[CALLER], "compute:aggregates:images")
    ident = _ident(request)
    await read(request, CacheBody)
    if await store.find(request.app[DEPS].reads, ident) is None:
        raise aggregate_not_found(ident)
    return answer_nothing(status=202)


def _require(request: web.Request, verb: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + verb)


def _ident(request: web.Request) -> int:
    text = name_in(request, "aggregate_id")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= MAX_INT):
        raise aggregate_not_found(text[:255])
    return int(text)


def _shown(request: web.Request, aggregate: Aggregate) -> web.Response:
    return answer({"aggregate": aggregate_view(aggregate, request[MICROVERSION].minor)})


ALL: Final = "/os-aggregates"
ONE: Final = f"{ALL}/{{aggregate_id}}"
ROUTES: Final = [
    web.get(ALL, list_aggregates),
    web.post(ALL, create_aggregate),
    web.get(ONE, show_aggregate),
    web.put(ONE, update_aggregate),
    web.delete(ONE, delete_aggregate),
    web.post(f"{ONE}/action", act),
    web.post(f"{ONE}/images", cache_images),
]
