"""Types of volumes, as users and administrators see them."""

import pytest

from services.volume.usecases.volume_types import have_the_first
from tests.integration.volume.rig import OTHER, OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYS = {
    "id", "name", "description", "is_public", "os-volume-type-access:is_public", "extra_specs",
}  # fmt: skip
SPECS = {"multiattach": "<is> True", "volume_backend_name": "secret"}


async def names(rig: Rig, query: str = "", who: str = "demo") -> list[str]:
    return [each["name"] for each in (await rig.get(f"/types{query}", who))["volume_types"]]


async def test_an_installation_begins_with_two_types(rig: Rig) -> None:
    assert await names(rig, "?sort=name:asc") == ["native", "standard"]
    default = (await rig.get("/types/default"))["volume_type"]
    assert (default["name"], set(default)) == ("standard", KEYS)


async def test_users_see_the_extra_specs_meant_for_them(rig: Rig) -> None:
    made = await rig.make_type("fast", extra_specs=SPECS)
    assert set(made) == KEYS
    assert made["extra_specs"] == SPECS
    path = f"/types/{made['id']}"
    whole = (await rig.get(path, "admin"))["volume_type"]
    assert (set(whole), whole["qos_specs_id"]) == (KEYS | {"qos_specs_id"}, None)
    seen = (await rig.get(path))["volume_type"]
    assert (set(seen), seen["extra_specs"]) == (KEYS, {"multiattach": "<is> True"})
    specs = {"extra_specs": {"multiattach": "<is> True"}}
    assert await rig.get(f"{path}/extra_specs") == specs
    assert (await rig.call("GET", f"{path}/extra_specs/volume_backend_name")).status == 404
    assert await rig.get(f"{path}/extra_specs/multiattach") == {"multiattach": "<is> True"}
    assert await rig.get(f"{path}/extra_specs", "admin") == {"extra_specs": SPECS}


async def test_extra_specs_are_added_changed_and_dropped(rig: Rig) -> None:
    path = f"/types/{(await rig.make_type('fast'))['id']}/extra_specs"
    added = await rig.call("POST", path, {"extra_specs": {"a": "1", "b": "2"}}, who="admin")
    assert (added.status, added.body) == (200, {"extra_specs": {"a": "1", "b": "2"}})
    changed = await rig.call("PUT", f"{path}/a", {"a": "3"}, who="admin")
    assert (changed.status, changed.body) == (200, {"a": "3"})
    assert (await rig.call("PUT", f"{path}/a", {"b": "3"}, who="admin")).status == 400
    assert (await rig.call("DELETE", f"{path}/b", who="admin")).status == 202
    assert (await rig.call("DELETE", f"{path}/b", who="admin")).status == 404
    assert await rig.get(path, "admin") == {"extra_specs": {"a": "3"}}


async def test_a_type_that_is_not_public_is_for_the_projects_let_in(rig: Rig) -> None:
    made = await rig.make_type("ours", **{"os-volume-type-access:is_public": False})
    path = f"/types/{made['id']}"
    give, take = ({f"{verb}ProjectAccess": {"project": OWN}} for verb in ("add", "remove"))
    body = {"volume": {"size": 1, "volume_type": "ours"}}
    hidden = await rig.call("GET", path)
    assert (hidden.status, hidden.fault) == (404, f"Volume type {made['id']} could not be found.")
    refused = await rig.call("POST", "/volumes", body)
    assert (refused.status, refused.fault) == (404, "Volume type ours could not be found.")
    assert (await rig.call("POST", f"{path}/action", give, who="admin")).status == 202
    again = await rig.call("POST", f"{path}/action", give, who="admin")
    assert (again.status, list(again.body)) == (409, ["conflictingRequest"])
    assert await rig.get(f"{path}/os-volume-type-access", "admin") == {
        "volume_type_access": [{"volume_type_id": made["id"], "project_id": OWN}]
    }
    assert "ours" in await names(rig)
    assert "ours" not in await names(rig, who="other")
    assert "ours" not in await names(rig, who="admin")
    assert await names(rig, "?is_public=False", "admin") == ["ours"]
    assert "ours" in await names(rig, "?is_public=None", "admin")
    assert (await rig.call("POST", "/volumes", body)).status == 202
    assert (await rig.call("POST", f"{path}/action", take, who="admin")).status == 202
    assert (await rig.call("POST", f"{path}/action", take, who="admin")).status == 404
    assert (await rig.call("POST", "/volumes", body)).status == 404


async def test_a_public_type_has_no_access_to_give(rig: Rig) -> None:
    path = f"/types/{(await rig.get('/types/default'))['volume_type']['id']}"
    for verb in ("add", "remove"):
        body = {f"{verb}ProjectAccess": {"project": OTHER}}
        refused = await rig.call("POST", f"{path}/action", body, who="admin")
        assert (refused.status, "not applicable to public" in refused.fault) == (400, True)
    assert (await rig.call("GET", f"{path}/os-volume-type-access", who="admin")).status == 404


async def test_a_renamed_type_is_so_on_every_volume_and_in_every_limit(rig: Rig) -> None:
    kind = await rig.make_type("fast")
    made = await rig.make(volume_type="fast")
    await rig.limit(gigabytes_fast=5)
    body = {"volume_type": {"name": "quick", "description": "d", "is_public": True}}
    changed = await rig.call("PUT", f"/types/{kind['id']}", body, who="admin")
    assert (changed.status, changed.body["volume_type"]["name"]) == (200, "quick")
    assert (await rig.get(f"/volumes/{made['id']}"))["volume"]["volume_type"] == "quick"
    held = (await rig.get(f"/os-quota-sets/{OWN}?usage=True"))["quota_set"]
    assert held["gigabytes_quick"] == {"limit": 5, "in_use": 1, "reserved": 0}
    assert "gigabytes_fast" not in held


async def test_names_of_types_are_taken_once(rig: Rig) -> None:
    kind = await rig.make_type("fast")
    for method, path in (("POST", "/types"), ("PUT", f"/types/{kind['id']}")):
        body = {"volume_type": {"name": "standard"}}
        refused = await rig.call(method, path, body, who="admin")
        assert (refused.status, refused.fault) == (409, "Volume Type standard already exists.")
    same = {"volume_type": {"name": "fast", "description": "x"}}
    assert (await rig.call("PUT", f"/types/{kind['id']}", same, who="admin")).status == 200


async def test_a_type_is_deleted_when_no_volume_is_of_it(rig: Rig) -> None:
    kind = await rig.make_type("fast")
    made = await rig.make(volume_type="fast")
    await rig.limit(volumes_fast=5)
    path = f"/types/{kind['id']}"
    refused = await rig.call("DELETE", path, who="admin")
    assert (refused.status, list(refused.body)) == (409, ["conflictingRequest"])
    await rig.call("DELETE", f"/volumes/{made['id']}")
    assert (await rig.call("DELETE", path, who="admin")).status == 202
    assert (await rig.call("DELETE", path, who="admin")).status == 404
    assert (await rig.call("GET", path)).status == 404
    kept = await rig.service.parts.reads.value("SELECT count(*) FROM volumes")
    assert kept == 1, "what there was of the type stays in the books"
    await rig.make_type("fast")
    held = (await rig.get(f"/os-quota-sets/{OWN}"))["quota_set"]
    assert held["volumes_fast"] == -1, "a new type has no limits of an old one"


async def test_the_default_type_stays(rig: Rig) -> None:
    path = f"/types/{(await rig.get('/types/default'))['volume_type']['id']}"
    refused = await rig.call("DELETE", path, who="admin")
    assert (refused.status, "is the default volume type" in refused.fault) == (400, True)


async def test_starting_again_brings_no_type_back_that_was_renamed_or_deleted(rig: Rig) -> None:
    by_name = {each["name"]: each["id"] for each in (await rig.get("/types"))["volume_types"]}
    await rig.call("DELETE", f"/types/{by_name['native']}", who="admin")
    renamed = {"volume_type": {"name": "usual"}}
    await rig.call("PUT", f"/types/{by_name['standard']}", renamed, who="admin")
    await have_the_first(rig.transaction)
    assert await names(rig) == ["usual"]


async def test_types_come_in_pages(rig: Rig) -> None:
    for number in range(3):
        await rig.make_type(f"t{number}", extra_specs={"multiattach": f"{number}"})
    met: list[str] = []
    path: str | None = "/types?limit=2&sort=name:desc"
    while path:
        page = await rig.get(path)
        met += [each["name"] for each in page["volume_types"]]
        links = page.get("volume_type_links", [])
        path = links[0]["href"].partition("/v3")[2] if links else None
    assert met == ["t2", "t1", "t0", "standard", "native"]
    assert (await names(rig))[:3] == ["t2", "t1", "t0"]
    assert (await names(rig, "?sort=created_at:asc"))[-3:] == ["t0", "t1", "t2"]
    assert await names(rig, "?extra_specs=%7B%27multiattach%27:%271%27%7D") == ["t1"]
    assert (await rig.call("GET", "/types?marker=x")).status == 404
    assert (await rig.call("GET", "/types?sort=odd")).status == 400
    assert (await rig.call("GET", "/types?is_public=odd", who="admin")).status == 400


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("POST", "", {"volume_type": {"name": "x"}}),
        ("PUT", "/{id}", {"volume_type": {"name": "x"}}),
        ("DELETE", "/{id}", None),
        ("POST", "/{id}/extra_specs", {"extra_specs": {"a": "b"}}),
        ("PUT", "/{id}/extra_specs/a", {"a": "b"}),
        ("DELETE", "/{id}/extra_specs/a", None),
        ("GET", "/{id}/os-volume-type-access", None),
        ("POST", "/{id}/action", {"addProjectAccess": {"project": OWN}}),
        ("POST", "/{id}/action", {"removeProjectAccess": {"project": OWN}}),
    ],
)
async def test_types_are_administrators_business(
    rig: Rig, method: str, suffix: str, body: object
) -> None:
    kind = await rig.make_type("fast")
    before = await rig.everything()
    refused = await rig.call(method, f"/types{suffix.format(id=kind['id'])}", body)
    assert (refused.status, list(refused.body)) == (403, ["forbidden"])
    assert await rig.everything() == before
