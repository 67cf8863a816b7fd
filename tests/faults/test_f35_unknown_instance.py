"""F35: an instance that is not ours: told like any other, ignored where no server has its name."""

from services.compute.usecases.observing import server_named
from tests.faults.cloudlet import cloudlet
from tests.faults.observed import instances, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_strangers_are_told_and_are_nobodys_server(
    migrated_database: MakesDatabases,
) -> None:
    database = watcher_database(migrated_database)
    async with cloudlet(migrated_database) as cloud, observing(cloud, database) as observer:
        await cloud.settled((await cloud.submit(create("web1.example.org"))).key)
        facts = await observer.until(lambda told: bool(instances(told, "web1.example.org")))
        (told,) = instances(facts, "web1.example.org")
        assert told["present"]
        assert server_named(told["name"], "cyc-") is None
        assert server_named("cyc-web1", "cyc-") is None
