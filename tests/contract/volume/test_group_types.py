"""Types of groups, and what they promise: administrators' words."""

import pytest

from tests.contract.volume.grouping import ask_group, group_type
from tests.integration.volume.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_type_is_what_it_was_made(rig: Rig) -> None:
    specs = {"consistent_group_snapshot_enabled": "<is> False"}
    made = await group_type(rig, "plain", description="d", group_specs=specs)
    path = f"/group_types/{made['id']}"
    assert made == {
        "id": made["id"],
        "name": "plain",
        "description": "d",
        "is_public": True,
        "group_specs": specs,
    }
    assert (await rig.get(path, "admin"))["group_type"] == made
    assert (await rig.get("/group_types", "admin"))["group_types"] == [made]
    assert "group_specs" not in (await rig.get(path))["group_type"]
    again = await rig.call(
        "POST", "/group_types", {"group_type": {"name": "plain"}}, who="admin", at="3.11"
    )
    assert (again.status, list(again.body)) == (409, ["conflictingRequest"])


async def test_a_type_changes_and_goes(rig: Rig) -> None:
    made = await group_type(rig)
    path, body = f"/group_types/{made['id']}", {"group_type": {"name": "n", "description": "x"}}
    changed = await rig.call("PUT", path, body, who="admin", at="3.11")
    assert (changed.status, changed.body["group_type"]["name"]) == (200, "n")
    empty = await rig.call("PUT", path, {"group_type": {"name": " "}}, who="admin", at="3.11")
    assert empty.status == 400
    assert (await rig.call("DELETE", path, who="admin", at="3.11")).status == 202
    assert (await rig.call("GET", path, who="admin", at="3.11")).status == 404


async def test_a_type_that_groups_are_of_stays(rig: Rig) -> None:
    made = await group_type(rig)
    assert (await ask_group(rig)).status == 202
    refused = await rig.call("DELETE", f"/group_types/{made['id']}", who="admin", at="3.11")
    assert (refused.status, list(refused.body)) == (400, ["badRequest"])


async def test_types_are_sorted_and_told_by_who_may_use_them(rig: Rig) -> None:
    await group_type(rig, "a")
    await group_type(rig, "b", is_public=False)

    async def names(query: str, who: str = "admin") -> list[str]:
        found = (await rig.get(f"/group_types{query}", who))["group_types"]
        return [each["name"] for each in found]

    assert await names("?sort=name:asc&is_public=None") == ["a", "b"]
    assert await names("?sort=name:desc&is_public=None") == ["b", "a"]
    assert await names("?is_public=False") == ["b"]
    assert await names("?is_public=True") == ["a"]
    assert await names("?is_public=None", "demo") == ["a"]


async def test_specs_change_key_by_key(rig: Rig) -> None:
    path = f"/group_types/{(await group_type(rig))['id']}/group_specs"
    given = {"group_specs": {"k1": "v1", "k2": "v2"}}
    added = await rig.call("POST", path, given, who="admin", at="3.11")
    assert (added.status, added.body) == (202, given)
    put = await rig.call("PUT", f"{path}/k2", {"k2": "v3"}, who="admin", at="3.11")
    assert (put.status, put.body) == (200, {"k2": "v3"})
    assert (await rig.get(f"{path}/k2", "admin")) == {"k2": "v3"}
    assert (await rig.get(path, "admin"))["group_specs"] == {"k1": "v1", "k2": "v3"}
    other = await rig.call("PUT", f"{path}/k2", {"k1": "v"}, who="admin", at="3.11")
    assert other.status == 400
    assert (await rig.call("DELETE", f"{path}/k1", who="admin", at="3.11")).status == 202
    for method in ("GET", "DELETE"):
        gone = await rig.call(method, f"{path}/k1", who="admin", at="3.11")
        assert (gone.status, list(gone.body)) == (404, ["itemNotFound"])


@pytest.mark.parametrize("ident", ["7c1e2610-57ca-4e59-b827-c686cfc543a5", "plain", "default"])
async def test_types_that_are_not_there_are_not_found(rig: Rig, ident: str) -> None:
    answer = await rig.call("GET", f"/group_types/{ident}", who="admin", at="3.70")
    assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])


async def test_users_do_not_make_types(rig: Rig) -> None:
    made = await group_type(rig, is_public=False)
    body = {"group_type": {"name": "x"}}
    assert (await rig.call("POST", "/group_types", body, at="3.11")).status == 403
    assert (await rig.call("GET", f"/group_types/{made['id']}", at="3.11")).status == 404
    specs = f"/group_types/{made['id']}/group_specs"
    assert (await rig.call("GET", specs, at="3.11")).status == 403


async def test_there_were_none_before_3_11(rig: Rig) -> None:
    assert (await rig.call("GET", "/group_types", at="3.10")).status == 404
