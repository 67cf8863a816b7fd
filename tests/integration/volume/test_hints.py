"""Hints where to put a volume that has to be somewhere: beside others, apart, at a server."""

from uuid import uuid4

import pytest

from shared.contracts.resources import UPDATED, ServerChanged
from tests.integration.volume.rig import OTHER, OWN, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

HINTS = "OS-SCH-HNT:scheduler_hints"


async def somewhere(rig: Rig, who: str = "demo", **hints: object) -> Json:
    """Have a volume of an image's, with hints."""
    given = {"size": 1, "imageRef": rig.world.images.have()["id"]}
    body = {"volume": given, HINTS: hints}
    answer = await rig.call("POST", "/volumes", body, who=who, at="3.70")
    assert answer.status == 202, answer.raw
    await rig.settle()
    return await rig.show(answer.body["volume"]["id"], who)


async def test_a_volume_is_beside_others_or_apart_from_them(rig: Rig) -> None:
    for name in ("athens", "sparta", "thebes"):
        await rig.know_cluster(name)
    first = await somewhere(rig)
    for _ in range(3):
        beside = await somewhere(rig, same_host=first["id"])
        assert beside["availability_zone"] == first["availability_zone"]
    second = await somewhere(rig, different_host=[first["id"]])
    third = await somewhere(rig, different_host=[first["id"], second["id"]])
    zones = {each["availability_zone"] for each in (first, second, third)}
    assert zones == {"az-athens", "az-sparta", "az-thebes"}


async def test_a_volume_that_can_be_nowhere_says_so(rig: Rig) -> None:
    await rig.know_cluster()
    first = await somewhere(rig)
    apart = await somewhere(rig, different_host=first["id"])
    assert apart["status"] == "error"
    assert "No storage was found" in (await rig.messages())[0]["user_message"]


async def test_a_volume_is_where_its_server_is(rig: Rig) -> None:
    for name in ("athens", "sparta"):
        await rig.know_cluster(name)
    for zone in ("az-sparta", "az-athens"):
        server = str(uuid4())
        document = {"OS-EXT-AZ:availability_zone": zone}
        await rig.hear(
            ServerChanged(verb=UPDATED, id=server, project_id=OWN, version=1, document=document)
        )
        assert (await somewhere(rig, local_to_instance=server))["availability_zone"] == zone


async def test_what_is_not_the_projects_means_nothing(rig: Rig) -> None:
    await rig.know_cluster()
    theirs = await somewhere(rig, "other")
    server = str(uuid4())
    document = {"OS-EXT-AZ:availability_zone": "az-nowhere"}
    await rig.hear(
        ServerChanged(verb=UPDATED, id=server, project_id=OTHER, version=1, document=document)
    )
    made = await somewhere(rig, different_host=theirs["id"], local_to_instance=server)
    assert made["status"] == "available"
