"""Lists servers, shows one."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson
from aiohttp import web

from services.compute.api.deps import DEPS, Deps
from services.compute.api.paths import server_id_in
from services.compute.api.server_query import criteria_of
from services.compute.api.user_data import with_user_data
from services.compute.api.views import servers as views
from services.compute.domain.server import Fault, Server
from services.compute.store import server_reads
from services.compute.store.documents import extended, filled_in, id_of
from services.compute.store.server_reads import Shape, Stored
from services.compute.store.servers import not_found
from shared.identity.caller import CALLER, Caller
from shared.web.answers import answer_bytes
from shared.web.links import base_url
from shared.web.microversion import MICROVERSION, at_least
from shared.web.paging import links_after, next_links
from shared.web.projects import project_prefix

STORED: Final = {views.LEAST: Shape.LEAST, views.HIGHEST: Shape.HIGHEST}


async def list_servers(request: web.Request) -> web.Response:
    """Return names of servers."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:servers:index")
    criteria, page = criteria_of(request, deps.policy, deps.settings, detailed=False)
    found = await server_reads.page_of_names(deps.reads, criteria)
    entries = [
        orjson.dumps(
            {"id": str(one.id), "name": one.name, "links": views.links("servers", str(one.id))}
        )
        for one in found
    ]
    return _listed(request, entries, next_links(request, page, [str(one.id) for one in found]))


async def list_servers_in_detail(request: web.Request) -> web.Response:
    """Return servers as they are shown one by one."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "os_compute_api:servers:detail")
    criteria, page = criteria_of(request, deps.policy, deps.settings, detailed=True)
    may = Sight(deps, request[CALLER])
    shape = STORED.get(minor_of(request))
    if shape is not None:
        found = await server_reads.page_of_stored(deps.reads, criteria, shape, whole=may.inside)
        entries = [view if fault is None else may.with_fault(view, fault) for view, fault in found]
    else:
        servers = await server_reads.page_of_servers(deps.reads, criteria)
        entries = [may.of_server(one, minor_of(request)) for one in servers]
    last = id_of(entries[-1]) if entries else ""
    return _listed(request, entries, links_after(request, page, len(entries), last))


async def show_server(request: web.Request) -> web.Response:
    """Return one server."""
    deps, caller = request.app[DEPS], request[CALLER]
    server_id = server_id_in(request)
    deps.policy.require(caller, "os_compute_api:servers:show")
    body = await rendered(request, deps, server_id)
    return answer_bytes(b'{"server":' + body + b"}")


async def rendered(request: web.Request, deps: Deps, server_id: UUID) -> bytes:
    """Return a server as this request's caller and microversion see it.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    caller = request[CALLER]
    may = Sight(deps, caller)
    project_id = None if caller.is_admin else caller.project_id
    shape = STORED.get(minor_of(request))
    if shape is not None:
        stored = await server_reads.show(deps.reads, server_id, project_id, shape)
        if stored is None:
            raise not_found(server_id)
        body, group_id = may.of_stored(stored), stored.group_id
    else:
        server = await server_reads.find(deps.reads, server_id, project_id)
        if server is None:
            raise not_found(server_id)
        body, group_id = may.of_server(server, minor_of(request)), server.group_id
    if at_least(request, 2, 71):  # only where one server is shown
        body = extended(body, views.members({"server_groups": [str(group_id)] if group_id else []}))
    return in_place(request, await with_user_data(deps, server_id, body))


class Sight:
    """What a caller sees of servers."""

    def __init__(self, deps: Deps, caller: Caller) -> None:
        allows = deps.policy.allows
        self.inside = allows(caller, "os_compute_api:os-extended-server-attributes")
        self._prefix = deps.settings.ganeti_prefix

    def of_stored(self, stored: Stored) -> bytes:
        """Return a stored answer with what else there is to see."""
        return self._joined(stored.view, stored.admin, stored.fault)

    def of_server(self, server: Server, minor: int) -> bytes:
        """Return an answer in a microversion whose answers are not stored."""
        view = orjson.dumps(views.server_view(server, minor))
        admin = views.members(views.admin_view(server, minor, self._prefix))
        return self._joined(view, admin, server.fault)

    def with_fault(self, view: bytes, fault: Fault) -> bytes:
        """Return an answer with what went wrong."""
        shown = views.fault_view(fault, detailed=self.inside)
        return extended(view, views.members({"fault": shown}))

    def _joined(self, view: bytes, admin: bytes, fault: Fault | None) -> bytes:
        whole = extended(view, admin) if self.inside else view
        return whole if fault is None else self.with_fault(whole, fault)


def minor_of(request: web.Request) -> int:
    """Return the minor number of the request's microversion."""
    return request[MICROVERSION].minor


def in_place(request: web.Request, body: bytes) -> bytes:
    """Return the JSON with the address in it that the client reached us by."""
    return filled_in(body, base_url(request), project_prefix(request))


def _listed(
    request: web.Request, entries: list[bytes], more: Sequence[dict[str, str]]
) -> web.Response:
    links = views.members({"servers_links": list(more)}) if more else b""
    first, last = b'{"servers":[', b"]" + links + b"}"
    if not entries:
        return answer_bytes(first + last)
    # Pages are megabytes: what stands around the list is put on before it is joined.
    entries[0] = first + entries[0]
    entries[-1] += last
    return answer_bytes(in_place(request, b",".join(entries)))


ROUTES: Final = [
    web.get("/servers", list_servers),
    web.get("/servers/detail", list_servers_in_detail),
    web.get("/servers/{server_id}", show_server),
]
