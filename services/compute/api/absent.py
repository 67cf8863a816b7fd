"""What Nova has, or had, and this service has not: one table, and a sentence for each."""

from typing import Final, NoReturn

from aiohttp import web
from aiohttp.typedefs import Handler

from shared.errors import Kind, NotFound, NotSupported


class Refused(NotSupported):
    """Nova knows it; here it is not possible: 400, where clients do not know 501."""

    kind = Kind.BAD_INPUT
    code = "compute.not_possible"


Refusal = type[NotFound] | type[NotSupported] | type[web.HTTPGone]
NETWORK: Final = "Use the network service."
VOLUME: Final = "Use the volume service."
LONG_GONE: Final = "This API was removed from Nova."

# Path (and everything below it) -> the refusal and its sentence.
ABSENT: Final[dict[str, tuple[Refusal, str]]] = {
    # Proxies of other services, gone since 2.36 and never here.
    "/os-floating-ip-pools": (NotFound, NETWORK),
    "/os-floating-ips": (NotFound, NETWORK),
    "/os-snapshots": (NotFound, VOLUME),
    "/os-volume-types": (NotFound, VOLUME),
    "/os-volumes": (NotFound, VOLUME),
    "/os-volumes_boot": (NotFound, "Use /servers."),
    "/os-baremetal-nodes": (NotFound, "There are no bare metal nodes here."),
    # What Nova itself dropped.
    "/os-agents": (web.HTTPGone, LONG_GONE),
    "/os-cells": (web.HTTPGone, LONG_GONE),
    "/os-certificates": (web.HTTPGone, LONG_GONE),
    "/os-cloudpipe": (web.HTTPGone, LONG_GONE),
    "/os-fixed-ips": (web.HTTPGone, LONG_GONE),
    "/os-floating-ip-dns": (web.HTTPGone, LONG_GONE),
    "/os-floating-ips-bulk": (web.HTTPGone, LONG_GONE),
    "/os-fping": (web.HTTPGone, LONG_GONE),
    "/os-security-group-default-rules": (web.HTTPGone, LONG_GONE),
    "/servers/{server_id}/consoles": (web.HTTPGone, LONG_GONE),
    "/servers/{server_id}/os-virtual-interfaces": (web.HTTPGone, LONG_GONE),
    # What does not exist on Ganeti, or not yet.
    "/os-assisted-volume-snapshots": (Refused, "Ganeti takes no snapshots with a guest's help."),
}


def _refusing(refusal: Refusal, sentence: str) -> Handler:
    async def refuse(_request: web.Request) -> NoReturn:
        if issubclass(refusal, web.HTTPGone):
            raise refusal(text=sentence)
        raise refusal(sentence)

    return refuse


ROUTES: Final = [
    web.route("*", path + below, _refusing(*refusal))
    for path, refusal in ABSENT.items()
    for below in ("", "/{rest:.*}")
]
