"""Submissions against a simulated cluster: each effect once, whatever happens on the way."""

import asyncio
from uuid import uuid4

import pytest

from deploy.simulator.testing import RunningSimulator
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import Query, SubmissionStatus
from shared.contracts.operations import (
    InstanceDelete,
    InstanceReboot,
    InstanceStart,
    InstanceStop,
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
    Operation,
)
from shared.errors import NotFound, Unprocessable
from tests.integration.rapi_gateway.rig import Gateway, create, jobs_marked, until


async def ended(gateway: Gateway, job: int) -> str:
    query = Query(fields=["status"], filter=["=", "id", job])

    async def look() -> str | None:
        rows = (await gateway.client.query("c1", "job", query)).rows
        status = rows[0][0][1]
        return status if status in {"success", "error", "canceled"} else None

    found: str = await until(look)
    return found


async def test_the_life_of_an_instance(gateway: Gateway, c1: str) -> None:
    name = f"cyc-{uuid4()}"
    for operation in (
        create(name),
        InstanceStop(instance=name),
        InstanceStart(instance=name),
        InstanceReboot(instance=name),
        InstanceDelete(instance=name),
    ):
        state = await gateway.client.submit(c1, uuid4(), operation)
        assert state.status is SubmissionStatus.ACCEPTED, state
        assert state.epoch == 1
        assert state.job_id is not None
        assert await ended(gateway, state.job_id) == "success"
    rows = await gateway.client.query(c1, "instance", Query(fields=["name"]))
    assert rows.rows == []


async def test_the_same_key_means_the_same_job(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    key, operation = uuid4(), create()
    states = await asyncio.gather(*(gateway.client.submit(c1, key, operation) for _ in range(8)))
    assert {state.job_id for state in states} == {states[0].job_id}
    assert states[0].job_id is not None
    assert len(jobs_marked(simulator.admin, key)) == 1


async def test_a_key_used_for_another_operation_is_refused(gateway: Gateway, c1: str) -> None:
    key, operation = uuid4(), create()
    await gateway.client.submit(c1, key, operation)
    with pytest.raises(Unprocessable):
        await gateway.client.submit(c1, key, InstanceDelete(instance=operation.instance))


async def test_an_accepted_job_whose_answer_was_lost_is_found(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    simulator.admin.set_faults(lose_responses=1)
    key = uuid4()
    state = await gateway.client.submit(c1, key, create())
    assert state.status is SubmissionStatus.ACCEPTED, state
    assert jobs_marked(simulator.admin, key) == [state.job_id]


async def test_a_request_that_was_lost_is_sent_again_after_the_settle_time(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    key = uuid4()
    simulator.admin.set_faults(drop_requests=1)  # nothing has to be looked up before this one
    state = await gateway.client.submit(c1, key, InstanceReboot(instance="cyc-fresh"))
    assert state.status is SubmissionStatus.ACCEPTED, state
    assert jobs_marked(simulator.admin, key) == [state.job_id]
    [row] = await gateway.sql("SELECT attempts FROM submissions")
    assert row["attempts"] == 2


async def test_deleting_what_is_not_there_is_done(gateway: Gateway, c1: str) -> None:
    state = await gateway.client.submit(c1, uuid4(), InstanceDelete(instance="cyc-nothing"))
    assert (state.status, state.job_id) == (SubmissionStatus.DONE, None)


async def test_a_delete_right_after_its_create_waits_for_it_in_ganeti(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    name = f"cyc-{uuid4()}"
    first, second = await asyncio.gather(
        gateway.client.submit(c1, uuid4(), create(name)),
        asyncio.sleep(0.02, gateway.client.submit(c1, uuid4(), InstanceDelete(instance=name))),
    )
    deleted = await second
    assert (first.status, deleted.status) == (SubmissionStatus.ACCEPTED, SubmissionStatus.ACCEPTED)
    assert deleted.job_id is not None
    assert await ended(gateway, deleted.job_id) == "success"
    assert name not in simulator.admin.site().state.instances


async def test_the_life_of_a_network(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    name = f"cyc-{uuid4()}"
    connect = NetworkConnect(network=name, group="default", mode="bridged", link="br0")
    disconnect = NetworkDisconnect(network=name, group="default")
    operations: tuple[tuple[Operation, SubmissionStatus], ...] = (
        (NetworkCreate(network=name, cidr="10.0.0.0/24"), SubmissionStatus.ACCEPTED),
        (connect, SubmissionStatus.ACCEPTED),
        (connect, SubmissionStatus.DONE),
        (disconnect, SubmissionStatus.ACCEPTED),
        (disconnect, SubmissionStatus.DONE),
        (NetworkDelete(network=name), SubmissionStatus.ACCEPTED),
        (NetworkDelete(network=name), SubmissionStatus.DONE),
    )
    for operation, status in operations:
        state = await gateway.client.submit(c1, uuid4(), operation)
        assert state.status is status, operation
        if state.job_id is not None:
            assert await ended(gateway, state.job_id) == "success"
    assert name not in simulator.admin.site().state.networks


async def test_a_name_that_is_not_there_does_not_fail_a_query(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    known = next(iter(simulator.admin.site().state.nodes))
    either = ["|", ["=", "name", known], ["=", "name", "nobody"]]
    rows = await gateway.client.query(c1, "node", Query(fields=["name"], filter=either))
    assert rows.rows == [[(0, known)]]


async def test_an_operation_ganeti_refuses_is_rejected(gateway: Gateway, c1: str) -> None:
    state = await gateway.client.submit(c1, uuid4(), create(disk_template="nonsense"))
    assert (state.status, state.failure) == (SubmissionStatus.REJECTED, Failure.BAD_REQUEST)
    assert "disk_template" in state.message


async def test_an_unknown_cluster_is_not_found(gateway: Gateway) -> None:
    with pytest.raises(NotFound):
        await gateway.client.submit("nowhere", uuid4(), create())
