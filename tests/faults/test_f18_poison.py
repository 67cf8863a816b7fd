"""F18: bad JSON, a strange shape, a megabyte, no UTF-8: buried, and the next one is handled."""

from dataclasses import replace

from services.ganeti_watcher.domain.jobs import JobResult, JobRow, facts_of
from shared.bus.contract import Outgoing
from shared.contracts.ganeti import JobObserved, JobStatus
from tests.faults.consuming import consuming, message
from tests.parts.postgres import MakesDatabases

GOOD = JobObserved(cluster="c1", epoch=1, job_id=7, status=JobStatus.SUCCESS)
POISON = (
    b"{not json",
    b"[]",
    b'{"specversion": "1.0"}',
    b"\xff\xfe\x00",
    b"x" * 1_000_000,
    b'{"deep":' + b"[" * 100_000,
)


async def test_poison_is_buried_and_harms_no_neighbour(migrated_database: MakesDatabases) -> None:
    async with consuming(migrated_database) as compute:
        bad = [
            Outgoing(routing_key=GOOD.routing_key, message_id=f"bad-{place}", body=body)
            for place, body in enumerate(POISON)
        ]
        shapeless = message(GOOD)
        shapeless = replace(
            shapeless, message_id="bad-shape", body=shapeless.body.replace(b'"job_id"', b'"other"')
        )
        await compute.publish(*bad, shapeless, message(GOOD))
        assert len(compute.bus.dead) == len(POISON) + 1
        assert set(await compute.jobs()) == {("c1", 1, 7)}
        await compute.publish(message(GOOD.model_copy(update={"job_id": 8})))
        assert set(await compute.jobs()) == {("c1", 1, 7), ("c1", 1, 8)}


async def test_what_an_os_script_prints_is_no_poison(migrated_database: MakesDatabases) -> None:
    row = JobRow(job_id=8, status=JobStatus.ERROR, received=1.0, ended=2.0)
    words = JobResult(results=(["OpExecError", ["\0" + "x" * 1_000_000 + "\0"]],))
    async with consuming(migrated_database) as compute:
        told = [message(each.fact) for each in facts_of("c1", 1, row, -1, words)]
        assert max(len(each.body) for each in told) < 65536
        await compute.publish(*told)
        assert not compute.bus.dead
        assert (await compute.jobs())["c1", 1, 8]["status"] == "error"
