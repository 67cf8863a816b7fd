"""Volumes and their storage: what they disagree on is found, and put right when it lasts.

The storage agent is a real one, whose folder is changed behind our back.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.volume.effects.reconciler import Reconciler
from services.volume.usecases import reconciling
from shared.clients.gateway import GatewayClient
from shared.clients.storage import StorageClient
from shared.errors import CloudError
from tests.integration.volume.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")
Json = dict[str, Any]
LEFT = {
    "volumes": "UPDATE volumes SET status = $1, updated_at = now() - interval '5 minutes'",
    "snapshots": "UPDATE snapshots SET status = $1, updated_at = now() - interval '5 minutes'",
}


@dataclass
class Bench:
    """A volume that holds something, and who compares it with its storage."""

    rig: Rig
    reconciler: Reconciler
    volume: str

    async def rounds(self, number: int = 2) -> int:
        """Look so many times; return how much was put right."""
        return sum([await self.reconciler.round("athens") for _ in range(number)])

    async def attend(self, number: int = 2) -> int:
        """Look for what nobody is at so many times; return how much was ended."""
        return sum([await self.reconciler.attend() for _ in range(number)])

    async def leave(self, table: str, status: str) -> None:
        """Have everything in a status for a while, with nobody at work on it."""
        await self.rig.sql("UPDATE sagas SET ended_at = now() WHERE ended_at IS NULL")
        await self.rig.sql(LEFT[table], status)

    async def drift(self) -> list[Json]:
        """What administrators are shown."""
        answer = await self.rig.call("GET", "/v1/drift", who="admin", root="")
        assert answer.status == 200, answer.raw
        shown: list[Json] = answer.body["drift"]
        return shown

    def lose(self) -> None:
        """Take the volume out of the storage."""
        self.rig.world.agent().directory.drop_volume(self.volume)

    def lose_snapshot(self, ident: str) -> None:
        """Take a snapshot out of the storage."""
        answer = self.rig.world.agent().answer("DELETE", ["snapshots", ident], b"", None)
        assert answer.is_success

    def grow(self, mebibytes: int) -> None:
        """Have the volume larger in the storage."""
        self.rig.world.agent().directory.grow_volume(self.volume, mebibytes)


@pytest_asyncio.fixture(loop_scope="module")
async def bench(rig: Rig) -> AsyncIterator[Bench]:
    """A volume made from an image, in its storage as it should be."""
    await rig.know_cluster()
    made = await rig.made(imageRef=rig.world.images.have(b"content")["id"])
    parts = rig.service.parts
    reconciler = Reconciler(
        transaction=rig.transaction,
        gateway=GatewayClient(parts.http, "http://gateway", parts.service_token, "gateway"),
        storage=StorageClient(parts.http, "http://gateway", parts.service_token, "gateway"),
    )
    yield Bench(rig=rig, reconciler=reconciler, volume=made["id"])


async def test_nothing_is_done_where_all_agree(bench: Bench) -> None:
    before = await bench.rig.everything()
    assert await bench.rounds(3) + await bench.attend(3) == 0
    assert await bench.rig.everything() == before


async def test_a_free_volume_of_which_nothing_is_left_is_an_error(bench: Bench) -> None:
    bench.lose()
    assert await bench.rounds(1) == 0
    assert await bench.rig.status(bench.volume) == "available"
    assert await bench.drift() == [], "it may be a moment's"
    assert await bench.rounds(1) == 1
    assert await bench.rig.status(bench.volume) == "error"
    assert await bench.rounds(1) == 0
    assert await bench.drift() == []


async def test_a_volume_that_is_there_again_is_left_alone(bench: Bench) -> None:
    agent = bench.rig.world.agent()
    for _ in range(3):
        agent.refusing["GET", "volumes"] = (404, "no such volume")
        assert await bench.rounds(1) == 0
        agent.refusing.clear()
        assert await bench.rounds(1) == 0
    assert await bench.rig.status(bench.volume) == "available"


async def test_it_is_looked_at_again_before_anything_is_done(bench: Bench) -> None:
    (volume,) = await reconciling.at_rest(bench.rig.transaction, "athens", reconciling.FIRST, 10)
    seen = [(volume, None)]
    await reconciling.compare(bench.rig.transaction, "athens", seen)
    (lasting,) = await reconciling.compare(bench.rig.transaction, "athens", seen)
    there = await bench.reconciler.storage.volume("athens", bench.volume)
    assert not await reconciling.heal(bench.rig.transaction, lasting, there)
    assert await bench.rig.status(bench.volume) == "available"


async def test_a_volume_that_something_is_done_to_is_left_alone(bench: Bench) -> None:
    bench.lose()
    assert await bench.rounds(1) == 0
    await bench.rig.act(bench.volume, "os-extend", {"new_size": 2}, at="3.70")
    assert await bench.rounds(3) + await bench.attend(3) == 0
    assert await bench.rig.status(bench.volume) == "extending"


async def test_a_volume_that_changed_between_two_looks_is_looked_at_anew(bench: Bench) -> None:
    bench.lose()
    assert await bench.rounds(1) == 0
    await bench.rig.call("PUT", f"/volumes/{bench.volume}", {"volume": {"name": "new"}})
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1


async def test_what_changes_while_it_is_healed_stays_as_it_is(bench: Bench) -> None:
    (volume,) = await reconciling.at_rest(bench.rig.transaction, "athens", reconciling.FIRST, 10)
    seen = [(volume, None)]
    await reconciling.compare(bench.rig.transaction, "athens", seen)
    (lasting,) = await reconciling.compare(bench.rig.transaction, "athens", seen)
    await bench.rig.act(bench.volume, "os-extend", {"new_size": 2}, at="3.70")
    assert not await reconciling.heal(bench.rig.transaction, lasting, None)
    assert await bench.rig.status(bench.volume) == "extending"


async def test_a_volume_of_a_server_that_is_lost_is_told_and_left_alone(bench: Bench) -> None:
    await bench.rig.sql("UPDATE volumes SET status = 'in-use'")
    bench.lose()
    assert await bench.rounds(3) == 0
    await bench.reconciler.count()
    (shown,) = await bench.drift()
    assert (shown["kind"], shown["id"], shown["is_healed"]) == (
        "lost_in_use", bench.volume, False,
    )  # fmt: skip
    ((status,),) = await bench.rig.sql("SELECT status FROM volumes")
    assert status == "in-use"
    told = await bench.rig.sql(
        "SELECT routing_key FROM outbox WHERE routing_key LIKE 'volume.drift.%'"
    )
    assert [row["routing_key"] for row in told] == [f"volume.drift.found.-.{bench.volume}"]


async def test_a_volume_that_was_grown_in_the_storage_is_as_large(bench: Bench) -> None:
    bench.grow(2500)
    assert await bench.rounds(1) == 0
    assert await bench.rounds(1) == 1
    assert (await bench.rig.show(bench.volume))["size"] == 3, "what was begun counts"
    usage = await bench.rig.get("/limits")
    assert usage["limits"]["absolute"]["totalGigabytesUsed"] == 3
    assert await bench.rounds(2) == 0


async def test_a_volume_that_is_smaller_in_the_storage_is_told(bench: Bench) -> None:
    await bench.rig.sql("UPDATE volumes SET size = 5")
    assert await bench.rounds(3) == 0
    assert [each["kind"] for each in await bench.drift()] == ["shrunk"]


async def test_nothing_is_concluded_of_an_agent_that_does_not_answer(bench: Bench) -> None:
    bench.lose()
    bench.rig.world.agent().refusing["GET", "pool"] = (404, "no such cluster")
    for _ in range(3):
        with pytest.raises(CloudError):
            await bench.rounds(1)
    assert await bench.rig.status(bench.volume) == "available"


async def test_every_volume_gets_its_turn(bench: Bench) -> None:
    image = bench.rig.world.images.have(b"more")["id"]
    others = [(await bench.rig.made(imageRef=image))["id"] for _ in range(2)]
    for each in others:
        bench.rig.world.agent().directory.drop_volume(each)
    one_by_one = replace(bench.reconciler, at_once=1)
    assert sum([await one_by_one.round("athens") for _ in range(8)]) == 2
    found = [await bench.rig.status(each) for each in (bench.volume, *others)]
    assert found == ["available", "error", "error"]


async def test_two_replicas_that_look_at_once_are_one_look(bench: Bench) -> None:
    bench.lose()
    slow = replace(bench.reconciler, apart=timedelta(minutes=1))
    assert [await slow.round("athens") for _ in range(3)] == [0, 0, 0]


async def test_users_do_not_see_what_drifts(bench: Bench) -> None:
    assert (await bench.rig.call("GET", "/v1/drift", root="")).status == 403


async def test_a_snapshot_that_nobody_makes_is_there_if_the_storage_has_it(bench: Bench) -> None:
    ident = (await bench.rig.snapshot(bench.volume))["id"]
    await bench.leave("snapshots", "creating")
    assert await bench.attend(1) == 0
    assert await bench.attend(1) == 1
    shown = (await bench.rig.get(f"/snapshots/{ident}"))["snapshot"]
    assert (shown["status"], shown["os-extended-snapshot-attributes:progress"]) == (
        "available", "100%",
    )  # fmt: skip


async def test_a_snapshot_that_nobody_makes_and_nobody_has_is_an_error(bench: Bench) -> None:
    ident = (await bench.rig.snapshot(bench.volume))["id"]
    bench.lose_snapshot(ident)
    await bench.leave("snapshots", "creating")
    assert await bench.attend() == 1
    assert (await bench.rig.get(f"/snapshots/{ident}"))["snapshot"]["status"] == "error"
    (message,) = await bench.rig.messages()
    assert message["resource_uuid"] == ident


async def test_a_snapshot_that_nobody_deletes_is_gone_if_the_storage_has_none(
    bench: Bench,
) -> None:
    ident = (await bench.rig.snapshot(bench.volume))["id"]
    await bench.leave("snapshots", "deleting")
    assert await bench.attend() == 1
    assert (await bench.rig.get(f"/snapshots/{ident}"))["snapshot"]["status"] == "error_deleting"
    bench.lose_snapshot(ident)
    await bench.leave("snapshots", "deleting")
    assert await bench.attend() == 1
    assert (await bench.rig.call("GET", f"/snapshots/{ident}")).status == 404


async def test_a_snapshot_that_a_saga_is_at_is_left_alone(bench: Bench) -> None:
    bench.rig.world.agent().refusing["PUT", "snapshots"] = (503, "later")
    body = {"snapshot": {"volume_id": bench.volume}}
    answer = await bench.rig.call("POST", "/snapshots", body, at="3.70")
    await bench.rig.run_sagas()
    await bench.rig.sql("UPDATE snapshots SET created_at = now() - interval '5 minutes'")
    await bench.rig.sql("UPDATE snapshots SET updated_at = created_at")
    assert await bench.attend(3) == 0
    ident = answer.body["snapshot"]["id"]
    assert (await bench.rig.get(f"/snapshots/{ident}"))["snapshot"]["status"] == "creating"
    bench.rig.world.agent().refusing.clear()
    await bench.rig.settle()
    assert (await bench.rig.get(f"/snapshots/{ident}"))["snapshot"]["status"] == "available"


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("creating", "error"),
        ("downloading", "error"),
        ("uploading", "available"),
        ("reverting", "error"),
        ("extending", "error_extending"),
        ("deleting", "error_deleting"),
    ],
)
async def test_what_nobody_does_to_a_volume_is_ended(bench: Bench, status: str, then: str) -> None:
    await bench.leave("volumes", status)
    assert await bench.attend(1) == 0
    assert await bench.attend(1) == 1
    assert await bench.rig.status(bench.volume) == then
    assert len(await bench.rig.messages()) == 1
    assert bench.volume in bench.rig.world.agent().volumes(), "nothing is removed"


async def test_a_volume_that_has_grown_with_nobody_to_tell_is_as_large(bench: Bench) -> None:
    await bench.rig.act(bench.volume, "os-extend", {"new_size": 2}, at="3.70")
    await bench.leave("volumes", "extending")
    bench.grow(2048)
    assert await bench.attend() == 1
    shown = await bench.rig.show(bench.volume)
    assert (shown["status"], shown["size"]) == ("available", 2)


async def test_a_volume_that_was_deleted_with_nobody_to_tell_is_gone(bench: Bench) -> None:
    bench.lose()
    await bench.leave("volumes", "deleting")
    assert await bench.attend() == 1
    assert (await bench.rig.call("GET", f"/volumes/{bench.volume}")).status == 404
