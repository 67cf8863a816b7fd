"""The agents' door: they have no Keystone user, but a token of their own."""

import hmac
from collections.abc import Callable
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.ganeti_watcher.domain.hints import Hint
from shared.errors import NotAuthenticated, NotFound
from shared.web.body import read

Hear = Callable[[str, list[Hint]], bool]
HEAR: Final = web.AppKey[Hear]("hear", Hear)  # type: ignore[arg-type]  # a Callable is no class
AGENT_TOKEN: Final = web.AppKey("agent_token", str)


class HintIn(BaseModel):
    """One job file that was written."""

    model_config = ConfigDict(extra="forbid")

    id: int = Field(ge=1, le=2**53)
    ended: bool = False
    instance: str | None = Field(default=None, max_length=255)


class HintsIn(BaseModel):
    """``POST /v1/clusters/{cluster}/hints``; an empty list says that the agent is there."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[HintIn] = Field(default=[], max_length=1000)


def is_hint(request: web.Request) -> bool:
    """Whether the request is an agent's: Keystone knows nothing of it."""
    return request.method == "POST" and request.path.endswith("/hints")


async def take_hints(request: web.Request) -> web.Response:
    """Have a cluster looked at now.

    Raises:
        NotAuthenticated: not the agents' token, or none is set.
        NotFound: the cluster is not watched by this replica; another one may.
    """
    expected = request.app[AGENT_TOKEN]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotAuthenticated("Only agents may hint.")
    hints = await read(request, HintsIn)
    heard = [Hint(each.id, each.ended, each.instance) for each in hints.jobs]
    if not request.app[HEAR](request.match_info["cluster"], heard):
        raise NotFound("This watcher does not watch that cluster.")
    return web.Response(status=204)
