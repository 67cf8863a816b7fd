"""Handlers about job histories, for the watcher."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in
from shared.errors import BadInput
from shared.web.answers import answer
from shared.web.body import read


class BreakIn(BaseModel):
    """``POST …/epochs``: the history of an epoch broke."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(ge=0, le=2**31 - 1)
    reason: str = Field(max_length=1000)


async def list_accepted(request: web.Request) -> web.Response:
    """Return the jobs that submissions got in an epoch."""
    epoch, after = _number(request, "epoch"), _number(request, "after")
    jobs = await request.app[DEPS].histories.accepted(cluster_in(request), epoch, after)
    return answer({"jobs": [job.model_dump(mode="json") for job in jobs]})


async def create_epoch(request: web.Request) -> web.Response:
    """Begin a new epoch after one that broke."""
    broken = await read(request, BreakIn)
    epoch, job_id = await request.app[DEPS].histories.break_off(
        cluster_in(request), broken.after, broken.reason
    )
    return answer({"epoch": epoch, "job_id": job_id})


async def create_heartbeat(request: web.Request) -> web.Response:
    """Send a job that changes nothing."""
    epoch, job_id = await request.app[DEPS].histories.beat(cluster_in(request))
    return answer({"epoch": epoch, "job_id": job_id})


def _number(request: web.Request, name: str) -> int:
    given = request.query.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise BadInput(f"{name} must be a number.")
    return int(given)
