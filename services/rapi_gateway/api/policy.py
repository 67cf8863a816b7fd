"""Who may use the internal API: our own services, and administrators."""

from aiohttp import web
from aiohttp.typedefs import Handler

from shared.errors import NotAllowed
from shared.identity.caller import CALLER


class ServicesOnly(NotAllowed):
    """An ordinary user asks the gateway."""

    code = "gateway.services_only"


def for_services(handler: Handler) -> Handler:
    """Return the handler behind a check of the caller's roles."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        caller = request[CALLER]
        if not (caller.is_service or caller.is_admin):
            raise ServicesOnly("Only services and administrators may use the gateway.")
        return await handler(request)

    return guarded
