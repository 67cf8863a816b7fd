"""F36: a node goes down: its instances are told as such when two looks show it, and as back."""

from tests.faults.cloudlet import cloudlet
from tests.faults.observed import instances, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_a_node_that_comes_and_goes_is_seen_in_its_instances(
    migrated_database: MakesDatabases,
) -> None:
    database = watcher_database(migrated_database)
    async with cloudlet(migrated_database) as cloud, observing(cloud, database) as observer:
        await cloud.settled((await cloud.submit(create("cyc-f36"))).key)
        facts = await observer.until(lambda told: bool(instances(told, "cyc-f36")))
        node = instances(facts, "cyc-f36")[-1]["node"]
        cloud.admin.set_node(node, down=True)
        facts = await observer.until(
            lambda told: instances(told, "cyc-f36")[-1]["status"] == "ERROR_nodedown"
        )
        assert instances(facts, "cyc-f36")[-1]["oper_state"] is None, "nobody knows"
        cloud.admin.set_node(node, down=False)
        await observer.until(lambda told: instances(told, "cyc-f36")[-1]["status"] == "running")
