"""Events are written with the rows they tell of: both, or neither."""

import pytest

from shared.db.messaging import Outbox
from tests.integration.volume.rig import OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_change_is_told_with_the_volume_as_it_then_is(rig: Rig) -> None:
    made = await rig.make(name="a")
    path = f"/volumes/{made['id']}"
    await rig.call("PUT", path, {"volume": {"name": "b"}})
    await rig.act(made["id"], "os-extend", {"new_size": 2})
    await rig.act(made["id"], "os-retype", {"new_type": "native"})
    last = (await rig.get(path))["volume"]
    await rig.call("DELETE", path)
    facts = await rig.published()
    assert [fact["verb"] for fact in facts] == ["created", *["updated"] * 3, "deleted"]
    assert [fact["version"] for fact in facts] == [0, 1, 2, 3, 4]
    assert {(fact["id"], fact["project_id"]) for fact in facts} == {(made["id"], OWN)}
    told = facts[3]["document"]
    assert told == {key: last[key] for key in told}
    assert (told["size"], told["name"], told["volume_type"]) == (2, "b", "native")
    assert facts[4]["document"]["status"] == "deleted"


async def test_the_route_names_project_and_volume(rig: Rig) -> None:
    made = await rig.make()
    rows = await rig.service.parts.reads.rows("SELECT routing_key FROM outbox")
    assert [row[0] for row in rows] == [f"volume.volume.created.{OWN}.{made['id']}"]


async def test_what_is_refused_is_not_told(rig: Rig) -> None:
    made = await rig.make()
    await rig.limit(volumes=1)
    before = await rig.published()
    for answer in (
        await rig.call("POST", "/volumes", {"volume": {"size": 1}}),
        await rig.act(made["id"], "os-extend", {"new_size": 1}),
        await rig.call("DELETE", f"/volumes/{made['id']}", who="other"),
    ):
        assert answer.status >= 400
    assert await rig.published() == before


async def test_without_its_event_no_row_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await rig.make()
    before = await rig.everything()

    async def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Outbox, "publish", broken)
    for method, path, body in [
        ("POST", "/volumes", {"volume": {"size": 1}}),
        ("PUT", f"/volumes/{made['id']}", {"volume": {"name": "x"}}),
        ("DELETE", f"/volumes/{made['id']}", None),
    ]:
        assert (await rig.call(method, path, body)).status == 500
    assert await rig.everything() == before


async def test_renaming_a_type_is_no_change_of_its_volumes(rig: Rig) -> None:
    kind = await rig.make_type("t")
    made = await rig.make(volume_type="t")
    body = {"volume_type": {"name": "u"}}
    assert (await rig.call("PUT", f"/types/{kind['id']}", body, who="admin")).status == 200
    (told,) = await rig.published()
    assert told["document"]["volume_type_id"] == kind["id"]
    shown = (await rig.get(f"/volumes/{made['id']}"))["volume"]
    assert (shown["volume_type"], shown["updated_at"]) == ("u", None)
