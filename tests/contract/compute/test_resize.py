"""Resizing servers, as Nova's clients do it."""

from typing import Any

import pytest_asyncio

from services.compute.usecases import resizing
from shared.clock import utcnow
from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import Rig
from tests.integration.compute.world import a_cluster

FLAVORS = (
    {"id": "2", "name": "big", "vcpus": 2, "ram": 4096, "disk": 40},
    {"id": "small", "name": "small", "vcpus": 1, "ram": 1024, "disk": 10},
    {"id": "zero", "name": "zero", "vcpus": 1, "ram": 1024, "disk": 0},
    {"id": "huge", "name": "huge", "vcpus": 21, "ram": 4096, "disk": 40},
    {"id": "wide", "name": "wide", "vcpus": 1, "ram": 51200, "disk": 20},
)


@pytest_asyncio.fixture(loop_scope="module")
async def furnished(rig: Rig) -> Rig:
    """The compute service with more flavors."""
    for flavor in FLAVORS:
        assert (await rig.call("POST", "/flavors", {"flavor": flavor}, who="admin")).status == 200
    return rig


async def act(rig: Rig, ident: str, body: Any, **how: Any) -> Any:
    """Ask for an action."""
    return await rig.call("POST", f"/servers/{ident}/action", body, **how)


async def to(rig: Rig, ident: str, flavor: str) -> None:
    """Have a server resized."""
    assert (await act(rig, ident, {"resize": {"flavorRef": flavor}})).status == 202
    await rig.run_sagas()
    await rig.end_jobs()


async def test_a_resize_waits_to_be_confirmed(furnished: Rig) -> None:
    ident = await furnished.active()
    answer = await act(furnished, ident, {"resize": {"flavorRef": "2"}})
    assert (answer.status, answer.body) == (202, None)
    assert await furnished.state(ident) == ("RESIZE", "resize_prep")
    await furnished.run_sagas()
    await furnished.end_jobs()
    assert await furnished.state(ident) == ("VERIFY_RESIZE", None)
    assert (await furnished.show(ident, mv="2.1"))["flavor"]["id"] == "2"
    assert (await furnished.show(ident))["flavor"]["ram"] == 4096
    kinds = [each["operation"] for each in furnished.world.gateway.operations()][1:]
    assert kinds == ["instance.stop", "instance.configure", "disk.grow", "instance.start"]
    await furnished.observe(ident, "running", job_id=900)
    assert await furnished.state(ident) == ("VERIFY_RESIZE", None)
    answer = await act(furnished, ident, {"confirmResize": None})
    assert (answer.status, answer.body) == (204, None)
    assert await furnished.state(ident) == ("ACTIVE", None)
    assert (await act(furnished, ident, {"confirmResize": None})).status == 409
    done = (await furnished.get(f"/servers/{ident}/os-instance-actions"))["instanceActions"]
    assert [each["action"] for each in done] == ["confirmResize", "resize", "create"]


async def test_a_resize_may_be_taken_back(furnished: Rig) -> None:
    ident = await furnished.active()
    await to(furnished, ident, "2")
    assert (await act(furnished, ident, {"revertResize": None})).status == 202
    assert await furnished.state(ident) == ("REVERT_RESIZE", "resize_reverting")
    await furnished.run_sagas()
    await furnished.end_jobs()
    assert await furnished.state(ident) == ("ACTIVE", None)
    assert (await furnished.show(ident, mv="2.1"))["flavor"]["id"] == "1"


async def test_a_disk_never_shrinks(furnished: Rig) -> None:
    ident = await furnished.active()
    await to(furnished, ident, "small")
    kinds = [each["operation"] for each in furnished.world.gateway.operations()]
    assert "disk.grow" not in kinds
    assert await furnished.state(ident) == ("VERIFY_RESIZE", None)


async def test_a_stopped_server_stays_stopped(furnished: Rig) -> None:
    ident = await furnished.active()
    await act(furnished, ident, {"os-stop": None})
    await furnished.run_sagas()
    await furnished.end_jobs()
    await to(furnished, ident, "2")
    assert await furnished.state(ident) == ("VERIFY_RESIZE", None)
    await act(furnished, ident, {"confirmResize": None})
    assert await furnished.state(ident) == ("SHUTOFF", None)
    kinds = [each["operation"] for each in furnished.world.gateway.operations()]
    assert "instance.start" not in kinds


async def test_what_cannot_be_is_refused(furnished: Rig) -> None:
    ident = await furnished.active()
    refused: list[tuple[Any, int, str]] = [
        ({"flavorRef": "1"}, 400, "When resizing, instances must change flavor!"),
        ({"flavorRef": "nope"}, 400, "Flavor nope could not be found."),
        ({"flavorRef": "zero"}, 400, "Resize to zero disk flavor is not allowed."),
        ({"flavorRef": "huge"}, 403, "Quota exceeded for cores: Requested 20"),
        ({"flavorRef": "wide"}, 400, "No valid host was found."),
        ({"flavorRef": ""}, 400, ""),
        ({"flavorRef": None}, 400, ""),
        ({"flavorRef": "2", "x": 1}, 400, "Additional properties"),
        ({}, 400, ""),
    ]
    for body, status, text in refused:
        answer = await act(furnished, ident, {"resize": body})
        ((_, fault),) = answer.body.items()
        assert (answer.status, fault["message"][: len(text)]) == (status, text), body
    assert await furnished.state(ident) == ("ACTIVE", None)
    answer = await act(furnished, ident, {"revertResize": None})
    assert answer.body["conflictingRequest"]["message"] == (
        f"Cannot 'revertResize' instance {ident} while it is in vm_state active"
    )


async def test_until_it_is_over_the_larger_flavor_counts(furnished: Rig) -> None:
    ident = await furnished.active()
    for flavor, cores in (("2", 2), ("1", 2)):
        await to(furnished, ident, flavor)
        limits = await furnished.get("/limits")
        assert limits["limits"]["absolute"]["totalCoresUsed"] == cores
        await act(furnished, ident, {"confirmResize": None})
    limits = await furnished.get("/limits")
    assert limits["limits"]["absolute"]["totalCoresUsed"] == 1


async def test_a_resize_that_fails_leaves_the_server_as_it_was(furnished: Rig) -> None:
    ident = await furnished.active()
    answer = await act(furnished, ident, {"resize": {"flavorRef": "2"}})
    request_id = answer.headers["X-Openstack-Request-Id"]
    await furnished.run_sagas()
    await furnished.fail_last_job(Failure.WRONG_STATE)
    await furnished.run_sagas()
    await furnished.end_jobs()
    assert await furnished.state(ident) == ("ACTIVE", None)
    assert (await furnished.show(ident, mv="2.1"))["flavor"]["id"] == "1"
    url = f"/servers/{ident}/os-instance-actions/{request_id}"
    assert (await furnished.get(url))["instanceAction"]["message"] == "Error"


async def test_a_server_moves_where_there_is_room(furnished: Rig) -> None:
    node, other = a_cluster().nodes
    full = node.model_copy(update={"memory_free": 1000})
    await furnished.know_cluster(disk_template="sharedfile", version=5, nodes=[full, other])
    ident = await furnished.active()
    await to(furnished, ident, "2")
    assert (await furnished.show(ident, who="admin"))["OS-EXT-SRV-ATTR:host"] == "node2.athens"
    await act(furnished, ident, {"revertResize": None})
    await furnished.run_sagas()
    await furnished.end_jobs()
    assert (await furnished.show(ident, who="admin"))["OS-EXT-SRV-ATTR:host"] == "node1.athens"


async def test_resizes_confirm_themselves_when_told_to(furnished: Rig) -> None:
    ident = await furnished.active()
    await to(furnished, ident, "2")
    transaction = furnished.service.runner._world.transaction  # type: ignore[union-attr]
    await resizing.confirm_old(transaction, utcnow())
    assert await furnished.state(ident) == ("ACTIVE", None)
    assert await resizing.confirm_old(transaction, utcnow()) == 0
