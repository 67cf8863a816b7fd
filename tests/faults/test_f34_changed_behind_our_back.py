"""F34: instances are removed, stopped or changed out of band: told within two looks, as it is."""

from tests.faults.cloudlet import cloudlet
from tests.faults.observed import instances, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_what_administrators_do_is_told(migrated_database: MakesDatabases) -> None:
    database = watcher_database(migrated_database)
    async with cloudlet(migrated_database) as cloud, observing(cloud, database) as observer:
        for name in ("cyc-stopped", "cyc-removed", "cyc-crashed", "cyc-down"):
            await cloud.settled((await cloud.submit(create(name))).key)
        await observer.until(lambda told: bool(instances(told, "cyc-down")))
        cloud.admin.operate("OP_INSTANCE_SHUTDOWN", instance_name="cyc-stopped")
        cloud.admin.operate(
            "OP_INSTANCE_REMOVE", instance_name="cyc-removed", ignore_failures=False
        )
        cloud.admin.crash("cyc-crashed")
        cloud.admin.shut_down_inside("cyc-down")

        def last(told: list[dict[str, object]], name: str) -> tuple[object, object]:
            fact = instances(told, name)[-1]
            return fact["present"], fact["status"]

        wanted = {
            "cyc-stopped": (True, "ADMIN_down"),
            "cyc-removed": (False, None),
            "cyc-crashed": (True, "ERROR_down"),
            "cyc-down": (True, "USER_down"),
        }
        facts = await observer.until(
            lambda told: all(last(told, name) == as_ for name, as_ in wanted.items())
        )
        for name in wanted:
            sequences = [fact["sequence"] for fact in instances(facts, name)]
            assert sequences == list(range(1, len(sequences) + 1))
