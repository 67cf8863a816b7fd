"""Builds the HTTP side of a service: the same middlewares in the same order, everywhere.

trace ⊃ faults ⊃ microversion ⊃ identity ⊃ idempotency ⊃ the handler. Forged identity headers are
gone before anything else looks at the request; headers that every answer carries are put on when
it is prepared, so that a stream gets them too.
"""

from collections.abc import Callable, Iterable, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared.web.body import BODY_RULES, MIB, BodyRules
from shared.web.families import FAMILY, Family
from shared.web.faults import faults
from shared.web.health import PATHS, Check, health_routes
from shared.web.idempotency import IdempotencyStore, idempotency_keys
from shared.web.links import PUBLIC_URL, PublicUrl
from shared.web.microversion import Microversions, negotiate
from shared.web.trace import add_headers, trace

Public = Callable[[web.Request], bool]


def nothing(_request: web.Request) -> bool:
    """Say that no URL is public."""
    return False


def exactly(*paths: str) -> Public:
    """Return the predicate of these paths, e.g. a service's version documents."""
    known = frozenset(paths)
    return lambda request: request.path in known


def build_app(
    family: Family,
    routes: Iterable[web.AbstractRouteDef],
    *,
    service: str,
    microversions: Microversions | None = None,
    authenticate: Middleware | None = None,
    public_paths: Public = nothing,
    idempotency: IdempotencyStore | None = None,
    readiness: Mapping[str, Check] | None = None,
    body_limit: int = MIB,
    body_deadline: float = 30.0,
    public_url: str | None = None,
    trust_forwarded: bool = False,
) -> web.Application:
    """Return the service's application; put its own things on it by ``app[KEY] = ...``.

    Args:
        family: how refusals are worded.
        routes: every URL of the service; health and metrics are added.
        service: its name in logs and metrics.
        microversions: the range it speaks, if it speaks any.
        authenticate: ``shared.identity.middleware.authentication(...)``, or none in a test.
        public_paths: which requests need no token (version documents).
        idempotency: where answers to POSTs with an ``Idempotency-Key`` are kept, if they are.
        readiness: by name, what must answer true for ``/readyz`` to be 200.
        body_limit: the most bytes of a JSON body.
        body_deadline: seconds a JSON body may take to arrive.
        public_url: the service's own address in links; the request's host when absent.
        trust_forwarded: whether ``X-Forwarded-Proto`` and ``-Host`` are a proxy's own.
    """
    middlewares = [trace(service), faults(family)]
    if microversions is not None:
        middlewares.append(negotiate(microversions))
    if authenticate is not None:
        middlewares.append(_unless(public_paths, authenticate))
    if idempotency is not None:
        middlewares.append(idempotency_keys(idempotency, family))
    app = web.Application(middlewares=middlewares)
    app[FAMILY] = family
    app[BODY_RULES] = BodyRules(limit=body_limit, deadline=body_deadline)
    app[PUBLIC_URL] = PublicUrl(fixed=public_url, trust_forwarded=trust_forwarded)
    app.on_response_prepare.append(add_headers)
    app.add_routes([*health_routes(readiness or {}), *routes])
    return app


def _unless(public: Public, guard: Middleware) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in PATHS or public(request):
            return await handler(request)
        return await guard(request, handler)

    return middleware
