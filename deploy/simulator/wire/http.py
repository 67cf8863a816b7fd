"""Serving one cluster's RAPI: the order of checks, the shape of answers, the faults."""

import asyncio
import base64
import binascii
import contextlib
import json
import logging
from collections.abc import Awaitable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.texts import as_json
from deploy.simulator.wire import luxid
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.errors import HttpError, bad_request
from deploy.simulator.wire.routes import Match, Route, match

log = logging.getLogger(__name__)
MAX_BODY = 10 << 20
_REALM = 'Basic realm="Ganeti Remote API"'
_LOOK_EVERY = 0.02  # seconds, when there are too few slots
_WITHOUT_LUXID = frozenset({"/", "/2", "/version", "/2/features"})


class RapiServer:
    """The request handler of one cluster."""

    def __init__(self, site: SimulatedCluster) -> None:
        self._site = site
        self._limit = site.settings.max_clients + 1
        self._served = asyncio.Event()
        self._busy = 0
        self._luxid = asyncio.Lock()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one request; every connection is closed afterwards."""
        faults = self._site.faults
        if faults.drop_requests > 0:
            faults.drop_requests -= 1
            return _reset(request)
        if faults.latency:
            await asyncio.sleep(faults.latency)
        await self._take_slot()
        try:
            code, value, headers, submitted = await self._answer(request)
        finally:
            self._busy -= 1
            self._served.set()
        if submitted and faults.lose_responses > 0:
            faults.lose_responses -= 1
            return _reset(request)
        return _response(request.method, self._site.world.version, code, value, headers)

    async def _take_slot(self) -> None:
        """Wait for one of the slots that other clients leave; they may leave at any time."""
        while self._busy >= max(1, self._limit - self._site.faults.taken_slots):
            self._served.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._served.wait(), _LOOK_EVERY)
        self._busy += 1

    async def _answer(self, request: web.BaseRequest) -> tuple[int, Any, dict[str, str], bool]:
        parts = urlsplit(request.raw_path)
        path = unquote(parts.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        call = Call(site=self._site, method=request.method, path=path, query=query)
        try:
            value = await self._handle(call, request)
        except HttpError as error:
            return error.code, error.body(), error.headers, False
        except Exception as crash:  # the real daemon, too, answers 500 with the exception's text
            log.exception("%s %s", request.method, request.path)
            return 500, HttpError(500, str(crash)).body(), {}, False
        return 200, value, {}, call.submitted

    async def _handle(self, call: Call, request: web.BaseRequest) -> Any:
        rights = self._rights(request.headers.get("Authorization"))
        if rights is None and self._site.settings.require_authentication:
            raise HttpError(401, WWW_Authenticate=_REALM)
        found, route = self._route(call)
        call.items = found.items
        if route.access and rights is None:
            raise HttpError(401, WWW_Authenticate=_REALM)
        if route.access and not (rights or frozenset()) & route.access:
            raise HttpError(403)
        call.body = await _read_body(request)
        if self._site.faults.luxid_down and call.path not in _WITHOUT_LUXID:
            raise HttpError(502, "Can't connect to master daemon: [Errno 111] Connection refused")
        value = route.handler(call)
        if self._site.settings.cost_model:
            await self._keep_luxid_busy(call)
        if isinstance(value, Awaitable):
            value = await value
        if call.submitted and self._site.faults.time_out_accepted > 0:
            self._site.faults.time_out_accepted -= 1
            await self._time_out()
        return value

    async def _keep_luxid_busy(self, call: Call) -> None:
        """One request after the other has luxid to itself for as long as the real one works."""
        if call.path not in _WITHOUT_LUXID:
            async with self._luxid:
                await asyncio.sleep(luxid.PER_REQUEST + call.cost)

    async def _time_out(self) -> None:
        await asyncio.sleep(self._site.faults.time_out_after)
        raise HttpError(504)

    def _route(self, call: Call) -> tuple[Match, Route]:
        found = match(call.path)
        if found is None:
            raise HttpError(404)
        route = found.methods.get(call.method)
        if route is None:
            raise HttpError(501, f"Method {call.method} is unsupported for path {call.path}")
        return found, route

    def _rights(self, header: str | None) -> frozenset[str] | None:
        if self._site.faults.refuse_auth:
            return None
        return self._site.users.get(_credentials(header))


def _credentials(header: str | None) -> tuple[str, str]:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


async def _read_body(request: web.BaseRequest) -> Any:
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise bad_request("Unable to parse JSON data")
    if not raw:
        return None
    if request.headers.get("Content-Type") != "application/json":
        raise HttpError(415)
    try:
        return json.loads(raw)
    except ValueError:
        raise bad_request("Unable to parse JSON data") from None


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _response(
    method: str, version: str, code: int, value: Any, headers: dict[str, str]
) -> web.StreamResponse:
    if method == "HEAD":
        body = b""
    else:
        body = value if isinstance(value, bytes) else as_json(value) + b"\n"
    common = {"Content-Type": "application/json", "Server": f"Ganeti {version}"}
    response = web.Response(status=code, body=body, headers={**common, **headers})
    response.force_close()
    return response
