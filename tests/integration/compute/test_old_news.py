"""News, writers and endings that come too late change nothing."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from services.compute.domain.differences import Difference, Kind
from services.compute.domain.lifecycle import Action
from services.compute.store.drifts import Drift
from services.compute.store.stores import Transaction
from services.compute.usecases import progress
from services.compute.usecases.reconciling import heal
from shared.clock import utcnow
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import DELETED, UPDATED, NetworkChanged
from shared.errors import StaleWrite
from shared.saga.definition import TakenOver
from tests.integration.compute.rig import NETWORK, Rig
from tests.integration.compute.world import a_cluster
from tests.parts.locks import wait_for_a_lock


@pytest.fixture
def transaction(rig: Rig) -> Transaction:
    """The service's transactions."""
    assert rig.service.runner is not None
    found: Transaction = rig.service.runner._world.transaction
    return found


async def test_a_writer_that_read_an_older_version_is_refused(
    rig: Rig, transaction: Transaction
) -> None:
    ident = UUID(await rig.active())
    async with transaction() as stores:
        old = await stores.servers.get(ident)
        await stores.servers.save(replace(old, name="first"))
        with pytest.raises(StaleWrite):
            await stores.servers.save(replace(old, name="second"))


async def test_a_writer_of_an_older_flavor_is_refused(rig: Rig, transaction: Transaction) -> None:
    async with transaction() as stores:
        old = await stores.flavors.get("1")
        await stores.flavors.save(old)
        with pytest.raises(StaleWrite):
            await stores.flavors.save(old)


async def test_a_delete_is_not_overtaken_by_the_create_it_ended(
    rig: Rig, transaction: Transaction
) -> None:
    """A step that was under way when the delete came writes nothing more."""
    ident = await rig.create()
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    with pytest.raises(TakenOver):
        await progress.plug(transaction, UUID(ident), [])


async def test_a_failure_ends_only_the_action_it_is_of(rig: Rig, transaction: Transaction) -> None:
    ident = await rig.active()
    await rig.act(ident, **{"os-stop": None})
    await progress.settle_failed(transaction, UUID(ident), Action.CREATE, "No.", None)
    assert await rig.state(ident) == ("ACTIVE", "powering-off")


@pytest.mark.parametrize("batches", [[(3, 2)], [(3,), (2,)], [(1,), (3,), (2,)]])
async def test_older_observations_are_not_kept(
    rig: Rig, transaction: Transaction, batches: list[tuple[int, ...]]
) -> None:
    ident = UUID(await rig.create())
    for batch in batches:
        await rig.hear(
            *(
                InstanceObserved(
                    cluster="athens", name=f"cyc-{ident}", sequence=each, status=f"of {each}"
                )
                for each in batch
            )
        )
    async with transaction() as stores:
        seen = await stores.projections.observation_of("athens", ident)
    assert seen is not None
    assert (seen.sequence, seen.status) == (3, "of 3")


@pytest.mark.parametrize("batches", [[(93, 92)], [(93,), (92,)], [(91,), (93,), (92,)]])
async def test_older_news_of_a_network_changes_nothing(
    rig: Rig, transaction: Transaction, batches: list[tuple[int, ...]]
) -> None:
    for batch in batches:
        await rig.hear(
            *(
                NetworkChanged(
                    verb=DELETED if each == 93 else UPDATED,
                    id=NETWORK,
                    project_id=None,
                    version=each,
                    document={"name": "n"},
                )
                for each in batch
            )
        )
    async with transaction() as stores:
        assert not await stores.projections.documents(NetworkChanged.resource, [NETWORK])


async def test_older_news_of_a_cluster_changes_nothing(rig: Rig, transaction: Transaction) -> None:
    for version, zone in ((9, "now"), (8, "before")):
        told = a_cluster("athens", version=version, availability_zone=zone)
        await rig.hear(ClusterChanged(cluster=told))
    async with transaction() as stores:
        seen = await stores.capacity.cluster("athens")
    assert seen is not None
    assert seen.availability_zone == "now"


async def test_of_two_that_compare_at_once_one_does(rig: Rig, transaction: Transaction) -> None:
    async with transaction() as one, transaction() as other:
        assert await one.drifts.is_mine()
        assert not await other.drifts.is_mine()


async def test_what_changed_since_the_look_is_not_put_right(
    rig: Rig, transaction: Transaction
) -> None:
    ident = UUID(await rig.active())
    async with transaction() as stores:
        server = await stores.servers.get(ident)
        await stores.servers.save(server.begin(Action.STOP, utcnow()))
        server = await stores.servers.get(ident)
    stuck = Drift(
        cluster="athens",
        server_id=ident,
        version=server.version - 1,
        looks=2,
        difference=Difference(kind=Kind.STUCK, what=""),
    )
    assert not await heal(transaction, stuck, None, "cyclades:")
    assert await heal(transaction, replace(stuck, version=server.version), None, "cyclades:")


async def test_places_are_given_by_one_at_a_time_whosever_they_are(
    rig: Rig, transaction: Transaction
) -> None:
    async with transaction() as stores:
        await stores.ground.read("another project", "its user")
        asking = asyncio.create_task(rig.create())
        await wait_for_a_lock(rig.service.parts.reads.value, asking)
        assert not asking.done()
    await asking
