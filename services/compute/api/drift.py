"""What servers and their instances disagree on, for operators."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.domain.differences import HEALED
from services.compute.store.drifts import DRIFTS
from shared.web.drifts import drift_route


async def _rows(request: web.Request) -> Sequence[Any]:
    return await request.app[DEPS].reads.rows(DRIFTS)


ROUTES: Final = [drift_route(_rows, HEALED)]
