"""F11: the gateway is killed at each of its steps: another one completes it, one Ganeti job."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.rapi_gateway.ganeti.client import Call, RapiClient
from services.rapi_gateway.store.stores import Stores, Transaction
from shared.contracts.gateway import ClusterPatch, SubmissionStatus
from shared.contracts.operations import DiskAdd, DiskSpec, InstanceReboot, NetworkCreate, Operation
from shared.service.runtime import Role
from tests.faults.cloudlet import cloudlet
from tests.faults.couriers import Office, office
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

NAME = "cyc-f11"
API = frozenset({Role.API})  # nobody delivers but the couriers of this test
MOST_STEPS = 12


class Killed(BaseException):
    """SIGKILL: nothing that comes after happens, not even an ``except``."""


@dataclass(slots=True)
class Countdown:
    """Lets so many steps pass; the next one is the last, before or after it had its effect."""

    left: int
    after: bool
    struck: bool = False

    def step(self) -> bool:
        """Return whether to die once this step had its effect."""
        self.left -= 1
        if self.left == 0 and not self.after:
            self.struck = True
            raise Killed
        return self.left == 0

    def die(self) -> None:
        self.struck = True
        raise Killed


def mortal(transaction: Transaction, countdown: Countdown) -> Transaction:
    """Return transactions of a process that dies."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Stores]:
        last = countdown.step()
        async with transaction() as stores:
            yield stores
        if last:
            countdown.die()

    return begin


Speaks = Callable[[RapiClient, str, Call, float], Awaitable[Any]]


def mortal_calls(speaks: Speaks, countdown: Countdown) -> Speaks:
    """Return calls to RAPI of a process that dies."""

    async def call(client: RapiClient, endpoint: str, asked: Call, deadline: float) -> Any:
        last = countdown.step()
        answer = await speaks(client, endpoint, asked, deadline)
        if last:
            countdown.die()
        return answer

    return call


async def dies(bureau: Office, owner: UUID, key: UUID, step: int, after: bool) -> bool:
    """Deliver until the step kills the process; return whether there was such a step."""
    countdown = Countdown(step, after)
    courier = bureau.courier(owner, mortal(bureau.transaction, countdown))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RapiClient, "call", mortal_calls(RapiClient.call, countdown))
        with suppress(Killed):
            await courier.deliver(await bureau.row(key), await bureau.cluster())
    return countdown.struck


def operation_of(kind: str, number: int) -> Operation:
    """Return an operation that no other of its kind collides with."""
    match kind:
        case "instance.create":
            return create(f"{NAME}-{number}")
        case "network.create":
            return NetworkCreate(network=f"{NAME}-{number}", cidr=f"10.11.{number}.0/24")
        case "disk.add":
            return DiskAdd(instance=NAME, disk=DiskSpec(name=str(uuid4()), size=64))
        case _:
            return InstanceReboot(instance=NAME)


@pytest.mark.parametrize("kind", ["instance.create", "network.create", "disk.add", "reboot"])
async def test_whoever_comes_after_sends_nothing_twice_and_loses_nothing(
    migrated_database: MakesDatabases, kind: str
) -> None:
    async with cloudlet(migrated_database, roles=API) as cloud, office(cloud.database) as bureau:
        await cloud.gateway.client.change("c1", ClusterPatch(settle=0.1))
        first, second = uuid4(), uuid4()
        await bureau.lease(first)
        there = bureau.courier(first)
        await bureau.arrived(create(NAME), made := uuid4())
        job = (await bureau.carried_through(there, made)).job_id
        assert await cloud.job_ends(job) == "success"
        keys: list[UUID] = []
        for step in range(1, MOST_STEPS):
            struck = False
            for after in (False, True):
                keys.append(key := uuid4())
                await bureau.arrived(operation_of(kind, len(keys)), key)
                struck |= await dies(bureau, first, key, step, after)
            if not struck:
                break
        assert len(keys) >= 8, "there are steps to die at"
        await bureau.lease(first, -1)
        await bureau.lease(second)
        heir = bureau.courier(second)
        for key in keys:
            row = await bureau.carried_through(heir, key)
            assert row.status is SubmissionStatus.ACCEPTED, row
            assert cloud.jobs(key) == [row.job_id]
