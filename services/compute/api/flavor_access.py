"""Who may use a private flavor."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import name_in
from services.compute.api.schemas.flavors import AccessBody
from services.compute.domain.flavor import flavor_not_found
from services.compute.store import flavor_reads
from services.compute.usecases import flavors as usecases
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.microversion import at_least

RULE: Final = "os_compute_api:os-flavor-access"


async def list_access(request: web.Request) -> web.Response:
    """Return the projects that may use a private flavor."""
    deps, flavor_id = request.app[DEPS], name_in(request, "flavor_id")
    deps.policy.require(request[CALLER], RULE)
    found = await flavor_reads.access(deps.reads, flavor_id)
    if found is None:
        raise flavor_not_found(flavor_id)
    is_public, projects = found
    if is_public:
        raise NotFound("Access list not available for public flavors.")
    return _listed(flavor_id, projects)


async def act(request: web.Request) -> web.Response:
    """Let a project use a flavor, or no longer."""
    deps, flavor_id = request.app[DEPS], name_in(request, "flavor_id")
    given = await read(request, AccessBody)
    if len(given.model_fields_set) != 1:
        raise BadInput("Exactly one of addTenantAccess and removeTenantAccess is needed.")
    if given.grant is not None:
        deps.policy.require(request[CALLER], f"{RULE}:add_tenant_access")
        projects = await usecases.grant(
            deps.transaction,
            flavor_id,
            given.grant.tenant,
            even_public=not at_least(request, 2, 7),
        )
    elif given.revoke is not None:
        deps.policy.require(request[CALLER], f"{RULE}:remove_tenant_access")
        projects = await usecases.revoke(deps.transaction, flavor_id, given.revoke.tenant)
    else:
        raise BadInput("The action needs a tenant.")
    return _listed(flavor_id, projects)


def _listed(flavor_id: str, projects: Sequence[str]) -> web.Response:
    return answer(
        {"flavor_access": [{"flavor_id": flavor_id, "tenant_id": each} for each in projects]}
    )


ROUTES: Final = [
    web.get("/flavors/{flavor_id}/os-flavor-access", list_access),
    web.post("/flavors/{flavor_id}/action", act),
]
