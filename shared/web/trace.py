"""The outermost middleware: a request gets its id, its log line and its place in the metrics."""

import re
import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared import metrics
from shared.identity.caller import CALLER
from shared.identity.forgery import without_forged_headers
from shared.ids import request_id
from shared.logs import context, get_logger
from shared.web.context import CONTEXT, RequestContext
from shared.web.families import FAMILY

log = get_logger(__name__)

GLOBAL_ID: Final = re.compile(r"req-[0-9a-f-]{36}")
SERVER: Final = "cyclades"  # and not which versions of what it is made of
UNMATCHED: Final = "unmatched"
LONGEST_PATH: Final = 512  # of what is logged
SILENT: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def trace(service: str) -> Middleware:
    """Build the middleware that follows a request from its arrival to its answer."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        notes = RequestContext(request_id=request_id(), global_request_id=_global_id(request))
        request[CONTEXT] = notes
        begun = time.perf_counter()
        status = 500
        facts = {"service": service, "request_id": notes.request_id}
        if notes.global_request_id:
            facts["global_request_id"] = notes.global_request_id
        inner = without_forged_headers(request)
        with context(**facts):
            try:
                response = await handler(inner)
                status = response.status
            except web.HTTPException as answer:
                status = answer.status
                raise
            finally:
                _account(service, inner, status, time.perf_counter() - begun)
            return response

    return middleware


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put on the answer what every answer carries (an ``on_response_prepare`` signal)."""
    notes = request.get(CONTEXT)
    if notes is None:
        return
    notes.prepared = True
    response.headers["Server"] = SERVER
    for name in request.app[FAMILY].request_id_headers:
        response.headers[name] = notes.request_id
    if notes.extra_headers:
        response.headers.update(notes.extra_headers)
    for name in notes.vary:
        response.headers.add("Vary", name)


def _global_id(request: web.Request) -> str | None:
    given = request.headers.get("X-Openstack-Request-Id", "")
    return given if GLOBAL_ID.fullmatch(given) else None


def route_of(request: web.Request) -> str:
    """Return the URL template that was matched: of these there are few, of URLs there is no end."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else UNMATCHED


def _account(service: str, request: web.Request, status: int, seconds: float) -> None:
    route = route_of(request)
    metrics.REQUESTS.labels(service, _method(request), route, status).inc()
    metrics.REQUEST_SECONDS.labels(service, _method(request), route).observe(seconds)
    if route in SILENT:
        return
    caller = request.get(CALLER)
    log.info(
        "request",
        method=request.method,
        path=request.path[:LONGEST_PATH],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        project=caller.project_id if caller else None,
        user=caller.user_id if caller else None,
    )


KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _method(request: web.Request) -> str:
    return request.method if request.method in KNOWN_METHODS else "other"
