"""Where nodes fetch the seed of a guest that is being reinstalled: secret addresses, for a while.

The secret is in the query, which is logged nowhere.
"""

from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.domain.console import Token
from services.compute.store import seeds as store
from shared.errors import NotFound
from shared.web.answers import answer_bytes

PATH: Final = "/internal/v1/seeds/"


async def show_seed(request: web.Request) -> web.Response:
    """Return a seed to whoever knows its address."""
    deps = request.app[DEPS]
    server_id = uuid_of(request.match_info["server_id"])
    token = Token(request.query.get("token", ""))
    sealed = server_id and await store.find(deps.reads, server_id, token.hash)
    if not sealed:
        raise NotFound("There is no such seed, or not any more.")
    headers = {"Cache-Control": "no-store"}
    return answer_bytes(deps.secrets.open(sealed).encode(), headers=headers)


ROUTES: Final = [web.get(f"{PATH}{{server_id}}", show_seed)]
