"""What must hold when several things happen at the same moment."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.compute.domain.lifecycle import Task
from shared.contracts.ganeti import JobStatus
from shared.contracts.gateway import ClusterChanged
from shared.db.turns import Turns
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import Rig, a_server, furnish
from tests.integration.compute.world import a_cluster


@pytest.fixture(params=["one process", "a process for each"])
def replicas(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have requests meet in this process, or at the database only."""
    if request.param == "a process for each":
        monkeypatch.setattr(Turns, "take", at_once)


async def at_once(_turns: Any, _kind: Any, asked: Any, work: Any) -> Any:
    """Have it done without waiting for a turn."""
    (outcome,) = await work([asked])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@pytest.mark.usefixtures("replicas")
async def test_a_quota_is_never_exceeded_however_many_ask_at_once(rig: Rig) -> None:
    await rig.sql("INSERT INTO quotas VALUES ($1, '', 'instances', 3)", DEMO_PROJECT)
    answers = await asyncio.gather(
        *(rig.call("POST", "/servers", a_server(), mv="2.96") for _ in range(8))
    )
    assert sorted(each.status for each in answers) == [202] * 3 + [403] * 5


async def test_those_who_ask_at_once_are_each_answered_for_themselves(rig: Rig) -> None:
    wanted = [a_server(name=f"s{at}", metadata={"n": str(at)}, tags=[f"t{at}"]) for at in range(9)]
    wanted[4]["server"]["imageRef"] = str(UUID(int=4))
    answers = await asyncio.gather(
        *(rig.call("POST", "/servers", each, mv="2.96") for each in wanted)
    )
    assert [each.status for each in answers] == [202] * 4 + [400] + [202] * 4
    for number, each in enumerate(answers):
        if each.status == 202:
            shown = await rig.show(each.body["server"]["id"])
            told = (shown["name"], shown["metadata"], shown["tags"])
            assert told == (f"s{number}", {"n": str(number)}, [f"t{number}"])
    (row,) = await rig.sql(
        "SELECT (SELECT count(*) FROM servers) AS servers, (SELECT count(*) FROM sagas) AS sagas,"
        " (SELECT count(DISTINCT request_id) FROM server_actions) AS actions,"
        " (SELECT count(DISTINCT body) FROM outbox) AS news"
    )
    assert tuple(row) == (8, 8, 8, 8)


async def test_what_the_database_will_not_have_of_one_spares_the_others(
    rig: Rig,
) -> None:
    wanted = [a_server(name=f"s{at}") for at in range(5)]
    await rig.sql("ALTER TABLE servers ADD CONSTRAINT nobody CHECK (name <> 's3')")
    answers = await asyncio.gather(
        *(rig.call("POST", "/servers", each, mv="2.96") for each in wanted)
    )
    await rig.sql("ALTER TABLE servers DROP CONSTRAINT nobody")
    assert [each.status for each in answers] == [202, 202, 202, 500, 202]
    rows = await rig.sql("SELECT name FROM servers ORDER BY name")
    assert [row["name"] for row in rows] == ["s0", "s1", "s2", "s4"]


@pytest.mark.usefixtures("replicas")
async def test_the_last_room_is_promised_once(bare: Rig) -> None:
    await furnish(bare)
    nodes = [
        node.model_copy(update={"memory_free": 2048 if at == 0 else 0})
        for at, node in enumerate(a_cluster().nodes)
    ]
    await bare.know_cluster(nodes=nodes)
    # Two projects: the lock of a project's quota must not be what keeps them apart.
    body = a_server(networks="none")
    await asyncio.gather(
        *(
            bare.call("POST", "/servers", body, mv="2.96", who=who)
            for who in ("demo", "other", "demo", "other")
        )
    )
    (row,) = await bare.sql("SELECT count(cluster) AS placed, count(*) AS all FROM servers")
    assert (row["placed"], row["all"]) == (1, 4)


async def test_a_promise_ends_when_the_capacity_shows_the_server(rig: Rig) -> None:
    async def uncounted() -> int:
        async with rig.service.runner._world.transaction() as stores:  # type: ignore[union-attr]
            return len((await stores.capacity.promised()).get("athens", []))

    await rig.create()
    assert await uncounted() == 1
    await rig.run_sagas()
    await rig.end_jobs()
    assert await uncounted() == 1, "the cluster's figures are older than the instance"
    await rig.hear(ClusterChanged(cluster=a_cluster(version=2)))
    assert await uncounted() == 0


async def test_of_two_actions_at_once_one_is_refused(rig: Rig) -> None:
    ident = await rig.active()
    answers = await asyncio.gather(*(rig.act(ident, reboot={"type": "HARD"}) for _ in range(5)))
    assert sorted(each.status for each in answers) == [202, 409, 409, 409, 409]


async def test_deletes_at_once_are_one_delete(rig: Rig) -> None:
    ident = await rig.active()
    answers = await asyncio.gather(*(rig.call("DELETE", f"/servers/{ident}") for _ in range(5)))
    assert {each.status for each in answers} == {204}
    await rig.run_sagas()
    assert len(rig.world.gateway.operations("instance.delete")) == 1


async def test_changes_at_once_lose_nothing(rig: Rig) -> None:
    ident = await rig.create()
    await asyncio.gather(
        *(
            rig.call("POST", f"/servers/{ident}/metadata", {"metadata": {f"k{at}": "v"}})
            for at in range(8)
        ),
        rig.run_sagas(),
    )
    shown = await rig.show(ident)
    assert len(shown["metadata"]) == 8
    assert shown["OS-EXT-STS:task_state"] == Task.SPAWNING


async def test_a_job_may_end_while_it_is_attached(rig: Rig) -> None:
    """The watcher may tell of the end before, while or after we learn the job's id."""
    for round_ in range(6):
        ident = await rig.create(name=f"s{round_}")
        submitted = len(rig.world.gateway.jobs)
        cluster_job = submitted + 1
        await asyncio.gather(
            rig.run_sagas(),
            rig.hear_job(cluster_job, JobStatus.SUCCESS),
        )
        await rig.run_sagas()
        assert await rig.state(ident) == ("ACTIVE", None)
