"""QoS specs and default types: administrators' words about types."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.volume.rig import OTHER, OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def make(rig: Rig, name: str = "gold", **specs: Any) -> dict[str, Any]:
    """Have QoS specs."""
    answer = await rig.call(
        "POST", "/qos-specs", {"qos_specs": {"name": name, **specs}}, who="admin"
    )
    assert answer.status == 200, answer.raw
    made: dict[str, Any] = answer.body["qos_specs"]
    return made


async def test_specs_are_what_they_were_made(rig: Rig) -> None:
    made = await make(rig, consumer="front-end", read_iops_sec="2000")
    assert {key: made[key] for key in ("name", "consumer", "specs")} == {
        "name": "gold",
        "consumer": "front-end",
        "specs": {"read_iops_sec": "2000"},
    }
    path = f"/qos-specs/{made['id']}"
    assert (await rig.get(path, "admin"))["qos_specs"] == made
    assert (await rig.get("/qos-specs", "admin"))["qos_specs"] == [made]
    again = await rig.call("POST", "/qos-specs", {"qos_specs": {"name": "gold"}}, who="admin")
    assert again.status == 409


async def test_specs_change_key_by_key(rig: Rig) -> None:
    made = await make(rig, a="1", b="2")
    path = f"/qos-specs/{made['id']}"
    changed = await rig.call("PUT", path, {"qos_specs": {"b": "3", "c": "4"}}, who="admin")
    assert changed.body == {"qos_specs": {"b": "3", "c": "4"}}
    await rig.call("PUT", path, {"qos_specs": {"consumer": "both"}}, who="admin")
    dropped = await rig.call("PUT", f"{path}/delete_keys", {"keys": ["a"]}, who="admin")
    assert dropped.status == 202
    shown = (await rig.get(path, "admin"))["qos_specs"]
    assert (shown["specs"], shown["consumer"]) == ({"b": "3", "c": "4"}, "both")
    missing = await rig.call("PUT", f"{path}/delete_keys", {"keys": ["a"]}, who="admin")
    assert missing.status == 404
    odd = await rig.call("PUT", path, {"qos_specs": {"consumer": "nobody"}}, who="admin")
    assert odd.status == 400


async def test_types_promise_specs(rig: Rig) -> None:
    made, kind = await make(rig), await rig.make_type("fast")
    path = f"/qos-specs/{made['id']}"
    for _time in range(2):
        answer = await rig.call("GET", f"{path}/associate?vol_type_id={kind['id']}", who="admin")
        assert answer.status == 202
    (association,) = (await rig.get(f"{path}/associations", "admin"))["qos_associations"]
    assert association == {
        "association_type": "volume_type",
        "name": "fast",
        "id": kind["id"],
    }
    shown = (await rig.get(f"/types/{kind['id']}", "admin"))["volume_type"]
    assert shown["qos_specs_id"] == made["id"]
    other = await make(rig, "silver")
    second = f"/qos-specs/{other['id']}/associate?vol_type_id={kind['id']}"
    assert (await rig.call("GET", second, who="admin")).status == 400
    assert (await rig.call("DELETE", path, who="admin")).status == 400
    assert (await rig.call("GET", f"{path}/disassociate_all", who="admin")).status == 202
    assert (await rig.call("DELETE", path, who="admin")).status == 202
    assert (await rig.call("GET", path, who="admin")).status == 404


async def test_specs_in_use_go_by_force(rig: Rig) -> None:
    made, kind = await make(rig), await rig.make_type("fast")
    path = f"/qos-specs/{made['id']}"
    await rig.call("GET", f"{path}/associate?vol_type_id={kind['id']}", who="admin")
    assert (await rig.call("DELETE", f"{path}?force=True", who="admin")).status == 202
    shown = (await rig.get(f"/types/{kind['id']}", "admin"))["volume_type"]
    assert shown["qos_specs_id"] is None


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_specs_that_are_not_there_are_not_found(rig: Rig, method: str) -> None:
    body = {"qos_specs": {"a": "1"}} if method == "PUT" else None
    for ident in (str(uuid4()), "gold"):
        answer = await rig.call(method, f"/qos-specs/{ident}", body, who="admin")
        assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])


async def test_users_have_no_business_with_them(rig: Rig) -> None:
    assert (await rig.call("GET", "/qos-specs")).status == 403
    body = {"qos_specs": {"name": "x"}}
    assert (await rig.call("POST", "/qos-specs", body)).status == 403
    assert (await rig.call("GET", "/default-types", at="3.62")).status == 403


async def test_a_project_has_a_default_type_of_its_own(rig: Rig) -> None:
    kind = await rig.make_type("fast")
    path, body = f"/default-types/{OWN}", {"default_type": {"volume_type": "fast"}}
    assert (await rig.call("PUT", path, body, who="admin", at="3.61")).status == 404
    put = await rig.call("PUT", path, body, who="admin", at="3.62")
    assert put.body == {"default_type": {"project_id": OWN, "volume_type_id": kind["id"]}}
    assert (await rig.get(path, "admin"))["default_type"] == put.body["default_type"]
    every = (await rig.get("/default-types", "admin"))["default_types"]
    assert every == [put.body["default_type"]]
    assert (await rig.make())["volume_type"] == "fast"
    assert (await rig.make(who="other"))["volume_type"] == "standard"
    assert (await rig.get("/types/default"))["volume_type"]["name"] == "fast"
    assert (await rig.call("DELETE", f"/types/{kind['id']}", who="admin")).status == 409
    assert (await rig.call("DELETE", path, who="admin", at="3.62")).status == 204
    assert (await rig.make())["volume_type"] == "standard"
    assert (await rig.call("GET", f"/default-types/{OTHER}", who="admin", at="3.62")).status == 404
