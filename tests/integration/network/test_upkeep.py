"""What the service does by the clock."""

import asyncio

import pytest

from services.network.api.deps import DEPS
from services.network.effects import upkeep
from shared.contracts.gateway import Cluster
from shared.errors import Unavailable
from tests.integration.network.rig import Rig, a_cluster

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Gateway:
    """Knows one cluster, or does not answer."""

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers

    async def clusters(self) -> list[Cluster]:
        """Return it."""
        if not self._answers:
            raise Unavailable("The gateway does not answer.")
        return [a_cluster()]


async def test_clusters_nobody_told_of_are_found(rig: Rig) -> None:
    transaction = rig.service.app[DEPS].transaction
    assert not await upkeep.ask_after_clusters(transaction, Gateway(answers=False))
    assert await upkeep.ask_after_clusters(transaction, Gateway(answers=True))
    assert len((await rig.get("/availability_zones"))["availability_zones"]) == 2


async def test_ranges_that_are_used_up_are_forgotten(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/30")
    port = await rig.make("ports", network_id=network["id"])
    await upkeep.forget_once(rig.service.app[DEPS].transaction)
    assert await rig.service.parts.reads.value("SELECT count(*) FROM free_ranges") == 0
    await rig.call("demo", "DELETE", f"/ports/{port['id']}")
    again = await rig.make("ports", network_id=network["id"])
    assert again["fixed_ips"] == port["fixed_ips"]


async def test_a_range_that_somebody_looks_at_is_left_alone(rig: Rig) -> None:
    network, _subnet = await rig.network("10.0.0.0/30")
    await rig.make("ports", network_id=network["id"])
    count, transaction = "SELECT count(*) FROM free_ranges", rig.service.app[DEPS].transaction
    async with rig.service.parts.engine.begin() as looking, asyncio.timeout(60):
        await looking.exec_driver_sql("SELECT * FROM free_ranges FOR UPDATE")
        await upkeep.forget_once(transaction)
        assert await rig.service.parts.reads.value(count) == 1
    await upkeep.forget_once(transaction)
    assert await rig.service.parts.reads.value(count) == 0


async def test_older_news_of_a_cluster_changes_nothing(rig: Rig) -> None:
    await rig.know_cluster(availability_zone="now", version=3)
    await rig.know_cluster(availability_zone="before", version=2)
    zones = (await rig.get("/availability_zones"))["availability_zones"]
    assert {each["name"] for each in zones} == {"now"}


async def test_a_look_for_work_that_finds_none_does_not_ask_for_another(rig: Rig) -> None:
    assert rig.service.runner is not None
    woken = rig.service.parts.nudge.listener()
    assert not await rig.service.runner.run_once()
    assert not woken.is_set()
