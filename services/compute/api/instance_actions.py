"""What was done to a server, and by which Ganeti jobs."""

from hashlib import sha224
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import server_in
from services.compute.api.queries import check_query, name_in
from services.compute.api.server_query import moment
from services.compute.store import action_reads
from services.compute.store.action_reads import InstanceAction
from shared.clock import micros
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least
from shared.web.paging import Page, next_links, nova_page

RULE: Final = "os_compute_api:os-instance-actions:"
QUERY: Final = ("changes-before", "changes-since", "limit", "marker")
NEVER: Final = 1000  # no microversion is as strict about this query as about others


async def list_actions(request: web.Request) -> web.Response:
    """Return what was done, the newest first."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], f"{RULE}list")
    server = await server_in(request, deleted=at_least(request, 2, 21))
    paged = at_least(request, 2, 58)
    check_query(request, *QUERY, strict_since=NEVER)
    page = nova_page(request, max_limit=deps.settings.max_limit) if paged else Page(limit=1000)
    found = await action_reads.page(
        deps.reads,
        server.id,
        limit=page.limit,
        marker=page.marker,
        since=_moment(request, "changes-since") if paged else None,
        before=_moment(request, "changes-before") if at_least(request, 2, 66) else None,
    )
    if (
        not found
        and page.marker
        and not await action_reads.find(deps.reads, server.id, page.marker)
    ):
        raise BadInput(f"Marker {page.marker} could not be found")
    body: dict[str, Any] = {"instanceActions": [_action(request, each) for each in found]}
    if paged and (links := next_links(request, page, [each.request_id for each in found])):
        body["links"] = links
    return answer(body)


def _moment(request: web.Request, name: str) -> Any:
    text = request.query.get(name)
    return None if text is None else moment(text, name)


async def show_action(request: web.Request) -> web.Response:
    """Return one thing that was done, with its steps."""
    deps, caller = request.app[DEPS], request[CALLER]
    deps.policy.require(caller, f"{RULE}show")
    server = await server_in(request, deleted=at_least(request, 2, 21))
    request_id = name_in(request, "request_id")
    found = await action_reads.find(deps.reads, server.id, request_id)
    if found is None:
        raise NotFound(f"Action for request_id {request_id} on instance {server.id} not found")
    shown = _action(request, found)
    is_inside = deps.policy.allows(caller, f"{RULE}events")
    if is_inside or at_least(request, 2, 51):
        shown["events"] = [
            _event(request, event, found.project_id, inside=is_inside) for event in found.events
        ]
    return answer({"instanceAction": shown})


def _action(request: web.Request, done: InstanceAction) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "action": done.action,
        "instance_uuid": str(done.server_id),
        "request_id": done.request_id,
        "user_id": done.user_id,
        "project_id": done.project_id,
        "start_time": micros(done.started_at),
        "message": done.message,
    }
    if at_least(request, 2, 58):
        shown["updated_at"] = micros(done.updated_at)
    return shown


def _event(
    request: web.Request, event: dict[str, Any], project_id: str, *, inside: bool
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "event": event["event"],
        "start_time": event["start_time"],
        "finish_time": event["finish_time"],
        "result": event["result"],
    }
    failed = event["result"] == "Error"
    if inside:
        shown["traceback"] = event["details"] if failed else None
    if at_least(request, 2, 62):
        shown["hostId"] = sha224(f"{project_id}{event['host']}".encode()).hexdigest()
        if inside:
            shown["host"] = event["host"]
    if at_least(request, 2, 84):
        shown["details"] = "The job failed." if failed and not inside else event["details"]
    return shown


ACTIONS: Final = "/servers/{server_id}/os-instance-actions"
ROUTES: Final = [
    web.get(ACTIONS, list_actions),
    web.get(f"{ACTIONS}/{{request_id}}", show_action),
]
