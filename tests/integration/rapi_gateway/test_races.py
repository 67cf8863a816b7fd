"""The guards between processes, one by one: each of these fails when its guard is taken out."""

from dataclasses import replace
from uuid import uuid4

import pytest

from deploy.simulator.testing import RunningSimulator, running_simulator
from services.rapi_gateway.domain.cluster import Access, Registered
from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.ganeti.link import ClusterLink
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from services.rapi_gateway.ganeti.opcodes.requests import request_for
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases import courier as courier_module
from services.rapi_gateway.usecases.courier import Courier
from shared.contracts.gateway import ClusterState, SubmissionStatus
from shared.contracts.operations import InstanceReboot, InstanceStop
from tests.integration.rapi_gateway.couriering import LIMITS, OPEN, arrived, current
from tests.integration.rapi_gateway.rig import create, jobs_marked, registration, until


async def test_one_process_holds_a_cluster(transaction: Transaction, cluster: Registered) -> None:
    async with transaction() as stores:
        assert await stores.leases.renew(uuid4(), 60) == set()


async def test_a_lease_that_ran_out_goes_to_the_next(
    transaction: Transaction, courier: Courier, cluster: Registered
) -> None:
    async with transaction() as stores:
        assert await stores.leases.renew(courier.owner, -1) == {"c1"}
    async with transaction() as stores:
        assert await stores.leases.renew(uuid4(), 60) == {"c1"}


async def test_without_the_lease_nothing_is_sent(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    stranger = replace(courier, owner=uuid4())
    await stranger.deliver(row, cluster)
    assert jobs_marked(simulator.admin, row.key) == []
    assert (await current(transaction, row)).attempts == 0
    await courier.deliver(row, cluster)
    assert len(jobs_marked(simulator.admin, row.key)) == 1


async def test_a_row_read_twice_is_sent_once(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    await courier.deliver(row, cluster)
    await courier.deliver(row, cluster)
    assert len(jobs_marked(simulator.admin, row.key)) == 1


async def test_the_intent_to_send_is_on_record_before_the_first_byte(
    transaction: Transaction, courier: Courier, cluster: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    seen: list[Submission] = []
    send = ClusterLink.send

    async def watched(link: ClusterLink, call: object) -> int:
        seen.append(await current(transaction, row))
        return await send(link, call)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(ClusterLink, "send", watched)
    await courier.deliver(row, cluster)
    [before] = seen
    assert before.sending_at is not None
    assert before.hwm_before == cluster.last_job


async def test_a_crash_between_sending_and_the_answer_leaves_one_job(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    operation = InstanceReboot(instance="cyc-x")
    row = await arrived(transaction, operation, uuid4())
    link = courier.links.to(cluster)
    async with transaction() as stores:
        await stores.submissions.claim(row, courier.owner, link.last_job, states=OPEN)
    job = await link.send(request_for(operation, Surroundings(key=row.key)))
    await courier.deliver(await current(transaction, row), cluster)  # whoever comes after
    state = (await current(transaction, row)).state()
    assert (state.status, state.job_id) == (SubmissionStatus.ACCEPTED, job)
    assert jobs_marked(simulator.admin, row.key) == [job]


async def test_a_cluster_set_offline_meanwhile_is_sent_nothing(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    async with transaction() as stores:
        await stores.clusters.save(cluster.seen(state=ClusterState.OFFLINE))
    await courier.deliver(row, cluster)  # which it still believes to be enabled
    assert jobs_marked(simulator.admin, row.key) == []
    assert (await current(transaction, row)).sending_at is None


async def test_who_slept_after_claiming_does_not_send(
    transaction: Transaction,
    courier: Courier,
    cluster: Registered,
    simulator: RunningSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    monkeypatch.setattr(courier_module, "STALE_CLAIM", -1.0)
    await courier.deliver(row, cluster)
    assert jobs_marked(simulator.admin, row.key) == []
    assert (await current(transaction, row)).sending_at is None


async def test_a_late_writer_does_not_undo_what_a_later_attempt_found(
    transaction: Transaction, courier: Courier, cluster: Registered
) -> None:
    row = await arrived(transaction, InstanceStop(instance="cyc-x"), uuid4())
    async with transaction() as stores:
        first = await stores.submissions.claim(row, courier.owner, 0, states=OPEN)
    assert first is not None
    async with transaction() as stores:
        await stores.submissions.postpone(first, 0, "", unsent=True)
    async with transaction() as stores:
        assert await stores.submissions.claim(first, courier.owner, 0, states=OPEN)
    async with transaction() as stores:
        await stores.submissions.finish(first, SubmissionStatus.REJECTED, message="late")
    assert (await current(transaction, row)).status is SubmissionStatus.PENDING


async def test_a_reboot_nobody_can_account_for_is_not_repeated(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    row = await arrived(transaction, InstanceReboot(instance="cyc-x"), uuid4())
    async with transaction() as stores:
        sent = await stores.submissions.claim(row, courier.owner, 0, states=OPEN)
    assert sent is not None
    later = replace(sent, sent_for=3600.0, epoch=sent.epoch - 1)
    await courier.deliver(later, cluster)
    state = (await current(transaction, row)).state()
    assert (state.status, state.failure) == (SubmissionStatus.REJECTED, "unknown_outcome")
    assert jobs_marked(simulator.admin, row.key) == []


async def test_an_instance_made_for_the_key_is_adopted(
    transaction: Transaction, courier: Courier, cluster: Registered, simulator: RunningSimulator
) -> None:
    key = uuid4()
    simulator.admin.operate(
        "OP_INSTANCE_CREATE",
        instance_name="cyc-mine",
        mode="create",
        disk_template="diskless",
        disks=[],
        nics=[],
        os_type="noop+default",
        no_install=True,
        ip_check=False,
        name_check=False,
        tags=[f"cyclades:intent:{key}"],
    )

    async def there() -> bool:
        return "cyc-mine" in simulator.admin.site().state.instances

    assert await until(there)
    row = await arrived(transaction, create("cyc-mine"), key)
    await courier.deliver(row, cluster)
    state = (await current(transaction, row)).state()
    assert (state.status, state.job_id) == (SubmissionStatus.DONE, None)


async def test_only_the_cluster_with_the_known_uuid_is_believed_elsewhere() -> None:
    async with running_simulator(clusters=2) as two:
        mine, other = two.clusters
        access = Access(
            name="c1",
            uuid=two.admin.site(1).state.uuid,
            endpoints=("https://127.0.0.1:1", other.url, mine.url),
            username=mine.username,
            password=mine.password,
            ca_pem=registration(mine).ca_pem,
        )
        link = ClusterLink(access, LIMITS)
        info = await link.probe()
        assert info is not None
        assert info["uuid"] == access.uuid
        lost = ClusterLink(replace(access, endpoints=(other.url,)), LIMITS)
        assert await lost.probe() is None
