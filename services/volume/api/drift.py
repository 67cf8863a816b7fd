"""What volumes and their storage disagree on, for operators."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.domain.differences import HEALED
from shared.db.drifts import DRIFTS
from shared.web.drifts import drift_route


async def _rows(request: web.Request) -> Sequence[Any]:
    return await request.app[DEPS].reads.rows(DRIFTS)


ROUTES: Final = [drift_route(_rows, HEALED)]
