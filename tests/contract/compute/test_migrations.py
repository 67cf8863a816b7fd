"""Moves of servers, as administrators ask for them and list them."""

from typing import Any

import pytest_asyncio

from shared.contracts.ganeti import Failure, JobStatus
from tests.integration.compute.rig import Rig, fresh_id
from tests.integration.compute.world import a_cluster

LIVE = {"os-migrateLive": {"host": None, "block_migration": "auto"}}


@pytest_asyncio.fixture(loop_scope="module")
async def movable(rig: Rig) -> tuple[Rig, str]:
    """The compute service with a server whose disks are on every node."""
    await rig.know_cluster(disk_template="sharedfile", version=2)
    ident = await rig.active()
    return rig, ident


async def act(rig: Rig, ident: str, body: Any, *, who: str = "admin", mv: str = "2.96") -> Any:
    """Ask for an action."""
    return await rig.call("POST", f"/servers/{ident}/action", body, who=who, mv=mv)


async def settled(rig: Rig) -> None:
    """Have everything done that was asked for."""
    await rig.run_sagas()
    await rig.end_jobs()


async def host(rig: Rig, ident: str) -> Any:
    """Return the node of a server."""
    return (await rig.show(ident, who="admin"))["OS-EXT-SRV-ATTR:host"]


async def moves(rig: Rig, query: str = "", mv: str = "2.80") -> Any:
    """Return the moves that are listed."""
    return (await rig.get(f"/os-migrations{query}", who="admin", mv=mv))["migrations"]


async def test_a_migration_waits_to_be_confirmed(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    assert (await act(rig, ident, {"migrate": None}, who="demo")).status == 403
    assert (await act(rig, ident, {"migrate": None})).status == 202
    assert (await rig.state(ident))[0] == "RESIZE"
    await settled(rig)
    assert await rig.state(ident) == ("VERIFY_RESIZE", None)
    assert await host(rig, ident) == "node2.athens"
    (move,) = await moves(rig)
    assert (move["status"], move["migration_type"]) == ("finished", "migration")
    assert (move["source_node"], move["dest_node"]) == ("node1.athens", "node2.athens")
    await act(rig, ident, {"confirmResize": None}, who="demo")
    assert await rig.state(ident) == ("ACTIVE", None)
    (move,) = await moves(rig)
    assert move["status"] == "confirmed"


async def test_a_node_that_is_switched_off_gets_no_moves(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    switch = {"host": "node2.athens", "binary": "nova-compute"}
    for body in ({"migrate": None}, LIVE, {"migrate": {"host": "node2.athens"}}):
        await rig.call("PUT", "/os-services/disable", switch, who="admin", mv="2.11")
        refused = await act(rig, ident, body)
        assert (refused.status, await rig.state(ident)) == (400, ("ACTIVE", None))
        assert "No valid host" in refused.body["badRequest"]["message"]
    await rig.call("PUT", "/os-services/enable", switch, who="admin", mv="2.11")
    assert (await act(rig, ident, {"migrate": None})).status == 202


async def test_a_migration_may_be_taken_back(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    await act(rig, ident, {"migrate": {"host": "node2.athens"}})
    await settled(rig)
    await act(rig, ident, {"revertResize": None})
    await settled(rig)
    assert (await rig.state(ident), await host(rig, ident)) == (("ACTIVE", None), "node1.athens")
    (move,) = await moves(rig, f"?instance_uuid={ident}")
    assert move["status"] == "reverted"


async def test_a_live_migration_leaves_the_server_running(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    assert (await act(rig, ident, LIVE)).status == 202
    assert await rig.state(ident) == ("MIGRATING", "migrating")
    await rig.run_sagas()
    url = f"/servers/{ident}/migrations"
    (shown,) = (await rig.get(url, who="admin", mv="2.80"))["migrations"]
    assert (shown["status"], shown["server_uuid"]) == ("running", ident)
    one = await rig.get(f"{url}/{shown['id']}", who="admin", mv="2.80")
    assert one == {"migration": shown}
    (listed,) = await moves(rig)
    assert listed["links"][0]["href"].endswith(f"{url}/{shown['id']}")
    forced = await rig.call(
        "POST", f"{url}/{shown['id']}/action", {"force_complete": None}, who="admin", mv="2.22"
    )
    assert forced.status == 400
    await settled(rig)
    assert (await rig.state(ident), await host(rig, ident)) == (("ACTIVE", None), "node2.athens")
    assert (await rig.get(url, who="admin", mv="2.80")) == {"migrations": []}
    gone = await rig.call("GET", f"{url}/{shown['id']}", who="admin", mv="2.80")
    assert gone.status == 404
    done = (await rig.get(f"/servers/{ident}/os-instance-actions"))["instanceActions"]
    assert done[0]["action"] == "live-migration"


async def test_a_live_migration_that_waits_may_be_aborted(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    await act(rig, ident, LIVE)
    await rig.run_sagas()
    (shown,) = (await rig.get(f"/servers/{ident}/migrations", who="admin", mv="2.23"))["migrations"]
    url = f"/servers/{ident}/migrations/{shown['id']}"
    rig.world.gateway.cancels = False
    assert (await rig.call("DELETE", url, who="admin", mv="2.24")).status == 400
    rig.world.gateway.cancels = True
    assert (await rig.call("DELETE", url, who="admin", mv="2.23")).status == 404
    assert (await rig.call("DELETE", url, who="admin", mv="2.24")).status == 202
    await rig.hear_job(list(rig.world.gateway.jobs.values())[-1][1], JobStatus.CANCELED)
    await settled(rig)
    assert (await rig.state(ident), await host(rig, ident)) == (("ACTIVE", None), "node1.athens")
    (move,) = await moves(rig)
    assert move["status"] == "cancelled"


async def test_servers_leave_a_dead_node(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    alive = await act(rig, ident, {"evacuate": {}})
    assert alive.status == 400
    assert "still in use" in alive.body["badRequest"]["message"]
    node, other = a_cluster().nodes
    gone = node.model_copy(update={"offline": True})
    await rig.know_cluster(disk_template="sharedfile", version=3, nodes=[gone, other])
    old = {"evacuate": {"onSharedStorage": True, "adminPass": "secret"}}
    answer = await act(rig, ident, old, mv="2.1")
    assert (answer.status, answer.body) == (200, {"adminPass": "secret"})
    assert (await rig.state(ident))[0] == "REBUILD"
    await settled(rig)
    assert (await rig.state(ident), await host(rig, ident)) == (("ACTIVE", None), "node2.athens")
    (failover,) = rig.world.gateway.operations("instance.failover")
    assert failover["ignore_consistency"] is True


async def test_since_2_95_an_evacuated_server_ends_stopped(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    node, other = a_cluster().nodes
    gone = node.model_copy(update={"offline": True})
    await rig.know_cluster(disk_template="sharedfile", version=3, nodes=[gone, other])
    answer = await act(rig, ident, {"evacuate": {}}, mv="2.95")
    assert (answer.status, answer.body) == (200, None)
    await settled(rig)
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_what_cannot_move_stays(rig: Rig) -> None:
    ident = await rig.active()
    answer = await act(rig, ident, {"migrate": None})
    assert answer.body["badRequest"]["message"] == (
        "Servers with disks of template plain cannot be moved to another node."
    )
    await rig.know_cluster(disk_template="sharedfile", version=2)
    refused: list[tuple[Any, str, int]] = [
        ({"migrate": {"host": "nope"}}, "2.56", 400),
        ({"migrate": {"host": "node1.athens"}}, "2.56", 400),
        ({"migrate": {"host": "node2.athens"}}, "2.55", 400),
        ({"os-migrateLive": {}}, "2.96", 400),
        ({"os-migrateLive": {"host": None, "block_migration": True}}, "2.96", 400),
        ({"os-migrateLive": {"host": None, "block_migration": "auto"}}, "2.24", 400),
        ({"os-migrateLive": {"host": None, "block_migration": False}}, "2.24", 400),
        ({"os-migrateLive": {"host": None, "block_migration": "auto", "force": True}}, "2.68", 400),
        ({"evacuate": {"onSharedStorage": True}}, "2.14", 400),
        ({"evacuate": {}}, "2.13", 400),
    ]
    for body, mv, status in refused:
        assert (await act(rig, ident, body, mv=mv)).status == status, (body, mv)
    assert (await act(rig, fresh_id(), {"migrate": None})).status == 404
    assert await rig.state(ident) == ("ACTIVE", None)
    assert await moves(rig) == []


async def test_a_move_that_fails_is_told_of(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    await act(rig, ident, LIVE)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.ENVIRONMENT)
    await settled(rig)
    assert (await rig.state(ident), await host(rig, ident)) == (("ACTIVE", None), "node1.athens")
    (move,) = await moves(rig)
    assert move["status"] == "error"


async def test_moves_are_listed_by_page_and_filter(movable: tuple[Rig, str]) -> None:
    rig, ident = movable
    for _ in range(2):
        await act(rig, ident, LIVE)
        await settled(rig)
    body = await rig.get("/os-migrations?limit=1", who="admin", mv="2.59")
    (first,) = body["migrations"]
    assert body["migrations_links"][0]["rel"] == "next"
    (second,) = await moves(rig, f"?marker={first['uuid']}")
    assert second["id"] < first["id"]
    assert await moves(rig, "?status=error") == []
    assert len(await moves(rig, "?migration_type=live-migration&host=node2.athens")) == 2
    for query in (f"?marker={fresh_id()}", "?marker=x", "?changes-since=x", "?x=1"):
        answer = await rig.call("GET", f"/os-migrations{query}", who="admin", mv="2.59")
        assert answer.status == 400, query
    old = (await moves(rig, mv="2.1"))[0]
    assert set(old) == {
        "id", "status", "instance_uuid", "source_node", "source_compute", "dest_node",
        "dest_compute", "dest_host", "old_instance_type_id", "new_instance_type_id",
        "created_at", "updated_at",
    }  # fmt: skip
    assert (await rig.call("GET", "/os-migrations", who="demo")).status == 403
