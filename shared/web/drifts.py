"""``GET /v1/drift``: what a service and the clusters disagree on, for operators."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final

from aiohttp import web

from shared.clock import micros
from shared.contracts.drift import DriftShown
from shared.errors import NotAllowed
from shared.identity.caller import CALLER
from shared.web.answers import answer

PATH: Final = "/v1/drift"


def drift_route(
    rows_of: Callable[[web.Request], Awaitable[Sequence[Any]]], healed: Collection[str]
) -> web.RouteDef:
    """Return the route that shows what drifts.

    Args:
        rows_of: returns cluster, kind, id, what, looks and found_at of each, in one statement.
        healed: kinds that are put right without anybody.
    """

    async def show(request: web.Request) -> web.Response:
        """Answer what drifts, the longest first."""
        caller = request[CALLER]
        if not (caller.is_admin or caller.is_service):
            raise NotAllowed("Only administrators may ask what drifts.")
        return answer({"drift": [_shown(row, healed) for row in await rows_of(request)]})

    return web.get(PATH, show)


def _shown(row: Any, healed: Collection[str]) -> dict[str, Any]:
    return DriftShown(
        cluster=row["cluster"],
        kind=row["kind"],
        id=str(row["id"]),
        what=row["what"],
        looks=row["looks"],
        since=micros(row["found_at"]),
        is_healed=row["kind"] in healed,
    ).model_dump()
