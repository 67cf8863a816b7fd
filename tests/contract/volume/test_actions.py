"""Metadata and actions of volumes, and every refusal."""

from typing import Any

import pytest

from services.volume.api.volume_actions import NOT_HERE
from tests.integration.volume.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def shown(rig: Rig, volume_id: str) -> dict[str, Any]:
    volume: dict[str, Any] = (await rig.get(f"/volumes/{volume_id}"))["volume"]
    return volume


async def test_metadata_is_added_replaced_read_and_dropped(rig: Rig) -> None:
    path = f"/volumes/{(await rig.make(metadata={'a': '1'}))['id']}/metadata"
    assert await rig.get(path) == {"metadata": {"a": "1"}}
    added = await rig.call("POST", path, {"metadata": {"b": "2"}})
    assert (added.status, added.body) == (200, {"metadata": {"a": "1", "b": "2"}})
    replaced = await rig.call("PUT", path, {"metadata": {"c": "3"}})
    assert (replaced.status, replaced.body) == (200, {"metadata": {"c": "3"}})
    put = await rig.call("PUT", f"{path}/d", {"meta": {"d": "4"}})
    assert (put.status, put.body) == (200, {"meta": {"d": "4"}})
    assert await rig.get(f"{path}/c") == {"meta": {"c": "3"}}
    dropped = await rig.call("DELETE", f"{path}/c")
    assert (dropped.status, dropped.raw) == (200, b"")
    assert await rig.get(path) == {"metadata": {"d": "4"}}
    for method in ("GET", "DELETE"):
        missing = await rig.call(method, f"{path}/c")
        assert missing.fault == "Volume metadata with key c could not be found."
    mismatch = await rig.call("PUT", f"{path}/x", {"meta": {"y": "1"}})
    assert (mismatch.status, mismatch.fault) == (400, "Request body and URI mismatch.")


async def test_a_volume_has_128_items_at_most(rig: Rig) -> None:
    items = {str(number): "x" for number in range(128)}
    made = await rig.make(metadata=items)
    body = {"metadata": {"one": "more"}}
    refused = await rig.call("POST", f"/volumes/{made['id']}/metadata", body)
    assert (refused.status, list(refused.body)) == (413, ["overLimit"])
    image = await rig.act(made["id"], "os-set_image_metadata", {"metadata": items | {"x": ""}})
    assert image.status == 413
    create = {"volume": {"size": 1, "metadata": items | {"x": ""}}}
    assert (await rig.call("POST", "/volumes", create)).status == 413


async def test_extending_grows_a_volume(rig: Rig) -> None:
    made = await rig.make(size=1)
    answer = await rig.act(made["id"], "os-extend", {"new_size": "3"})
    assert (answer.status, answer.raw) == (202, b"")
    assert (await shown(rig, made["id"]))["size"] == 3
    for size in (3, 2):
        refused = await rig.act(made["id"], "os-extend", {"new_size": size})
        assert (refused.status, refused.fault) == (
            400,
            (
                "Invalid input received: New size for extend must be greater than current size. "
                f"(current: 3, extended: {size})."
            ),
        )


@pytest.mark.parametrize(
    ("name", "with_", "status"),
    [
        ("os-extend", {"new_size": 2}, "in-use"),  # since 3.42 it does
        *(("os-extend", {"new_size": 2}, status) for status in ("error", "creating")),
        *(("os-retype", {"new_type": "native"}, status) for status in ("error", "creating")),
    ],
)
async def test_only_an_available_volume_grows_or_changes_its_type(
    rig: Rig, name: str, with_: Any, status: str
) -> None:
    made = await rig.make()
    await rig.act(made["id"], "os-reset_status", {"status": status}, who="admin")
    refused = await rig.act(made["id"], name, with_)
    assert refused.status == 400
    assert refused.fault.startswith(f"Invalid volume: Volume {made['id']} status must be")
    assert refused.fault.endswith(f"currently {status}.")


async def test_retyping_gives_a_volume_another_type(rig: Rig) -> None:
    wide = await rig.make_type("wide", extra_specs={"multiattach": "<is> True"})
    made = await rig.make()
    policy = {"new_type": wide["id"], "migration_policy": "never"}
    assert (await rig.act(made["id"], "os-retype", policy)).status == 202
    seen = await shown(rig, made["id"])
    assert (seen["volume_type"], seen["volume_type_id"]) == ("wide", wide["id"])
    assert seen["multiattach"] is True
    again = await rig.act(made["id"], "os-retype", {"new_type": "wide"})
    assert (again.status, "of type wide already" in again.fault) == (400, True)
    nowhere = await rig.act(made["id"], "os-retype", {"new_type": "none"})
    assert (nowhere.status, nowhere.fault) == (404, "Volume type none could not be found.")


async def test_bootable_is_a_word_in_answers(rig: Rig) -> None:
    made = await rig.make()
    assert (await rig.act(made["id"], "os-set_bootable", {"bootable": "True"})).status == 200
    assert (await shown(rig, made["id"]))["bootable"] == "true"
    assert len((await rig.get("/volumes?bootable=1"))["volumes"]) == 1


async def test_image_metadata_is_shown_once_there_is_some(rig: Rig) -> None:
    made = await rig.make()
    given = {"metadata": {"image_name": "debian"}}
    answer = await rig.act(made["id"], "os-set_image_metadata", given)
    assert (answer.status, answer.body) == (200, given)
    assert (await rig.act(made["id"], "os-show_image_metadata")).body == given
    seen = await shown(rig, made["id"])
    assert seen["volume_image_metadata"] == {"image_name": "debian"}
    query = "/volumes?glance_metadata=%7B%22image_name%22:%22debian%22%7D"
    assert len((await rig.get(query))["volumes"]) == 1
    key = {"key": "image_name"}
    assert (await rig.act(made["id"], "os-unset_image_metadata", key)).status == 200
    assert (await rig.act(made["id"], "os-unset_image_metadata", key)).status == 404
    assert "volume_image_metadata" not in await shown(rig, made["id"])


async def test_administrators_write_a_status_down(rig: Rig) -> None:
    made = await rig.make()
    for status in ("error", "ERROR_DELETING", "available"):
        answer = await rig.act(made["id"], "os-reset_status", {"status": status}, who="admin")
        assert answer.status == 202
        assert (await shown(rig, made["id"]))["status"] == status.lower()
    nothing = {"attach_status": "detached", "migration_status": "none"}
    assert (await rig.act(made["id"], "os-reset_status", nothing, who="admin")).status == 202
    for bad in ({}, {"status": "deleted"}, {"status": "odd"}, {"attach_status": "attached"}):
        refused = await rig.act(made["id"], "os-reset_status", bad, who="admin")
        assert (refused.status, list(refused.body)) == (400, ["badRequest"])


async def test_force_deletes_whatever_the_status(rig: Rig) -> None:
    made = await rig.make()
    await rig.act(made["id"], "os-reset_status", {"status": "in-use"}, who="admin")
    assert (await rig.act(made["id"], "os-force_delete", who="admin")).status == 202
    assert (await rig.call("GET", f"/volumes/{made['id']}")).status == 404


@pytest.mark.parametrize(
    ("name", "with_"), [("os-reset_status", {"status": "error"}), ("os-force_delete", None)]
)
async def test_administrators_actions_are_theirs(rig: Rig, name: str, with_: Any) -> None:
    made = await rig.make()
    before = await rig.everything()
    refused = await rig.act(made["id"], name, with_)
    assert (refused.status, list(refused.body)) == (403, ["forbidden"])
    assert refused.fault.startswith("Policy doesn't allow volume")
    assert await rig.everything() == before


@pytest.mark.parametrize("name", sorted(NOT_HERE))
async def test_actions_that_are_not_built_say_so(rig: Rig, name: str) -> None:
    made = await rig.make()
    before = await rig.everything()
    refused = await rig.act(made["id"], name, {})
    assert (refused.status, refused.fault) == (400, NOT_HERE[name])
    assert refused.headers["X-Error-Code"] == "volume.not_supported"
    assert await rig.everything() == before


async def test_a_body_names_one_action(rig: Rig) -> None:
    made = await rig.make()
    two = {"os-extend": {"new_size": 2}, "os-retype": {}}
    bodies: list[Any] = [{}, two, {"dance": None}, []]
    for body in bodies:
        answer = await rig.call("POST", f"/volumes/{made['id']}/action", body)
        assert (answer.status, list(answer.body)) == (400, ["badRequest"])
