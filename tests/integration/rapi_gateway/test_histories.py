"""The watcher and the gateway keep histories whole together."""

from uuid import uuid4

import pytest

from deploy.simulator.testing import RunningSimulator
from shared.contracts.gateway import SubmissionStatus
from shared.errors import BadInput, Unavailable
from tests.integration.rapi_gateway.rig import Gateway, create


async def test_accepted_jobs_of_an_epoch_are_listed_with_their_keys(
    gateway: Gateway, c1: str
) -> None:
    key = uuid4()
    state = await gateway.client.submit(c1, key, create("cyc-1"))
    assert state.status is SubmissionStatus.ACCEPTED
    assert state.job_id is not None
    (found,) = await gateway.client.accepted(c1, state.epoch, state.job_id - 1)
    assert (found.job_id, found.key) == (state.job_id, str(key))
    assert await gateway.client.accepted(c1, state.epoch, state.job_id) == []
    assert await gateway.client.accepted(c1, state.epoch + 1, 0) == []
    with pytest.raises(BadInput):
        await gateway.client.accepted(c1, -1, 0)


async def test_a_history_is_broken_off_once(gateway: Gateway, c1: str) -> None:
    epoch = (await gateway.client.cluster(c1)).epoch
    first = await gateway.client.break_history(c1, epoch, "Job 7 is another job.")
    again = await gateway.client.break_history(c1, epoch, "Job 7 is another job.")
    assert first == again
    assert first[0] == epoch + 1


async def test_a_heartbeat_is_a_job_that_changes_nothing(
    gateway: Gateway, c1: str, simulator: RunningSimulator
) -> None:
    epoch, job_id = await gateway.client.heartbeat(c1)
    job = simulator.admin.site().state.jobs[job_id]
    assert epoch == (await gateway.client.cluster(c1)).epoch
    assert job.ops[0].input["dry_run"]
    simulator.admin.drain()
    with pytest.raises(Unavailable):
        await gateway.client.heartbeat(c1)
