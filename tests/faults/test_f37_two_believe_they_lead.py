"""F37: two gateways believe they lead (one was asleep): a fencing token stops the old one."""

from uuid import uuid4

import pytest

from services.rapi_gateway.usecases import courier as courier_module
from shared.contracts.gateway import ClusterPatch, ClusterState, SubmissionStatus
from shared.contracts.operations import InstanceReboot
from shared.service.runtime import Role
from tests.faults.cloudlet import cloudlet
from tests.faults.couriers import office
from tests.parts.postgres import MakesDatabases

API = frozenset({Role.API})
OPEN = frozenset({ClusterState.ENABLED})


async def test_who_slept_before_claiming_claims_nothing(migrated_database: MakesDatabases) -> None:
    async with cloudlet(migrated_database, roles=API) as cloud, office(cloud.database) as bureau:
        sleeper, waking, key = uuid4(), uuid4(), uuid4()
        await bureau.lease(sleeper)
        row = await bureau.arrived(InstanceReboot(instance="cyc-x"), key)
        await bureau.lease(sleeper, -1)
        await bureau.lease(waking)
        await bureau.courier(sleeper).deliver(row, await bureau.cluster())
        assert (await bureau.row(key)).sending_at is None
        done = await bureau.carried_through(bureau.courier(waking), key)
        assert cloud.jobs(key) == [done.job_id]


async def test_who_sleeps_after_claiming_does_not_send(
    migrated_database: MakesDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cloudlet(migrated_database, roles=API) as cloud, office(cloud.database) as bureau:
        owner, key = uuid4(), uuid4()
        await bureau.lease(owner)
        row = await bureau.arrived(InstanceReboot(instance="cyc-x"), key)
        monkeypatch.setattr(courier_module, "STALE_CLAIM", -1.0)  # whatever passed, was too long
        await bureau.courier(owner).deliver(row, await bureau.cluster())
        assert cloud.jobs(key) == []
        assert (await bureau.row(key)).sending_at is None


async def test_what_the_sleeper_still_writes_changes_nothing(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database, roles=API) as cloud, office(cloud.database) as bureau:
        await cloud.gateway.client.change("c1", ClusterPatch(settle=0))
        sleeper, waking, key = uuid4(), uuid4(), uuid4()
        await bureau.lease(sleeper)
        row = await bureau.arrived(InstanceReboot(instance="cyc-x"), key)
        async with bureau.transaction() as stores:
            claimed = await stores.submissions.claim(row, sleeper, 0, states=OPEN)
        assert claimed is not None
        await bureau.lease(sleeper, -1)  # and it sleeps for a minute
        await bureau.lease(waking)
        heir = bureau.courier(waking)
        await heir.deliver(await bureau.row(key), await bureau.cluster())  # not found: to be sent
        async with bureau.transaction() as stores:
            again = await stores.submissions.claim(claimed, waking, 0, states=OPEN)
            assert again is not None
            late = await stores.submissions.finish(
                claimed, SubmissionStatus.ACCEPTED, epoch=1, job_id=4711
            )
            await stores.submissions.postpone(claimed, 0, "late", unsent=True)
        assert late is None
        left = await bureau.row(key)
        assert (left.status, left.message) == (SubmissionStatus.PENDING, "")
        assert left.sending_at is not None
