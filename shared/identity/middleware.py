"""Authentication at the door: a request comes in with a token and goes on with a caller."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared.errors import NotAuthenticated
from shared.identity.caller import CALLER, Caller

# Byte for byte what keystonemiddleware answers, in all families.
UNAUTHORIZED: Final = (
    b'{"error": {"code": 401, "title": "Unauthorized", '
    b'"message": "The request you have made requires authentication."}}'
)

KEYSTONE_URI = web.RequestKey("keystone_uri", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a request asks for, as access rules of application credentials judge it."""

    services: Collection[str]  # the service types this service goes by
    method: str
    path: str


class Validator(Protocol):
    """Something that knows whom a token belongs to."""

    async def validate(
        self, token: str, service_token: str | None = None, *, asking: Asking | None = None
    ) -> Caller:
        """Return who is asking.

        Raises:
            shared.errors.NotAuthenticated: the token is not valid, or not for this.
            shared.errors.Unavailable: nobody could be asked.
        """


def unauthorized(request: web.Request) -> web.Response:
    """Return the 401 every OpenStack client knows: it authenticates again and repeats once."""
    uri = request.get(KEYSTONE_URI, "")
    return web.Response(
        status=401,
        body=UNAUTHORIZED,
        content_type="application/json",
        headers={"WWW-Authenticate": f'Keystone uri="{uri}"'},
    )


def authentication(
    validator: Validator,
    *,
    keystone_uri: str = "",
    service_types: Collection[str] = (),
) -> Middleware:
    """Build the middleware that lets only requests with a valid token through.

    Args:
        validator: asks Keystone, or stands in for it.
        keystone_uri: where clients get tokens; sent with every 401.
        service_types: catalogue types of this service, for access rules.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[KEYSTONE_URI] = keystone_uri
        token = request.headers.get("X-Auth-Token")
        if not token:
            return unauthorized(request)
        asking = Asking(services=service_types, method=request.method, path=request.path)
        try:
            caller = await validator.validate(
                token, request.headers.get("X-Service-Token"), asking=asking
            )
        except NotAuthenticated:
            return unauthorized(request)
        request[CALLER] = caller
        return await handler(request)

    return middleware
