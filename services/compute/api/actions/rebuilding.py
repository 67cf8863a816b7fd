"""Rebuild."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.schemas.actions import Rebuild
from services.compute.api.server_update import LATER_SHOWN, shown_after
from services.compute.api.servers import in_place, rendered
from services.compute.api.views import servers as views
from services.compute.domain.guest import GuestFile
from services.compute.domain.password import new_password
from services.compute.store.documents import extended
from services.compute.usecases import rebuilding
from services.compute.usecases.rebuilding import RebuildRequest
from services.compute.usecases.references import Asker
from shared.errors import BadInput
from shared.web.answers import answer_bytes
from shared.web.links import base_url
from shared.web.projects import project_prefix

SINCE: Final = {
    "description": 19,
    "key_name": 54,
    "user_data": 57,
    "trusted_image_certificates": 63,
    "hostname": 90,
}
UNTIL: Final = {"personality": 56}
FIELDS: Final = {
    "name": "name",
    "metadata": "details",
    "disk_config": "disk_config",
    "access_ipv4": "access_ip_v4",
    "access_ipv6": "access_ip_v6",
    "description": "description",
    "key_name": "key_name",
    "hostname": "hostname",
}
CLEARABLE: Final = frozenset({"access_ipv4", "access_ipv6", "description", "key_name"})
OF_VOLUMES: Final = 93  # minor of the microversion that knows root disks that are volumes
WHOLE_VIEW: Final = 75  # minor of the microversion that shows all of the server


async def rebuild(asked: Asked) -> web.StreamResponse:
    """Write a server's root disk anew, and show the server."""
    asked.require_known(SINCE, UNTIL)
    deps, caller = asked.deps, asked.caller
    asker = Asker(
        project_id=caller.project_id,
        user_id=caller.user_id,
        token=caller.token,
        is_admin=caller.is_admin,
        may_have_no_disk=True,
    )
    server, told = await rebuilding.rebuild(
        deps.acceptance, asker, asked.server_id, asked.actor, _wanted(asked)
    )
    more: dict[str, Any] = {}
    if deps.settings.instance_passwords:
        more["adminPass"] = told.admin_password
    if asked.minor >= 57:
        more["user_data"] = told.user_data
    request = asked.request
    if asked.minor >= WHOLE_VIEW:
        view = orjson.loads(await rendered(request, deps, server.id))
        view.pop("OS-EXT-SRV-ATTR:user_data", None)  # a rebuild shows it as user_data
        body = orjson.dumps(view)
    else:
        but = LATER_SHOWN - ({"key_name"} if asked.minor >= 54 else set())
        body = in_place(request, orjson.dumps(shown_after(request, server, but)))
    where = f"{base_url(request)}/v2.1{project_prefix(request)}/servers/{server.id}"
    shown = b'{"server":' + extended(body, views.members(more)) + b"}"
    return answer_bytes(shown, status=202, headers={"Location": where})


def _wanted(asked: Asked) -> RebuildRequest:
    given: Rebuild = asked.arguments
    if given.trusted_image_certificates:
        raise BadInput("Image certificates are not checked on this cloud.")
    if given.preserve_ephemeral:
        raise BadInput("Ephemeral disks cannot be preserved on this cloud.")
    told: dict[str, Any] = {}
    if given.admin_pass is not None or asked.deps.settings.instance_passwords:
        told["admin_password"] = given.admin_pass or new_password()
    if "user_data" in given.model_fields_set:
        told["user_data"] = given.user_data
    if given.personality:
        told["files"] = tuple(
            GuestFile(path=each.path, content=each.contents) for each in given.personality
        )
    fields = {
        FIELDS[name]: getattr(given, name)
        for name in given.model_fields_set & FIELDS.keys()
        if getattr(given, name) is not None or name in CLEARABLE
    }
    return RebuildRequest(
        image_id=UUID(given.image_ref),
        fields=fields,
        told=told,
        may_be_volume=asked.minor >= OF_VOLUMES,
    )


ACTIONS: Final[Mapping[str, Known]] = {
    "rebuild": Known("os_compute_api:servers:rebuild", rebuild, Rebuild),
}
