"""Stored answers are what rendering gives, in every state and shape."""

import pytest

from services.volume.store.rendering import SHAPE
from tests.integration.volume.rig import Json, Rig
from tests.integration.volume.test_attachments import attached

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def both(rig: Rig, ident: str) -> tuple[Json, Json]:
    """Return a volume as it is stored, and as it is rendered from its row (before 3.65)."""
    stored = (await rig.get(f"/volumes/{ident}", at="3.65"))["volume"]
    rendered = (await rig.get(f"/volumes/{ident}", at="3.64"))["volume"]
    return stored, rendered | {"consumes_quota": True}


async def test_they_are_the_same(rig: Rig) -> None:
    await rig.know_cluster()
    blank = await rig.made(name='"\u2603\\', metadata={"k": "\u2028"})
    imaged = await rig.made(imageRef=rig.world.images.have()["id"])
    copy = await rig.made(source_volid=imaged["id"])
    used = await rig.made()
    await attached(rig, used["id"])
    readonly = await rig.made()
    await rig.act(readonly["id"], "os-update_readonly_flag", {"readonly": True})
    for each in (blank, imaged, copy, used, readonly):
        stored, rendered = await both(rig, each["id"])
        assert stored == rendered
    listed = (await rig.get("/volumes/detail"))["volumes"]
    assert [each["id"] for each in listed] == [
        each["id"] for each in (readonly, used, copy, imaged, blank)
    ]
    shown = await rig.show(readonly["id"])
    assert shown["metadata"] == {"readonly": "True"}


async def test_renaming_a_type_is_seen_at_once(rig: Rig) -> None:
    kind = await rig.make_type("old")
    made = await rig.made(volume_type="old")
    renamed = {"volume_type": {"name": 'new "name"'}}
    await rig.call("PUT", f"/types/{kind['id']}", renamed, who="admin")
    assert (await rig.show(made["id"]))["volume_type"] == 'new "name"'


async def test_answers_of_an_older_shape_are_rendered_again(rig: Rig) -> None:
    made = await rig.made()
    before = await rig.show(made["id"])
    await rig.sql("UPDATE volumes SET view_shape = 0, view = NULL")
    async with rig.transaction() as stores:
        assert await stores.volumes.render_old() == 1
    assert await rig.show(made["id"]) == before
    (row,) = await rig.sql("SELECT view_shape FROM volumes")
    assert row["view_shape"] == SHAPE


async def test_links_lead_back_the_way_the_client_came(rig: Rig) -> None:
    made = await rig.made()
    for link in (await rig.show(made["id"]))["links"]:
        assert link["href"].startswith("http://127.0.0.1")
        assert link["href"].endswith(f"/volumes/{made['id']}")
