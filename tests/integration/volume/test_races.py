"""Requests that come at the same moment, and writers that were too late."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.volume.domain.volume_type import VolumeType
from services.volume.store import grounds
from services.volume.usecases.volume_types import have_the_first
from shared.errors import StaleWrite
from tests.integration.volume.rig import OWN, Rig
from tests.integration.volume.test_attachments import connect, release, reserve
from tests.parts.locks import wait_for_a_lock

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def at_once(rig: Rig, count: int) -> Counter[int]:
    """Ask for volumes at the same moment; return how often each status was answered."""
    calls = [rig.call("POST", "/volumes", {"volume": {"size": 1}}) for _ in range(count)]
    return Counter(answer.status for answer in await asyncio.gather(*calls))


async def test_sixteen_at_once_at_a_limit_of_ten_make_ten(rig: Rig) -> None:
    assert await at_once(rig, 16) == {202: 10, 413: 6}
    assert len((await rig.get("/volumes"))["volumes"]) == 10


async def test_it_is_the_lock_that_keeps_the_limit(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = iter(range(16))  # each locks something else
    monkeypatch.setattr(grounds, "project_lock", lambda _project: next(others))
    assert (await at_once(rig, 16))[202] > 10


async def test_growing_at_once_keeps_the_limit_too(rig: Rig) -> None:
    made = [await rig.make(size=1) for _ in range(6)]
    await rig.limit(gigabytes=9)
    calls = [rig.act(each["id"], "os-extend", {"new_size": 2}) for each in made]
    answers = Counter(answer.status for answer in await asyncio.gather(*calls))
    assert answers == {202: 3, 413: 3}


async def test_changes_at_once_all_happen(rig: Rig) -> None:
    path = f"/volumes/{(await rig.make())['id']}/metadata"
    calls = [rig.call("POST", path, {"metadata": {f"k{n}": "v"}}) for n in range(12)]
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
    assert len((await rig.get(path))["metadata"]) == 12


async def test_deleting_twice_at_once_deletes_once(rig: Rig) -> None:
    made = await rig.make()
    calls = [rig.call("DELETE", f"/volumes/{made['id']}") for _ in range(6)]
    answers = Counter(answer.status for answer in await asyncio.gather(*calls))
    assert answers == {202: 1, 404: 5}
    assert [fact["verb"] for fact in await rig.published()] == ["created", "deleted"]


async def test_an_offer_taken_and_withdrawn_at_once_is_one_of_both(rig: Rig) -> None:
    made = await rig.make()
    body = {"transfer": {"volume_id": made["id"]}}
    transfer = (await rig.call("POST", "/volume-transfers", body)).body["transfer"]
    path, key = f"/volume-transfers/{transfer['id']}", {"auth_key": transfer["auth_key"]}
    calls = [rig.call("POST", f"{path}/accept", {"accept": key}, who="other") for _ in range(4)]
    calls += [rig.call("DELETE", path) for _ in range(4)]
    answers = Counter(answer.status for answer in await asyncio.gather(*calls))
    assert answers == {202: 1, 404: 7}


async def test_a_writer_that_read_an_older_version_is_refused(rig: Rig) -> None:
    made = UUID((await rig.make())["id"])
    async with rig.transaction() as stores:
        old = await stores.volumes.get(made, OWN)
        await stores.volumes.save(replace(old, name="first"))
    with pytest.raises(StaleWrite):
        async with rig.transaction() as stores:
            await stores.volumes.save(replace(old, name="second"))
    assert (await rig.get(f"/volumes/{made}"))["volume"]["name"] == "first"


async def test_extra_specs_added_at_once_are_all_there(rig: Rig) -> None:
    path = f"/types/{(await rig.make_type('t'))['id']}/extra_specs"
    calls = [rig.call("POST", path, {"extra_specs": {f"k{n}": "v"}}, who="admin") for n in range(8)]
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
    assert len((await rig.get(path, "admin"))["extra_specs"]) == 8


async def test_of_types_given_one_name_at_once_one_gets_it(rig: Rig) -> None:
    made = [await rig.make_type(f"t{n}") for n in range(4)]
    body = {"volume_type": {"name": "same"}}
    calls = [rig.call("PUT", f"/types/{each['id']}", body, who="admin") for each in made]
    calls += [rig.call("POST", "/types", body, who="admin") for _ in range(4)]
    answers = Counter(answer.status for answer in await asyncio.gather(*calls))
    assert answers == {200: 1, 409: 7}


async def test_no_volume_is_made_of_a_type_that_is_being_deleted(rig: Rig) -> None:
    kind = await rig.make_type("t")
    body = {"volume": {"size": 1, "volume_type": "t"}}
    async with rig.transaction() as stores:
        await stores.types.remove(await stores.types.get(UUID(kind["id"])))
        late = asyncio.create_task(rig.call("POST", "/volumes", body))
        await wait_for_a_lock(rig.service.parts.reads.value)
    assert (await late).status == 404


async def test_no_type_is_deleted_while_a_volume_is_made_of_it(rig: Rig) -> None:
    kind = await rig.make_type("t")
    made = UUID((await rig.make())["id"])
    async with rig.transaction() as stores:
        found = await stores.types.find("t")
        assert found is not None
        late = asyncio.create_task(rig.call("DELETE", f"/types/{kind['id']}", who="admin"))
        await wait_for_a_lock(rig.service.parts.reads.value)
        volume = await stores.volumes.get(made, OWN)
        await stores.volumes.save(replace(volume, volume_type_id=found.id, volume_type="t"))
    assert (await late).status == 409


async def _begin_with(rig: Rig, first: Sequence[VolumeType]) -> None:
    async with rig.transaction() as stores:
        await stores.types.begin_with(first)


async def test_processes_that_begin_at_once_make_the_first_types_once(rig: Rig) -> None:
    async with rig.service.parts.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM volume_types")
    names = {"a": uuid4(), "b": uuid4()}
    first = [VolumeType(id=ident, name=name) for name, ident in names.items()]
    async with rig.transaction() as stores:
        await stores.types.begin_with(first)
        late = asyncio.create_task(_begin_with(rig, first))
        await wait_for_a_lock(rig.service.parts.reads.value)
    await late
    await asyncio.gather(*(have_the_first(rig.transaction) for _ in range(4)))
    assert len((await rig.get("/types"))["volume_types"]) == 2


async def test_of_two_servers_that_reserve_a_volume_at_once_one_gets_it(rig: Rig) -> None:
    made = await rig.make()
    bodies = [
        {"attachment": {"volume_uuid": made["id"], "instance_uuid": str(uuid4())}}
        for _server in range(6)
    ]
    answers = await asyncio.gather(
        *(rig.call("POST", "/attachments", body, who="nova", at="3.70") for body in bodies)
    )
    assert sorted(answer.status for answer in answers) == [200, *[400] * 5]
    (row,) = await rig.sql("SELECT count(*) FROM attachments")
    assert row[0] == 1


async def test_a_volume_is_either_deleted_or_reserved(rig: Rig) -> None:
    made = await rig.make()
    body = {"attachment": {"volume_uuid": made["id"], "instance_uuid": str(uuid4())}}
    deleted, reserved = await asyncio.gather(
        rig.call("DELETE", f"/volumes/{made['id']}"),
        rig.call("POST", "/attachments", body, who="nova", at="3.70"),
    )
    assert (deleted.status, reserved.status) in {(202, 404), (400, 200), (202, 400)}


async def test_a_snapshot_taken_while_its_volume_goes_is_not_left_behind(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.make()
    await asyncio.gather(
        rig.call("POST", "/snapshots", {"snapshot": {"volume_id": made["id"]}}),
        rig.call("DELETE", f"/volumes/{made['id']}"),
    )
    await rig.settle()
    volumes = await rig.sql("SELECT 1 FROM volumes WHERE deleted_at IS NULL")
    snapshots = await rig.sql("SELECT 1 FROM snapshots WHERE deleted_at IS NULL")
    assert len(volumes) == len(snapshots)


async def test_what_a_snapshot_is_being_taken_of_stays_where_it_is(rig: Rig) -> None:
    await rig.know_cluster("athens")
    made = await rig.made()
    body = {"snapshot": {"volume_id": made["id"]}}
    taken = (await rig.call("POST", "/snapshots", body, at="3.70")).body["snapshot"]
    await rig.know_cluster("berlin")
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    refused = await connect(rig, ident, host="berlin")
    assert (refused.status, "is in availability zone az-athens" in refused.fault) == (400, True)
    await rig.settle()
    assert (await rig.get(f"/snapshots/{taken['id']}"))["snapshot"]["status"] == "available"
    assert rig.world.agent("athens").snapshots() == {taken["id"]}
    assert rig.world.agent("berlin").volumes() == set()
    assert (await connect(rig, ident, host="athens")).status == 200


async def test_a_use_that_came_to_nothing_leaves_a_snapshot_that_is_being_taken(rig: Rig) -> None:
    await rig.know_cluster()
    made = await rig.made()
    body = {"snapshot": {"volume_id": made["id"]}}
    taken = (await rig.call("POST", "/snapshots", body, at="3.70")).body["snapshot"]
    ident = (await reserve(rig, made["id"])).body["attachment"]["id"]
    assert (await release(rig, ident)).status == 200
    await rig.settle()
    assert (await rig.get(f"/snapshots/{taken['id']}"))["snapshot"]["status"] == "available"
    assert (await rig.show(made["id"]))["availability_zone"] == "az-athens"
