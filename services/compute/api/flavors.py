"""Lists, shows, makes, describes and deletes flavors."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import require_since
from services.compute.api.queries import check_query, name_in, whole_number
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.schemas.flavors import (
    AUTO,
    FLAVOR_SINCE,
    FlavorChangeBody,
    NewFlavorBody,
)
from services.compute.api.server_query import yes
from services.compute.api.views.flavors import brief_view, flavor_view
from services.compute.api.views.linking import links_to
from services.compute.domain.flavor import Flavor, flavor_not_found
from services.compute.store import flavor_reads
from services.compute.store.flavor_reads import SORTABLE, FlavorCriteria
from services.compute.usecases import flavors as usecases
from shared.identity.caller import CALLER
from shared.ids import new_uuid
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.context import request_id_of
from shared.web.microversion import MICROVERSION
from shared.web.paging import Page, Sort, next_links, nova_page

QUERY: Final = ("is_public", "limit", "marker", "minDisk", "minRam", "sort_dir", "sort_key")


async def flavor_in(request: web.Request) -> Flavor:
    """Return the flavor that the URL names, if the caller may use it.

    Raises:
        NotFound: they may not, or there is none.
    """
    caller, flavor_id = request[CALLER], name_in(request, "flavor_id")
    scope = None if caller.is_admin else caller.project_id
    found = await flavor_reads.find(request.app[DEPS].reads, flavor_id, scope)
    if found is None:
        raise flavor_not_found(flavor_id)
    return found


async def list_flavors(request: web.Request) -> web.Response:
    """Return names of flavors."""
    minor = request[MICROVERSION].minor
    found, page = await _page(request)
    views = [brief_view(each, minor, links_to(request, "flavors", each.id)) for each in found]
    return _listed(request, page, views)


async def list_flavors_in_detail(request: web.Request) -> web.Response:
    """Return flavors as they are shown one by one."""
    found, page = await _page(request)
    return _listed(request, page, [shown(request, each) for each in found])


async def show_flavor(request: web.Request) -> web.Response:
    """Return one flavor."""
    return answer({"flavor": shown(request, await flavor_in(request))})


async def create_flavor(request: web.Request) -> web.Response:
    """Add a flavor."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:os-flavor-manage:create")
    given = (await read(request, NewFlavorBody)).flavor
    require_known_in(given, request[MICROVERSION].minor, FLAVOR_SINCE)
    wanted = Flavor(
        id=str(new_uuid()) if given.id in {None, AUTO} else str(given.id),
        **given.model_dump(exclude={"id"}),
    )
    made = await usecases.create(deps.transaction, wanted, request_id_of(request))
    return answer({"flavor": shown(request, made)})


async def describe_flavor(request: web.Request) -> web.Response:
    """Change a flavor's description (2.55)."""
    require_since(request, 55)
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:os-flavor-manage:update")
    given = (await read(request, FlavorChangeBody)).flavor
    changed = await usecases.describe(
        deps.transaction, name_in(request, "flavor_id"), given.description, request_id_of(request)
    )
    return answer({"flavor": shown(request, changed)})


async def delete_flavor(request: web.Request) -> web.Response:
    """Delete a flavor."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:os-flavor-manage:delete")
    await usecases.delete(deps.transaction, name_in(request, "flavor_id"), request_id_of(request))
    return answer_nothing(status=202)


def shown(request: web.Request, flavor: Flavor) -> dict[str, Any]:
    """Return a flavor as this request's caller and microversion see it."""
    return flavor_view(
        flavor,
        request[MICROVERSION].minor,
        links_to(request, "flavors", flavor.id),
        specs=request.app[DEPS].policy.allows(
            request[CALLER], "os_compute_api:os-flavor-extra-specs:index"
        ),
    )


async def _page(request: web.Request) -> tuple[list[Flavor], Page]:
    check_query(request, *QUERY)
    deps = request.app[DEPS]
    page = nova_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
    key = request.query.get("sort_key") or "flavorid"
    descending = request.query.get("sort_dir", "asc").lower() == "desc"
    criteria = FlavorCriteria(
        project_id=request[CALLER].project_id,
        public=_public(request),
        least_ram=whole_number(request, "minRam"),
        least_disk=whole_number(request, "minDisk"),
        sort=Sort(key, descending=descending),
        limit=page.limit,
        marker=page.marker,
    )
    return await flavor_reads.page(deps.reads, criteria), page


def _public(request: web.Request) -> bool | None:
    """Return what of the private flavors is asked for; only administrators are heard."""
    asked = request.query.get("is_public")
    if asked is None or not request[CALLER].is_admin:
        return True
    return None if asked.lower() == "none" else yes(asked, "is_public")


def _listed(request: web.Request, page: Page, views: list[dict[str, Any]]) -> web.Response:
    body: dict[str, Any] = {"flavors": views}
    if more := next_links(request, page, [view["id"] for view in views]):
        body["flavors_links"] = more
    return answer(body)


ROUTES: Final = [
    web.get("/flavors", list_flavors),
    web.post("/flavors", create_flavor),
    web.get("/flavors/detail", list_flavors_in_detail),
    web.get("/flavors/{flavor_id}", show_flavor),
    web.put("/flavors/{flavor_id}", describe_flavor),
    web.delete("/flavors/{flavor_id}", delete_flavor),
]
