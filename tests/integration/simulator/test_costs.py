"""What asking costs: slots that are held, and a daemon that is kept busy."""

import asyncio

from deploy.simulator.settings import Durations
from deploy.simulator.testing import running_simulator
from deploy.simulator.wire.luxid import PER_REQUEST, cost
from tests.integration.simulator.clouds import client

SLOW = Durations(default=600.0, start_delay=0.0, by_opcode={})
SLOTS = 21


async def test_as_many_waits_as_there_are_slots_keep_everybody_else_waiting() -> None:
    async with running_simulator(durations=SLOW) as sim, client(sim.clusters[0]) as rapi:
        job = sim.admin.operate("OP_CLUSTER_REDIST_CONF")
        while (await rapi.get(f"/2/jobs/{job}"))["status"] != "running":
            continue
        body = {"fields": ["status"], "previous_job_info": ["running"]}
        waits = [
            asyncio.create_task(rapi.call("GET", f"/2/jobs/{job}/wait", body)) for _ in range(SLOTS)
        ]
        queue = sim.admin.site().queue
        async with asyncio.timeout(60):
            while True:
                if len(queue._watchers.get(job, ())) == SLOTS:
                    break
                await asyncio.sleep(0)
        version = asyncio.create_task(rapi.get("/version"))
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        assert not version.done(), "it had to wait for a slot"
        assert await version == 2
        assert [status for status, _answer in await asyncio.gather(*waits)] == [200] * SLOTS


def test_a_window_of_ids_costs_a_fiftieth_of_all_jobs_in_bulk() -> None:
    window = PER_REQUEST + cost("job", 20)
    assert (PER_REQUEST + cost("bulk", 5000)) / window > 50
    assert 107 < cost("bulk", 20_000) < 160, "as was measured"
    assert 4 < cost("bulk", 5000) < 6
    assert 0.3 < cost("bulk", 1000) < 0.5
