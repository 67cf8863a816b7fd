"""Host aggregates: named groups of nodes, which stay in the zones of their clusters."""

from typing import Any

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Answer, Json, Rig

PATH = "/os-aggregates"
ADMIN: Json = {"who": "admin", "mv": "2.96"}


async def make(rig: Rig, **fields: Any) -> Json:
    body = {"aggregate": {"name": "agg"} | fields}
    answer = await rig.call("POST", PATH, body, **ADMIN)
    assert answer.status == 200, answer.body
    made: Json = answer.body["aggregate"]
    return made


async def act(rig: Rig, ident: int, **action: Any) -> Answer:
    return await rig.call("POST", f"{PATH}/{ident}/action", action, **ADMIN)


async def test_an_aggregate_is_made_shown_listed_and_deleted(bare: Rig) -> None:
    made = await make(bare, availability_zone="x-az")
    assert set(made) == {
        "id", "uuid", "name", "availability_zone", "created_at", "updated_at", "deleted",
        "deleted_at",
    }  # fmt: skip
    assert (made["name"], made["availability_zone"], made["deleted"]) == ("agg", "x-az", False)
    shown = made | {"hosts": [], "metadata": {"availability_zone": "x-az"}}
    assert await bare.get(f"{PATH}/{made['id']}", **ADMIN) == {"aggregate": shown}
    assert await bare.get(PATH, **ADMIN) == {"aggregates": [shown]}
    assert "uuid" not in (await bare.get(PATH, who="admin", mv="2.40"))["aggregates"][0]
    gone = await bare.call("DELETE", f"{PATH}/{made['id']}", **ADMIN)
    assert gone.status == 200
    assert (await bare.call("GET", f"{PATH}/{made['id']}", **ADMIN)).status == 404


async def test_a_name_is_taken_once(bare: Rig) -> None:
    await make(bare, name="one")
    two = await make(bare, name="two")
    again = await bare.call("POST", PATH, {"aggregate": {"name": "one"}}, **ADMIN)
    assert again.status == 409
    change = {"aggregate": {"name": "one"}}
    assert (await bare.call("PUT", f"{PATH}/{two['id']}", change, **ADMIN)).status == 409
    change = {"aggregate": {"name": "three", "availability_zone": "z"}}
    changed = (await bare.call("PUT", f"{PATH}/{two['id']}", change, **ADMIN)).body["aggregate"]
    assert (changed["name"], changed["availability_zone"]) == ("three", "z")
    assert changed["updated_at"] is not None


async def test_hosts_are_put_in_and_taken_out(rig: Rig) -> None:
    ident = (await make(rig))["id"]
    added = await act(rig, ident, add_host={"host": "node1.athens"})
    assert (added.status, added.body["aggregate"]["hosts"]) == (200, ["node1.athens"])
    assert (await act(rig, ident, add_host={"host": "node1.athens"})).status == 409
    assert (await act(rig, ident, add_host={"host": "nowhere"})).status == 404
    assert (await act(rig, ident, remove_host={"host": "node2.athens"})).status == 404
    assert (await rig.call("DELETE", f"{PATH}/{ident}", **ADMIN)).status == 400
    taken = await act(rig, ident, remove_host={"host": "node1.athens"})
    assert (taken.status, taken.body["aggregate"]["hosts"]) == (200, [])


async def test_a_host_stays_in_the_zone_of_its_cluster(rig: Rig) -> None:
    other = (await make(rig, name="other", availability_zone="x-az"))["id"]
    refused = await act(rig, other, add_host={"host": "node1.athens"})
    assert refused.status == 409
    assert (
        "already in availability zone(s) ['az-athens']"
        in (refused.body["conflictingRequest"]["message"])
    )
    same = (await make(rig, name="same", availability_zone="az-athens"))["id"]
    assert (await act(rig, same, add_host={"host": "node1.athens"})).status == 200
    moved = {"aggregate": {"availability_zone": "x-az"}}
    assert (await rig.call("PUT", f"{PATH}/{same}", moved, **ADMIN)).status == 400


async def test_metadata_is_merged_and_taken_away(bare: Rig) -> None:
    ident = (await make(bare))["id"]
    await act(bare, ident, set_metadata={"metadata": {"ssd": "true", "rack": "1"}})
    changed = await act(bare, ident, set_metadata={"metadata": {"rack": None, "color": "red"}})
    assert changed.body["aggregate"]["metadata"] == {"ssd": "true", "color": "red"}
    zoned = await act(bare, ident, set_metadata={"metadata": {"availability_zone": "z"}})
    assert zoned.body["aggregate"]["availability_zone"] == "z"


async def test_images_may_be_asked_for_ahead(bare: Rig) -> None:
    ident = (await make(bare))["id"]
    body = {"cache": [{"id": "70a50000-0000-4000-8000-000000000001"}]}
    path = f"{PATH}/{ident}/images"
    assert (await bare.call("POST", path, body, who="admin", mv="2.80")).status == 404
    assert (await bare.call("POST", path, body, who="admin", mv="2.81")).status == 202
    nowhere = await bare.call("POST", f"{PATH}/99/images", body, who="admin", mv="2.81")
    assert nowhere.status == 404


async def test_members_have_no_aggregates(bare: Rig) -> None:
    ident = (await make(bare))["id"]
    calls = [
        ("GET", PATH, None),
        ("POST", PATH, {"aggregate": {"name": "x"}}),
        ("GET", f"{PATH}/{ident}", None),
        ("PUT", f"{PATH}/{ident}", {"aggregate": {"name": "x"}}),
        ("DELETE", f"{PATH}/{ident}", None),
        ("POST", f"{PATH}/{ident}/action", {"add_host": {"host": "x"}}),
    ]
    assert await answered_otherwise(bare, 403, calls, mv="2.96") == []


async def test_aggregates_that_make_no_sense_are_refused(bare: Rig) -> None:
    ident = (await make(bare))["id"]
    nonsense: list[Json] = [
        {}, {"name": ""}, {"name": "x" * 256}, {"name": " x"}, {"name": 5}, {"name": None},
        {"name": "x\u0000"}, {"name": "x", "availability_zone": ""}, {"name": "x", "colour": 1},
        {"name": "x", "availability_zone": 5}, {"name": "x", "availability_zone": "z" * 256},
    ]  # fmt: skip
    made = [("POST", PATH, {"aggregate": each}) for each in nonsense]
    changed = [("PUT", f"{PATH}/{ident}", {"aggregate": each}) for each in nonsense]
    actions: list[Any] = [
        {}, {"add_host": {}}, {"add_host": None}, {"make_tea": {}}, {"add_host": {"host": 5}},
        {"add_host": {"host": "a"}, "remove_host": {"host": "a"}},
        {"set_metadata": {"metadata": {"k": 5}}}, {"set_metadata": {"metadata": {"": "x"}}},
        {"set_metadata": {"metadata": {"k": "v" * 256}}}, {"set_metadata": {}},
    ]  # fmt: skip
    acted = [("POST", f"{PATH}/{ident}/action", each) for each in actions]
    assert await answered_otherwise(bare, 400, [*made, *changed, *acted], **ADMIN) == []
    names = ("x", "%00", "-1", "9" * 40, str(2**31), str(ident + 1), "%D9%A1")
    nowhere = [("GET", f"{PATH}/{name}", None) for name in names]
    assert await answered_otherwise(bare, 404, nowhere, **ADMIN) == []
    assert len((await bare.get(PATH, **ADMIN))["aggregates"]) == 1
