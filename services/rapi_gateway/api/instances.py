"""Handlers for ``/v1/clusters/{cluster}/instances/{instance}``."""

from typing import Final

from aiohttp import web

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in, instance_in
from shared.errors import BadInput
from shared.web.answers import answer

MOST_LINES: Final = 100_000  # and when nobody says how many


async def show_console(request: web.Request) -> web.Response:
    """Return where the instance's screen is."""
    screens = request.app[DEPS].screens
    console = await screens.console(cluster_in(request), instance_in(request))
    return answer(console.model_dump(mode="json"))


async def show_output(request: web.Request) -> web.Response:
    """Return the end of what the instance wrote to its serial port."""
    screens, lines = request.app[DEPS].screens, _lines_in(request)
    output = await screens.output(cluster_in(request), instance_in(request), lines)
    return answer(output.model_dump(mode="json"))


def _lines_in(request: web.Request) -> int:
    asked = request.query.get("length", str(MOST_LINES))
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise BadInput("length is a number of lines.")
    return min(int(asked), MOST_LINES)
