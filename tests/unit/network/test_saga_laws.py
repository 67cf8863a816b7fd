"""Every saga of the network service can be repeated, and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from services.network.domain.binding import NetworkLink
from services.network.effects import SAGAS
from services.network.effects.cloud import Cloud
from services.network.usecases.realisation import Blueprint
from shared.contracts.ganeti import Failure, JobFailure, JobObserved, JobStatus
from shared.contracts.gateway import SubmissionState, SubmissionStatus
from shared.contracts.operations import (
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
    Operation,
)
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Rewind, Saga, Step, Wait

SUBNET = UUID("5d8f0000-0000-4000-8000-000000000001")
NAME = f"cyc-{SUBNET}"
Notes = dict[str, Any]


@dataclass
class World:
    """A cluster that does what it is told at once, and a ledger in memory."""

    networks: dict[str, set[str]] = field(default_factory=dict)  # name -> groups
    known: dict[UUID, SubmissionState] = field(default_factory=dict)
    jobs: list[JobObserved] = field(default_factory=list)
    state: str = "wanted"
    forgotten: bool = False
    troubles: list[Failure] = field(default_factory=list)  # of the next jobs
    gone: bool = False
    link: NetworkLink | None = field(default_factory=lambda: NetworkLink(mode="bridged", link="b"))

    async def submit(
        self, cluster: str, key: UUID, operation: Operation, request_id: str | None = None
    ) -> SubmissionState:
        """Do it, once per key."""
        del request_id
        if self.gone:
            raise NotFound("no such cluster")
        if key not in self.known:
            failure = self.troubles.pop(0) if self.troubles else self._do(operation)
            status = JobStatus.SUCCESS if failure is None else JobStatus.ERROR
            job = len(self.jobs) + 1
            self.jobs.append(
                JobObserved(
                    cluster=cluster,
                    epoch=1,
                    job_id=job,
                    status=status,
                    error=None if failure is None else JobFailure(failure=failure),
                )
            )
            self.known[key] = SubmissionState(
                cluster=cluster,
                key=str(key),
                status=SubmissionStatus.ACCEPTED,
                epoch=1,
                job_id=job,
            )
        return self.known[key]

    def _do(self, operation: Operation) -> Failure | None:
        match operation:
            case NetworkCreate(network=name):
                if name in self.networks:
                    return Failure.EXISTS
                self.networks[name] = set()
            case NetworkConnect(network=name, group=group):
                self.networks[name].add(group)
            case NetworkDisconnect(network=name, group=group):
                if name not in self.networks:
                    return Failure.NOT_FOUND
                self.networks[name].discard(group)
            case NetworkDelete(network=name):
                return None if self.networks.pop(name, None) is not None else Failure.NOT_FOUND
            case _:
                raise AssertionError(operation)
        return None

    async def blueprint(self, subnet_id: UUID, cluster: str) -> Blueprint | None:
        """Return what the subnet shall be."""
        assert (subnet_id, cluster) == (SUBNET, "athens")
        if self.link is None:
            return None
        return Blueprint(
            cidr="10.0.0.0/24",
            gateway="10.0.0.1",
            cidr6=None,
            gateway6=None,
            groups=("a", "b"),
            link=self.link,
        )

    async def groups(self, cluster: str) -> tuple[str, ...] | None:
        """Return the node groups."""
        return None if self.gone else ("a", "b")

    async def job(self, cluster: str, epoch: int, job_id: int) -> JobObserved | None:
        """Return the job."""
        return self.jobs[job_id - 1]

    async def ready(
        self, subnet_id: UUID, cluster: str, groups: Sequence[str], link: NetworkLink
    ) -> None:
        """Note it."""
        self.state = "ready"

    async def failed(self, subnet_id: UUID, cluster: str) -> None:
        """Note it."""
        self.state = "failed"

    async def forget(self, subnet_id: UUID, cluster: str) -> None:
        """Note it."""
        self.forgotten = True


def begun() -> Notes:
    return {
        "saga_id": "5d8f0000-0000-4000-8000-0000000000aa",
        "request_id": None,
        "subnet_id": str(SUBNET),
        "cluster": "athens",
        "ganeti_network": NAME,
    }


async def run(saga: Saga[Cloud], world: World, notes: Notes, *, twice: bool = False) -> bool:
    """Run the saga as the runner does; return whether it got to its end."""
    cloud = Cloud(gateway=world, records=world, prefix="cyc-")
    position = 0
    while position < len(saga.steps):
        try:
            if twice:
                await saga.steps[position].do(cloud, notes)
            notes |= await saga.steps[position].do(cloud, notes)
            position += 1
        except Rewind as back:
            for step in reversed(saga.steps[saga.index(back.step) : position + 1]):
                await step.undo(cloud, notes)
            notes |= back.notes | {"not_before": None}
            position = saga.index(back.step)
        except GiveUp:
            for step in reversed(saga.steps[: position + 1]):
                await step.undo(cloud, notes)
            await saga.gave_up(cloud, notes)
            return False
    return True


def expected(saga: Saga[Cloud]) -> dict[str, set[str]]:
    return {NAME: {"a", "b"}} if saga.name.endswith("materialise_subnet") else {}


def a_world(saga: Saga[Cloud]) -> World:
    world = World()
    if saga.name.endswith("dissolve_subnet"):
        world.networks[NAME] = {"a", "b"}
    return world


every_saga = pytest.mark.parametrize("saga", SAGAS.values(), ids=SAGAS)


@every_saga
@pytest.mark.parametrize("twice", [False, True], ids=["once", "each step twice"])
async def test_each_step_twice_is_each_step_once(saga: Saga[Cloud], twice: bool) -> None:
    world = a_world(saga)
    assert await run(saga, world, begun(), twice=twice)
    assert world.networks == expected(saga)
    assert (world.state, world.forgotten) in {("ready", False), ("wanted", True)}


@every_saga
async def test_undoing_twice_is_harmless(saga: Saga[Cloud]) -> None:
    world, notes = a_world(saga), begun()
    await run(saga, world, notes)
    cloud = Cloud(gateway=world, records=world, prefix="cyc-")
    for step in [*reversed(saga.steps), *reversed(saga.steps)]:
        await step.undo(cloud, notes)
    assert world.networks == {}


@pytest.mark.parametrize("position", range(6))
async def test_giving_up_anywhere_leaves_the_cluster_as_it_was(position: int) -> None:
    saga = SAGAS["network.materialise_subnet"]
    broken = saga.steps[position]

    async def work_then_give_up(cloud: Cloud, notes: Notes) -> Notes:
        notes |= await broken.do(cloud, notes)
        raise GiveUp("for the test")

    steps = list(saga.steps)
    steps[position] = Step(broken.name, work_then_give_up, broken.undo)
    failing = Saga(name=saga.name, steps=steps, gave_up=saga.gave_up)
    world = World()
    assert not await run(failing, world, begun())
    assert world.networks == {}
    assert world.state in {"failed", "ready"}


async def test_a_network_that_was_there_is_not_taken_back() -> None:
    world = World(networks={NAME: set()}, troubles=[])
    saga = SAGAS["network.materialise_subnet"]

    async def no(_cloud: Cloud, _notes: Notes) -> Notes:
        raise GiveUp("for the test")

    steps = [*saga.steps[:3], Step("no", no)]
    assert not await run(Saga(name=saga.name, steps=steps), world, begun())
    assert NAME in world.networks


@every_saga
async def test_trouble_that_passes_is_outlasted(saga: Saga[Cloud]) -> None:
    world = a_world(saga)
    world.troubles = [Failure.BUSY, Failure.UNREACHABLE]
    assert await run(saga, world, begun())
    assert world.networks == expected(saga)


async def test_trouble_that_stays_fails_the_subnet() -> None:
    world = World(troubles=[Failure.BUSY] * 9)
    assert not await run(SAGAS["network.materialise_subnet"], world, begun())
    assert world.state == "failed"


async def test_an_instance_on_its_way_out_delays_dissolving() -> None:
    saga = SAGAS["network.dissolve_subnet"]
    world = a_world(saga)
    world.troubles = [Failure.WRONG_STATE] * 20
    assert await run(saga, world, begun())
    assert world.networks == {}


async def test_a_cluster_that_is_gone_needs_no_dissolving() -> None:
    world = World(gone=True)
    assert await run(SAGAS["network.dissolve_subnet"], world, begun())
    assert world.forgotten


async def test_a_pause_between_rounds_is_kept() -> None:
    saga = SAGAS["network.materialise_subnet"]
    cloud = Cloud(gateway=World(), records=World(), prefix="cyc-")
    notes = begun() | {"not_before": "2999-01-01T00:00:00+00:00", "blueprint": {}}
    with pytest.raises(Wait):
        await saga.steps[saga.index("create")].do(cloud, notes)
