"""What keeps an effect from being lost or had twice when clusters are not what they were."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from deploy.simulator.testing import RunningSimulator, running_simulator
from services.rapi_gateway.domain.health import Cause
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import ClusterPatch, SubmissionStatus
from shared.contracts.operations import InstanceReboot, InstanceStop
from shared.service.runtime import Role
from tests.faults.couriers import office
from tests.integration.rapi_gateway.rig import (
    KEY,
    Gateway,
    create,
    jobs_marked,
    registered,
    running_gateway,
    settled,
    until,
)

API = frozenset({Role.API})


async def test_before_a_reboot_counts_as_lost_the_job_history_is_looked_at(
    database: str, simulator: RunningSimulator
) -> None:
    """The serial went back unnoticed: the job is there, under a number that was given before."""
    async with running_gateway(database, API) as front, office(database) as bureau:
        await registered(front, simulator.clusters[0], settle=0.0)
        owner, key = uuid4(), uuid4()
        await bureau.lease(owner)
        courier = bureau.courier(owner)
        for _ in range(3):
            made = uuid4()
            await bureau.arrived(create(), made)
            await bureau.carried_through(courier, made)
        row = await bureau.arrived(InstanceReboot(instance="cyc-x"), key)
        link = courier.links.to(await bureau.cluster())
        async with bureau.transaction() as stores:
            claimed = await stores.submissions.claim(
                row, owner, link.last_job, states=[(await bureau.cluster()).view.state]
            )
        assert claimed is not None
        simulator.admin.regress_serial(1, to=1)
        await courier.deliver(claimed, await bureau.cluster())
        left = await bureau.row(key)
        assert (left.status, left.attempts) == (SubmissionStatus.PENDING, 1), "not sent again"
        assert (await bureau.cluster()).view.epoch == 2
        done = await bureau.carried_through(courier, key)
        assert done.failure is Failure.UNKNOWN_OUTCOME
        assert jobs_marked(simulator.admin, key) == []


async def test_another_cluster_at_the_address_is_sent_nothing(database: str) -> None:
    async with running_simulator(clusters=2) as two, running_gateway(database, API) as front:
        await registered(front, two.clusters[0])
        async with office(database) as bureau:
            owner, key = uuid4(), uuid4()
            await bureau.lease(owner)
            courier = bureau.courier(owner)
            cluster = await bureau.cluster()
            other = two.clusters[1].url
            moved = replace(
                cluster.seen(url=other), candidates=(), access_version=cluster.access_version + 1
            )
            await courier.refresher.refresh(moved)  # what was c1's address is another's now
            assert courier.links.to(moved).health.cause is Cause.STRANGER
            row = await bureau.arrived(InstanceStop(instance="cyc-x"), key)
            await courier.deliver(row, moved)
            assert await courier.links.to(moved).probe() is None
            await courier.deliver(await bureau.row(key), moved)
            assert jobs_marked(two.admin, key, 2) == []
            assert (await bureau.row(key)).sending_at is None


async def test_a_new_way_in_forgets_nothing_of_the_cluster(
    database: str, simulator: RunningSimulator
) -> None:
    async with running_gateway(database, API) as front, office(database) as bureau:
        await registered(front, simulator.clusters[0])
        courier, cluster = bureau.courier(uuid4()), await bureau.cluster()
        link = courier.links.to(cluster)
        simulator.admin.drain(1)
        await bureau.lease(courier.owner)
        await bureau.arrived(InstanceStop(instance="cyc-x"), key := uuid4())
        await courier.deliver(await bureau.row(key), cluster)
        assert link.health.cause is Cause.QUEUE
        again = courier.links.to(replace(cluster, access_version=cluster.access_version + 1))
        assert again is link
        assert again.health.cause is Cause.QUEUE


async def test_a_failover_in_the_middle_of_creates_loses_and_doubles_nothing(
    database: str,
) -> None:
    async with (
        running_simulator(nodes_per_cluster=3) as simulator,
        running_gateway(database, answer_within=0.2) as gateway,
    ):
        await registered(gateway, simulator.clusters[0])
        wanted = {uuid4(): create() for _ in range(20)}
        submitting = asyncio.gather(
            *(gateway.client.submit("c1", key, each) for key, each in wanted.items())
        )
        await asyncio.sleep(0.05)
        await simulator.admin.fail_over(1, seconds=0.3)
        await submitting
        for key, operation in wanted.items():
            state = await settled(gateway, "c1", key)
            assert state.status in {SubmissionStatus.ACCEPTED, SubmissionStatus.DONE}
            assert len(jobs_marked(simulator.admin, key)) <= 1, operation.instance


async def test_secrets_are_sealed_anew_when_the_key_was_rotated(
    database: str, simulator: RunningSimulator
) -> None:
    fresh = Fernet.generate_key().decode()
    async with running_gateway(database, API) as old:
        await registered(old, simulator.clusters[0])
        secret = create(os="cyclades+default", os_secrets={"seed": SecretStr("hush")})
        await old.client.submit("c1", key := uuid4(), secret)
    async with running_gateway(database, keys=f"{fresh},{KEY}") as both:

        async def renewed() -> bool:
            [row] = await both.sql("SELECT sealed FROM clusters")
            return opens(fresh, row["sealed"])

        assert await until(renewed)
        await settled(both, "c1", key)
    async with running_gateway(database, keys=fresh) as new:
        state = await new.client.submit("c1", uuid4(), create())
        assert state.status is SubmissionStatus.ACCEPTED


def opens(key: str, sealed: str) -> bool:
    try:
        return bool(Fernet(key).decrypt(sealed.encode()))
    except InvalidToken:
        return False


async def test_operators_see_how_a_cluster_is_served(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    await gateway.client.submit(c1, uuid4(), create())
    simulator.admin.drain(1)
    await gateway.client.change(c1, ClusterPatch(settle=1))
    waiting = asyncio.create_task(gateway.client.submit(c1, uuid4(), create()))

    async def is_told() -> bool:
        return (await gateway.client.status(c1)).health == "drained"

    assert await until(is_told)
    [status] = await gateway.client.statuses()
    assert (status.cause, status.pending, status.in_doubt) == ("queue_drained", 1, 0)
    assert status.lag_seconds > 0
    assert status.holder
    assert status.line is not None
    assert status.line.lanes["mutation"].slots == 4
    assert status.line.accepted_at

    async def is_shown() -> bool:
        text = (await gateway.ask("GET", "/metrics")).text
        return (
            'cyclades_gateway_cluster_health{cluster="c1",state="drained"} 1.0' in text
            and 'cyclades_gateway_queue{cluster="c1",part="pending"} 1.0' in text
            and "cyclades_gateway_lag_seconds" in text
        )

    assert await until(is_shown)
    simulator.admin.drain(1, drained=False)
    await waiting
    await gateway.client.remove(c1)

    async def is_gone() -> bool:
        text = (await gateway.ask("GET", "/metrics")).text
        return 'cyclades_gateway_queue{cluster="c1"' not in text

    assert await until(is_gone)


async def test_what_waits_for_a_cluster_is_told_when_its_magnitude_changes(
    database: str, simulator: RunningSimulator
) -> None:
    async with running_gateway(database) as gateway, running_gateway(database) as other:
        await registered(gateway, simulator.clusters[0])
        simulator.admin.drain(1)
        waiting = [
            asyncio.create_task(front.client.submit("c1", uuid4(), create()))
            for front in (gateway, other)
        ]

        async def told() -> list[tuple[str, int]]:
            facts = await gateway.facts("gateway.load")
            return [(fact["health"], fact["pending"]) for fact in facts]

        async def is_told_as_drained() -> bool:
            return ("drained", 2) in await told()

        async def is_told_as_well() -> bool:
            return (await told())[-1] == ("up", 0)

        assert await until(is_told_as_drained)
        simulator.admin.drain(1, drained=False)
        await asyncio.gather(*waiting)
        assert await until(is_told_as_well)
        facts = await gateway.facts("gateway.load")
    assert [fact["sequence"] for fact in facts] == list(range(1, len(facts) + 1))
    assert {fact["cluster"] for fact in facts} == {"c1"}
    assert len(facts) < 12, "each magnitude once, and not each figure"


async def test_a_cluster_that_cannot_be_found_has_no_status(gateway: Gateway) -> None:
    answer = await gateway.ask("GET", "/v1/clusters/nowhere/status")
    assert answer.status_code == 404
    assert (await gateway.ask("GET", "/v1/status", user="user")).status_code == 403


async def test_a_job_comes_after_the_one_before_it_on_its_instance(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    """Ganeti's locks keep jobs apart, not in order."""
    slow = create(os_parameters={"img_id": "sleep1"})
    first = await gateway.client.submit(c1, uuid4(), slow)
    second = await gateway.client.submit(c1, uuid4(), InstanceStop(instance=slow.instance))
    job = simulator.admin.site().state.jobs[second.job_id or 0]
    assert [each[0] for each in job.ops[0].input.get("depends") or ()] == [first.job_id]
