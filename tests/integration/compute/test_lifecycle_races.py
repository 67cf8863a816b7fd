"""What comes at the wrong moment while a server is being changed."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.compute.rig import IMAGE, Rig

BIG = {"resize": {"flavorRef": "big"}}


@pytest_asyncio.fixture(loop_scope="module")
async def furnished(rig: Rig) -> Rig:
    """The compute service with a second flavor."""
    flavor = {"id": "big", "name": "big", "vcpus": 2, "ram": 4096, "disk": 40}
    assert (await rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")).status == 200
    return rig


async def act(rig: Rig, ident: str, body: Any, *, who: str = "demo") -> Any:
    """Ask for an action."""
    return await rig.call("POST", f"/servers/{ident}/action", body, who=who, mv="2.96")


@pytest.mark.parametrize(
    ("body", "status"), [(BIG, "RESIZE"), ({"rebuild": {"imageRef": IMAGE}}, "REBUILD")]
)
async def test_a_stop_that_is_part_of_an_action_is_never_shown(
    furnished: Rig, body: Any, status: str
) -> None:
    ident = await furnished.active()
    await act(furnished, ident, body)
    await furnished.run_sagas()
    for seen in ("ADMIN_down", "running", "ADMIN_down"):
        await furnished.observe(ident, seen)
        assert (await furnished.state(ident))[0] == status
    await furnished.observe(ident, None)
    assert (await furnished.state(ident))[0] == status


async def test_old_news_does_not_stop_a_server_that_was_started_since(furnished: Rig) -> None:
    ident = await furnished.active()
    await act(furnished, ident, BIG)
    await furnished.run_sagas()
    (stop,) = [job for _, job in list(furnished.world.gateway.jobs.values())[1:]]
    await furnished.end_jobs()
    await furnished.observe(ident, "ADMIN_down", job_id=stop)
    assert await furnished.state(ident) == ("VERIFY_RESIZE", None)
    await act(furnished, ident, {"confirmResize": None})
    assert await furnished.state(ident) == ("ACTIVE", None)
    await furnished.observe(ident, "ADMIN_down", job_id=stop)
    assert await furnished.state(ident) == ("ACTIVE", None)
    await furnished.observe(ident, "ADMIN_down", job_id=stop + 100)
    assert await furnished.state(ident) == ("SHUTOFF", None)


async def test_what_happens_meanwhile_is_seen_when_the_action_is_over(furnished: Rig) -> None:
    ident = await furnished.active()
    await act(furnished, ident, {"createImage": {"name": "snap"}})
    await furnished.run_sagas()
    await furnished.observe(ident, "USER_down", job_id=800)
    assert (await furnished.state(ident))[0] == "ACTIVE"
    await furnished.end_jobs()
    assert await furnished.state(ident) == ("SHUTOFF", None)


async def test_a_delete_takes_over_what_is_under_way(furnished: Rig) -> None:
    ident = await furnished.active()
    await act(furnished, ident, BIG)
    await furnished.run_sagas()
    assert (await furnished.call("DELETE", f"/servers/{ident}")).status == 204
    await furnished.run_sagas()
    await furnished.end_jobs()
    assert (await furnished.call("GET", f"/servers/{ident}")).status == 404
    kinds = [each["operation"] for each in furnished.world.gateway.operations()]
    assert kinds[-1] == "instance.delete"
    assert "instance.configure" not in kinds


async def test_what_an_administrator_resets_is_not_settled_by_what_was_under_way(
    furnished: Rig,
) -> None:
    ident = await furnished.active()
    await act(furnished, ident, BIG)
    await furnished.run_sagas()
    await act(furnished, ident, {"os-resetState": {"state": "active"}}, who="admin")
    await furnished.end_jobs()
    assert await furnished.state(ident) == ("ACTIVE", None)
    assert (await furnished.show(ident, mv="2.1"))["flavor"]["id"] == "1"
    limits = await furnished.get("/limits")
    assert limits["limits"]["absolute"]["totalCoresUsed"] == 1


async def test_of_two_actions_at_once_one_begins(furnished: Rig) -> None:
    ident = await furnished.active()
    bodies: list[Any] = [BIG, {"os-stop": None}, {"shelve": None}, {"rescue": {}}]
    answers = await asyncio.gather(*(act(furnished, ident, body) for body in bodies))
    statuses = sorted(answer.status for answer in answers)
    assert statuses[0] in {200, 202}
    assert statuses[1:] == [409, 409, 409]


async def test_of_two_images_at_once_one_is_recorded(furnished: Rig) -> None:
    ident = await furnished.active()
    bodies: list[Any] = [{"createImage": {"name": name}} for name in ("one", "two")]
    answers = await asyncio.gather(*(act(furnished, ident, body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [202, 409]
    assert len(furnished.world.images.images) == 2  # and the one the server was made from


async def test_two_resizes_cannot_share_the_last_of_a_quota(furnished: Rig) -> None:
    one, other = await furnished.active(), await furnished.active()
    await furnished.sql(
        "INSERT INTO quotas (project_id, resource, \"limit\") SELECT project_id, 'cores', 3"
        " FROM servers LIMIT 1 RETURNING 1"
    )
    answers = await asyncio.gather(*(act(furnished, ident, BIG) for ident in (one, other)))
    assert sorted(answer.status for answer in answers) == [202, 403]
