"""F23: RAPI answers 5xx, HTML, half a JSON or garbage: never a refusal, never a second effect."""

from uuid import uuid4

import pytest

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceDelete, InstanceReboot
from tests.faults.cloudlet import cloudlet
from tests.faults.proxy import Answer, cut, nothing, proxied, said
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

PAGE = b"<html><body><h1>Not Found</h1></body></html>"
GARBAGE: dict[str, Answer] = {
    "404 of a proxy": said("404 Not Found", PAGE),
    "400 of a proxy": said("400 Bad Request", PAGE),
    "500": said("500 Internal Server Error", b'{"code": 500, "message": "x"}', "application/json"),
    "502 of a proxy": said("502 Bad Gateway", PAGE),
    "503": said("503 Service Unavailable", b'{"code": 503, "message": "x"}', "application/json"),
    "half a JSON": said("200 OK", b'{"a":', "application/json"),
    "another type": said("200 OK", PAGE),
    "200 with garbage": said("200 OK", b"\xff\xfe\x00", "application/json"),
    "200 with another kind of JSON": said("200 OK", b"true", "application/json"),
    "200 with no job": said("200 OK", b"0", "application/json"),
    "cut in the headers": cut(20),
    "nothing at all": nothing,
}


@pytest.mark.parametrize("forward", [True, False], ids=["carried out", "not carried out"])
async def test_it_is_looked_into(migrated_database: MakesDatabases, forward: bool) -> None:
    async with cloudlet(migrated_database) as cloud, proxied(cloud) as proxy:
        name = "cyc-f23"
        await cloud.settled((await cloud.submit(create(name))).key)
        proxy.forward = forward
        for what, answer in GARBAGE.items():
            proxy.script.append(answer)
            key = uuid4()
            await cloud.submit(InstanceReboot(instance=name), key)
            state = await cloud.settled(key)
            assert state.status is SubmissionStatus.ACCEPTED, (what, state)
            assert cloud.jobs(key) == [state.job_id], what
            assert not proxy.script, what


async def test_the_404_of_a_proxy_does_not_count_as_deleted(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database) as cloud, proxied(cloud) as proxy:
        name = "cyc-f23"
        await cloud.settled((await cloud.submit(create(name))).key)
        proxy.forward = False
        proxy.script.append(GARBAGE["404 of a proxy"])
        state = await cloud.settled((await cloud.submit(InstanceDelete(instance=name))).key)
        assert state.status is SubmissionStatus.ACCEPTED, state
        assert await cloud.job_ends(state.job_id) == "success"
        assert name not in cloud.admin.site().state.instances
