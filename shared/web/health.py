"""``/healthz``: it lives. ``/readyz``: it can do its work. ``/metrics``: what it counted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from shared import metrics
from shared.logs import get_logger
from shared.web.answers import answer

log = get_logger(__name__)

Check = Callable[[], Awaitable[bool]]
PATIENCE: Final = 5.0  # seconds a check may take before it counts as failed
PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def health_routes(checks: Mapping[str, Check]) -> list[web.RouteDef]:
    """Return the routes a supervisor and Prometheus ask; they need no token."""

    async def readyz(_request: web.Request) -> web.Response:
        names = list(checks)
        results = await asyncio.gather(*(_passes(name, checks[name]) for name in names))
        ready = all(results)
        report = {
            "ready": ready,
            "checks": {
                name: "ok" if passed else "failed"
                for name, passed in zip(names, results, strict=True)
            },
        }
        return answer(report, status=200 if ready else 503)

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", exposition),
    ]


async def healthz(_request: web.Request) -> web.Response:
    """Say that the process is alive."""
    return answer({"alive": True})


async def exposition(_request: web.Request) -> web.Response:
    """Show everything this process counted."""
    return web.Response(body=metrics.exposition(), headers={"Content-Type": metrics.CONTENT_TYPE})


async def _passes(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except Exception:  # whatever keeps a dependency from answering makes the service unready
        log.warning("readiness check failed", check=name, exc_info=True)
        return False
