"""F22: SIGKILL between the submit and its record in the database: found after the lease, once."""

from typing import Any
from uuid import uuid4

import pytest

from services.rapi_gateway.ganeti.client import Call, RapiClient
from shared.contracts.gateway import ClusterPatch, SubmissionStatus
from shared.contracts.operations import InstanceReboot
from shared.service.runtime import Role
from tests.faults.cloudlet import SCALED, cloudlet
from tests.faults.couriers import office
from tests.integration.rapi_gateway.rig import running_gateway, settled
from tests.parts.postgres import MakesDatabases


class Killed(BaseException):
    """SIGKILL: nothing that comes after happens, not even an ``except``."""


async def test_the_next_gateway_finds_the_job(
    migrated_database: MakesDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = frozenset({Role.API})
    async with cloudlet(migrated_database, roles=api) as cloud, office(cloud.database) as bureau:
        await cloud.gateway.client.change("c1", ClusterPatch(settle=60))
        owner, key = uuid4(), uuid4()
        await bureau.lease(owner, 0.5)
        row = await bureau.arrived(InstanceReboot(instance="cyc-x"), key)
        speaks = RapiClient.call

        async def last_words(client: RapiClient, endpoint: str, call: Call, deadline: float) -> Any:
            answer = await speaks(client, endpoint, call, deadline)
            if call.method == "POST":
                raise Killed
            return answer

        monkeypatch.setattr(RapiClient, "call", last_words)
        with pytest.raises(Killed):
            await bureau.courier(owner).deliver(row, await bureau.cluster())
        monkeypatch.undo()
        left = await bureau.row(key)
        assert left.sending_at is not None
        assert (left.status, left.job_id) == (SubmissionStatus.PENDING, None)
        async with running_gateway(cloud.database, **SCALED) as heir:
            state = await settled(heir, "c1", key)
        assert state.status is SubmissionStatus.ACCEPTED
        assert cloud.jobs(key) == [state.job_id]
