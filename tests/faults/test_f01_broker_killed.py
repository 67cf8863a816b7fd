"""F01: the broker is killed under load: the API answers 2xx, and afterwards no event is missing.

Nor is one missing where the broker's disk is lost with it, and what it had taken.
"""

import asyncio

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.contracts.gateway import ClusterPatch
from tests.faults.cloudlet import cloudlet
from tests.faults.news import QUICK, SOON, Listener, declared
from tests.integration.rapi_gateway.rig import until
from tests.parts.postgres import MakesDatabases

CHANGES = 30


async def test_the_outbox_grows_and_nothing_is_lost(
    migrated_database: MakesDatabases, rabbitmq: RabbitNode
) -> None:
    bus, listener = AmqpBus(rabbitmq.url, deadlines=QUICK), Listener()
    entry = listener.subscription()
    await declared(bus, entry)
    async with cloudlet(migrated_database, bus=bus) as cloud:
        ears = asyncio.create_task(bus.consume(entry))

        async def change(number: int) -> int:
            patch = ClusterPatch(availability_zone=f"zone-{number}")
            return (await cloud.gateway.client.change("c1", patch)).version

        versions = [await change(number) for number in range(CHANGES)]
        await listener.until(lambda: versions[-1] in listener.versions)
        await asyncio.sleep(2)  # RabbitMQ 3.10 writes down late that a quorum queue exists at all
        rabbitmq.kill9()
        try:
            versions += [await change(CHANGES + number) for number in range(CHANGES)]
            [row] = await cloud.gateway.sql(
                "SELECT count(*)::int AS waiting FROM outbox WHERE published_at IS NULL"
            )
            assert row["waiting"] >= CHANGES - 1
            ready = await cloud.gateway.ask("GET", "/readyz")
            assert ready.json()["checks"]["bus"] == "failed"
        finally:
            rabbitmq.restart()  # not in a thread: the broker would die with it
        await listener.until(lambda: listener.versions >= set(versions))
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)
    ids = {version: {key for key, v in listener.heard if v == version} for version in versions}
    assert all(len(each) == 1 for each in ids.values()), "what comes twice, has the same id"
    await bus.close()


async def test_a_broker_that_lost_all_it_had_is_told_again(
    migrated_database: MakesDatabases, rabbitmq: RabbitNode
) -> None:
    bus, listener = AmqpBus(rabbitmq.url, deadlines=QUICK), Listener()
    entry = listener.subscription()
    await declared(bus, entry)  # nobody reads it: what comes, only the broker has
    async with cloudlet(migrated_database, bus=bus) as cloud:
        patch = ClusterPatch(availability_zone="zone-1")
        version = (await cloud.gateway.client.change("c1", patch)).version

        async def taken() -> bool:
            [row] = await cloud.gateway.sql(
                "SELECT count(*)::int AS waiting FROM outbox WHERE published_at IS NULL"
            )
            return bool(row["waiting"] == 0)

        await until(taken, SOON)
        rabbitmq.lose_everything()
        ears = asyncio.create_task(bus.consume(entry))
        await listener.until(lambda: version in listener.versions)
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)
    ids = {key for key, heard in listener.heard if heard == version}
    assert len(ids) == 1, "what comes again, has the same id"
    await bus.close()
