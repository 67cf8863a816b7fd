"""What the gateway does when Ganeti, the network or the gateway itself fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.simulator.testing import RunningSimulator, running_simulator
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import ClusterPatch, Query, SubmissionState, SubmissionStatus
from shared.contracts.operations import (
    InstanceDelete,
    InstanceReboot,
    InstanceStart,
    InstanceStop,
    Operation,
)
from shared.errors import Unavailable
from shared.service.runtime import Role
from tests.integration.rapi_gateway.rig import (
    Gateway,
    create,
    jobs_marked,
    registered,
    running_gateway,
    settled,
    until,
)


@pytest.fixture
async def gateway(database: str) -> AsyncIterator[Gateway]:
    """One that answers 202 quickly: here much takes long."""
    async with running_gateway(database, answer_within=0.3) as running:
        yield running


async def health(gateway: Gateway, wanted: str) -> bool:
    async def is_so() -> bool:
        return (await gateway.client.cluster("c1")).health == wanted

    return bool(await until(is_so))


async def test_a_drained_queue_holds_submissions_back_in_their_order(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    simulator.admin.drain()
    name = f"cyc-{uuid4()}"
    operations: tuple[Operation, ...] = (
        create(name),
        InstanceStop(instance=name),
        InstanceStart(instance=name),
        InstanceReboot(instance=name),
        InstanceDelete(instance=name),
    )
    keys = [uuid4() for _ in operations]
    for key, operation in zip(keys, operations, strict=True):
        state = await gateway.client.submit(c1, key, operation)
        assert (state.status, state.job_id) == (SubmissionStatus.PENDING, None)
    assert await health(gateway, "drained")
    simulator.admin.drain(drained=False)
    jobs = [(await settled(gateway, c1, key)).job_id for key in keys]
    assert None not in jobs
    assert jobs == sorted(jobs, key=lambda job: job or 0)
    assert await health(gateway, "up")


async def test_a_master_daemon_that_is_down_opens_the_breaker_until_it_is_back(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    simulator.admin.set_faults(luxid_down=True)
    key = uuid4()
    state = await gateway.client.submit(c1, key, create())
    assert state.status is SubmissionStatus.PENDING
    assert await health(gateway, "degraded")
    simulator.admin.heal()
    state = await settled(gateway, c1, key)
    assert jobs_marked(simulator.admin, key) == [state.job_id]
    assert await health(gateway, "up")


async def test_a_cluster_that_is_gone_is_not_waited_for(gateway: Gateway) -> None:
    async with running_simulator() as simulator:
        await registered(gateway, simulator.clusters[0])
    with suppress(Unavailable):
        for _ in range(3):
            await gateway.client.query("c1", "node", Query(fields=["name"]))
    key = uuid4()
    state = await gateway.client.submit("c1", key, InstanceStop(instance="cyc-x"))
    assert state.status is SubmissionStatus.PENDING

    async def silent() -> bool:
        return (await gateway.client.cluster("c1")).health in {"failover", "down"}

    assert await until(silent)
    async with asyncio.timeout(20):
        for _ in range(15):
            with pytest.raises(Unavailable):
                await gateway.client.query("c1", "node", Query(fields=["name"]))
    await gateway.client.remove("c1")
    [row] = await gateway.sql("SELECT status, failure FROM submissions")
    assert row == {"status": "rejected", "failure": "unreachable"}


async def test_a_credential_that_is_no_longer_good_holds_submissions_back(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    simulator.admin.set_faults(refuse_auth=True)
    key = uuid4()
    state = await gateway.client.submit(c1, key, InstanceStop(instance="cyc-x"))
    assert state.status is SubmissionStatus.PENDING
    assert await health(gateway, "down")
    simulator.admin.heal()
    state = await settled(gateway, c1, key)
    assert jobs_marked(simulator.admin, key) == [state.job_id]
    assert await health(gateway, "up")


async def _is_sent(gateway: Gateway) -> bool:
    return bool(await gateway.sql("SELECT 1 FROM submissions WHERE sending_at IS NOT NULL"))


async def test_a_gateway_that_dies_before_the_answer_is_succeeded_by_one_that_looks(
    database: str, simulator: RunningSimulator
) -> None:
    key, operation = uuid4(), InstanceStop(instance="cyc-fresh")
    async with running_gateway(database) as calm:
        await registered(calm, simulator.clusters[0], settle=1.0)
    async with running_gateway(database, answer_within=0.1) as first:
        simulator.admin.set_faults(latency=0.5)
        await first.client.submit("c1", key, operation)
        assert await until(partial(_is_sent, first))
    async with running_gateway(database) as second:
        state = await settled(second, "c1", key)
    assert state.status is SubmissionStatus.ACCEPTED
    assert jobs_marked(simulator.admin, key) == [state.job_id]


async def test_what_a_dead_gateway_sent_in_vain_is_sent_again_once_it_must_be_lost(
    database: str, simulator: RunningSimulator
) -> None:
    key, operation = uuid4(), InstanceStop(instance="cyc-fresh")
    async with running_gateway(database) as calm:
        await registered(calm, simulator.clusters[0], settle=1.0)
    async with running_gateway(database, answer_within=0.1) as first:
        simulator.admin.set_faults(drop_requests=1)
        await first.client.submit("c1", key, operation)
        assert await until(partial(_is_sent, first))
    async with running_gateway(database) as second:
        state = await settled(second, "c1", key)
        [row] = await second.sql("SELECT attempts FROM submissions")
    assert row["attempts"] == 2
    assert jobs_marked(simulator.admin, key) == [state.job_id]


async def test_many_gateways_send_each_submission_once(
    database: str, simulator: RunningSimulator
) -> None:
    async with running_gateway(database) as one, running_gateway(database) as two:
        await registered(one, simulator.clusters[0])
        wanted = {uuid4(): create() for _ in range(10)}
        await asyncio.gather(
            *(
                each.client.submit("c1", key, operation)
                for key, operation in wanted.items()
                for each in (one, two)
            )
        )
        states = [await settled(one, "c1", key) for key in wanted]
        assert {state.status for state in states} == {SubmissionStatus.ACCEPTED}
    assert [len(jobs_marked(simulator.admin, key)) for key in wanted] == [1] * 10


async def test_another_process_may_deliver_what_this_one_took_in(
    database: str, simulator: RunningSimulator
) -> None:
    api = running_gateway(database, frozenset({Role.API}))
    async with api as front, running_gateway(database):
        await registered(front, simulator.clusters[0])
        state = await front.client.submit("c1", uuid4(), create())
        assert state.status is SubmissionStatus.ACCEPTED


async def test_secrets_are_nowhere_once_ganeti_has_them(
    gateway: Gateway,
    simulator: RunningSimulator,
    c1: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    simulator.admin.drain()
    key = uuid4()
    operation = create(
        os="cyclades+default",
        os_parameters={"image_id": "x"},
        os_secrets={"image_url": SecretStr("https://127.0.0.1:1/hush-hush")},
    )
    await gateway.client.submit(c1, key, operation)
    [row] = await gateway.sql("SELECT submissions::text AS text, sealed FROM submissions")
    assert "hush" not in row["text"]
    assert row["sealed"]
    simulator.admin.drain(drained=False)
    state = await settled(gateway, c1, key)
    assert state.status is SubmissionStatus.ACCEPTED
    [row] = await gateway.sql("SELECT sealed FROM submissions")
    assert row["sealed"] is None
    output = capfd.readouterr()
    assert "hush" not in output.out + output.err + caplog.text
    stored = repr(simulator.admin.site().state.jobs[state.job_id or 0])
    assert "osparams_secret" in stored
    assert "hush" not in stored


async def test_a_drained_cluster_takes_no_new_instances_but_serves_those_it_has(
    gateway: Gateway, c1: str
) -> None:
    name = f"cyc-{uuid4()}"
    await outcome(gateway, create(name))
    await gateway.client.change(c1, ClusterPatch(state="drained"))
    refused = await outcome(gateway, create())
    assert (refused.status, refused.failure) == (SubmissionStatus.REJECTED, Failure.MAINTENANCE)
    served = await outcome(gateway, InstanceStop(instance=name))
    assert served.status is SubmissionStatus.ACCEPTED


async def outcome(gateway: Gateway, operation: Operation) -> SubmissionState:
    key = uuid4()
    await gateway.client.submit("c1", key, operation)
    return await settled(gateway, "c1", key)


async def test_an_offline_cluster_is_sent_nothing(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    await gateway.client.change(c1, ClusterPatch(state="offline"))
    key = uuid4()
    state = await gateway.client.submit(c1, key, InstanceStop(instance="cyc-x"))
    assert state.status is SubmissionStatus.PENDING
    with pytest.raises(Unavailable):
        await gateway.client.info(c1)
    assert jobs_marked(simulator.admin, key) == []
    await gateway.client.change(c1, ClusterPatch(state="enabled"))
    assert (await settled(gateway, c1, key)).status is SubmissionStatus.ACCEPTED


async def test_a_new_master_begins_a_new_epoch(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    nodes = list(simulator.admin.site().state.nodes.values())
    nodes[0].master, nodes[1].master = False, True
    info = await gateway.client.info(c1)
    assert (info["epoch"], info["master"]) == (2, nodes[1].name)
    [fact] = await gateway.facts("ganeti.epoch")
    assert (fact["cluster"], fact["epoch"]) == ("c1", 2)
    assert (await gateway.client.cluster(c1)).epoch == 2


async def test_job_ids_that_come_again_begin_a_new_epoch(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    for _ in range(3):
        await outcome(gateway, create())
    epoch, last = await gateway.client.last_job(c1)
    assert (epoch, last) == (1, simulator.admin.site().state.last_job)
    state = simulator.admin.site().state
    for job in list(state.jobs):
        del state.jobs[job]
    state.last_job = 1
    key = uuid4()
    await gateway.client.submit(c1, key, create())
    accepted = await settled(gateway, c1, key)
    assert (accepted.epoch, accepted.job_id) == (2, 2)
    epoch, last = await gateway.client.last_job(c1)
    assert epoch == 2
