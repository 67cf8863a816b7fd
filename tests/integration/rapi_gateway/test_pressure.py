"""What we take of a cluster follows how it does: less when it suffers, in full when it is well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deploy.simulator.settings import Durations
from deploy.simulator.testing import running_simulator
from shared.contracts.gateway import LineStatus
from tests.integration.rapi_gateway.rig import Gateway, registered, running_gateway, until
from tests.integration.simulator.clouds import Client, client

JOBS = 800
IDLE = Durations(default=0.0, start_delay=0.0, by_opcode={"OP_CLUSTER_REDIST_CONF": 600.0})
PATIENT: dict[str, Any] = {"refresh_seconds": 0.1, "read_deadline": 60.0, "submit_deadline": 60.0}


async def line(gateway: Gateway) -> LineStatus:
    async def spoken_to() -> Any:
        return (await gateway.client.status("c1")).line

    seen: LineStatus = await until(spoken_to)
    return seen


@asynccontextmanager
async def others(rapi: Client, many: int, method: str, path: str) -> AsyncIterator[None]:
    """Have other clients ask the same, all the time."""

    async def ask() -> None:
        body = {"fields": ["status"], "previous_job_info": ["running"], "previous_log_serial": None}
        while True:
            await rapi.call(method, path, body if path.endswith("/wait") else None)

    asking = [asyncio.create_task(ask()) for _ in range(many)]
    try:
        yield
    finally:
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_a_laboring_daemon_gets_fewer_jobs_until_it_is_well_again(database: str) -> None:
    """Somebody lists all jobs in bulk, again and again: luxid has no time for anything else."""
    async with (
        running_simulator(cost_model=True) as simulator,
        client(simulator.clusters[0]) as rapi,
        running_gateway(database, **PATIENT) as gateway,
    ):
        for _ in range(JOBS):
            simulator.admin.operate("OP_CLUSTER_REDIST_CONF")
        await registered(gateway, simulator.clusters[0])

        async def backed_off() -> bool:
            return (await line(gateway)).rate_share <= 0.5

        async def recovered() -> bool:
            return (await line(gateway)).rate_share == 1.0

        assert await until(recovered)
        async with others(rapi, 9, "GET", "/2/jobs?bulk=1"):
            assert await until(backed_off, 60.0)
            assert (await line(gateway)).health == "up", "it is slow, and that is all"
        assert await until(recovered, 60.0)


async def test_where_others_hold_the_slots_we_take_fewer(database: str) -> None:
    """Somebody waits for jobs one by one, and holds a slot of RAPI's for each."""
    async with (
        running_simulator(durations=IDLE, wait_limit=1.5) as simulator,
        client(simulator.clusters[0]) as rapi,
        running_gateway(database, **PATIENT) as gateway,
    ):
        await registered(gateway, simulator.clusters[0])
        job = simulator.admin.operate("OP_CLUSTER_REDIST_CONF")

        async def backed_off() -> bool:
            return (await line(gateway)).slots_share <= 0.5

        async def recovered() -> bool:
            return (await line(gateway)).slots_share == 1.0

        simulator.admin.set_faults(1, taken_slots=20)
        async with others(rapi, 2, "GET", f"/2/jobs/{job}/wait"):
            assert await until(backed_off, 60.0)
            lanes = (await line(gateway)).lanes
            assert sum(each.slots for each in lanes.values()) < 8
        simulator.admin.heal()
        assert await until(recovered, 60.0)
