"""Lists, shows, takes in, makes and deletes keypairs. They belong to users, not to projects."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query, name_in
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.schemas.keypairs import KEYPAIR_SINCE, NewKeypairBody
from services.compute.api.views.keypairs import created_view, keypair_view, listed_view
from services.compute.domain.keypair import keypair_not_found, require_name
from services.compute.store import keypairs as store
from services.compute.usecases import keypairs as usecases
from services.compute.usecases.keypairs import KeypairRequest
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.microversion import MICROVERSION, at_least
from shared.web.paging import next_links, nova_page


async def list_keypairs(request: web.Request) -> web.Response:
    """Return a user's keypairs."""
    deps, paged = request.app[DEPS], at_least(request, 2, 35)
    check_query(request, "limit", "marker", "user_id")
    user_id = _user(request, "index")
    page = nova_page(request, max_limit=deps.settings.max_limit)
    found = await store.page(
        deps.reads,
        user_id,
        limit=page.limit if paged else None,
        marker=page.marker if paged else None,
    )
    minor = request[MICROVERSION].minor
    body: dict[str, Any] = {"keypairs": [{"keypair": listed_view(each, minor)} for each in found]}
    if paged and (more := next_links(request, page, [each.name for each in found])):
        body["keypairs_links"] = more
    return answer(body)


async def show_keypair(request: web.Request) -> web.Response:
    """Return one keypair."""
    check_query(request, "user_id")
    user_id, name = _user(request, "show"), name_in(request, "name")
    found = await store.find(request.app[DEPS].reads, user_id, name)
    if found is None:
        raise keypair_not_found(name, user_id)
    return answer({"keypair": keypair_view(found, request[MICROVERSION].minor)})


async def create_keypair(request: web.Request) -> web.Response:
    """Take in a public key, or make a new pair."""
    deps, caller, minor = request.app[DEPS], request[CALLER], request[MICROVERSION].minor
    given = (await read(request, NewKeypairBody)).keypair
    require_known_in(given, minor, KEYPAIR_SINCE)
    user_id = given.user_id or caller.user_id
    deps.policy.require(caller, "os_compute_api:os-keypairs:create", {"user_id": user_id})
    require_name(given.name, since_2_92=minor >= 92)
    sent = "public_key" in given.model_fields_set
    if minor >= 92 and not sent:
        raise BadInput("'public_key' is a required property")
    keypair, private_key = await usecases.create(
        deps.transaction,
        KeypairRequest(
            user_id=user_id,
            project_id=caller.project_id,
            name=given.name,
            type=given.type,
            public_key=given.public_key if sent else None,
        ),
    )
    body = {"keypair": created_view(keypair, minor, private_key)}
    return answer(body, status=201 if minor >= 2 else 200)


async def delete_keypair(request: web.Request) -> web.Response:
    """Delete a keypair."""
    check_query(request, "user_id")
    user_id = _user(request, "delete")
    await usecases.delete(request.app[DEPS].transaction, user_id, name_in(request, "name"))
    return answer_nothing(status=204 if at_least(request, 2, 2) else 202)


def _user(request: web.Request, verb: str) -> str:
    """Return whose keypairs are meant (since 2.10 administrators may say)."""
    caller = request[CALLER]
    asked = request.query.get("user_id") if at_least(request, 2, 10) else None
    user_id = asked or caller.user_id
    request.app[DEPS].policy.require(
        caller, f"os_compute_api:os-keypairs:{verb}", {"user_id": user_id}
    )
    return user_id


ROUTES: Final = [
    web.get("/os-keypairs", list_keypairs),
    web.post("/os-keypairs", create_keypair),
    web.get("/os-keypairs/{name}", show_keypair),
    web.delete("/os-keypairs/{name}", delete_keypair),
]
