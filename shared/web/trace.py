"""The outermost middleware: a request gets its id, its log line and its place in the metrics."""

import re
import time
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import Counter, Histogram

from shared import metrics
from shared.identity.caller import CALLER
from shared.identity.forgery import without_forged_headers
from shared.ids import request_id
from shared.logs import bind, write_request
from shared.web.context import CONTEXT, RequestContext
from shared.web.families import FAMILY

GLOBAL_ID: Final = re.compile(r"req-[0-9a-f-]{36}")
SERVER: Final = "cyclades"  # and not which versions of what it is made of
UNMATCHED: Final = "unmatched"
LONGEST_PATH: Final = 512  # of what is logged
SILENT: Final = frozenset({"/healthz", "/readyz", "/metrics"})
KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def trace(service: str) -> Middleware:
    """Build the middleware that follows a request from its arrival to its answer."""
    account = _Account(service)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        begun = time.perf_counter()
        notes = RequestContext(request_id=request_id(), global_request_id=_global_id(request))
        request[CONTEXT] = notes
        # Each request is served by a task of its own, so nothing bound here outlives it.
        bind(service=service, request_id=notes.request_id)
        if notes.global_request_id:
            bind(global_request_id=notes.global_request_id)
        inner = without_forged_headers(request)
        status = 500
        try:
            response = await handler(inner)
            status = response.status
        except web.HTTPException as answer:
            status = answer.status
            raise
        finally:
            account.settle(inner, status, time.perf_counter() - begun)
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


class _Account:
    """Counts and logs the requests of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def settle(self, request: web.Request, status: int, seconds: float) -> None:
        route, method = route_of(request), request.method
        self._count(method if method in KNOWN_METHODS else "other", route, status, seconds)
        if route in SILENT:
            return
        notes, caller = request[CONTEXT], request.get(CALLER)
        facts = {
            "service": self._service,
            "request_id": notes.request_id,
            "method": method,
            "path": request.path[:LONGEST_PATH],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "project": caller.project_id if caller else None,
            "user": caller.user_id if caller else None,
        }
        if notes.global_request_id:
            facts["global_request_id"] = notes.global_request_id
        write_request(facts)

    def _count(self, method: str, route: str, status: int, seconds: float) -> None:
        known = self._known.get((method, route, status))
        if known is None:
            known = (
                metrics.REQUESTS.labels(self._service, method, route, status),
                metrics.REQUEST_SECONDS.labels(self._service, method, route),
            )
            self._known[method, route, status] = known
        counter, timer = known
        counter.inc()
        timer.observe(seconds)
