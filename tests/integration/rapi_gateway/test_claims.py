"""More guards between processes: what is on its way, in doubt, or of another history."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from deploy.simulator.testing import RunningSimulator
from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from services.rapi_gateway.ganeti.opcodes.requests import request_for
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.courier import Courier
from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceReboot, InstanceStop
from tests.integration.rapi_gateway.couriering import OPEN, arrived, current, sent
from tests.integration.rapi_gateway.rig import create, jobs_marked, until


async def test_a_lease_that_ran_out_entitles_to_nothing(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    async with transaction() as stores:
        await stores.leases.renew(courier.owner, -1)
    await courier.deliver(row, cluster)
    assert jobs_marked(simulator.admin, row.key) == []
    assert (await current(transaction, row)).attempts == 0


async def test_what_is_being_sent_is_not_claimed_again(
    transaction: Transaction, courier: Courier, cluster: Registered
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    claimed = await sent(transaction, courier, row, 0)
    async with transaction() as stores:
        assert await stores.submissions.claim(claimed, courier.owner, 0, states=OPEN) is None


async def test_what_is_in_hand_is_not_given_out_again(
    transaction: Transaction, courier: Courier, cluster: Registered
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    await arrived(transaction, InstanceReboot(instance="cyc-x"), uuid4())
    async with transaction() as stores:
        [head] = await stores.queues.heads(["c1"], [], [], 9)
        assert head.key == row.key
        assert await stores.queues.heads(["c1"], [("c1", row.target)], [], 9) == []


async def test_what_was_sent_just_now_is_not_sent_again(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    claimed = await sent(transaction, courier, row, 0)
    assert cluster.view.settle > 0
    await courier.deliver(replace(claimed, sent_for=0.0), cluster)
    assert (await current(transaction, row)).sending_at is not None


async def test_before_anything_counts_as_lost_the_history_is_looked_at(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    """The serial was restored: the job that was sent has a lower id than those known before."""
    operation = InstanceStop(instance="cyc-x")
    for _ in range(3):
        await courier.deliver(await arrived(transaction, operation, uuid4()), cluster)
    link = courier.links.to(cluster)
    row = await arrived(transaction, operation, uuid4())
    claimed = await sent(transaction, courier, row, link.last_job)
    simulator.admin.regress_serial(to=0)
    job = await link.send(request_for(operation, Surroundings(key=row.key)))
    assert job <= claimed.hwm_before
    await courier.deliver(replace(claimed, sent_for=3600.0), cluster)
    assert (await current(transaction, row)).sending_at is not None
    async with transaction() as stores:
        now = await stores.clusters.get("c1")
    await courier.deliver(await current(transaction, row), now)
    assert (await current(transaction, row)).job_id == job
    assert jobs_marked(simulator.admin, row.key) == [job]


async def test_a_create_in_doubt_is_known_by_what_it_made(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    """Its job may be archived, and out of sight."""
    row = await arrived(transaction, create("cyc-mine"), uuid4())
    await courier.deliver(row, cluster)

    async def there() -> bool:
        return "cyc-mine" in simulator.admin.site().state.instances

    assert await until(there)
    other = await arrived(transaction, create("cyc-mine"), uuid4())
    claimed = await sent(transaction, courier, other, 0)
    instance = simulator.admin.site().state.instances["cyc-mine"]
    instance.tags = [f"cyclades:intent:{other.key}"]
    await courier.deliver(replace(claimed, sent_for=3600.0), cluster)
    assert (await current(transaction, other)).status is SubmissionStatus.DONE
    assert jobs_marked(simulator.admin, other.key) == []


async def test_what_is_on_its_way_cannot_be_taken_back(
    transaction: Transaction, courier: Courier, cluster: Registered
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    await sent(transaction, courier, row, 0)
    async with transaction() as stores:
        assert await stores.submissions.withdraw("c1", row.key) is None
    assert (await current(transaction, row)).status is SubmissionStatus.PENDING


async def test_changes_of_a_cluster_at_once_are_all_made(
    transaction: Transaction, cluster: Registered
) -> None:
    async def change() -> None:
        async with transaction() as stores:
            held = await stores.clusters.hold("c1")
            await stores.clusters.save(held.seen(version=held.view.version + 1))

    await asyncio.gather(*(change() for _ in range(6)))
    async with transaction() as stores:
        now = await stores.clusters.get("c1")
    assert now.view.version == cluster.view.version + 6


async def test_of_two_that_see_the_same_break_one_begins_the_epoch(
    courier: Courier, cluster: Registered
) -> None:
    seen = [
        await courier.refresher.epoch_begun_by("c1", job, hwm=9, epoch=cluster.view.epoch)
        for job in (1, 2)
    ]
    assert seen == [cluster.view.epoch + 1] * 2


async def test_a_job_id_of_an_older_epoch_raises_nothing(
    courier: Courier, cluster: Registered
) -> None:
    link = courier.links.to(cluster)
    link.remember(7, 3)
    link.remember(6, 4711)
    assert (link.epoch, link.last_job) == (7, 3)


async def test_what_has_ended_stays_as_it_is(
    transaction: Transaction, courier: Courier, cluster: Registered
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    claimed = await sent(transaction, courier, row, 0)
    async with transaction() as stores:
        found = SubmissionStatus.ACCEPTED
        assert await stores.submissions.finish(claimed, found, epoch=1, job_id=7)
        late = await stores.submissions.finish(claimed, SubmissionStatus.REJECTED, message="late")
    assert late is None
    assert (await current(transaction, row)).job_id == 7
