"""Handlers for ``/v1/clusters/{cluster}/submissions/{key}``."""

from aiohttp import web

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in, key_in
from services.rapi_gateway.usecases import submit
from shared.contracts.gateway import Submission, SubmissionState, SubmissionStatus
from shared.web.answers import answer
from shared.web.body import read


async def put_submission(request: web.Request) -> web.Response:
    """Have an effect, once per key; 202 while its fate is not known."""
    asked = await read(request, Submission)
    reception = request.app[DEPS].reception
    return _shown(await submit.submit(reception, cluster_in(request), key_in(request), asked))


async def show_submission(request: web.Request) -> web.Response:
    """Return what became of a submission."""
    reception = request.app[DEPS].reception
    return _shown(await submit.show(reception, cluster_in(request), key_in(request)))


async def withdraw_submission(request: web.Request) -> web.Response:
    """Take a submission back while nothing of it was sent."""
    reception = request.app[DEPS].reception
    return _shown(await submit.withdraw(reception, cluster_in(request), key_in(request)))


def _shown(state: SubmissionState) -> web.Response:
    status = 202 if state.status is SubmissionStatus.PENDING else 200
    return answer(state.model_dump(mode="json"), status=status)
