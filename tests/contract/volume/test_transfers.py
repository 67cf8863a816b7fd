"""Volumes that change hands."""

from typing import Any

import pytest

from tests.integration.volume.rig import OTHER, OWN, Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

BRIEF = {"id", "name", "volume_id", "links"}
PATHS = ["/os-volume-transfer", "/volume-transfers"]


async def offer(rig: Rig, volume_id: str, at: str = "3.70", **fields: Any) -> Json:
    body = {"transfer": {"volume_id": volume_id, **fields}}
    answer = await rig.call("POST", "/volume-transfers", body, at=at)
    assert answer.status == 202, answer.raw
    made: Json = answer.body["transfer"]
    return made


async def accept(rig: Rig, transfer: Json, who: str = "other", key: str | None = None) -> Any:
    body = {"accept": {"auth_key": key or transfer["auth_key"]}}
    return await rig.call("POST", f"/volume-transfers/{transfer['id']}/accept", body, who=who)


async def status_of(rig: Rig, volume_id: str) -> str:
    status: str = (await rig.get(f"/volumes/{volume_id}", "admin"))["volume"]["status"]
    return status


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("at", "later"),
    [
        ("3.0", set()),
        ("3.55", {"no_snapshots"}),
        ("3.57", {"no_snapshots", "source_project_id", "destination_project_id", "accepted"}),
    ],
)
async def test_an_offer_tells_its_key_once(rig: Rig, path: str, at: str, later: set[str]) -> None:
    volume = await rig.make()
    body = {"transfer": {"volume_id": volume["id"], "name": "gift"}}
    answer = await rig.call("POST", path, body, at=at)
    made = answer.body["transfer"]
    assert answer.status == 202
    assert set(made) == BRIEF | {"created_at", "auth_key"} | later
    assert len(made.pop("auth_key")) == 32
    assert (await rig.get(f"{path}/{made['id']}", at=at))["transfer"] == made
    assert (await rig.get(f"{path}/detail", at=at))["transfers"] == [made]
    assert (await rig.get(path, at=at))["transfers"] == [{key: made[key] for key in BRIEF}]
    assert await status_of(rig, volume["id"]) == "awaiting-transfer"


async def test_who_has_the_key_gets_the_volume(rig: Rig) -> None:
    volume = await rig.make(size=3)
    transfer = await offer(rig, volume["id"], name="gift")
    answer = await accept(rig, transfer)
    assert (answer.status, set(answer.body["transfer"])) == (202, BRIEF)
    theirs = (await rig.get(f"/volumes/{volume['id']}", "other"))["volume"]
    assert (theirs["status"], theirs["os-vol-tenant-attr:tenant_id"]) == ("available", OTHER)
    assert (await rig.call("GET", f"/volumes/{volume['id']}")).status == 404
    assert (await rig.get("/volume-transfers"))["transfers"] == []
    assert (await accept(rig, transfer)).status == 404
    used = (await rig.get(f"/os-quota-sets/{OTHER}?usage=1", "other"))["quota_set"]
    assert used["gigabytes"]["in_use"] == 3
    last = (await rig.published())[-1]
    assert (last["project_id"], last["version"], last["verb"]) == (OTHER, 2, "updated")


async def test_another_key_gets_nothing(rig: Rig) -> None:
    volume = await rig.make()
    transfer = await offer(rig, volume["id"])
    before = await rig.everything()
    refused = await accept(rig, transfer, key="f" * 32)
    assert (refused.status, "with invalid auth key" in refused.fault) == (400, True)
    assert await rig.everything() == before


async def test_an_offer_withdrawn_is_none(rig: Rig) -> None:
    volume = await rig.make()
    transfer = await offer(rig, volume["id"])
    path = f"/volume-transfers/{transfer['id']}"
    assert (await rig.call("DELETE", path, who="other")).status == 404
    assert (await rig.call("DELETE", path)).status == 202
    assert await status_of(rig, volume["id"]) == "available"
    assert (await rig.call("DELETE", path)).status == 404
    assert (await accept(rig, transfer)).status == 404


async def test_an_offer_is_its_projects_business(rig: Rig) -> None:
    transfer = await offer(rig, (await rig.make())["id"])
    path = f"/volume-transfers/{transfer['id']}"
    hidden = await rig.call("GET", path, who="other")
    assert hidden.fault == f"Transfer {transfer['id']} could not be found."
    assert (await rig.get("/volume-transfers", "other"))["transfers"] == []
    assert (await rig.get("/volume-transfers", "admin"))["transfers"] == []
    assert len((await rig.get("/volume-transfers?all_tenants=1", "admin"))["transfers"]) == 1
    assert (await rig.call("DELETE", path, who="reader")).status == 403


async def test_what_is_on_offer_stays_as_it_is(rig: Rig) -> None:
    volume = await rig.make()
    transfer = await offer(rig, volume["id"])
    again = {"transfer": {"volume_id": volume["id"]}}
    assert (await rig.call("POST", "/volume-transfers", again)).status == 400
    assert (await rig.call("DELETE", f"/volumes/{volume['id']}")).status == 400
    assert (await rig.act(volume["id"], "os-extend", {"new_size": 2})).status == 400
    assert (await rig.act(volume["id"], "os-force_delete", who="admin")).status == 202
    assert (await rig.get("/volume-transfers"))["transfers"] == []
    assert (await accept(rig, transfer)).status == 404


async def test_a_status_written_by_hand_ends_no_offer_but_stops_it(rig: Rig) -> None:
    volume = await rig.make()
    transfer = await offer(rig, volume["id"])
    await rig.act(volume["id"], "os-reset_status", {"status": "error"}, who="admin")
    assert (await accept(rig, transfer)).status == 400
    assert (await rig.call("DELETE", f"/volume-transfers/{transfer['id']}")).status == 202
    assert await status_of(rig, volume["id"]) == "error"


async def test_who_has_no_room_gets_nothing(rig: Rig) -> None:
    volume = await rig.make(size=3)
    transfer = await offer(rig, volume["id"])
    await rig.limit(OTHER, gigabytes=2)
    before = await rig.everything()
    assert (await accept(rig, transfer)).status == 413
    assert await rig.everything() == before
    await rig.limit(OWN, volumes=1)
    assert (await accept(rig, transfer, "demo")).status == 202, "it is counted already"


async def test_who_may_not_use_the_type_gets_nothing(rig: Rig) -> None:
    kind = await rig.make_type("ours", is_public=False)
    let_in = {"addProjectAccess": {"project": OWN}}
    await rig.call("POST", f"/types/{kind['id']}/action", let_in, who="admin")
    transfer = await offer(rig, (await rig.make(volume_type="ours"))["id"])
    assert (await accept(rig, transfer)).status == 404


async def test_offers_come_in_pages(rig: Rig) -> None:
    for name in "abc":
        await offer(rig, (await rig.make())["id"], name=name)
    met: list[str] = []
    path: str | None = "/volume-transfers?limit=1&sort=name:asc"
    while path:
        page = await rig.get(path)
        met += [each["name"] for each in page["transfers"]]
        links = page.get("transfers_links", [])
        path = links[0]["href"].partition("/v3")[2] if links else None
    assert met == ["a", "b", "c"]
    assert [each["name"] for each in (await rig.get("/volume-transfers?name=b"))["transfers"]] == [
        "b"
    ]
    assert await rig.reads_of("/volume-transfers/detail") == 1


@pytest.mark.parametrize(
    "transfer",
    [
        {}, None, [], {"volume_id": None}, {"volume_id": 1}, {"volume_id": "x"},
        {"volume_id": "x" * 10_000}, {"volume_id": "{id}", "name": "x" * 256},
        {"volume_id": "{id}", "name": "a\0"}, {"volume_id": "{id}", "no_snapshots": "maybe"},
        {"volume_id": "{id}", "odd": 1}, {"volume_id": "5d8f0000-0000-4000-8000-00000000dead"},
    ],
)  # fmt: skip
async def test_what_is_no_offer_changes_nothing(rig: Rig, transfer: Any) -> None:
    made = await rig.make()
    if isinstance(transfer, dict) and transfer.get("volume_id") == "{id}":
        transfer = transfer | {"volume_id": made["id"]}
    before = await rig.everything()
    for path in PATHS:
        answer = await rig.call("POST", path, {"transfer": transfer}, at="3.70")
        assert answer.status in (400, 404)
        assert len(answer.fault) > 0
    bad: list[Any] = [{}, None, {"auth_key": 1}, {"auth_key": "\0"}, {"auth_key": "x" * 9999}]
    for accepted in bad:
        answer = await rig.call("POST", f"{PATHS[0]}/{made['id']}/accept", {"accept": accepted})
        assert answer.status == 400
    assert await rig.everything() == before


async def test_snapshots_are_not_spoken_of_before_3_55(rig: Rig) -> None:
    body = {"transfer": {"volume_id": (await rig.make())["id"], "no_snapshots": True}}
    assert (await rig.call("POST", "/os-volume-transfer", body, at="3.54")).status == 400
    assert (await rig.call("POST", "/os-volume-transfer", body, at="3.55")).status == 202


@pytest.mark.parametrize("no_snapshots", [False, True])
async def test_snapshots_change_hands_with_their_volume_unless_they_are_kept_back(
    rig: Rig, no_snapshots: bool
) -> None:
    await rig.know_cluster()
    volume = await rig.made()
    taken = await rig.snapshot(volume["id"])
    wanted = {"volume_id": volume["id"], "no_snapshots": no_snapshots}
    offered = await rig.call("POST", "/volume-transfers", {"transfer": wanted}, at="3.55")
    transfer = offered.body["transfer"]
    path, key = f"/volume-transfers/{transfer['id']}/accept", transfer["auth_key"]
    body = {"accept": {"auth_key": key}}
    assert (await rig.call("POST", path, body, who="other", at="3.55")).status == 202
    theirs, ours = [(await rig.get("/snapshots", who))["snapshots"] for who in ("other", "demo")]
    holder, empty = (ours, theirs) if no_snapshots else (theirs, ours)
    assert ([each["id"] for each in holder], empty) == ([taken["id"]], [])
    refused = await rig.call("DELETE", f"/volumes/{volume['id']}", who="other")
    assert refused.status == 400
