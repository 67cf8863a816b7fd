"""Lists, shows, makes and deletes server groups."""

from typing import Final
from uuid import UUID

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.api.queries import check_query, name_in
from services.compute.api.schemas.server_groups import NewGroup, NewGroupBody, OldGroupBody
from services.compute.api.views.server_groups import group_view
from services.compute.domain.server_group import SOFT, ServerGroup, group_not_found
from services.compute.store import server_groups as store
from services.compute.usecases import server_groups as usecases
from shared.clock import utcnow
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.ids import new_uuid
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.microversion import MICROVERSION, at_least
from shared.web.paging import nova_page

RULE: Final = "os_compute_api:os-server-groups:"


async def list_groups(request: web.Request) -> web.Response:
    """Return a project's groups, or everybody's."""
    check_query(request, "all_projects", "limit", "offset")
    deps, caller = request.app[DEPS], request[CALLER]
    deps.policy.require(caller, f"{RULE}index")
    everybody = "all_projects" in request.query and caller.is_admin
    if everybody:
        deps.policy.require(caller, f"{RULE}index:all_projects")
    page = nova_page(request, max_limit=deps.settings.max_limit)
    found = await store.page(
        deps.reads,
        None if everybody else caller.project_id,
        limit=page.limit or deps.settings.max_limit,
        offset=page.offset,
    )
    minor = request[MICROVERSION].minor
    return answer({"server_groups": [group_view(each, minor) for each in found]})


async def show_group(request: web.Request) -> web.Response:
    """Return one group."""
    group_id, scope = _enter(request, "show")
    found = await store.find(request.app[DEPS].reads, group_id, scope)
    if found is None:
        raise group_not_found(group_id)
    return answer({"server_group": group_view(found, request[MICROVERSION].minor)})


async def create_group(request: web.Request) -> web.Response:
    """Make a group."""
    deps, caller = request.app[DEPS], request[CALLER]
    deps.policy.require(caller, f"{RULE}create")
    given = await _given(request)
    made = ServerGroup(
        id=new_uuid(),
        project_id=caller.project_id,
        user_id=caller.user_id,
        name=given.name,
        policy=given.policy,
        created_at=utcnow(),
        rules=given.rules.model_dump(exclude_none=True),
    )
    await usecases.create(deps.transaction, made)
    return answer({"server_group": group_view(made, request[MICROVERSION].minor)})


async def delete_group(request: web.Request) -> web.Response:
    """Delete a group."""
    group_id, scope = _enter(request, "delete")
    await usecases.delete(request.app[DEPS].transaction, group_id, scope)
    return answer_nothing()


async def _given(request: web.Request) -> NewGroup:
    if at_least(request, 2, 64):
        given = (await read(request, NewGroupBody)).server_group
        if given.rules.model_fields_set and given.policy != "anti-affinity":
            raise BadInput("Only anti-affinity policy supports rules.")
        return given
    old = (await read(request, OldGroupBody)).server_group
    [policy] = old.policies
    if policy in SOFT and not at_least(request, 2, 15):
        raise BadInput(
            f"Invalid input for field/attribute policies. Value: {policy}. "
            f"'{policy}' is not one of ['anti-affinity', 'affinity']"
        )
    return NewGroup(name=old.name, policy=policy)


def _enter(request: web.Request, verb: str) -> tuple[UUID, str | None]:
    """Return the group that is meant, and whose it must be (None: anybody's)."""
    caller = request[CALLER]
    request.app[DEPS].policy.require(caller, RULE + verb)
    text = name_in(request, "group_id")
    group_id = uuid_of(text)
    if group_id is None:
        raise group_not_found(text)
    return group_id, None if caller.is_admin else caller.project_id


ROUTES: Final = [
    web.get("/os-server-groups", list_groups),
    web.post("/os-server-groups", create_group),
    web.get("/os-server-groups/{group_id}", show_group),
    web.delete("/os-server-groups/{group_id}", delete_group),
]
