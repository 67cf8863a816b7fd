"""F03: the broker blocks (disk, memory): publishing stops, the API does not, it recovers alone."""

import asyncio
import time

from deploy.parts.rabbitmq import RabbitNode
from shared.bus.amqp import AmqpBus
from shared.contracts.gateway import ClusterPatch
from tests.faults.cloudlet import cloudlet
from tests.faults.news import QUICK, Listener, declared
from tests.integration.rapi_gateway.rig import until
from tests.parts.postgres import MakesDatabases


async def test_the_outbox_keeps_what_cannot_be_published(
    migrated_database: MakesDatabases, rabbitmq: RabbitNode
) -> None:
    bus, listener = AmqpBus(rabbitmq.url, deadlines=QUICK), Listener()
    entry = listener.subscription()
    await declared(bus, entry)
    async with cloudlet(migrated_database, bus=bus) as cloud:
        ears = asyncio.create_task(bus.consume(entry))
        await asyncio.to_thread(rabbitmq.control, "set_disk_free_limit", "100000GB")
        try:
            versions = []
            for number in range(10):
                begun = time.monotonic()
                patch = ClusterPatch(availability_zone=f"zone-{number}")
                versions.append((await cloud.gateway.client.change("c1", patch)).version)
                assert time.monotonic() - begun < 20, "no request waits for the broker"

            async def unready() -> bool:
                answer = await cloud.gateway.ask("GET", "/readyz")
                return bool(answer.json()["checks"]["bus"] == "failed")

            assert await until(unready, 30.0)
            assert versions[-1] not in listener.versions
        finally:
            await asyncio.to_thread(rabbitmq.control, "set_disk_free_limit", "50MB")
        await listener.until(lambda: listener.versions >= set(versions))
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)
    await bus.close()
