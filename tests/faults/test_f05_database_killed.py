"""F05: the database is killed: 503 with Retry-After, never 500, and no accepted request is lost."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.parts.postgres import PostgresServer, forget, running_postgres, start_again
from deploy.simulator.testing import running_simulator
from services.rapi_gateway.main import MIGRATIONS
from shared.contracts.gateway import SubmissionStatus
from shared.db.migrate import migrate
from tests.faults.cloudlet import SCALED, Cloudlet
from tests.integration.rapi_gateway.rig import create, registration, running_gateway
from tests.parts.postgres import open_folder

pytestmark = pytest.mark.skipif(
    "CYCLADES_DATABASE_URL" in os.environ, reason="that database is not ours to kill"
)


@pytest.fixture
def mortal() -> Iterator[tuple[PostgresServer, Path]]:
    """A durable server of this test's own."""
    with open_folder() as home, running_postgres(home) as server:
        server.run('CREATE DATABASE "f05"')
        yield server, home
        forget(home)


async def test_what_was_accepted_survives_and_the_rest_is_told_to_come_back(
    mortal: tuple[PostgresServer, Path],
) -> None:
    server, home = mortal
    url = server.url_of("f05")
    await migrate(url, MIGRATIONS)
    async with running_simulator() as simulator, running_gateway(url, **SCALED) as gateway:
        cloud = Cloudlet(gateway=gateway, simulator=simulator, database=url)
        await gateway.client.register(registration(simulator.clusters[0]))
        simulator.admin.set_faults(1, latency=0.3)  # the answers come when the database is gone
        keys = [uuid4() for _ in range(8)]
        states = await asyncio.gather(
            *(cloud.submit(create(f"cyc-{key}"), key) for key in keys[:6])
        )
        assert {state.status for state in states} <= {"pending", "accepted"}
        assert server.child is not None
        server.child.kill()
        answers = [await put(cloud, key) for key in keys[6:]]
        assert {status for status, _after in answers} == {503}
        assert all(after for _status, after in answers)
        listed = await gateway.ask("GET", "/v1/clusters")
        assert (listed.status_code, bool(listed.headers.get("Retry-After"))) == (503, True)
        again = start_again(server, home)  # not in a thread: it would die with that
        try:
            for key in keys[6:]:
                await until_taken(cloud, key)
            for key in keys:
                state = await cloud.settled(key)
                assert state.status is SubmissionStatus.ACCEPTED
                assert cloud.jobs(key) == [state.job_id]
        finally:
            if again.child:
                await asyncio.to_thread(again.child.stop)


async def put(cloud: Cloudlet, key: UUID) -> tuple[int, str | None]:
    body = {"operation": create(f"cyc-{key}").model_dump(mode="json")}
    answer = await cloud.gateway.ask("PUT", f"/v1/clusters/c1/submissions/{key}", body)
    return answer.status_code, answer.headers.get("Retry-After")


async def until_taken(cloud: Cloudlet, key: UUID) -> None:
    async with asyncio.timeout(60):
        while True:
            status, _after = await put(cloud, key)
            if status in {200, 202}:
                return
            assert status == 503
            await asyncio.sleep(0.1)
