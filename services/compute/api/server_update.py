"""``PUT /servers/{id}``."""

from typing import Any, Final

import orjson
from aiohttp import web

from services.compute.api.actions.known import actor_of
from services.compute.api.deps import DEPS
from services.compute.api.paths import server_id_in
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.schemas.servers import UPDATE_SINCE, UpdateServer
from services.compute.api.servers import in_place, minor_of, rendered
from services.compute.api.views import servers as views
from services.compute.domain.server import Server
from services.compute.usecases import changing
from shared.identity.caller import CALLER
from shared.web.answers import answer_bytes
from shared.web.body import read

FIELDS: Final = {
    "name": "name",
    "access_ipv4": "access_ip_v4",
    "access_ipv6": "access_ip_v6",
    "disk_config": "disk_config",
    "description": "description",
    "hostname": "hostname",
}
CLEARABLE: Final = frozenset({"access_ipv4", "access_ipv6", "description"})
# What an update shows less than a look before 2.75.
LATER_SHOWN: Final = frozenset(
    {"key_name", "config_drive", "OS-EXT-AZ:availability_zone", "OS-SRV-USG:launched_at",
     "OS-SRV-USG:terminated_at", "security_groups", "OS-EXT-STS:task_state",
     "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached"}
)  # fmt: skip


async def update_server(request: web.Request) -> web.Response:
    """Change a server, and show it."""
    deps = request.app[DEPS]
    server_id = server_id_in(request)
    deps.policy.require(request[CALLER], "os_compute_api:servers:update")
    given = (await read(request, UpdateServer)).server
    minor = minor_of(request)
    require_known_in(given, minor, UPDATE_SINCE)
    fields: dict[str, Any] = {
        FIELDS[name]: getattr(given, name)
        for name in given.model_fields_set
        if getattr(given, name) is not None or name in CLEARABLE
    }
    server = await changing.update(deps.transaction, server_id, actor_of(request), fields)
    if minor >= 75:
        return answer_bytes(b'{"server":' + await rendered(request, deps, server_id) + b"}")
    return answer_bytes(in_place(request, orjson.dumps({"server": shown_after(request, server)})))


def shown_after(
    request: web.Request, server: Server, but: frozenset[str] = LATER_SHOWN
) -> dict[str, Any]:
    """Return what of a server is shown by what changed it, before 2.75.

    Args:
        request: that changed it.
        server: as it is now.
        but: what is left out.
    """
    minor = minor_of(request)
    view = views.server_view(server, minor)
    if server.fault is not None:
        view["fault"] = views.fault_view(server.fault, detailed=request[CALLER].is_admin)
    if minor >= 71:
        view["server_groups"] = [str(server.group_id)] if server.group_id else []
    view["addresses"] = {
        label: [{"version": each["version"], "addr": each["addr"]} for each in there]
        for label, there in view["addresses"].items()
    }
    return {name: value for name, value in view.items() if name not in but}


ROUTES: Final = [web.put("/servers/{server_id}", update_server)]
