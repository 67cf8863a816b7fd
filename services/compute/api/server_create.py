"""``POST /servers``: reads a request, has it accepted, answers 202."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.compute.api.block_devices import disks_in, has_tags
from services.compute.api.deps import DEPS
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.schemas.servers import (
    SINCE,
    UNTIL,
    CreateServer,
    NetworkItem,
    NewServer,
)
from services.compute.api.servers import in_place, minor_of
from services.compute.api.views import servers as views
from services.compute.domain.guest import GuestFile
from services.compute.domain.password import new_password
from services.compute.domain.request import (
    Networking,
    ServerRequest,
)
from services.compute.domain.server import NetworkWish, Server
from services.compute.usecases import create_servers
from services.compute.usecases.references import Asker
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_bytes
from shared.web.body import read
from shared.web.context import request_id_of
from shared.web.links import base_url
from shared.web.projects import project_prefix

NAMED_BY_UUID: Final = 37
SHARED_VOLUMES: Final = 60


async def create_server(request: web.Request) -> web.Response:
    """Accept one or more servers."""
    deps, caller = request.app[DEPS], request[CALLER]
    deps.policy.require(caller, "os_compute_api:servers:create")
    body = await read(request, CreateServer)
    wanted = request_of(body, minor_of(request))
    if wanted.admin_password is None and deps.settings.instance_passwords:
        wanted = replace(wanted, admin_password=new_password())

    def may(rule: str) -> bool:
        return deps.policy.allows(caller, rule)

    if wanted.volumes:
        deps.policy.require(caller, "os_compute_api:servers:create:attach_volume")
    if wanted.networks:
        deps.policy.require(caller, "os_compute_api:servers:create:attach_network")
    asker = Asker(
        project_id=caller.project_id,
        user_id=caller.user_id,
        token=caller.token,
        is_admin=caller.is_admin,
        may_attach_external=may("os_compute_api:network:attach_external_network"),
        may_have_no_disk=may("os_compute_api:servers:create:zero_disk_flavor"),
        may_name_node=may("os_compute_api:servers:create:forced_host"),
    )
    servers = await create_servers.create_servers(
        deps.acceptance, asker, wanted, request_id_of(request)
    )
    if body.server.return_reservation_id:
        return answer({"reservation_id": servers[0].reservation_id}, status=202)
    return _accepted(request, servers[0], wanted)


def _accepted(request: web.Request, server: Server, wanted: ServerRequest) -> web.Response:
    view: dict[str, Any] = {
        "id": str(server.id),
        "links": views.links("servers", str(server.id)),
        "OS-DCF:diskConfig": server.disk_config,
        "security_groups": [{"name": group.name} for group in server.security_groups],
    }
    if wanted.admin_password is not None:
        view["adminPass"] = wanted.admin_password
    where = f"{base_url(request)}/v2.1{project_prefix(request)}/servers/{server.id}"
    body = in_place(request, orjson.dumps({"server": view}))
    return answer_bytes(body, status=202, headers={"Location": where})


def request_of(body: CreateServer, minor: int) -> ServerRequest:
    """Return what is asked for.

    Raises:
        BadInput: the microversion does not know some of it, or it cannot be had.
    """
    given = body.server
    require_known_in(given, minor, SINCE, UNTIL)
    _refuse_unbuilt(given)
    networking, networks = _networks(given, minor)
    if not has_tags(minor) and any(wish.tag is not None for wish in networks):
        raise BadInput("Additional properties are not allowed ('tag' was unexpected)")
    disks = disks_in(
        given.image_ref, given.block_device_mapping_v2, given.block_device_mapping, minor
    )
    most = given.max_count or given.min_count or 1
    return ServerRequest(
        name=given.name,
        flavor_id=given.flavor_ref,
        image_id=None if disks.image_id is None else UUID(disks.image_id),
        volumes=disks.volumes,
        local=disks.local,
        may_share_volumes=minor >= SHARED_VOLUMES,
        networking=networking,
        networks=networks,
        security_groups=tuple(dict.fromkeys(group.name for group in given.security_groups)),
        key_name=given.key_name,
        details=given.metadata,
        tags=tuple(dict.fromkeys(given.tags)),
        description=given.description,
        zone=given.availability_zone,
        node=given.hypervisor_hostname or given.host,
        hostname=given.hostname,
        user_data=given.user_data,
        admin_password=given.admin_pass,
        files=tuple(GuestFile(path=each.path, content=each.contents) for each in given.personality),
        config_drive=bool(given.config_drive),
        disk_config=given.disk_config,
        access_ip_v4=given.access_ipv4,
        access_ip_v6=given.access_ipv6,
        group_id=body.group_id,
        hints=body.near,
        least=given.min_count or 1,
        most=most,
    )


def _refuse_unbuilt(given: NewServer) -> None:
    if given.trusted_image_certificates:
        raise BadInput("Image certificates are not checked on this cloud.")


def _networks(given: NewServer, minor: int) -> tuple[Networking, tuple[NetworkWish, ...]]:
    if isinstance(given.networks, str):
        if minor < NAMED_BY_UUID:
            raise BadInput(
                f"Invalid input for field/attribute networks. Value: {given.networks}. "
                f"'{given.networks}' is not of type 'array'"
            )
        return Networking(given.networks), ()
    if given.networks is None and minor >= NAMED_BY_UUID:
        raise BadInput("'networks' is a required property")
    return Networking.UNSAID, tuple(_wish(item) for item in given.networks or ())


def _wish(item: NetworkItem) -> NetworkWish:
    if item.port is not None:
        return NetworkWish(port_id=item.port, tag=item.tag)
    return NetworkWish(network_id=item.uuid, fixed_ip=item.fixed_ip, tag=item.tag)


ROUTES: Final = [web.post("/servers", create_server)]
