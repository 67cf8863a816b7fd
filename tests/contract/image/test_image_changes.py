"""Changes of images: both kinds of patches, tags, and taking bytes out of reach."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from tests.contract.image.rig import V21, Json, Rig

BREAKS = "<br /><br />\n\n\n"
V20 = "application/openstack-images-v2.0-json-patch"


def op(kind: str, path: str, *value: Any) -> dict[str, Any]:
    return {"op": kind, "path": path, **({"value": value[0]} if value else {})}


async def test_a_patch_answers_the_image_as_it_is_then(rig: Rig) -> None:
    image = await rig.create(mine="1", yours="2")
    answer = await rig.patch(
        image["id"],
        op("replace", "/name", "new"),
        op("add", "/min_disk", 3),
        op("replace", "/tags", ["b", "a", "b"]),
        op("replace", "/mine", "3"),
        op("remove", "/yours"),
        op("add", "/a~1b~0c", "4"),
        op("replace", "/visibility", "private"),
        op("replace", "/disk_format", "qcow2"),
    )
    changed = answer.json()
    assert answer.status_code == 200
    assert changed == {
        **{key: value for key, value in image.items() if key != "yours"},
        "name": "new",
        "min_disk": 3,
        "tags": ["b", "a"],
        "mine": "3",
        "a/b~c": "4",
        "visibility": "private",
        "disk_format": "qcow2",
        "updated_at": changed["updated_at"],
    }
    assert await rig.show(image["id"]) == changed
    assert (await rig.events())[-1]["data"]["document"] == changed


async def patch_v20(rig: Rig, image: Json, *operations: Json) -> httpx.Response:
    return await rig.ask(
        "PATCH", image["self"], content=orjson.dumps(operations), headers={"Content-Type": V20}
    )


async def test_the_older_media_type_says_the_same(rig: Rig) -> None:
    image = await rig.create(mine="1")
    body = [{"replace": "/name", "value": "new"}, {"remove": "/mine"}, {"add": "/x", "value": "y"}]
    answer = await patch_v20(rig, image, *body)
    changed = answer.json()
    assert (changed["name"], changed["x"], "mine" in changed) == ("new", "y", False)


async def test_what_is_added_may_be_there_but_not_by_the_older_media_type(rig: Rig) -> None:
    image = await rig.create(mine="1")
    for name, value in (("mine", "2"), ("name", "new")):
        answer = await patch_v20(rig, image, {"add": f"/{name}", "value": value})
        assert (answer.status_code, answer.json()["message"]) == (
            409,
            f"Property {name} already present.{BREAKS}",
        )
        assert (await rig.patch(image["id"], op("add", f"/{name}", value))).json()[name] == value


BAD: Sequence[tuple[Any, int, str | None]] = (
    (op("replace", "/status", "x"), 403, "Attribute 'status' is read-only."),
    (op("replace", "/id", "x"), 403, "Attribute 'id' is read-only."),
    (op("add", "/os_hash_value", "x"), 403, "Attribute 'os_hash_value' is read-only."),
    (op("replace", "/deleted", True), 403, "Attribute 'deleted' is reserved."),
    (op("add", "/os_glance_x", "x"), 403, "Attribute 'os_glance_x' is reserved."),
    (op("remove", "/name"), 403, "Property name may not be removed."),
    (op("remove", "/nothing"), 409, "Property nothing does not exist."),
    (op("replace", "/nothing", "x"), 409, "Property nothing does not exist."),
    (
        op("replace", "/visibility", "public"),
        403,
        "You are not authorized to complete publicize_image action.",
    ),
    (
        op("add", "/locations/-", {}),
        403,
        "It's not allowed to add locations if locations are invisible.",
    ),
    (op("replace", "/owner", "x"), 403, None),
    (op("replace", "/name", 5), 400, None),
    (op("replace", "/min_ram", "5"), 400, None),
    (op("replace", "/visibility", None), 400, None),
    (op("add", "/yours", 5), 400, None),
    (op("add", "/yours", "v" * 256), 400, None),
    (op("add", "/" + "p" * 256, "v"), 400, None),
    (op("add", "/tags/0", "x"), 400, None),
    (op("add", "name", "x"), 400, 'Pointer `name` does not start with "/".'),
    (op("add", "//name", "x"), 400, 'Pointer `//name` contains adjacent "/".'),
    (op("add", "/name/", "x"), 400, 'Pointer `/name/` ends with "/".'),
    (op("add", "/", "x"), 400, None),
    (
        op("add", "/a~2", "x"),
        400,
        'Pointer `/a~2` contains "~" not part of a recognized escape sequence.',
    ),
    (op("add", "/x"), 400, 'Operation "add" requires a member named "value".'),
    (
        op("move", "/x"),
        400,
        "Invalid operation: `move`. It must be one of the following: add, replace, remove.",
    ),
    ({"op": "add"}, 400, "Unable to find 'path' in JSON Schema change"),
    ({"path": "/x"}, 400, "Unable to find 'op' in JSON Schema change"),
    ({"op": ["add"], "path": "/x"}, 400, None),
    ("add", 400, "Operations must be JSON objects."),
)


async def test_a_patch_with_one_bad_operation_changes_nothing(rig: Rig) -> None:
    image = await rig.create(mine="1")
    for operation, status, message in BAD:
        answer = await rig.patch(image["id"], op("replace", "/name", "new"), operation)
        assert answer.status_code == status, operation
        if message is not None:
            assert answer.json()["message"] == f"{message}{BREAKS}"
    assert await rig.show(image["id"]) == image


async def test_other_media_types_are_told_which_are_taken(rig: Rig) -> None:
    image = await rig.create()
    answer = await rig.ask("PATCH", image["self"], json=[])
    assert answer.status_code == 415
    assert answer.headers["Accept-Patch"] == f"{V21}, {V20}"
    whole = await rig.ask("PATCH", image["self"], content=b"{}", headers={"Content-Type": V21})
    assert whole.json()["message"].startswith(
        "Request body must be a JSON array of operation objects."
    )


async def test_bytes_keep_the_format_they_came_with(rig: Rig) -> None:
    image = await rig.active()
    answer = await rig.patch(image["id"], op("replace", "/disk_format", "qcow2"))
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        f"Attribute disk_format can be only replaced for a queued image.{BREAKS}",
    )


async def test_administrators_change_what_others_may_not(rig: Rig) -> None:
    image = await rig.create()
    answer = await rig.patch(
        image["id"],
        op("replace", "/visibility", "public"),
        op("replace", "/owner", "f" * 32),
        user="admin",
    )
    assert (answer.json()["visibility"], answer.json()["owner"]) == ("public", "f" * 32)
    others = await rig.patch(image["id"], op("replace", "/name", "mine"))
    assert (others.status_code, others.json()["message"]) == (
        403,
        f"You are not authorized to complete modify_image action.{BREAKS}",
    )
    assert (await rig.ask("DELETE", image["self"])).status_code == 403


async def test_a_foreign_private_image_is_not_there_for_any_verb(rig: Rig) -> None:
    image = await rig.active(user="b", visibility="private")
    path = image["self"]
    answers = [
        await rig.ask("GET", path),
        await rig.ask("DELETE", path),
        await rig.patch(image["id"], op("replace", "/name", "x")),
        await rig.ask("GET", f"{path}/file"),
        await rig.upload(image["id"], b"x"),
        await rig.ask("PUT", f"{path}/tags/t"),
        await rig.ask("DELETE", f"{path}/tags/t"),
        await rig.ask("POST", f"{path}/actions/deactivate"),
        await rig.ask("GET", f"{path}/members"),
        await rig.ask("POST", f"{path}/members", json={"member": "x"}),
        await rig.ask("PUT", f"{path}/stage"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_tags_come_and_go_one_at_a_time(rig: Rig) -> None:
    image = await rig.create(tags=["a"])
    path = f"{image['self']}/tags"
    for _ in range(2):
        assert (await rig.ask("PUT", f"{path}/b%20c")).status_code == 204
    assert (await rig.show(image["id"]))["tags"] == ["a", "b c"]
    assert (await rig.ask("DELETE", f"{path}/a")).status_code == 204
    assert (await rig.ask("DELETE", f"{path}/a")).status_code == 404
    assert (await rig.ask("PUT", f"{path}/{'t' * 256}")).status_code == 400
    assert (await rig.show(image["id"]))["tags"] == ["b c"]


async def test_a_deactivated_image_keeps_its_bytes_to_itself(rig: Rig) -> None:
    image = await rig.active()
    actions = f"{image['self']}/actions"
    assert (await rig.ask("POST", f"{actions}/deactivate")).status_code == 204
    assert (await rig.show(image["id"]))["status"] == "deactivated"
    answer = await rig.ask("GET", f"{image['self']}/file")
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        f"The requested image has been deactivated. Image data download is forbidden.{BREAKS}",
    )
    assert (await rig.ask("GET", f"{image['self']}/file", "admin")).status_code == 200
    assert (await rig.ask("POST", f"{actions}/deactivate")).status_code == 204
    assert (await rig.ask("POST", f"{actions}/reactivate")).status_code == 204
    assert (await rig.ask("GET", f"{image['self']}/file")).status_code == 200


async def test_what_has_no_bytes_is_not_deactivated(rig: Rig) -> None:
    image = await rig.create()
    for verb in ("deactivate", "reactivate"):
        answer = await rig.ask("POST", f"{image['self']}/actions/{verb}")
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            f"Not allowed to {verb} image in status 'queued'{BREAKS}",
        )


async def test_an_image_of_volumes_says_which_and_needs_no_bytes(rig: Rig) -> None:
    image = await rig.create(disk_format="qcow2")
    mapping = orjson.dumps([{"snapshot_id": "s" * 36, "device_name": "/dev/vda"}] * 16).decode()
    for added in (
        op("add", "/block_device_mapping", "x" * 8193),
        op("add", "/block_device_mapping", None),
    ):
        assert (await rig.patch(image["id"], added)).status_code == 400
    answer = await rig.patch(image["id"], op("add", "/block_device_mapping", mapping))
    assert (answer.status_code, answer.json()["block_device_mapping"]) == (200, mapping)
    assert (await rig.upload(image["id"], b"")).status_code == 204
    shown = await rig.show(image["id"])
    assert (shown["status"], shown["size"], shown["block_device_mapping"]) == (
        "active", 0, mapping,
    )  # fmt: skip
    emptied = op("remove", "/block_device_mapping")
    assert "block_device_mapping" not in (await rig.patch(image["id"], emptied)).json()
